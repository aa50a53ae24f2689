/**
 * @file
 * Attention. Tensors are [batch, sequence, heads, width].
 *
 * - **Packed sequences** of different lengths lie one after the other: a tensor is [1, all rows, heads,
 * width], and `starts` (s32 [batch + 1]) says where each begins: starts[0] = 0, starts[batch] = all rows.
 * Masks, windows and ALiBi count from the beginning of each sequence.
 * - **Paged keys and values**, as servers keep them: k and v are [blocks, block size, kv_heads, width], and
 * row b of `block_table` (s32 [batch, n]) names the blocks that hold the columns of sequence b, in their
 * order; as many are read as its kv_length, which must be given, needs. skv is n times the block size.
 * - **8-bit floats** are decoded, exactly, and multiplied by a scale: q_scale f32 [1] or [heads], k_scale and
 * v_scale f32 [1] or [kv_heads]; without one by 1. Probabilities and gradients of scores stay f32;
 * on a GPU they are rounded to the type of out, and on Hopper, where q, k and v are of one 8-bit type and
 * have at most 128 elements a head, to f8E4M3FN (docs/cuda-kernels.md says how large the error is).
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
    const optirs_dl_tensor* q; /**< f32, bf16, f16, f8E4M3FN or f8E5M2 [batch, sq, heads, d]. */
    const optirs_dl_tensor* k; /**< The type of q or an 8-bit float [batch, skv, kv_heads, d]; kv_heads
                                  divides heads, and each serves heads / kv_heads in turn. */
    const optirs_dl_tensor* v; /**< The type of q or an 8-bit float [batch, skv, kv_heads, dv]. */
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
    const optirs_dl_tensor*
        out; /**< Receives the type of q [batch, sq, heads, dv]; f32, bf16 or f16 if q has 8 bits. */
    const optirs_dl_tensor* lse;       /**< Receives f32 [batch, heads, sq], the natural log of the sum of
                                          exp(score), for the backward pass; may be NULL. */
    const optirs_dl_tensor* q_starts;  /**< s32 [batch + 1]: q, out and lse are packed; NULL: they are not. */
    const optirs_dl_tensor* kv_starts; /**< s32 [batch + 1]: k and v are packed; NULL: they are not. */
    const optirs_dl_tensor* block_table; /**< s32 [batch, n]: k and v are paged; NULL: they are not. */
    const optirs_dl_tensor* q_scale;     /**< f32 [1] or [heads], of an 8-bit q; NULL for 1. */
    const optirs_dl_tensor* k_scale;     /**< f32 [1] or [kv_heads], of an 8-bit k; NULL for 1. */
    const optirs_dl_tensor* v_scale;     /**< f32 [1] or [kv_heads], of an 8-bit v; NULL for 1. */
    int64_t
        kv_splits; /**< Parts that the columns of each row are divided into, worked on in parallel and joined
                      by their log-sum-exp; 0: the backend decides, by the shapes and lengths alone. */
} optirs_attention_args;

/**
 * out = softmax(mask(scale q k^T)) v, without ever holding all scores (FlashAttention, Dao et al., 2022).
 * Scores and sums are f32. A row that attends to nothing is 0 and has the lse -infinity. q, k, v and out may
 * have any strides that are not negative, as long as the last is 1. The result does not depend on the number
 * of threads. A bias needs sequences that are not packed.
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
    const optirs_dl_tensor* dout; /**< The type of out, or an 8-bit float: [batch, sq, heads, dv]. */
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
    const optirs_dl_tensor* dq; /**< Receives the shape of q, and its type; that of out if q has 8 bits. */
    const optirs_dl_tensor* dk; /**< Receives the shape of k, of the type of dq. */
    const optirs_dl_tensor* dv; /**< Receives the shape of v, of the type of dq. */
    const optirs_dl_tensor* q_starts;   /**< As in the forward pass. */
    const optirs_dl_tensor* kv_starts;  /**< As in the forward pass. */
    const optirs_dl_tensor* q_scale;    /**< As in the forward pass. */
    const optirs_dl_tensor* k_scale;    /**< As in the forward pass. */
    const optirs_dl_tensor* v_scale;    /**< As in the forward pass. */
    const optirs_dl_tensor* dout_scale; /**< f32 [1] or [heads], of an 8-bit dout; NULL for 1. */
} optirs_attention_backward_args;

/**
 * Gradients of optirs_attention with respect to q, k and v as numbers (codes times scales), from scores that
 * are computed again. The order of all sums is fixed: the result is the same each time.
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
