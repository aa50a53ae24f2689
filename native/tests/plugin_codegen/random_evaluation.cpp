#include "tests/plugin_codegen/random_evaluation.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "tests/plugin_codegen/run_partitions.h"
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

/// How far a result may be from what was expected, as a part of its greatest finite number.
struct Tolerance {
    double part = 0;
    double least_scale = 0;
};

double allowedFor(const Tensor& tensor, Tolerance tolerance) {
    double most = tolerance.least_scale;
    for (const double each : tensor.reals) {
        if (std::isfinite(each)) most = std::max(most, std::fabs(each));
    }
    return tolerance.part * most;
}

/// Where a result differs from what was expected; empty when it does not.
std::string difference(const Bytes& got, const Tensor& expected, Tolerance tolerance) {
    const ElementType type = expected.type.element();
    const double allowed = allowedFor(expected, tolerance);
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

std::string differences(const std::vector<Bytes>& got, const std::vector<Tensor>& expected,
                        Tolerance tolerance, const std::string& where) {
    for (size_t r = 0; r < expected.size(); ++r) {
        const std::string found = difference(got[r], expected[r], tolerance);
        if (!found.empty()) return "result " + std::to_string(r) + where + ", " + found;
    }
    return "";
}

std::vector<Bytes> bytesOf(const std::vector<Tensor>& tensors) {
    std::vector<Bytes> bytes;
    for (const Tensor& tensor : tensors) bytes.push_back(bytesOf(tensor));
    return bytes;
}

/// With the arguments' memory given and kept; what is kept is not changed.
std::string compareOnOne(const std::string& text, const std::vector<Tensor>& arguments,
                         const std::vector<Tensor>& expected, Tolerance tolerance) {
    const auto program = compile(text);
    std::string found = differences(run(*program, bytesOf(arguments)), expected, tolerance, "");
    if (!found.empty() || text.find("tf.aliasing_output") == std::string::npos) return found;
    const std::vector<Bytes> kept = bytesOf(arguments);
    ThreadPool pool(2);
    found = differences(runOn(*program, kept, pool, {}, Donation::kKept), expected, tolerance,
                        " with kept arguments");
    for (size_t i = 0; i < kept.size() && found.empty(); ++i) {
        if (std::memcmp(kept[i].data(), bytesOf(arguments[i]).data(), kept[i].size()) != 0)
            found = "argument " + std::to_string(i) + " was kept and is changed";
    }
    return found;
}

/// Visits the elements of a partition's part that are elements of the whole, as `copy(of_whole, of_part)`.
void forEachOfPart(const TensorType& whole, const TensorType& part, const Dims& at,
                   const std::function<void(int64_t, int64_t)>& copy) {
    for (int64_t i = 0; i < part.elementCount(); ++i) {
        int64_t rest = i;
        int64_t of_whole = 0;
        int64_t stride = 1;
        bool is_there = true;
        for (size_t d = at.size(); d-- > 0; rest /= part.dims()[d]) {
            const int64_t index = at[d] * part.dims()[d] + rest % part.dims()[d];
            is_there = is_there && index < whole.dims()[d];
            of_whole += index * stride;
            stride *= whole.dims()[d];
        }
        if (is_there) copy(of_whole, i);
    }
}

Tolerance toleranceOf(const WrittenProgram& program) { return {program.tolerance, program.least_scale}; }

TensorType partOf(const TensorType& whole, const Placement& place) {
    Dims dims(whole.dims().begin(), whole.dims().end());
    for (size_t d = 0; d < dims.size(); ++d) dims[d] = (dims[d] + place.tiles[d] - 1) / place.tiles[d];
    return whole.withDims(dims);
}

std::string compareParts(const WrittenProgram& written, const std::vector<Tensor>& arguments,
                         const std::vector<Tensor>& expected) {
    const size_t partitions = written.argument_places[0].at.size();
    CompileOptions options;
    options.num_partitions = static_cast<int32_t>(partitions);
    const auto program = compile(written.text, options);
    std::vector<std::vector<Bytes>> parts(partitions);
    for (size_t p = 0; p < partitions; ++p) {
        for (size_t i = 0; i < arguments.size(); ++i) {
            const Placement& place = written.argument_places[i];
            const TensorType type = partOf(arguments[i].type, place);
            const Bytes whole = bytesOf(arguments[i]);
            const Bytes part(static_cast<size_t>(type.byteCount()));
            const int64_t width = byteWidth(type.element());
            forEachOfPart(arguments[i].type, type, place.at[p], [&](int64_t from, int64_t to) {
                std::memcpy(part.data() + to * width, whole.data() + from * width,
                            static_cast<size_t>(width));
            });
            parts[p].push_back(part);
        }
    }
    const auto results = runPartitions(*program, parts);
    for (size_t p = 0; p < partitions; ++p) {
        // What is expected, with this partition's part in its place.
        std::vector<Bytes> got = bytesOf(expected);
        for (size_t r = 0; r < expected.size(); ++r) {
            const Placement& place = written.result_places[r];
            const TensorType type = partOf(expected[r].type, place);
            if (!(program->outputs[r] == type))
                return "result " + std::to_string(r) + " is " + program->outputs[r].toString();
            const int64_t width = byteWidth(type.element());
            forEachOfPart(expected[r].type, type, place.at[p], [&](int64_t to, int64_t from) {
                std::memcpy(got[r].data() + to * width, results[p][r].data() + from * width,
                            static_cast<size_t>(width));
            });
        }
        const std::string found =
            differences(got, expected, toleranceOf(written), " of partition " + std::to_string(p));
        if (!found.empty()) return found;
    }
    return "";
}

/// One program takes every size below the bound.
std::string compareBounded(const std::string& text, const std::vector<Tensor>& arguments,
                           const std::vector<Tensor>& expected) {
    const auto program = compile(text);
    if (program->sized_arguments.empty()) return "it would be compiled for one size at a time";
    std::vector<Bytes> bytes = bytesOf(arguments);
    std::vector<int32_t> sizes;
    for (const SizedDimension& each : program->sized_arguments)
        sizes.push_back(static_cast<int32_t>(arguments[static_cast<size_t>(each.array)].type.dim(each.dim)));
    bytes.push_back(Bytes::of(sizes));
    const auto sized = runSized(*program, bytes);
    std::vector<Bytes> got;
    for (size_t r = 0; r < sized.size(); ++r) {
        if (!std::ranges::equal(sized[r].dims, expected[r].type.dims()))
            return "result " + std::to_string(r) + " has sizes " + listOf(sized[r].dims);
        got.push_back(sized[r].data);
    }
    return differences(got, expected, {}, "");
}

}  // namespace

std::string compareRandomProgram(uint64_t seed) {
    const auto module = makeRandomModule(seed);
    const std::string text = print(*module);
    const auto arguments = makeRandomArguments(seed);
    const std::string found = compareOnOne(text, arguments, interpret(module->entry(), arguments), {});
    return found.empty() ? "" : found + "\n" + text;
}

std::string compareWritten(const WrittenProgram& program) {
    std::vector<Tensor> arguments;
    for (size_t i = 0; i < program.arguments.size(); ++i)
        arguments.push_back(tensorOf(Literal(program.arguments[i], program.values[i])));
    std::string found;
    try {
        const auto module = parseModule(program.text);
        const auto expected = interpret(module->entry(), arguments);
        found = !program.bounded_text.empty() ? compareBounded(program.bounded_text, arguments, expected)
                : !program.argument_places.empty()
                    ? compareParts(program, arguments, expected)
                    : compareOnOne(program.text, arguments, expected, toleranceOf(program));
    } catch (const std::exception& error) {
        found = error.what();
    }
    const std::string& compiled = program.bounded_text.empty() ? program.text : program.bounded_text;
    return found.empty() ? "" : found + "\n" + compiled;
}

std::string compareText(const std::string& text) {
    Writer w(1);
    WrittenProgram program;
    program.text = text;
    const auto module = parseModule(text);
    for (const Type& input : module->entry().type().inputs) {
        program.arguments.push_back(input.tensor());
        program.values.push_back(w.randomBytes(input.tensor()));
    }
    return compareWritten(program);
}

}  // namespace optirs::plugin::testing
