# Fails if a library needs a newer glibc or libstdc++ than we promise. cmake -DLIBRARY= -DOBJDUMP= -P glibc_floor.cmake
#
# The floor is that of a build on Debian 12, where dlopen and threads are part of libc: glibc 2.34 (RHEL 9, Ubuntu 22.04,
# Debian 12 and newer). .NET itself goes down to 2.27; packages for such systems are built in a manylinux_2_28 image, for
# which -DGLIBC_FLOOR=2.28 -DGLIBCXX_FLOOR=3.4.25 checks the result.
if(NOT DEFINED GLIBC_FLOOR)
    set(GLIBC_FLOOR 2.34)
endif()
if(NOT DEFINED GLIBCXX_FLOOR)
    set(GLIBCXX_FLOOR 3.4.30)
endif()
execute_process(COMMAND_ERROR_IS_FATAL ANY COMMAND "${OBJDUMP}" -T "${LIBRARY}" OUTPUT_VARIABLE symbols)
foreach(library GLIBC GLIBCXX)
    string(REGEX MATCHALL "${library}_[0-9.]+" versions "${symbols}")
    list(TRANSFORM versions REPLACE "${library}_" "")
    list(REMOVE_DUPLICATES versions)
    set(newest 0)
    foreach(version ${versions})
        if(version VERSION_GREATER newest)
            set(newest ${version})
        endif()
    endforeach()
    if(newest VERSION_GREATER ${library}_FLOOR)
        string(REGEX MATCHALL "[^\n]*${library}_${newest}[^\n]*" culprits "${symbols}")
        string(REPLACE ";" "\n" culprits "${culprits}")
        message(FATAL_ERROR "${LIBRARY} needs ${library}_${newest}; the floor is ${${library}_FLOOR}:\n${culprits}")
    endif()
    message(STATUS "${LIBRARY}: ${library}_${newest} (floor ${${library}_FLOOR})")
endforeach()
