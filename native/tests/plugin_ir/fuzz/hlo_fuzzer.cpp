// Any bytes behind the magic number: the reader of HLO modules, the verifier and the printer accept them or
// throw an Error, never INTERNAL.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/stablehlo/hlo/hlo.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace optirs::plugin;
    const std::string message(reinterpret_cast<const char*>(data), size);
    try {
        const auto module = parseModule(std::string(kHloMagic) + message);
        verify(*module);
        print(*module);
    } catch (const Error& error) {
        if (error.code() == Code::kInternal) {
            std::fprintf(stderr, "%s\n", error.what());
            std::abort();
        }
    }
    return 0;
}
