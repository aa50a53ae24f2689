#include "tests/plugin_codegen/random_evaluation.h"

#include <algorithm>
#include <cmath>

#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "tests/plugin_codegen/random/writer.h"
#include "tests/plugin_codegen/run_program.h"
#include "tests/plugin_ir/random_module.h"

namespace optirs::plugin::testing {
namespace {

Bytes bytesOf(const Tensor& tensor) {
    const ElementType type = tensor.type.element();
    Bytes out(static_cast<size_t>(tensor.type.byteCount()));
    const ElementType part = realType(type);
    for (size_t i = 0; i < tensor.reals.size(); ++i)
        storeReal(tensor.reals[i], part, out.data() + static_cast<int64_t>(i) * byteWidth(part));
    for (size_t i = 0; i < tensor.integers.size(); ++i)
        storeInteger(tensor.integers[i], type, out.data() + static_cast<int64_t>(i) * byteWidth(type));
    return out;
}

/// The greatest finite number.
double greatest(const Tensor& tensor) {
    double most = 0;
    for (const double each : tensor.reals) {
        if (std::isfinite(each)) most = std::max(most, std::fabs(each));
    }
    return most;
}

/// Where a result differs from what was expected; empty when it does not.
std::string difference(const Bytes& got, const Tensor& expected, double tolerance) {
    const ElementType type = expected.type.element();
    const double allowed = tolerance * greatest(expected);
    const auto text = [&](size_t i, auto found, auto wanted) {
        return "number " + std::to_string(i) + " of " + expected.type.toString() + ": " +
               std::to_string(found) + " for " + std::to_string(wanted);
    };
    const ElementType part = realType(type);
    for (size_t i = 0; i < expected.reals.size(); ++i) {
        const double real = loadReal(got.data() + static_cast<int64_t>(i) * byteWidth(part), part);
        const double wanted = expected.reals[i];
        if (!sameNumber(real, wanted) && !(std::fabs(real - wanted) <= allowed)) return text(i, real, wanted);
    }
    for (size_t i = 0; i < expected.integers.size(); ++i) {
        const int64_t integer = loadInteger(got.data() + static_cast<int64_t>(i) * byteWidth(type), type);
        if (integer != expected.integers[i]) return text(i, integer, expected.integers[i]);
    }
    return "";
}

std::string compare(const std::string& text, const Function& function, const std::vector<Tensor>& arguments,
                    double tolerance = 0) {
    const auto expected = interpret(function, arguments);
    std::vector<Bytes> bytes;
    for (const Tensor& argument : arguments) bytes.push_back(bytesOf(argument));
    const auto got = run(*compile(text), bytes);
    for (size_t r = 0; r < expected.size(); ++r) {
        const std::string found = difference(got[r], expected[r], tolerance);
        if (!found.empty()) return "result " + std::to_string(r) + ", " + found + "\n" + text;
    }
    return "";
}

std::string compare(const WrittenProgram& program) {
    std::vector<Tensor> arguments;
    for (size_t i = 0; i < program.arguments.size(); ++i)
        arguments.push_back(tensorOf(Literal(program.arguments[i], program.values[i])));
    try {
        const auto module = parseModule(program.text);
        return compare(program.text, module->entry(), arguments, program.tolerance);
    } catch (const std::exception& error) {
        return std::string(error.what()) + "\n" + program.text;
    }
}

}  // namespace

std::string compareRandomProgram(uint64_t seed) {
    const auto module = makeRandomModule(seed);
    return compare(print(*module), module->entry(), makeRandomArguments(seed));
}

std::string compareWrittenProgram(uint64_t seed) { return compare(writeProgram(seed)); }

std::string compareRows(uint64_t seed) { return compare(writeRows(seed)); }

std::string compareImages(uint64_t seed) { return compare(writeImages(seed)); }

std::string compareText(const std::string& text) {
    Writer w(1);
    WrittenProgram program{text, {}, {}};
    const auto module = parseModule(text);
    for (const Type& input : module->entry().type().inputs) {
        program.arguments.push_back(input.tensor());
        program.values.push_back(w.randomBytes(input.tensor()));
    }
    return compare(program);
}

std::string compareAttention(uint64_t seed) { return compare(writeAttention(seed)); }

}  // namespace optirs::plugin::testing
