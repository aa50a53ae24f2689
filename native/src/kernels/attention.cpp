#include "src/kernels/attention.h"

#include <cmath>
#include <string>

#include "src/kernels/checker.h"

namespace optirs::kernels {

using core::Code;
using core::concat;
using core::Error;

namespace {

constexpr std::initializer_list<uint32_t> kWide = {kF32, kBF16, kF16};

/// What forward and backward have in common.
template <class Args>
void checkScores(Checker& check, const Args& args, const Operand& q, const Operand& k) {
    const int64_t batch = q.shape()[0];
    const int64_t heads = q.shape()[2];
    if (!std::isfinite(args.scale) || !(args.soft_cap >= 0) || !std::isfinite(args.soft_cap)) {
        throw Error(Code::kInvalidArgument, "scale must be finite, and soft_cap at least 0 and finite");
    }
    if (args.mask < OPTIRS_MASK_NONE || args.mask > OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT) {
        throw Error(Code::kInvalidArgument, concat("mask is ", args.mask, "; it must be OPTIRS_MASK_*"));
    }
    if (!(args.dropout >= 0 && args.dropout < 1)) {
        throw Error(Code::kInvalidArgument, concat("dropout is ", std::to_string(args.dropout),
                                                   "; it must be at least 0 and below 1"));
    }
    if (args.bias != nullptr) {
        const Operand bias = check.input("bias", args.bias, kWide);
        checkRank(bias, 4);
        const int64_t shape[] = {bias.shape()[0] == 1 ? 1 : batch, bias.shape()[1] == 1 ? 1 : heads,
                                 q.shape()[1], k.shape()[1]};
        checkShape(bias, shape);
    }
    check.optionalInput("alibi_slopes", args.alibi_slopes, {kF32}, {heads});
    check.optionalInput("q_lengths", args.q_lengths, {kS32}, {batch});
    check.optionalInput("kv_lengths", args.kv_lengths, {kS32}, {batch});
}

/// Keys and values that belong to the queries.
Operand checkKeys(Checker& check, const Operand& q, const optirs_dl_tensor* given) {
    checkRank(q, 4);
    const Operand k = check.inputRows("k", given, {q.type()});
    checkRank(k, 4);
    const int64_t kv_heads = k.shape()[2];
    const int64_t shape[] = {q.shape()[0], k.shape()[1], kv_heads, q.shape()[3]};
    checkShape(k, shape);
    if (kv_heads == 0 ? q.shape()[2] != 0 : q.shape()[2] % kv_heads != 0) {
        refuse(k, concat("has ", kv_heads, " heads, which do not divide those of ", q.text()));
    }
    return k;
}

Operand checkValues(Checker& check, const Operand& k, const optirs_dl_tensor* given) {
    const Operand v = check.inputRows("v", given, {k.type()});
    checkRank(v, 4);
    const int64_t shape[] = {k.shape()[0], k.shape()[1], k.shape()[2], v.shape()[3]};
    checkShape(v, shape);
    return v;
}

}  // namespace

Operand checkTensors(const optirs_attention_args& args) {
    Checker check;
    const Operand q = check.inputRows("q", args.q, kWide);
    const Operand k = checkKeys(check, q, args.k);
    const Operand v = checkValues(check, k, args.v);
    checkScores(check, args, q, k);
    const int64_t shape[] = {q.shape()[0], q.shape()[1], q.shape()[2], v.shape()[3]};
    check.outputRows("out", args.out, {q.type()}, shape);
    check.optionalOutput("lse", args.lse, {kF32}, {shape[0], shape[2], shape[1]});
    return q;
}

Operand checkTensors(const optirs_attention_backward_args& args) {
    Checker check;
    const Operand q = check.inputRows("q", args.q, kWide);
    const Operand k = checkKeys(check, q, args.k);
    const Operand v = checkValues(check, k, args.v);
    checkScores(check, args, q, k);
    const int64_t shape[] = {q.shape()[0], q.shape()[1], q.shape()[2], v.shape()[3]};
    checkShape(check.inputRows("out", args.out, {q.type()}), shape);
    checkShape(check.inputRows("dout", args.dout, {q.type()}), shape);
    check.input("lse", args.lse, {kF32}, {shape[0], shape[2], shape[1]});
    check.outputRows("dq", args.dq, {q.type()}, q.shape());
    check.outputRows("dk", args.dk, {q.type()}, k.shape());
    check.outputRows("dv", args.dv, {q.type()}, v.shape());
    return q;
}

}  // namespace optirs::kernels
