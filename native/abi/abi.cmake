# The baseline of the ABI. cmake -DMODE=check|update -DCC= -DINCLUDE= -DBASELINE= -DVERSION_SCRIPT= -DWORK= -DABIDW= -DABIDIFF= -P abi.cmake
#
# check:  fails if a program built against the baseline could break. Functions may be added, nothing else may change.
# update: makes the headers the new baseline; to be committed together with a new major or minor number in version.h.
#
# What is compared is a C library made of the public headers, each function with an empty body, so that the private
# structs of the real library play no part. The real one defines exactly these functions (the test Exports), and is
# compiled against the same declarations.
file(MAKE_DIRECTORY "${WORK}")
execute_process(COMMAND_ERROR_IS_FATAL ANY COMMAND "${CC}" -std=c11 -E -P "-I${INCLUDE}" "${INCLUDE}/optirs/optirs.h"
    OUTPUT_VARIABLE declarations)
string(REGEX REPLACE "(__attribute__\\(\\(visibility\\(\"default\"\\)\\)\\)[^;]*);" "\\1 { __builtin_trap(); }"
    definitions "${declarations}")
file(WRITE "${WORK}/headers.c" "${definitions}")
execute_process(COMMAND_ERROR_IS_FATAL ANY COMMAND "${CC}" -std=c11 -g -shared -fPIC "${WORK}/headers.c"
    "-Wl,--version-script=${VERSION_SCRIPT}" -Wl,-soname,liboptirs.so -o "${WORK}/headers.so")

if(MODE STREQUAL "update")
    execute_process(COMMAND_ERROR_IS_FATAL ANY COMMAND "${ABIDW}" --no-comp-dir-path --no-corpus-path --no-show-locs
        --no-elf-needed --out-file "${BASELINE}" "${WORK}/headers.so")
    file(READ "${BASELINE}" text)
    string(REPLACE "${WORK}/" "" text "${text}") # the same file from whatever folder
    file(WRITE "${BASELINE}" "${text}")
    message(STATUS "wrote ${BASELINE}")
    return()
endif()
# Without --no-added-syms the exit code of an added function could not be told from that of a changed struct.
execute_process(COMMAND "${ABIDIFF}" --no-added-syms --no-show-locs "${BASELINE}" "${WORK}/headers.so"
    RESULT_VARIABLE result OUTPUT_VARIABLE report ERROR_VARIABLE report)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "the ABI differs from ${BASELINE} (abidiff exit code ${result}):\n${report}\n"
        "If this is intended, raise OPTIRS_ABI_MAJOR and build the target abi-update.")
endif()
message(STATUS "the ABI is compatible with ${BASELINE}")
