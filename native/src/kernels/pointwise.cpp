#include "src/kernels/pointwise.h"

#include <string>
#include <vector>

#include "src/kernels/checker.h"

namespace optirs::kernels {

using core::Code;
using core::concat;
using core::Error;

namespace {

constexpr std::initializer_list<uint32_t> kWide = {kF32, kBF16, kF16};
constexpr std::initializer_list<uint32_t> kIndex = {kS32, kS64};

void checkApproximation(int32_t approximation) {
    if (approximation != OPTIRS_GELU_ERF && approximation != OPTIRS_GELU_TANH) {
        throw Error(Code::kInvalidArgument,
                    concat("approximation is ", approximation, "; it must be OPTIRS_GELU_*"));
    }
}

/// The shape with its last extent, which must be even, halved.
std::vector<int64_t> halved(const Operand& operand) {
    std::vector<int64_t> shape(operand.shape().begin(), operand.shape().end());
    if (shape.empty() || shape.back() % 2 != 0) {
        refuse(operand, "must have an even last dimension: gate, then value");
    }
    shape.back() /= 2;
    return shape;
}

/// The shape of rows that are looked up.
std::vector<int64_t> lookedUp(const Operand& indices, int64_t width) {
    std::vector<int64_t> shape(indices.shape().begin(), indices.shape().end());
    shape.push_back(width);
    return shape;
}

}  // namespace

Operand checkTensors(const optirs_gelu_args& args) {
    Checker check;
    checkApproximation(args.approximation);
    const Operand x = check.input("x", args.x, kWide);
    check.outputOrInPlace("out", args.out, {x.type()}, x.shape(), x);
    return x;
}

Operand checkTensors(const optirs_gelu_backward_args& args) {
    Checker check;
    checkApproximation(args.approximation);
    const Operand x = check.input("x", args.x, kWide);
    const Operand dout = check.input("dout", args.dout, kWide, x.shape());
    check.outputOrInPlace("dx", args.dx, {x.type()}, x.shape(), dout);
    return x;
}

Operand checkTensors(const optirs_swiglu_args& args) {
    Checker check;
    const Operand x = check.input("x", args.x, kWide);
    check.output("out", args.out, {x.type()}, halved(x));
    return x;
}

Operand checkTensors(const optirs_swiglu_backward_args& args) {
    Checker check;
    const Operand x = check.input("x", args.x, kWide);
    check.input("dout", args.dout, kWide, halved(x));
    check.output("dx", args.dx, {x.type()}, x.shape());
    return x;
}

Operand checkTensors(const optirs_rope_args& args) {
    Checker check;
    const Operand x = check.input("x", args.x, kWide);
    checkRank(x, 4);
    const int64_t width = x.shape()[3];
    if (width % 2 != 0) {
        refuse(x, "must have an even last dimension: its elements are rotated in pairs");
    }
    const Operand cosine = check.input("cosine", args.cosine, {kF32});
    checkRank(cosine, 2);
    checkShape(cosine, std::vector<int64_t>{cosine.shape()[0], width / 2});
    check.input("sine", args.sine, {kF32}, cosine.shape());
    if (args.positions != nullptr) {
        check.input("positions", args.positions, kIndex, {x.shape()[0], x.shape()[1]});
    } else if (cosine.shape()[0] < x.shape()[1]) {
        refuse(cosine, concat("must have at least ", x.shape()[1], " positions, the length of ", x.text()));
    }
    check.outputOrInPlace("out", args.out, {x.type()}, x.shape(), x);
    return x;
}

Operand checkTensors(const optirs_dropout_args& args) {
    Checker check;
    if (!(args.probability >= 0 && args.probability < 1)) {
        throw Error(Code::kInvalidArgument, concat("probability is ", std::to_string(args.probability),
                                                   "; it must be at least 0 and below 1"));
    }
    const Operand x = check.input("x", args.x, kWide);
    check.outputOrInPlace("out", args.out, {x.type()}, x.shape(), x);
    return x;
}

Operand checkTensors(const optirs_embedding_args& args) {
    Checker check;
    const Operand table = check.input("table", args.table, kWide);
    checkRank(table, 2);
    const Operand indices = check.input("indices", args.indices, kIndex);
    check.output("out", args.out, {table.type()}, lookedUp(indices, table.shape()[1]));
    return table;
}

Operand checkTensors(const optirs_embedding_backward_args& args) {
    Checker check;
    const Operand dtable = check.output("dtable", args.dtable, {kF32});
    checkRank(dtable, 2);
    const Operand indices = check.input("indices", args.indices, kIndex);
    check.input("dout", args.dout, kWide, lookedUp(indices, dtable.shape()[1]));
    return dtable;
}

}  // namespace optirs::kernels
