// Any bytes behind the magic number: the bytecode reader, verifier and printer accept them or throw an Error,
// never INTERNAL.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace optirs::plugin;
    // The corpus holds whole files: their magic number is put right, not added.
    std::string program(reinterpret_cast<const char*>(data), size);
    if (program.size() < 4) program.resize(4);
    program.replace(0, 4, "ML\xEFR");
    try {
        const auto module = parseModule(program);
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
