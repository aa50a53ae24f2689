// Calls of casts, norms and pointwise kernels.
#include "kernel_walk_call.h"

namespace optirs::test {

std::vector<WalkCall> castCalls() {
    std::vector<WalkCall> calls;
    {
        using Args = optirs_amax_args;
        calls.push_back(OPTIRS_CALL(
            AMAX, amax, {OPTIRS_TENSOR(x, kBF16, "b r c"), OPTIRS_TENSOR(amax, kF32, "1", kWritten)}, {}));
    }
    {
        using Args = optirs_quantize_args;
        calls.push_back(OPTIRS_CALL(
            QUANTIZE, quantize,
            {OPTIRS_TENSOR(x, kF32, "b r c"), OPTIRS_TENSOR(scale, kF32, "1"),
             OPTIRS_TENSOR(out, kE4M3, "b r c", kWritten), OPTIRS_TENSOR(amax, kF32, "1", kWritten)},
            {}));
    }
    {
        using Args = optirs_dequantize_args;
        calls.push_back(OPTIRS_CALL(DEQUANTIZE, dequantize,
                                    {OPTIRS_TENSOR(x, kE4M3, "b r c"), OPTIRS_TENSOR(scale_inv, kF32, "1"),
                                     OPTIRS_TENSOR(out, kF32, "b r c", kWritten)},
                                    {}));
    }
    {
        using Args = optirs_cast_transpose_args;
        calls.push_back(OPTIRS_CALL(
            CAST_TRANSPOSE, cast_transpose,
            {OPTIRS_TENSOR(x, kF32, "r c"), OPTIRS_TENSOR(scale, kF32, "1"),
             OPTIRS_TENSOR(out, kE4M3, "r c", kWritten),
             OPTIRS_TENSOR(out_transposed, kE4M3, "c r", kWritten), OPTIRS_TENSOR(amax, kF32, "1", kWritten),
             OPTIRS_TENSOR(dbias, kF32, "c", kWritten), OPTIRS_TENSOR(aux, kF32, "r c")},
            {OPTIRS_NUMBER(activation, OPTIRS_ACTIVATION_GELU_BACKWARD)}));
    }
    {
        using Args = optirs_quantize_blocks_args;
        calls.push_back(OPTIRS_CALL(
            QUANTIZE_BLOCKS, quantize_blocks,
            {OPTIRS_TENSOR(x, kF32, "r c"), OPTIRS_TENSOR(out, kE4M3, "r c", kWritten),
             OPTIRS_TENSOR(scale_inv, kF32, "r/2 c/4", kWritten)},
            {OPTIRS_NUMBER(block_rows, 2), OPTIRS_NUMBER(block_columns, 4), OPTIRS_NUMBER(power_of_two, 0)}));
        // One block, however large it is said to be.
        calls.push_back(
            OPTIRS_CALL(QUANTIZE_BLOCKS, quantize_blocks,
                        {OPTIRS_TENSOR(x, kF32, "r c"), OPTIRS_TENSOR(out, kE4M3, "r c", kWritten),
                         OPTIRS_TENSOR(scale_inv, kF32, "1 1", kWritten)},
                        {OPTIRS_NUMBER(block_rows, 128), OPTIRS_NUMBER(block_columns, 128)}));
    }
    {
        using Args = optirs_dequantize_blocks_args;
        calls.push_back(
            OPTIRS_CALL(DEQUANTIZE_BLOCKS, dequantize_blocks,
                        {OPTIRS_TENSOR(x, kE4M3, "r c"), OPTIRS_TENSOR(scale_inv, kF32, "r/2 c/4"),
                         OPTIRS_TENSOR(out, kF32, "r c", kWritten)},
                        {OPTIRS_NUMBER(block_rows, 2), OPTIRS_NUMBER(block_columns, 4)}));
        calls.push_back(OPTIRS_CALL(DEQUANTIZE_BLOCKS, dequantize_blocks,
                                    {OPTIRS_TENSOR(x, kE4M3, "r c"), OPTIRS_TENSOR(scale_inv, kF32, "1 1"),
                                     OPTIRS_TENSOR(out, kF32, "r c", kWritten)},
                                    {OPTIRS_NUMBER(block_rows, 128), OPTIRS_NUMBER(block_columns, 128)}));
    }
    {
        using Args = optirs_delayed_scaling_args;
        calls.push_back(OPTIRS_CALL(
            DELAYED_SCALING, delayed_scaling,
            {OPTIRS_TENSOR(amax_history, kF32, "h c", kUpdated), OPTIRS_TENSOR(scale, kF32, "c", kUpdated),
             OPTIRS_TENSOR(scale_inv, kF32, "c", kWritten)},
            {OPTIRS_NUMBER(fp8_max, 448), OPTIRS_NUMBER(margin, 0), OPTIRS_NUMBER(algorithm, 0)}));
    }
    {
        using Args = optirs_quantize_mx_args;
        calls.push_back(
            OPTIRS_CALL(QUANTIZE_MX, quantize_mx,
                        {OPTIRS_TENSOR(x, kF32, "r c"), OPTIRS_TENSOR(out, kE4M3, "r c", kWritten),
                         OPTIRS_TENSOR(scales, kE8M0, "r c/32", kWritten)},
                        {OPTIRS_NUMBER(transpose, 0), OPTIRS_NUMBER(round_up, 0)}));
        calls.push_back(OPTIRS_CALL(
            QUANTIZE_MX, quantize_mx,
            {OPTIRS_TENSOR(x, kF32, "2c r"), OPTIRS_TENSOR(amax, kF32, "1"),
             OPTIRS_TENSOR(out, kU8, "r c", kWritten), OPTIRS_TENSOR(scales, kE4M3, "r c/8", kWritten),
             OPTIRS_TENSOR(tensor_scale, kF32, "1", kWritten)},
            {OPTIRS_NUMBER(transpose, 1), OPTIRS_NUMBER(round_up, 1)}));
    }
    {
        using Args = optirs_dequantize_mx_args;
        calls.push_back(
            OPTIRS_CALL(DEQUANTIZE_MX, dequantize_mx,
                        {OPTIRS_TENSOR(x, kU8, "r c"), OPTIRS_TENSOR(scales, kE4M3, "r c/8"),
                         OPTIRS_TENSOR(tensor_scale, kF32, "1"), OPTIRS_TENSOR(out, kF32, "r 2c", kWritten)},
                        {}));
    }
    return calls;
}

std::vector<WalkCall> normCalls() {
    std::vector<WalkCall> calls;
    {
        using Args = optirs_layer_norm_args;
        calls.push_back(
            OPTIRS_CALL(LAYER_NORM, layer_norm,
                        {OPTIRS_TENSOR(x, kF32, "r w"), OPTIRS_TENSOR(gamma, kBF16, "w"),
                         OPTIRS_TENSOR(beta, kF32, "w"), OPTIRS_TENSOR(out, kF32, "r w", kWritten),
                         OPTIRS_TENSOR(mean, kF32, "r", kWritten), OPTIRS_TENSOR(rstd, kF32, "r", kWritten)},
                        {OPTIRS_NUMBER(epsilon, 1)}));
        calls.push_back(
            OPTIRS_CALL(LAYER_NORM, layer_norm,
                        {OPTIRS_TENSOR(x, kF32, "b r w"), OPTIRS_TENSOR(out, kE4M3, "b r w", kWritten),
                         OPTIRS_TENSOR(scale, kF32, "1"), OPTIRS_TENSOR(amax, kF32, "1", kWritten)},
                        {OPTIRS_NUMBER(epsilon, 1)}));
    }
    {
        using Args = optirs_layer_norm_backward_args;
        calls.push_back(OPTIRS_CALL(
            LAYER_NORM_BACKWARD, layer_norm_backward,
            {OPTIRS_TENSOR(dout, kF32, "r w"), OPTIRS_TENSOR(x, kF32, "r w"), OPTIRS_TENSOR(gamma, kF32, "w"),
             OPTIRS_TENSOR(mean, kF32, "r"), OPTIRS_TENSOR(rstd, kF32, "r"),
             OPTIRS_TENSOR(dx, kF32, "r w", kWritten), OPTIRS_TENSOR(dgamma, kF32, "w", kWritten),
             OPTIRS_TENSOR(dbeta, kF32, "w", kWritten)},
            {}));
    }
    {
        using Args = optirs_rms_norm_args;
        calls.push_back(
            OPTIRS_CALL(RMS_NORM, rms_norm,
                        {OPTIRS_TENSOR(x, kF32, "r w"), OPTIRS_TENSOR(gamma, kF32, "w"),
                         OPTIRS_TENSOR(out, kF32, "r w", kWritten), OPTIRS_TENSOR(rstd, kF32, "r", kWritten)},
                        {OPTIRS_NUMBER(epsilon, 1)}));
        calls.push_back(
            OPTIRS_CALL(RMS_NORM, rms_norm,
                        {OPTIRS_TENSOR(x, kF32, "b r w"), OPTIRS_TENSOR(out, kE4M3, "b r w", kWritten),
                         OPTIRS_TENSOR(scale, kF32, "1"), OPTIRS_TENSOR(amax, kF32, "1", kWritten)},
                        {OPTIRS_NUMBER(epsilon, 1)}));
    }
    {
        using Args = optirs_rms_norm_backward_args;
        calls.push_back(OPTIRS_CALL(
            RMS_NORM_BACKWARD, rms_norm_backward,
            {OPTIRS_TENSOR(dout, kF32, "r w"), OPTIRS_TENSOR(x, kF32, "r w"), OPTIRS_TENSOR(gamma, kF32, "w"),
             OPTIRS_TENSOR(rstd, kF32, "r"), OPTIRS_TENSOR(dx, kF32, "r w", kWritten),
             OPTIRS_TENSOR(dgamma, kF32, "w", kWritten)},
            {}));
    }
    {
        using Args = optirs_softmax_args;
        calls.push_back(OPTIRS_CALL(
            SOFTMAX, softmax, {OPTIRS_TENSOR(x, kF32, "b r w"), OPTIRS_TENSOR(out, kF32, "b r w", kWritten)},
            {OPTIRS_NUMBER(scale, 1)}));
    }
    {
        using Args = optirs_softmax_backward_args;
        calls.push_back(OPTIRS_CALL(SOFTMAX_BACKWARD, softmax_backward,
                                    {OPTIRS_TENSOR(dout, kF32, "b r w"), OPTIRS_TENSOR(out, kF32, "b r w"),
                                     OPTIRS_TENSOR(dx, kF32, "b r w", kWritten)},
                                    {OPTIRS_NUMBER(scale, 1)}));
    }
    {
        using Args = optirs_cross_entropy_args;
        calls.push_back(
            OPTIRS_CALL(CROSS_ENTROPY, cross_entropy,
                        {OPTIRS_TENSOR(logits, kF32, "r w"), OPTIRS_TENSOR(targets, kS64, "r"),
                         OPTIRS_TENSOR(grad_scale, kF32, "1"), OPTIRS_TENSOR(loss, kF32, "r", kWritten),
                         OPTIRS_TENSOR(dlogits, kF32, "r w", kWritten)},
                        {OPTIRS_NUMBER(ignore_index, -100), OPTIRS_NUMBER(label_smoothing, 0)}));
    }
    return calls;
}

std::vector<WalkCall> pointwiseCalls() {
    std::vector<WalkCall> calls;
    {
        using Args = optirs_gelu_args;
        calls.push_back(OPTIRS_CALL(
            GELU, gelu, {OPTIRS_TENSOR(x, kF32, "b r w"), OPTIRS_TENSOR(out, kF32, "b r w", kWritten)},
            {OPTIRS_NUMBER(approximation, 0)}));
    }
    {
        using Args = optirs_gelu_backward_args;
        calls.push_back(OPTIRS_CALL(GELU_BACKWARD, gelu_backward,
                                    {OPTIRS_TENSOR(dout, kF32, "b r w"), OPTIRS_TENSOR(x, kF32, "b r w"),
                                     OPTIRS_TENSOR(dx, kF32, "b r w", kWritten)},
                                    {OPTIRS_NUMBER(approximation, 1)}));
    }
    {
        using Args = optirs_swiglu_args;
        calls.push_back(
            OPTIRS_CALL(SWIGLU, swiglu,
                        {OPTIRS_TENSOR(x, kF32, "b r 2w"), OPTIRS_TENSOR(out, kF32, "b r w", kWritten)}, {}));
    }
    {
        using Args = optirs_swiglu_backward_args;
        calls.push_back(OPTIRS_CALL(SWIGLU_BACKWARD, swiglu_backward,
                                    {OPTIRS_TENSOR(dout, kF32, "b r w"), OPTIRS_TENSOR(x, kF32, "b r 2w"),
                                     OPTIRS_TENSOR(dx, kF32, "b r 2w", kWritten)},
                                    {}));
    }
    {
        using Args = optirs_rope_args;
        calls.push_back(OPTIRS_CALL(
            ROPE, rope,
            {OPTIRS_TENSOR(x, kF32, "b s h 2w"), OPTIRS_TENSOR(cosine, kF32, "p w"),
             OPTIRS_TENSOR(sine, kF32, "p w"), OPTIRS_TENSOR(positions, kS32, "b s", WalkUse::kRead, 0),
             OPTIRS_TENSOR(out, kF32, "b s h 2w", kWritten)},
            {OPTIRS_NUMBER(interleaved, 0), OPTIRS_NUMBER(inverse, 0)}));
        calls.push_back(
            OPTIRS_CALL(ROPE, rope,
                        {OPTIRS_TENSOR(x, kF32, "b s h 2w"), OPTIRS_TENSOR(cosine, kF32, "s w"),
                         OPTIRS_TENSOR(sine, kF32, "s w"), OPTIRS_TENSOR(out, kF32, "b s h 2w", kWritten)},
                        {OPTIRS_NUMBER(interleaved, 1), OPTIRS_NUMBER(inverse, 1)}));
    }
    {
        using Args = optirs_dropout_args;
        calls.push_back(OPTIRS_CALL(
            DROPOUT, dropout, {OPTIRS_TENSOR(x, kF32, "b r w"), OPTIRS_TENSOR(out, kF32, "b r w", kWritten)},
            {OPTIRS_NUMBER(probability, 0.5), OPTIRS_NUMBER(seed, 1), OPTIRS_NUMBER(offset, 0)}));
    }
    {
        using Args = optirs_embedding_args;
        calls.push_back(OPTIRS_CALL(EMBEDDING, embedding,
                                    {OPTIRS_TENSOR(table, kF32, "v w"), OPTIRS_TENSOR(indices, kS64, "b r"),
                                     OPTIRS_TENSOR(out, kF32, "b r w", kWritten)},
                                    {}));
    }
    {
        using Args = optirs_embedding_backward_args;
        calls.push_back(OPTIRS_CALL(EMBEDDING_BACKWARD, embedding_backward,
                                    {OPTIRS_TENSOR(dout, kF32, "b r w"), OPTIRS_TENSOR(indices, kS32, "b r"),
                                     OPTIRS_TENSOR(dtable, kF32, "v w", kWritten)},
                                    {}));
    }
    return calls;
}

}  // namespace optirs::test
