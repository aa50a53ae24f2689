#include "src/kernels/quantize.h"

#include <cmath>
#include <vector>

#include "src/kernels/checker.h"

namespace optirs::kernels {

using core::Code;
using core::concat;
using core::Error;

namespace {

constexpr std::initializer_list<uint32_t> kWide = {kF32, kBF16, kF16};
constexpr std::initializer_list<uint32_t> kNarrow = {kE4M3, kE5M2};

void checkPositive(int64_t value, const char* name) {
    if (value < 1) {
        throw Error(Code::kInvalidArgument, concat(name, " is ", value, "; it must be at least 1"));
    }
}

/// Of scales for blocks of a matrix.
template <class Args>
std::vector<int64_t> scaleShape(const Operand& x, const Args& args) {
    checkRank(x, 2);
    return {blockCount(x.shape()[0], args.block_rows, "block_rows"),
            blockCount(x.shape()[1], args.block_columns, "block_columns")};
}

}  // namespace

Operand checkTensors(const optirs_amax_args& args) {
    Checker check;
    const Operand x = check.input("x", args.x, kWide);
    check.output("amax", args.amax, {kF32}, {1});
    return x;
}

Operand checkTensors(const optirs_quantize_args& args) {
    Checker check;
    const Operand x = check.input("x", args.x, kWide);
    check.optionalInput("scale", args.scale, {kF32}, {1});
    check.output("out", args.out, kNarrow, x.shape());
    check.optionalOutput("amax", args.amax, {kF32}, {1});
    return x;
}

Operand checkTensors(const optirs_dequantize_args& args) {
    Checker check;
    const Operand x = check.input("x", args.x, kNarrow);
    check.optionalInput("scale_inv", args.scale_inv, {kF32}, {1});
    check.output("out", args.out, kWide, x.shape());
    return x;
}

Operand checkTensors(const optirs_cast_transpose_args& args) {
    Checker check;
    const Operand x = check.input("x", args.x, kWide);
    checkRank(x, 2);
    const int64_t rows = x.shape()[0];
    const int64_t columns = x.shape()[1];
    check.optionalInput("scale", args.scale, {kF32}, {1});
    const Operand transposed = check.output("out_transposed", args.out_transposed, kNarrow, {columns, rows});
    check.optionalOutput("out", args.out, {transposed.type()}, {rows, columns});
    check.optionalOutput("amax", args.amax, {kF32}, {1});
    check.optionalOutput("dbias", args.dbias, {kF32}, {columns});
    if (args.activation < OPTIRS_ACTIVATION_NONE || args.activation > OPTIRS_ACTIVATION_GELU_BACKWARD) {
        throw Error(Code::kInvalidArgument,
                    concat("activation is ", args.activation, "; it must be OPTIRS_ACTIVATION_*"));
    }
    if (args.activation == OPTIRS_ACTIVATION_GELU_BACKWARD) {
        check.input("aux", args.aux, {x.type()}, {rows, columns});
    } else if (args.aux != nullptr) {
        throw Error(Code::kInvalidArgument,
                    "aux is given, but activation is not OPTIRS_ACTIVATION_GELU_BACKWARD: leave it out");
    }
    return x;
}

Operand checkTensors(const optirs_quantize_blocks_args& args) {
    Checker check;
    const Operand x = check.input("x", args.x, kWide);
    const std::vector<int64_t> scales = scaleShape(x, args);
    check.output("out", args.out, kNarrow, x.shape());
    check.output("scale_inv", args.scale_inv, {kF32}, scales);
    return x;
}

Operand checkTensors(const optirs_dequantize_blocks_args& args) {
    Checker check;
    const Operand x = check.input("x", args.x, kNarrow);
    check.input("scale_inv", args.scale_inv, {kF32}, scaleShape(x, args));
    check.output("out", args.out, kWide, x.shape());
    return x;
}

Operand checkTensors(const optirs_delayed_scaling_args& args) {
    Checker check;
    const Operand history = check.output("amax_history", args.amax_history, {kF32});
    checkRank(history, 2);
    checkPositive(history.shape()[0], "the length of amax_history");
    const int64_t count = history.shape()[1];
    check.output("scale", args.scale, {kF32}, {count});
    check.optionalOutput("scale_inv", args.scale_inv, {kF32}, {count});
    if (!(args.fp8_max > 0) || !std::isfinite(args.fp8_max) || !std::isfinite(args.margin)) {
        throw Error(Code::kInvalidArgument, "fp8_max must be above 0, and it and margin finite");
    }
    if (args.algorithm != OPTIRS_AMAX_MAX && args.algorithm != OPTIRS_AMAX_MOST_RECENT) {
        throw Error(Code::kInvalidArgument,
                    concat("algorithm is ", args.algorithm, "; it must be OPTIRS_AMAX_*"));
    }
    return history;
}

}  // namespace optirs::kernels
