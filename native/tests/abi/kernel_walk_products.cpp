// Calls of products and attention.
#include "kernel_walk_call.h"

namespace optirs::test {

std::vector<WalkCall> productCalls() {
    std::vector<WalkCall> calls;
    {
        using Args = optirs_matmul_args;
        calls.push_back(OPTIRS_CALL(
            MATMUL, matmul,
            {OPTIRS_TENSOR(a, kF32, "b m k"), OPTIRS_TENSOR(b, kF32, "b k n"), OPTIRS_TENSOR(bias, kF32, "n"),
             OPTIRS_TENSOR(aux, kF32, "b m n", kWritten), OPTIRS_TENSOR(out, kF32, "b m n", kWritten)},
            {OPTIRS_NUMBER(transpose_a, 0), OPTIRS_NUMBER(transpose_b, 0), OPTIRS_NUMBER(alpha, 1),
             OPTIRS_NUMBER(beta, 0), OPTIRS_NUMBER(epilogue, OPTIRS_EPILOGUE_GELU)}));
        calls.push_back(OPTIRS_CALL(
            MATMUL, matmul,
            {OPTIRS_TENSOR(a, kE4M3, "m k"), OPTIRS_TENSOR(b, kE4M3, "n k"),
             OPTIRS_TENSOR(scale_a, kF32, "m k/4"), OPTIRS_TENSOR(scale_b, kF32, "n/2 k/4"),
             OPTIRS_TENSOR(scale_out, kF32, "1"), OPTIRS_TENSOR(amax_out, kF32, "1", kWritten),
             OPTIRS_TENSOR(out, kE4M3, "m n", kWritten)},
            {OPTIRS_NUMBER(transpose_b, 1), OPTIRS_NUMBER(alpha, 1), OPTIRS_NUMBER(fast_accumulation, 1),
             OPTIRS_NUMBER(scale_a_rows, 1), OPTIRS_NUMBER(scale_a_columns, 4),
             OPTIRS_NUMBER(scale_b_rows, 2), OPTIRS_NUMBER(scale_b_columns, 4)}));
        calls.push_back(
            OPTIRS_CALL(MATMUL, matmul,
                        {OPTIRS_TENSOR(a, kE4M3, "k m"), OPTIRS_TENSOR(b, kE4M3, "k n"),
                         OPTIRS_TENSOR(scale_a, kF32, "1 1"), OPTIRS_TENSOR(scale_b, kF32, "1 1"),
                         OPTIRS_TENSOR(out, kF32, "m n", kUpdated)},
                        {OPTIRS_NUMBER(transpose_a, 1), OPTIRS_NUMBER(alpha, 1), OPTIRS_NUMBER(beta, 1),
                         OPTIRS_NUMBER(scale_a_rows, 128), OPTIRS_NUMBER(scale_a_columns, 128),
                         OPTIRS_NUMBER(scale_b_rows, 128), OPTIRS_NUMBER(scale_b_columns, 128)}));
    }
    {
        using Args = optirs_grouped_matmul_args;
        calls.push_back(
            OPTIRS_CALL(GROUPED_MATMUL, grouped_matmul,
                        {OPTIRS_TENSOR(a, kF32, "m k"), OPTIRS_TENSOR(b, kF32, "g k n"),
                         OPTIRS_TENSOR(group_sizes, kS32, "g"), OPTIRS_TENSOR(bias, kF32, "g n"),
                         OPTIRS_TENSOR(out, kF32, "m n", kWritten)},
                        {OPTIRS_NUMBER(transpose_b, 0), OPTIRS_NUMBER(alpha, 1), OPTIRS_NUMBER(beta, 0)}));
        calls.push_back(
            OPTIRS_CALL(GROUPED_MATMUL, grouped_matmul,
                        {OPTIRS_TENSOR(a, kE4M3, "m k"), OPTIRS_TENSOR(b, kE4M3, "m n"),
                         OPTIRS_TENSOR(group_sizes, kS32, "g"), OPTIRS_TENSOR(scale_a, kF32, "g"),
                         OPTIRS_TENSOR(scale_b, kF32, "1"), OPTIRS_TENSOR(out, kF32, "g k n", kWritten)},
                        {OPTIRS_NUMBER(transpose_a, 1), OPTIRS_NUMBER(alpha, 1), OPTIRS_NUMBER(beta, 0)}));
    }
    {
        using Args = optirs_matmul_mx_args;
        calls.push_back(
            OPTIRS_CALL(MATMUL_MX, matmul_mx,
                        {OPTIRS_TENSOR(a, kE4M3, "m k"), OPTIRS_TENSOR(a_scales, kE8M0, "m k/32"),
                         OPTIRS_TENSOR(b, kE4M3, "n k"), OPTIRS_TENSOR(b_scales, kE8M0, "n k/32"),
                         OPTIRS_TENSOR(bias, kF32, "n"), OPTIRS_TENSOR(out, kF32, "m n", kWritten)},
                        {OPTIRS_NUMBER(alpha, 1), OPTIRS_NUMBER(beta, 0)}));
        calls.push_back(
            OPTIRS_CALL(MATMUL_MX, matmul_mx,
                        {OPTIRS_TENSOR(a, kU8, "m k"), OPTIRS_TENSOR(a_scales, kE4M3, "m k/8"),
                         OPTIRS_TENSOR(a_tensor_scale, kF32, "1"), OPTIRS_TENSOR(b, kU8, "n k"),
                         OPTIRS_TENSOR(b_scales, kE4M3, "n k/8"), OPTIRS_TENSOR(b_tensor_scale, kF32, "1"),
                         OPTIRS_TENSOR(out, kBF16, "m n", kWritten)},
                        {OPTIRS_NUMBER(alpha, 1)}));
    }
    return calls;
}

std::vector<WalkCall> attentionCalls() {
    std::vector<WalkCall> calls;
    {
        using Args = optirs_attention_args;
        calls.push_back(OPTIRS_CALL(
            ATTENTION, attention,
            {OPTIRS_TENSOR(q, kF32, "b s 2h d"), OPTIRS_TENSOR(k, kF32, "b t h d"),
             OPTIRS_TENSOR(v, kF32, "b t h e"), OPTIRS_TENSOR(bias, kF32, "1 2h s t"),
             OPTIRS_TENSOR(alibi_slopes, kF32, "2h"), OPTIRS_TENSOR(q_lengths, kS32, "b", WalkUse::kRead, 2),
             OPTIRS_TENSOR(kv_lengths, kS32, "b", WalkUse::kRead, 3),
             OPTIRS_TENSOR(out, kF32, "b s 2h e", kWritten), OPTIRS_TENSOR(lse, kF32, "b 2h s", kWritten)},
            {OPTIRS_NUMBER(scale, 1), OPTIRS_NUMBER(mask, 2), OPTIRS_NUMBER(window_left, -1),
             OPTIRS_NUMBER(window_right, -1), OPTIRS_NUMBER(soft_cap, 1), OPTIRS_NUMBER(dropout, 0.5),
             OPTIRS_NUMBER(seed, 1), OPTIRS_NUMBER(offset, 1), OPTIRS_NUMBER(kv_splits, 0)}));
        calls.push_back(OPTIRS_CALL(
            ATTENTION, attention,
            {OPTIRS_TENSOR(q, kE4M3, "b s 2h d"), OPTIRS_TENSOR(k, kE4M3, "n t h d"),
             OPTIRS_TENSOR(v, kE4M3, "n t h e"), OPTIRS_TENSOR(kv_lengths, kS32, "b", WalkUse::kRead, 3),
             OPTIRS_TENSOR(out, kF32, "b s 2h e", kWritten),
             OPTIRS_TENSOR(block_table, kS32, "b c", WalkUse::kRead, 0), OPTIRS_TENSOR(q_scale, kF32, "2h"),
             OPTIRS_TENSOR(k_scale, kF32, "1"), OPTIRS_TENSOR(v_scale, kF32, "h")},
            {OPTIRS_NUMBER(scale, 1), OPTIRS_NUMBER(kv_splits, 2)}));
        // Two packed sequences of a row each.
        calls.push_back(
            OPTIRS_CALL(ATTENTION, attention,
                        {OPTIRS_TENSOR(q, kF32, "1 2 h d"), OPTIRS_TENSOR(k, kF32, "1 2 h d"),
                         OPTIRS_TENSOR(v, kF32, "1 2 h e"), OPTIRS_TENSOR(out, kF32, "1 2 h e", kWritten),
                         OPTIRS_TENSOR(q_starts, kS32, "3", WalkUse::kRead, 0, 1),
                         OPTIRS_TENSOR(kv_starts, kS32, "3", WalkUse::kRead, 0, 1)},
                        {OPTIRS_NUMBER(scale, 1)}));
    }
    {
        using Args = optirs_attention_backward_args;
        calls.push_back(OPTIRS_CALL(
            ATTENTION_BACKWARD, attention_backward,
            {OPTIRS_TENSOR(dout, kF32, "b s 2h e"), OPTIRS_TENSOR(q, kF32, "b s 2h d"),
             OPTIRS_TENSOR(k, kF32, "b t h d"), OPTIRS_TENSOR(v, kF32, "b t h e"),
             OPTIRS_TENSOR(out, kF32, "b s 2h e"), OPTIRS_TENSOR(lse, kF32, "b 2h s"),
             OPTIRS_TENSOR(bias, kF32, "1 2h s t"), OPTIRS_TENSOR(alibi_slopes, kF32, "2h"),
             OPTIRS_TENSOR(q_lengths, kS32, "b", WalkUse::kRead, 2),
             OPTIRS_TENSOR(kv_lengths, kS32, "b", WalkUse::kRead, 3),
             OPTIRS_TENSOR(dq, kF32, "b s 2h d", kWritten), OPTIRS_TENSOR(dk, kF32, "b t h d", kWritten),
             OPTIRS_TENSOR(dv, kF32, "b t h e", kWritten)},
            {OPTIRS_NUMBER(scale, 1), OPTIRS_NUMBER(mask, 2), OPTIRS_NUMBER(window_left, -1),
             OPTIRS_NUMBER(window_right, -1), OPTIRS_NUMBER(soft_cap, 1), OPTIRS_NUMBER(dropout, 0.5),
             OPTIRS_NUMBER(seed, 1), OPTIRS_NUMBER(offset, 1)}));
    }
    return calls;
}

}  // namespace optirs::test
