/**
 * @file
 * Attention. Tensors are [batch, sequence, heads, width].
 */
#ifndef OPTIRS_KERNEL_ATTENTION_H_
#define OPTIRS_KERNEL_ATTENTION_H_

#include <optirs/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Which columns j a row i attends to, before windows. */
enum {
    OPTIRS_MASK_NONE = 0,            /**< All. */
    OPTIRS_MASK_CAUSAL_TOP_LEFT = 1, /**< j <= i. */
    OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT =
        2 /**< j <= i + skv - sq, with the lengths of the batch: the last row sees everything. */
};

/** Arguments of optirs_attention. */
typedef struct optirs_attention_args {
    size_t struct_size;        /**< sizeof(optirs_attention_args) as the caller knows it. */
    void* workspace;           /**< See kernel.h. */
    uint64_t workspace_size;   /**< Bytes. */
    const optirs_dl_tensor* q; /**< f32, bf16 or f16 [batch, sq, heads, d]. */
    const optirs_dl_tensor* k; /**< The type of q [batch, skv, kv_heads, d]; kv_heads divides heads, and each
                                  serves heads / kv_heads in turn. */
    const optirs_dl_tensor* v; /**< The type of q [batch, skv, kv_heads, dv]. */
    double scale;              /**< Factor of the scores, usually 1 / sqrt(d). */
    int32_t mask;              /**< OPTIRS_MASK_* */
    int32_t reserved;          /**< 0. */
    int64_t
        window_left; /**< A row attends to at most this many columns before its diagonal; below 0: to all. */
    int64_t window_right; /**< Likewise after it. */
    double soft_cap; /**< Above 0: scores become cap tanh(score / cap) before bias and ALiBi; 0: they stay. */
    const optirs_dl_tensor*
        bias; /**< [batch or 1, heads or 1, sq, skv], f32, bf16 or f16, added to the scores; NULL for none. */
    const optirs_dl_tensor*
        alibi_slopes; /**< f32 [heads]: score -= slope |i + skv - sq - j|; NULL for none. */
    const optirs_dl_tensor*
        q_lengths; /**< s32 [batch]: rows behind are 0 in out and gradients; NULL for sq. */
    const optirs_dl_tensor* kv_lengths; /**< s32 [batch]: columns behind are not attended to; NULL for skv. */
    double dropout;                     /**< Of dropping a probability: 0 <= p < 1. */
    uint64_t seed;                      /**< Key of the generator: see optirs_dropout. */
    uint64_t offset; /**< First counter. Row (b, h, i) takes ceil(skv / 4) counters from offset + ((b heads +
                        h) sq + i) ceil(skv / 4) on. */
    const optirs_dl_tensor* out; /**< Receives the type of q [batch, sq, heads, dv]. */
    const optirs_dl_tensor* lse; /**< Receives f32 [batch, heads, sq], the natural log of the sum of
                                    exp(score), for the backward pass; may be NULL. */
} optirs_attention_args;

/**
 * out = softmax(mask(scale q k^T)) v, without ever holding all scores (FlashAttention, Dao et al., 2022).
 * Scores and sums are f32. A row that attends to nothing is 0 and has the lse -infinity. q, k, v and out may
 * have any strides, as long as the last is 1.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_attention(optirs_stream* stream, const optirs_attention_args* args);

/** Arguments of optirs_attention_backward. */
typedef struct optirs_attention_backward_args {
    size_t struct_size;           /**< sizeof(optirs_attention_backward_args) as the caller knows it. */
    void* workspace;              /**< See kernel.h. */
    uint64_t workspace_size;      /**< Bytes. */
    const optirs_dl_tensor* dout; /**< The type of q [batch, sq, heads, dv]. */
    const optirs_dl_tensor* q;    /**< As in the forward pass. */
    const optirs_dl_tensor* k;    /**< As in the forward pass. */
    const optirs_dl_tensor* v;    /**< As in the forward pass. */
    const optirs_dl_tensor* out;  /**< Result of the forward pass. */
    const optirs_dl_tensor* lse;  /**< f32 [batch, heads, sq], of the forward pass. */
    double scale;                 /**< Factor of the scores, usually 1 / sqrt(d). */
    int32_t mask;                 /**< OPTIRS_MASK_* */
    int32_t reserved;             /**< 0. */
    int64_t
        window_left; /**< A row attends to at most this many columns before its diagonal; below 0: to all. */
    int64_t window_right; /**< Likewise after it. */
    double soft_cap; /**< Above 0: scores become cap tanh(score / cap) before bias and ALiBi; 0: they stay. */
    const optirs_dl_tensor*
        bias; /**< [batch or 1, heads or 1, sq, skv], f32, bf16 or f16, added to the scores; NULL for none. */
    const optirs_dl_tensor*
        alibi_slopes; /**< f32 [heads]: score -= slope |i + skv - sq - j|; NULL for none. */
    const optirs_dl_tensor*
        q_lengths; /**< s32 [batch]: rows behind are 0 in out and gradients; NULL for sq. */
    const optirs_dl_tensor* kv_lengths; /**< s32 [batch]: columns behind are not attended to; NULL for skv. */
    double dropout;                     /**< Of dropping a probability: 0 <= p < 1. */
    uint64_t seed;                      /**< Key of the generator: see optirs_dropout. */
    uint64_t offset; /**< First counter. Row (b, h, i) takes ceil(skv / 4) counters from offset + ((b heads +
                        h) sq + i) ceil(skv / 4) on. */
    const optirs_dl_tensor* dq; /**< Receives the type and shape of q. */
    const optirs_dl_tensor* dk; /**< Receives the type and shape of k. */
    const optirs_dl_tensor* dv; /**< Receives the type and shape of v. */
} optirs_attention_backward_args;

/**
 * Gradients of optirs_attention, from scores that are computed again. The order of all sums is fixed: the
 * result is the same each time.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_attention_backward(optirs_stream* stream,
                                                      const optirs_attention_backward_args* args);

#ifdef __cplusplus
}
#endif

#endif
