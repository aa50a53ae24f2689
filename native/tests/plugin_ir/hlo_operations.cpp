// Those that compute and move data.
#include "hlo_operations.h"

#include "hlo_writer.h"

namespace optirs::plugin::testing {
namespace {

Proto dims(std::vector<int64_t> values) { return Proto().packed(14, values); }
Proto complexes(std::vector<int64_t> sizes) { return shapeOf(hlo_type::kC64, std::move(sizes)); }

Proto range(int64_t start, int64_t limit, int64_t stride) {
    return Proto().message(17, Proto().number(1, start).number(2, limit).number(3, stride));
}

/// One dimension of a window; what it doesn't name is the default.
Proto window(int64_t size, int64_t stride, int64_t low, int64_t high) {
    return Proto().number(1, size).number(2, stride).number(3, low).number(4, high).number(5, 1).number(6, 1);
}

}  // namespace

HloOperation operationIn(HloModule& module, const std::string& text, const std::string& opcode,
                         const Protos& arguments, const Proto& result, const Proto& more) {
    HloComputation& main = module.computation();
    std::vector<int64_t> operands;
    for (const Proto& each : arguments)
        operands.push_back(main.parameter(static_cast<int64_t>(operands.size()), each));
    main.add(opcode, result, operands, more);
    return {module.program(), text};
}

HloOperation operationOf(const std::string& text, const std::string& opcode, const Protos& arguments,
                         const Proto& result, const Proto& more) {
    HloModule module;
    return operationIn(module, text, opcode, arguments, result, more);
}

HloOperation summingOperation(const std::string& text, const std::string& opcode, const Protos& arguments,
                              const Proto& result, Proto more) {
    HloModule module;
    const int64_t add = module.combiner("add");
    return operationIn(module, text, opcode, arguments, result, more.packed(38, {add}));
}

std::vector<HloOperation> hloElementwise() {
    std::vector<HloOperation> out;
    const auto each = [&](std::initializer_list<const char*> opcodes, const char* dialect, size_t operands,
                          const Proto& from, const Proto& to) {
        for (const char* opcode : opcodes) {
            std::string name = std::string(dialect) + opcode;
            for (char& c : name) c = c == '-' ? '_' : c;
            out.push_back(operationOf(name, opcode, Protos(operands, from), to));
        }
    };
    const Proto f = f32({2}), s = s32({2}), p = pred({2}), c = complexes({2});
    each({"abs",
          "cbrt",
          "ceil",
          "convert",
          "cosine",
          "exponential",
          "exponential-minus-one",
          "floor",
          "log",
          "log-plus-one",
          "logistic",
          "negate",
          "round-nearest-afz",
          "round-nearest-even",
          "rsqrt",
          "sign",
          "sine",
          "sqrt",
          "tan",
          "tanh"},
         "stablehlo.", 1, f, f);
    each({"acos", "acosh", "asin", "asinh", "atanh", "cosh", "sinh", "erf"}, "chlo.", 1, f, f);
    each({"add", "atan2", "divide", "maximum", "minimum", "multiply", "power", "remainder", "subtract"},
         "stablehlo.", 2, f, f);
    each({"count-leading-zeros", "not", "popcnt"}, "stablehlo.", 1, s, s);
    each({"and", "or", "shift-left", "shift-right-arithmetic", "shift-right-logical", "xor"}, "stablehlo.", 2,
         s, s);
    each({"clamp"}, "stablehlo.", 3, f, f);
    each({"complex"}, "stablehlo.", 2, f, c);
    each({"imag", "real"}, "stablehlo.", 1, c, f);
    each({"is-finite"}, "stablehlo.", 1, f, p);
    each({"bitcast-convert"}, "stablehlo.", 1, f, s);
    each({"partition-id", "replica-id"}, "stablehlo.", 0, f, shapeOf(hlo_type::kU32, {}));
    out.push_back(operationOf("stablehlo.select", "select", {p, f, f}, f));
    out.push_back(
        operationOf("stablehlo.compare", "compare", {f, f}, p, Proto().bytes(63, "LT").bytes(72, "FLOAT")));
    out.push_back(summingOperation("stablehlo.map", "map", {f, f}, f, dims({0})));
    return out;
}

std::vector<HloOperation> hloMovement() {
    const Proto x = f32({2, 3}), i = s32({});
    Proto bounded = f32({4});
    bounded.packed(6, {1});
    const Proto padding =
        Proto().message(1, Proto().number(1, 1).number(2, -1).number(3, 2)).message(1, Proto().number(2, 1));
    const Proto taking = Proto().packed(1, {1}).packed(2, {0}).packed(3, {0}).number(4, 1);
    const Proto of_batches = Proto().packed(2, {1}).packed(3, {1}).number(4, 1).packed(5, {0}).packed(6, {0});
    Proto corner = range(0, 2, 1);
    corner.message(17, Proto().number(1, 0).number(2, 3).number(3, 2));
    HloModule sorting;
    const int64_t less = sorting.combiner("compare", f32({}), pred({}), Proto().bytes(63, "LT"));
    return {
        operationOf("stablehlo.reshape", "reshape", {x}, f32({6})),
        operationOf("stablehlo.reshape", "bitcast", {x}, f32({3, 2})),
        operationOf("stablehlo.broadcast_in_dim", "broadcast", {f32({3})}, x, dims({1})),
        operationOf("stablehlo.transpose", "transpose", {x}, f32({3, 2}), dims({1, 0})),
        operationOf("stablehlo.reverse", "reverse", {x}, x, dims({0, 1})),
        operationOf("stablehlo.concatenate", "concatenate", {x, x}, f32({2, 6}), dims({1})),
        operationOf("stablehlo.iota", "iota", {}, s32({2, 3}), dims({1})),
        operationOf("stablehlo.slice", "slice", {x}, f32({2, 2}), corner),
        operationOf("stablehlo.dynamic_slice", "dynamic-slice", {x, i, i}, f32({1, 2}),
                    Proto().packed(20, {1, 2})),
        operationOf("stablehlo.dynamic_update_slice", "dynamic-update-slice", {x, f32({1, 2}), i, i}, x),
        operationOf("stablehlo.pad", "pad", {x, f32({})}, f32({4, 4}), Proto().message(21, padding)),
        operationOf("stablehlo.gather", "gather", {x, s32({4})}, f32({4, 3}),
                    Proto().message(33, taking).packed(34, {1, 3}).number(67, 1)),
        operationOf("stablehlo.gather", "gather", {x, s32({2, 1})}, f32({2}),
                    Proto().message(33, of_batches).packed(34, {1, 1})),
        summingOperation("stablehlo.scatter", "scatter", {x, s32({4}), f32({4, 3})}, x,
                         Proto().message(48, taking).number(67, 1).number(69, 1)),
        summingOperation("stablehlo.scatter", "scatter", {x, s32({2, 1}), f32({2})}, x,
                         Proto().message(48, of_batches)),
        operationIn(sorting, "stablehlo.sort", "sort", {x}, x, dims({1}).packed(38, {less}).number(60, 1)),
        operationOf("chlo.top_k", "topk", {x}, tupleOf({f32({2, 2}), s32({2, 2})}),
                    Proto().number(81, 2).number(85, 1)),
        operationOf("stablehlo.get_dimension_size", "get-dimension-size", {x}, i, dims({1})),
        operationOf("stablehlo.set_dimension_size", "set-dimension-size", {f32({4}), i}, bounded, dims({0})),
    };
}

std::vector<HloOperation> hloNumeric() {
    const Proto x = f32({2, 3}), y = f32({3}), square = f32({2, 2}), one = f32({});
    const Proto norm = Proto().real(24, 0.5F).number(25, 1);
    const Proto precision = Proto().packed(1, {0, 2});
    const Proto product = Proto().packed(1, {2}).packed(2, {1}).packed(3, {0}).packed(4, {0});
    // Batch, height, width, feature; height, width, input, output.
    Proto layout;
    layout.number(7, 0).number(8, 3).packed(11, {1, 2}).number(3, 2).number(4, 3).packed(6, {0, 1});
    layout.number(9, 0).number(10, 3).packed(12, {1, 2});
    const Proto taps = Proto().message(1, window(2, 1, 1, 0)).message(1, window(3, 2, 1, 1).number(7, 1));
    const Proto pairs = Proto().message(1, window(1, 1, 0, 0)).message(1, window(2, 2, 0, 0));
    const auto fft = [&](int64_t kind, const Proto& from, const Proto& to) {
        return operationOf("stablehlo.fft", "fft", {from}, to, Proto().number(31, kind).packed(32, {4}));
    };
    HloModule pooling;
    const int64_t ge = pooling.combiner("compare", one, pred({}), Proto().bytes(63, "GE"));
    const int64_t add = pooling.combiner("add");
    return {
        operationOf("stablehlo.dot_general", "dot", {f32({2, 3, 4}), f32({2, 4, 5})}, f32({2, 3, 5}),
                    Proto().message(30, product).message(51, precision)),
        operationOf("stablehlo.convolution", "convolution", {f32({1, 4, 5, 4}), f32({2, 3, 2, 6})},
                    f32({1, 4, 3, 6}),
                    Proto().message(15, taps).message(16, layout).message(51, precision).number(50, 2)),
        summingOperation("stablehlo.reduce", "reduce", {x, one}, f32({2}), dims({1})),
        summingOperation("stablehlo.reduce_window", "reduce-window", {f32({2, 4}), one}, square,
                         Proto().message(15, pairs)),
        operationIn(pooling, "stablehlo.select_and_scatter", "select-and-scatter", {f32({2, 4}), square, one},
                    f32({2, 4}), Proto().message(15, pairs).packed(38, {ge, add})),
        operationOf("stablehlo.reduce_precision", "reduce-precision", {x}, x,
                    Proto().number(18, 5).number(19, 10)),
        fft(0, complexes({4}), complexes({4})),
        fft(1, complexes({4}), complexes({4})),
        fft(2, f32({4}), complexes({3})),
        fft(3, complexes({3}), f32({4})),
        operationOf("stablehlo.cholesky", "cholesky", {square}, square,
                    Proto().message(62, Proto().number(1, 1))),
        operationOf("stablehlo.triangular_solve", "triangular-solve", {square, x}, x,
                    Proto().message(59, Proto().number(1, 1).number(2, 1).number(3, 1).number(4, 3))),
        operationOf("stablehlo.batch_norm_training", "batch-norm-training", {x, y, y}, tupleOf({x, y, y}),
                    norm),
        operationOf("stablehlo.batch_norm_inference", "batch-norm-inference", {x, y, y, y, y}, x, norm),
        operationOf("stablehlo.batch_norm_grad", "batch-norm-grad", {x, y, y, y, x}, tupleOf({x, y, y}),
                    norm),
        operationOf("stablehlo.rng", "rng", {one, one}, x, Proto().number(23, 1)),
        operationOf("stablehlo.rng", "rng", {one, one}, one, Proto().number(23, 2)),
        operationOf("stablehlo.rng_bit_generator", "rng-bit-generator", {shapeOf(hlo_type::kU64, {2})},
                    tupleOf({shapeOf(hlo_type::kU64, {2}), shapeOf(hlo_type::kU32, {4})}),
                    Proto().number(70, 1)),
    };
}

std::vector<HloOperation> hloOperations() {
    std::vector<HloOperation> out;
    for (const auto& part : {hloElementwise(), hloMovement(), hloNumeric(), hloStructure(), hloExchange(),
                             hloConstants(), hloShardings()})
        out.insert(out.end(), part.begin(), part.end());
    return out;
}

}  // namespace optirs::plugin::testing
