#include "pjrt_cpu/codegen/math/embedded.h"

// The assembler reads the file: no generated source, nothing for the C++ compiler to parse. LLVM wants
// bitcode aligned to 4.
__asm__(
    ".section .rodata\n"
    ".balign 16\n"
    "optirs_math_bitcode_begin:\n"
    ".incbin \"" OPTIRS_MATH_BITCODE
    "\"\n"
    "optirs_math_bitcode_end:\n"
    ".byte 0\n"
    ".text\n");

extern "C" {
extern const char optirs_math_bitcode_begin[] __attribute__((visibility("hidden")));
extern const char optirs_math_bitcode_end[] __attribute__((visibility("hidden")));
}

namespace optirs::plugin {

std::string_view mathBitcode() {
    return {optirs_math_bitcode_begin,
            static_cast<size_t>(optirs_math_bitcode_end - optirs_math_bitcode_begin)};
}

}  // namespace optirs::plugin
