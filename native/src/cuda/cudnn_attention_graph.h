// The graphs of attention that cuDNN's fused engines recognise: what they compute is told by the order and
// the types of single operations.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "src/cuda/cudnn_graph.h"

namespace optirs::cuda {

/// Where the elements of a tensor [batch, sequence, heads, width] are; the last stride is 1.
struct HeadLayout {
    int64_t batch_stride = 0;
    int64_t row_stride = 0;
    int64_t head_stride = 0;
    int64_t width = 0;

    auto operator<=>(const HeadLayout&) const = default;
};

/// All that a graph of attention depends on, but not where the tensors are.
struct AttentionProblem {
    int32_t device = 0;
    int32_t type = CUDNN_DATA_BFLOAT16;
    bool is_backward = false;
    int64_t batches = 0;
    int64_t heads = 0;
    int64_t kv_heads = 0;
    int64_t rows = 0;
    int64_t columns = 0;
    int64_t left = -1;             // columns before the diagonal; below 0 for all
    int64_t right = -1;            // columns after it; likewise
    bool is_bottom_right = false;  // the diagonal ends in the last row and column
    bool has_kv_lengths = false;
    bool has_lse = false;
    float scale = 1;
    HeadLayout q;
    HeadLayout k;
    HeadLayout v;
    HeadLayout out;
    HeadLayout dout;
    HeadLayout dq;
    HeadLayout dk;
    HeadLayout dv;

    auto operator<=>(const AttentionProblem&) const = default;
};

/// The tensors in memory; those that a problem does not have are left out.
struct AttentionTensors {
    CudnnTensor q{};
    CudnnTensor k{};
    CudnnTensor v{};
    CudnnTensor out{};
    CudnnTensor lse{};         // f32 [batch, heads, rows]
    CudnnTensor q_lengths{};   // s32 [batch], with kv_lengths: engines ask for both
    CudnnTensor kv_lengths{};  // s32 [batch]
    CudnnTensor dout{};
    CudnnTensor dq{};
    CudnnTensor dk{};
    CudnnTensor dv{};
    CudnnTensor means{};  // f32 [batch, heads, rows], of the backward pass: sums of dout out
};

AttentionTensors buildForward(CudnnGraph& graph, const AttentionProblem& problem);

/// With the gradient of q computed from all gradients of the scores, which need a matrix of workspace for
/// each head: the way whose sums have a fixed order.
AttentionTensors buildBackward(CudnnGraph& graph, const AttentionProblem& problem);

}  // namespace optirs::cuda
