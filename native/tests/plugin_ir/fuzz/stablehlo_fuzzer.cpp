// Any bytes: the parser, verifier and passes either accept them or throw an Error, never INTERNAL.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace optirs::plugin;
    try {
        const auto module = parseModule({reinterpret_cast<const char*>(data), size});
        verify(*module);
        if (print(*parseModule(print(*module))) != print(*module)) std::abort();
        PassLimits limits;
        limits.max_operations = 10000;
        runPasses(*module, limits);
        verify(*module);
    } catch (const Error& error) {
        if (error.code() == Code::kInternal) {
            std::fprintf(stderr, "%s\n", error.what());
            std::abort();
        }
    }
    return 0;
}
