#include "src/kernels/norm.h"

#include <cmath>

#include "src/kernels/checker.h"

namespace optirs::kernels {

using core::Code;
using core::concat;
using core::Error;

namespace {

constexpr std::initializer_list<uint32_t> kWide = {kF32, kBF16, kF16};

void checkEpsilon(double epsilon) {
    if (!(epsilon >= 0) || !std::isfinite(epsilon)) {
        throw Error(Code::kInvalidArgument,
                    concat("epsilon is ", std::to_string(epsilon), "; it must be at least 0"));
    }
}

void checkScale(double scale) {
    if (!(scale > 0) || !std::isfinite(scale)) {
        throw Error(Code::kInvalidArgument,
                    concat("scale is ", std::to_string(scale), "; it must be above 0 and finite"));
    }
}

/// Extent of the last dimension, which must not be 0, and the product of the others.
struct Rows {
    explicit Rows(const Operand& operand) {
        if (operand.shape().empty()) {
            refuse(operand, "must have at least 1 dimension");
        }
        length = operand.shape().back();
        if (length == 0) {
            refuse(operand, "has an empty last dimension");
        }
        count = operand.elementCount() / length;
    }

    int64_t length = 0;
    int64_t count = 0;
};

bool isNarrow(const optirs_dl_tensor* tensor) {
    return tensor != nullptr && (typeKey(tensor->dtype) == kE4M3 || typeKey(tensor->dtype) == kE5M2);
}

/// Output, scale and amax of a norm.
void checkNormOutput(Checker& check, const Operand& x, const optirs_dl_tensor* out,
                     const optirs_dl_tensor* scale, const optirs_dl_tensor* amax) {
    if (isNarrow(out)) {
        check.output("out", out, {kE4M3, kE5M2}, x.shape());
        check.optionalInput("scale", scale, {kF32}, {1});
        check.optionalOutput("amax", amax, {kF32}, {1});
        return;
    }
    check.outputOrInPlace("out", out, {x.type(), kE4M3, kE5M2}, x.shape(), x);
    if (scale != nullptr || amax != nullptr) {
        throw Error(Code::kInvalidArgument, "scale and amax belong to an out of 8 bits");
    }
}

}  // namespace

Operand checkTensors(const optirs_layer_norm_args& args) {
    Checker check;
    checkEpsilon(args.epsilon);
    const Operand x = check.input("x", args.x, kWide);
    const Rows rows(x);
    check.optionalInput("gamma", args.gamma, kWide, {rows.length});
    check.optionalInput("beta", args.beta, kWide, {rows.length});
    checkNormOutput(check, x, args.out, args.scale, args.amax);
    check.optionalOutput("mean", args.mean, {kF32}, {rows.count});
    check.optionalOutput("rstd", args.rstd, {kF32}, {rows.count});
    return x;
}

Operand checkTensors(const optirs_layer_norm_backward_args& args) {
    Checker check;
    const Operand x = check.input("x", args.x, kWide);
    const Rows rows(x);
    const Operand dout = check.input("dout", args.dout, kWide, x.shape());
    check.optionalInput("gamma", args.gamma, kWide, {rows.length});
    check.input("mean", args.mean, {kF32}, {rows.count});
    check.input("rstd", args.rstd, {kF32}, {rows.count});
    check.outputOrInPlace("dx", args.dx, {x.type()}, x.shape(), dout);
    check.optionalOutput("dgamma", args.dgamma, kWide, {rows.length});
    check.optionalOutput("dbeta", args.dbeta, kWide, {rows.length});
    return x;
}

Operand checkTensors(const optirs_rms_norm_args& args) {
    Checker check;
    checkEpsilon(args.epsilon);
    const Operand x = check.input("x", args.x, kWide);
    const Rows rows(x);
    check.optionalInput("gamma", args.gamma, kWide, {rows.length});
    checkNormOutput(check, x, args.out, args.scale, args.amax);
    check.optionalOutput("rstd", args.rstd, {kF32}, {rows.count});
    return x;
}

Operand checkTensors(const optirs_rms_norm_backward_args& args) {
    Checker check;
    const Operand x = check.input("x", args.x, kWide);
    const Rows rows(x);
    const Operand dout = check.input("dout", args.dout, kWide, x.shape());
    check.optionalInput("gamma", args.gamma, kWide, {rows.length});
    check.input("rstd", args.rstd, {kF32}, {rows.count});
    check.outputOrInPlace("dx", args.dx, {x.type()}, x.shape(), dout);
    check.optionalOutput("dgamma", args.dgamma, kWide, {rows.length});
    return x;
}

Operand checkTensors(const optirs_softmax_args& args) {
    Checker check;
    checkScale(args.scale);
    const Operand x = check.input("x", args.x, kWide);
    const Rows rows(x);
    check.outputOrInPlace("out", args.out, {x.type()}, x.shape(), x);
    return x;
}

Operand checkTensors(const optirs_softmax_backward_args& args) {
    Checker check;
    checkScale(args.scale);
    const Operand out = check.input("out", args.out, kWide);
    const Rows rows(out);
    const Operand dout = check.input("dout", args.dout, kWide, out.shape());
    check.outputOrInPlace("dx", args.dx, kWide, out.shape(), dout);
    return out;
}

Operand checkTensors(const optirs_cross_entropy_args& args) {
    Checker check;
    if (!(args.label_smoothing >= 0 && args.label_smoothing < 1)) {
        throw Error(Code::kInvalidArgument,
                    concat("label_smoothing is ", std::to_string(args.label_smoothing),
                           "; it must be at least 0 and below 1"));
    }
    const Operand logits = check.input("logits", args.logits, kWide);
    checkRank(logits, 2);
    const Rows rows(logits);
    check.input("targets", args.targets, {kS32, kS64}, {rows.count});
    check.optionalInput("grad_scale", args.grad_scale, {kF32}, {1});
    check.output("loss", args.loss, {kF32}, {rows.count});
    if (args.dlogits != nullptr) {
        check.outputOrInPlace("dlogits", args.dlogits, {logits.type()}, logits.shape(), logits);
    }
    return logits;
}

}  // namespace optirs::kernels
