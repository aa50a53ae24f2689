/// @file
/// The fields of the kernels' arguments, by name, as far as programs can set them.
#pragma once

#include <optirs/kernel_attention.h>
#include <optirs/kernel_matmul.h>
#include <optirs/kernel_mx.h>
#include <optirs/kernel_norm.h>
#include <optirs/kernel_optimizer.h>
#include <optirs/kernel_quantize.h>

#include <cstddef>
#include <type_traits>

#include "src/kernels/call_targets.h"

namespace optirs::kernels {

template <class Member>
constexpr KernelFieldKind kindOf() {
    if constexpr (std::is_same_v<Member, const optirs_dl_tensor*>) {
        return KernelFieldKind::kTensor;
    } else if constexpr (std::is_same_v<Member, double>) {
        return KernelFieldKind::kReal;
    } else if constexpr (std::is_same_v<Member, int32_t>) {
        return KernelFieldKind::kInt32;
    } else {
        static_assert(std::is_same_v<Member, int64_t> || std::is_same_v<Member, uint64_t>);
        return KernelFieldKind::kInt64;
    }
}

#define OPTIRS_FIELD(Struct, member, use, is_of_list)                                               \
    KernelField {                                                                                   \
        #member, offsetof(Struct, member), kindOf<decltype(Struct::member)>(), KernelFieldUse::use, \
            is_of_list                                                                              \
    }
#define OPTIRS_READ(member) OPTIRS_FIELD(Args, member, kRead, false)
#define OPTIRS_WRITTEN(member) OPTIRS_FIELD(Args, member, kWritten, false)
#define OPTIRS_LIST(member) OPTIRS_FIELD(optirs_optimizer_tensors, member, kRead, true)
#define OPTIRS_UPDATED(member) OPTIRS_FIELD(optirs_optimizer_tensors, member, kUpdated, true)

struct AttentionFields {
    using Args = optirs_attention_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(q),
                                           OPTIRS_READ(k),
                                           OPTIRS_READ(v),
                                           OPTIRS_READ(scale),
                                           OPTIRS_READ(mask),
                                           OPTIRS_READ(window_left),
                                           OPTIRS_READ(window_right),
                                           OPTIRS_READ(soft_cap),
                                           OPTIRS_READ(bias),
                                           OPTIRS_READ(alibi_slopes),
                                           OPTIRS_READ(q_lengths),
                                           OPTIRS_READ(kv_lengths),
                                           OPTIRS_READ(dropout),
                                           OPTIRS_READ(seed),
                                           OPTIRS_READ(offset),
                                           OPTIRS_WRITTEN(out),
                                           OPTIRS_WRITTEN(lse),
                                           OPTIRS_READ(q_starts),
                                           OPTIRS_READ(kv_starts),
                                           OPTIRS_READ(block_table),
                                           OPTIRS_READ(q_scale),
                                           OPTIRS_READ(k_scale),
                                           OPTIRS_READ(v_scale),
                                           OPTIRS_READ(kv_splits)};
};

struct AttentionBackwardFields {
    using Args = optirs_attention_backward_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(dout),
                                           OPTIRS_READ(q),
                                           OPTIRS_READ(k),
                                           OPTIRS_READ(v),
                                           OPTIRS_READ(out),
                                           OPTIRS_READ(lse),
                                           OPTIRS_READ(scale),
                                           OPTIRS_READ(mask),
                                           OPTIRS_READ(window_left),
                                           OPTIRS_READ(window_right),
                                           OPTIRS_READ(soft_cap),
                                           OPTIRS_READ(bias),
                                           OPTIRS_READ(alibi_slopes),
                                           OPTIRS_READ(q_lengths),
                                           OPTIRS_READ(kv_lengths),
                                           OPTIRS_READ(dropout),
                                           OPTIRS_READ(seed),
                                           OPTIRS_READ(offset),
                                           OPTIRS_WRITTEN(dq),
                                           OPTIRS_WRITTEN(dk),
                                           OPTIRS_WRITTEN(dv),
                                           OPTIRS_READ(q_starts),
                                           OPTIRS_READ(kv_starts),
                                           OPTIRS_READ(q_scale),
                                           OPTIRS_READ(k_scale),
                                           OPTIRS_READ(v_scale),
                                           OPTIRS_READ(dout_scale)};
};

struct LayerNormFields {
    using Args = optirs_layer_norm_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(x),       OPTIRS_READ(gamma),  OPTIRS_READ(beta),
                                           OPTIRS_READ(epsilon), OPTIRS_WRITTEN(out), OPTIRS_WRITTEN(mean),
                                           OPTIRS_WRITTEN(rstd), OPTIRS_READ(scale),  OPTIRS_WRITTEN(amax)};
};

struct LayerNormBackwardFields {
    using Args = optirs_layer_norm_backward_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(dout),      OPTIRS_READ(x),       OPTIRS_READ(gamma),
                                           OPTIRS_READ(mean),      OPTIRS_READ(rstd),    OPTIRS_WRITTEN(dx),
                                           OPTIRS_WRITTEN(dgamma), OPTIRS_WRITTEN(dbeta)};
};

struct RmsNormFields {
    using Args = optirs_rms_norm_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(x),      OPTIRS_READ(gamma),   OPTIRS_READ(epsilon),
                                           OPTIRS_WRITTEN(out), OPTIRS_WRITTEN(rstd), OPTIRS_READ(scale),
                                           OPTIRS_WRITTEN(amax)};
};

struct RmsNormBackwardFields {
    using Args = optirs_rms_norm_backward_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(dout), OPTIRS_READ(x),     OPTIRS_READ(gamma),
                                           OPTIRS_READ(rstd), OPTIRS_WRITTEN(dx), OPTIRS_WRITTEN(dgamma)};
};

struct CrossEntropyFields {
    using Args = optirs_cross_entropy_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(logits),       OPTIRS_READ(targets),
                                           OPTIRS_READ(ignore_index), OPTIRS_READ(label_smoothing),
                                           OPTIRS_READ(grad_scale),   OPTIRS_WRITTEN(loss),
                                           OPTIRS_WRITTEN(dlogits)};
};

struct QuantizeFields {
    using Args = optirs_quantize_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(x), OPTIRS_READ(scale), OPTIRS_WRITTEN(out),
                                           OPTIRS_WRITTEN(amax)};
};

struct DequantizeFields {
    using Args = optirs_dequantize_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(x), OPTIRS_READ(scale_inv), OPTIRS_WRITTEN(out)};
};

struct QuantizeBlocksFields {
    using Args = optirs_quantize_blocks_args;
    static constexpr KernelField kAll[] = {
        OPTIRS_READ(x),      OPTIRS_READ(block_rows),  OPTIRS_READ(block_columns), OPTIRS_READ(power_of_two),
        OPTIRS_WRITTEN(out), OPTIRS_WRITTEN(scale_inv)};
};

struct DequantizeBlocksFields {
    using Args = optirs_dequantize_blocks_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(x), OPTIRS_READ(block_rows),
                                           OPTIRS_READ(block_columns), OPTIRS_READ(scale_inv),
                                           OPTIRS_WRITTEN(out)};
};

struct QuantizeMxFields {
    using Args = optirs_quantize_mx_args;
    static constexpr KernelField kAll[] = {
        OPTIRS_READ(x),      OPTIRS_READ(transpose), OPTIRS_READ(round_up),       OPTIRS_READ(amax),
        OPTIRS_WRITTEN(out), OPTIRS_WRITTEN(scales), OPTIRS_WRITTEN(tensor_scale)};
};

struct DequantizeMxFields {
    using Args = optirs_dequantize_mx_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(x), OPTIRS_READ(scales), OPTIRS_READ(tensor_scale),
                                           OPTIRS_WRITTEN(out)};
};

struct MatmulMxFields {
    using Args = optirs_matmul_mx_args;
    static constexpr KernelField kAll[] = {
        OPTIRS_READ(a),        OPTIRS_READ(a_scales),       OPTIRS_READ(a_tensor_scale), OPTIRS_READ(b),
        OPTIRS_READ(b_scales), OPTIRS_READ(b_tensor_scale), OPTIRS_READ(alpha),          OPTIRS_READ(beta),
        OPTIRS_READ(bias),     OPTIRS_WRITTEN(out)};
};

struct MatmulFields {
    using Args = optirs_matmul_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(a),
                                           OPTIRS_READ(b),
                                           OPTIRS_READ(transpose_a),
                                           OPTIRS_READ(transpose_b),
                                           OPTIRS_READ(alpha),
                                           OPTIRS_READ(beta),
                                           OPTIRS_READ(bias),
                                           OPTIRS_READ(epilogue),
                                           OPTIRS_READ(fast_accumulation),
                                           OPTIRS_READ(scale_a),
                                           OPTIRS_READ(scale_b),
                                           OPTIRS_READ(scale_a_rows),
                                           OPTIRS_READ(scale_a_columns),
                                           OPTIRS_READ(scale_b_rows),
                                           OPTIRS_READ(scale_b_columns),
                                           OPTIRS_READ(scale_out),
                                           OPTIRS_WRITTEN(amax_out),
                                           OPTIRS_WRITTEN(out)};
};

struct GroupedMatmulFields {
    using Args = optirs_grouped_matmul_args;
    static constexpr KernelField kAll[] = {
        OPTIRS_READ(a),           OPTIRS_READ(b),       OPTIRS_READ(group_sizes), OPTIRS_READ(transpose_a),
        OPTIRS_READ(transpose_b), OPTIRS_READ(alpha),   OPTIRS_READ(beta),        OPTIRS_READ(bias),
        OPTIRS_READ(scale_a),     OPTIRS_READ(scale_b), OPTIRS_WRITTEN(out)};
};

struct SgdFields {
    using Args = optirs_sgd_args;
    static constexpr KernelField kAll[] = {
        OPTIRS_READ(learning_rate), OPTIRS_READ(momentum),  OPTIRS_READ(weight_decay), OPTIRS_UPDATED(params),
        OPTIRS_LIST(grads),         OPTIRS_UPDATED(state1), OPTIRS_LIST(grad_scale),   OPTIRS_LIST(skip)};
};

/// Adam and AdamW.
template <class Struct>
struct AdamFields {
    using Args = Struct;
    static constexpr KernelField kAll[] = {
        OPTIRS_READ(step),      OPTIRS_READ(learning_rate), OPTIRS_READ(beta1),      OPTIRS_READ(beta2),
        OPTIRS_READ(epsilon),   OPTIRS_READ(weight_decay),  OPTIRS_UPDATED(params),  OPTIRS_LIST(grads),
        OPTIRS_UPDATED(state1), OPTIRS_UPDATED(state2),     OPTIRS_LIST(grad_scale), OPTIRS_LIST(skip)};
};

struct LionFields {
    using Args = optirs_lion_args;
    static constexpr KernelField kAll[] = {
        OPTIRS_READ(learning_rate), OPTIRS_READ(beta1),      OPTIRS_READ(beta2),
        OPTIRS_READ(weight_decay),  OPTIRS_UPDATED(params),  OPTIRS_LIST(grads),
        OPTIRS_UPDATED(state1),     OPTIRS_LIST(grad_scale), OPTIRS_LIST(skip)};
};

#undef OPTIRS_FIELD
#undef OPTIRS_READ
#undef OPTIRS_WRITTEN
#undef OPTIRS_LIST
#undef OPTIRS_UPDATED

}  // namespace optirs::kernels
