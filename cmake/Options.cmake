# One INTERFACE target, optirs::options, carries everything that every native target of this project compiles with.
option(BUILD_TESTING "Build the native tests" ON)
option(OPTIRS_BUILD_BENCHMARKS "Build the native benchmarks (needs Google Benchmark)" OFF)
option(OPTIRS_BUILD_PLUGIN "Build the embedded plugin (needs LLVM)" ON)
option(OPTIRS_BUILD_FUZZERS "Build the libFuzzer targets (needs clang as the compiler)" OFF)
set(OPTIRS_SANITIZE "" CACHE STRING "Sanitizers to build with: address, thread or empty")
set_property(CACHE OPTIRS_SANITIZE PROPERTY STRINGS "" "address" "thread")

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# The libraries lie side by side: tests, the CLI and packages find them in one folder.
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_INSTALL_RPATH "$ORIGIN")

find_program(OPTIRS_CCACHE ccache)
if(OPTIRS_CCACHE)
    set(CMAKE_C_COMPILER_LAUNCHER "${OPTIRS_CCACHE}")
    set(CMAKE_CXX_COMPILER_LAUNCHER "${OPTIRS_CCACHE}")
endif()

add_library(optirs_options INTERFACE)
add_library(optirs::options ALIAS optirs_options)
target_compile_options(optirs_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Werror -ffunction-sections -fdata-sections)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # GCC 12 reports an overlap in std::operator+(const char*, std::string&&) that cannot happen (GCC bug 105651).
    target_compile_options(optirs_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
target_include_directories(optirs_options INTERFACE
    "$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/native>"
    "$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/native/include>")
target_link_options(optirs_options INTERFACE -Wl,--gc-sections)
# lld links the statically linked LLVM several times faster than GNU ld; either works.
find_program(OPTIRS_LLD NAMES ld.lld-19 ld.lld)
if(OPTIRS_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    get_filename_component(optirs_lld_dir "${OPTIRS_LLD}" REALPATH)
    get_filename_component(optirs_lld_dir "${optirs_lld_dir}" DIRECTORY)
    # g++ looks for a linker called ld.lld in its -B directories.
    target_link_options(optirs_options INTERFACE -fuse-ld=lld "-B${optirs_lld_dir}")
endif()

if(OPTIRS_SANITIZE STREQUAL "address")
    set(optirs_sanitizer_flags -fsanitize=address,undefined -fno-sanitize-recover=undefined)
elseif(OPTIRS_SANITIZE STREQUAL "thread")
    set(optirs_sanitizer_flags -fsanitize=thread)
endif()
if(optirs_sanitizer_flags)
    target_compile_options(optirs_options INTERFACE ${optirs_sanitizer_flags} -fno-omit-frame-pointer -g1)
    target_link_options(optirs_options INTERFACE ${optirs_sanitizer_flags})
endif()
