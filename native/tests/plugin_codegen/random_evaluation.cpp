#include "tests/plugin_codegen/random_evaluation.h"

#include "pjrt_cpu/ir/printer.h"
#include "tests/plugin_codegen/run_program.h"
#include "tests/plugin_ir/random_module.h"

namespace optirs::plugin::testing {
namespace {

Bytes bytesOf(const Tensor& tensor) {
    const ElementType type = tensor.type.element();
    Bytes out(static_cast<size_t>(tensor.type.byteCount()));
    for (int64_t i = 0; i < tensor.size(); ++i) {
        std::byte* at = out.data() + i * byteWidth(type);
        const auto index = static_cast<size_t>(i);
        isFloat(type) ? storeReal(tensor.reals[index], type, at)
                      : storeInteger(tensor.integers[index], type, at);
    }
    return out;
}

}  // namespace

std::string compareRandomProgram(uint64_t seed) {
    auto module = makeRandomModule(seed);
    const std::string text = print(*module);
    const auto arguments = makeRandomArguments(seed);
    const auto expected = interpret(module->entry(), arguments);
    std::vector<Bytes> bytes;
    for (const Tensor& argument : arguments) bytes.push_back(bytesOf(argument));
    const auto got = run(*compile(text), bytes);
    for (size_t r = 0; r < expected.size(); ++r) {
        const ElementType type = expected[r].type.element();
        for (int64_t i = 0; i < expected[r].size(); ++i) {
            const std::byte* at = got[r].data() + i * byteWidth(type);
            const auto index = static_cast<size_t>(i);
            const bool same = isFloat(type) ? sameNumber(loadReal(at, type), expected[r].reals[index])
                                            : loadInteger(at, type) == expected[r].integers[index];
            if (same) continue;
            const std::string values = isFloat(type) ? std::to_string(loadReal(at, type)) + " for " +
                                                           std::to_string(expected[r].reals[index])
                                                     : std::to_string(loadInteger(at, type)) + " for " +
                                                           std::to_string(expected[r].integers[index]);
            return "seed " + std::to_string(seed) + ", result " + std::to_string(r) + ", element " +
                   std::to_string(i) + ": " + values + "\n" + text;
        }
    }
    return "";
}

}  // namespace optirs::plugin::testing
