# Installs liboptirs into a fresh folder, moves that folder, and builds and runs the C sample against it in both ways.
file(REMOVE_RECURSE "${WORK}")
set(run_or_fail COMMAND_ERROR_IS_FATAL ANY COMMAND_ECHO STDOUT)
execute_process(${run_or_fail} COMMAND "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/first" --component optirs)
file(RENAME "${WORK}/first" "${WORK}/moved") # the package must be relocatable

set(flags "-Wall -Wextra -Wpedantic -Werror")
if(SANITIZE STREQUAL "address")
    string(APPEND flags " -fsanitize=address,undefined")
elseif(SANITIZE STREQUAL "thread")
    string(APPEND flags " -fsanitize=thread")
endif()

execute_process(${run_or_fail} COMMAND "${CMAKE_COMMAND}" -S "${SAMPLE}" -B "${WORK}/sample" -G "${GENERATOR}"
    "-DCMAKE_PREFIX_PATH=${WORK}/moved" "-DCMAKE_C_COMPILER=${C_COMPILER}" "-DCMAKE_C_FLAGS=${flags}")
execute_process(${run_or_fail} COMMAND "${CMAKE_COMMAND}" --build "${WORK}/sample")
execute_process(${run_or_fail} COMMAND "${WORK}/sample/optirs_sample" OUTPUT_VARIABLE output ECHO_OUTPUT_VARIABLE)

find_program(PKG_CONFIG pkg-config)
if(PKG_CONFIG)
    file(GLOB_RECURSE pc_files "${WORK}/moved/*/optirs.pc")
    list(GET pc_files 0 pc_file)
    get_filename_component(pc_dir "${pc_file}" DIRECTORY)
    execute_process(${run_or_fail} COMMAND "${CMAKE_COMMAND}" -E env "PKG_CONFIG_PATH=${pc_dir}"
        "${PKG_CONFIG}" --cflags --libs optirs OUTPUT_VARIABLE package_flags OUTPUT_STRIP_TRAILING_WHITESPACE)
    separate_arguments(all_flags UNIX_COMMAND "${flags} -std=c11 ${SAMPLE}/main.c ${package_flags} -Wl,-rpath,${pc_dir}/..")
    execute_process(${run_or_fail} COMMAND "${C_COMPILER}" ${all_flags} -o "${WORK}/sample_pkgconfig")
    execute_process(${run_or_fail} COMMAND "${WORK}/sample_pkgconfig" OUTPUT_VARIABLE output_pkgconfig)
    if(NOT output STREQUAL output_pkgconfig)
        message(FATAL_ERROR "the two builds of the sample print different things:\n${output}\n--\n${output_pkgconfig}")
    endif()
endif()
file(REMOVE_RECURSE "${WORK}")
