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

bool isNarrow(uint32_t type) { return type == kE4M3 || type == kE5M2; }

/// How many sequences there are, and how long the longest may be.
struct Sequences {
    int64_t batch = 0;
    int64_t columns = 0;
};

void checkScale(Checker& check, const char* name, const optirs_dl_tensor* scale, const Operand& of) {
    if (scale == nullptr) {
        return;
    }
    if (!isNarrow(of.type())) {
        refuse(of, concat("has a ", name, ", which belongs to 8-bit types"));
    }
    const Operand operand = check.input(name, scale, {kF32});
    checkRank(operand, 1);
    if (operand.shape()[0] != 1 && operand.shape()[0] != of.shape()[2]) {
        refuse(operand, concat("must have 1 element, or one for each head of ", of.text()));
    }
}

/// Whoever packs has a batch of 1 in memory; returns the number of sequences.
int64_t checkStarts(Checker& check, const char* name, const optirs_dl_tensor* given, const Operand& packed) {
    if (given == nullptr) {
        return packed.shape()[0];
    }
    const Operand starts = check.input(name, given, {kS32});
    checkRank(starts, 1);
    if (starts.shape()[0] < 1) {
        refuse(starts, "must have an element more than there are sequences");
    }
    if (packed.shape()[0] != 1) {
        refuse(packed, concat("must have a first extent of 1: ", name, " says that sequences are packed"));
    }
    return starts.shape()[0] - 1;
}

/// What forward and backward have in common.
template <class Args>
void checkScores(Checker& check, const Args& args, const Operand& q, const Sequences& all) {
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
        if (args.q_starts != nullptr || args.kv_starts != nullptr) {
            refuse(bias, "has no meaning for packed sequences");
        }
        checkRank(bias, 4);
        const int64_t shape[] = {bias.shape()[0] == 1 ? 1 : all.batch, bias.shape()[1] == 1 ? 1 : heads,
                                 q.shape()[1], all.columns};
        checkShape(bias, shape);
    }
    check.optionalInput("alibi_slopes", args.alibi_slopes, {kF32}, {heads});
    check.optionalInput("q_lengths", args.q_lengths, {kS32}, {all.batch});
    check.optionalInput("kv_lengths", args.kv_lengths, {kS32}, {all.batch});
}

/// Keys and values: the type of q or an 8-bit one. Of the values `like` is the keys.
Operand checkKeys(Checker& check, const char* name, const optirs_dl_tensor* given, const Operand& q,
                  const Operand* like) {
    const Operand operand = check.inputRows(name, given, {q.type(), kE4M3, kE5M2});
    checkRank(operand, 4);
    if (like != nullptr) {
        const auto shape = like->shape();
        const int64_t wanted[] = {shape[0], shape[1], shape[2], operand.shape()[3]};
        checkShape(operand, wanted);
        return operand;
    }
    const auto shape = operand.shape();
    const int64_t wanted[] = {shape[0], shape[1], shape[2], q.shape()[3]};
    checkShape(operand, wanted);
    const int64_t kv_heads = shape[2];
    if (kv_heads == 0 ? q.shape()[2] != 0 : q.shape()[2] % kv_heads != 0) {
        refuse(operand, concat("has ", kv_heads, " heads, which do not divide those of ", q.text()));
    }
    return operand;
}

/// The number of sequences of keys must be that of the queries.
void checkBatch(const Operand& k, int64_t batch, int64_t wanted) {
    if (batch != wanted) {
        refuse(k, concat("has ", batch, " sequences; there are ", wanted, " of queries"));
    }
}

Sequences checkPaged(Checker& check, const optirs_attention_args& args, const Operand& k, int64_t batch) {
    const Operand table = check.input("block_table", args.block_table, {kS32});
    checkRank(table, 2);
    const int64_t shape[] = {batch, table.shape()[1]};
    checkShape(table, shape);
    if (args.kv_starts != nullptr || args.kv_lengths == nullptr) {
        refuse(k, "is paged: kv_lengths must be given, and kv_starts must not");
    }
    int64_t columns = 0;
    if (__builtin_mul_overflow(table.shape()[1], k.shape()[1], &columns)) {
        refuse(table, concat("names more columns than fit 63 bits, with blocks of ", k.text()));
    }
    return {batch, columns};
}

}  // namespace

Operand checkTensors(const optirs_attention_args& args) {
    Checker check;
    const Operand q = check.inputRows("q", args.q, {kF32, kBF16, kF16, kE4M3, kE5M2});
    checkRank(q, 4);
    const Operand k = checkKeys(check, "k", args.k, q, nullptr);
    const Operand v = checkKeys(check, "v", args.v, q, &k);
    Sequences all{checkStarts(check, "q_starts", args.q_starts, q), k.shape()[1]};
    if (args.block_table != nullptr) {
        all = checkPaged(check, args, k, all.batch);
    } else {
        checkBatch(k, checkStarts(check, "kv_starts", args.kv_starts, k), all.batch);
    }
    checkScores(check, args, q, all);
    checkScale(check, "q_scale", args.q_scale, q);
    checkScale(check, "k_scale", args.k_scale, k);
    checkScale(check, "v_scale", args.v_scale, v);
    if (args.kv_splits < 0) {
        throw Error(Code::kInvalidArgument,
                    concat("kv_splits is ", args.kv_splits, "; it must be at least 0"));
    }
    const int64_t shape[] = {q.shape()[0], q.shape()[1], q.shape()[2], v.shape()[3]};
    if (isNarrow(q.type())) {
        check.outputRows("out", args.out, kWide, shape);
    } else {
        check.outputRows("out", args.out, {q.type()}, shape);
    }
    check.optionalOutput("lse", args.lse, {kF32}, {shape[0], shape[2], shape[1]});
    return q;
}

Operand checkTensors(const optirs_attention_backward_args& args) {
    Checker check;
    const Operand q = check.inputRows("q", args.q, {kF32, kBF16, kF16, kE4M3, kE5M2});
    checkRank(q, 4);
    const Operand k = checkKeys(check, "k", args.k, q, nullptr);
    const Operand v = checkKeys(check, "v", args.v, q, &k);
    const Sequences all{checkStarts(check, "q_starts", args.q_starts, q), k.shape()[1]};
    checkBatch(k, checkStarts(check, "kv_starts", args.kv_starts, k), all.batch);
    checkScores(check, args, q, all);
    const int64_t shape[] = {q.shape()[0], q.shape()[1], q.shape()[2], v.shape()[3]};
    const Operand out = isNarrow(q.type()) ? check.inputRows("out", args.out, kWide)
                                           : check.inputRows("out", args.out, {q.type()});
    checkShape(out, shape);
    const Operand dout = check.inputRows("dout", args.dout, {out.type(), kE4M3, kE5M2});
    checkShape(dout, shape);
    checkScale(check, "q_scale", args.q_scale, q);
    checkScale(check, "k_scale", args.k_scale, k);
    checkScale(check, "v_scale", args.v_scale, v);
    checkScale(check, "dout_scale", args.dout_scale, dout);
    check.input("lse", args.lse, {kF32}, {shape[0], shape[2], shape[1]});
    check.outputRows("dq", args.dq, {out.type()}, q.shape());
    check.outputRows("dk", args.dk, {out.type()}, k.shape());
    check.outputRows("dv", args.dv, {out.type()}, v.shape());
    return q;
}

}  // namespace optirs::kernels
