#include "src/cuda/cudnn_attention_graph.h"

#include <limits>
#include <optional>
#include <utility>

namespace optirs::cuda {
namespace {

constexpr int64_t kRows = 2;  // dimensions of the scores
constexpr int64_t kColumns = 3;

/// A graph while it is built. cuDNN's order of dimensions is [batch, heads, rows, columns]. Types between
/// operations are those that engines are known to recognise: f32 but where a comment or a type says
/// otherwise.
class Builder {
 public:
    Builder(CudnnGraph& graph, const AttentionProblem& problem) : graph_(graph), p_(problem) {}

    AttentionTensors forward() {
        AttentionTensors t;
        t.q = operand(p_.q, p_.heads, p_.rows);
        t.k = transposed(p_.k, p_.kv_heads, p_.columns);
        t.v = operand(p_.v, p_.kv_heads, p_.columns);
        t.out = operand(p_.out, p_.heads, p_.rows);
        std::optional<CudnnTensor> rows;
        std::optional<CudnnTensor> columns;
        if (p_.has_kv_lengths) {
            rows = t.q_lengths = lengths();
            columns = t.kv_lengths = lengths();
        }
        CudnnTensor scores = graph_.between(CUDNN_DATA_FLOAT, scoreDims());
        graph_.matmul({.a = t.q, .b = t.k, .m = rows, .n = columns}, scores);
        scores = combine(CUDNN_POINTWISE_MUL, scores, graph_.number(p_.scale));
        if (p_.has_kv_lengths) {
            scores = padded(scores, *rows, *columns);
        }
        scores = banded(scores);
        const CudnnTensor greatest = rowReduced(CUDNN_REDUCE_TENSOR_MAX, scores);
        const CudnnTensor powers = exponential(combine(CUDNN_POINTWISE_SUB, scores, greatest));
        const CudnnTensor sums = rowReduced(CUDNN_REDUCE_TENSOR_ADD, powers);
        // Engines look for the log-sum-exp even where it is not wanted.
        const CudnnTensor lse = p_.has_lse ? rowNumbers() : graph_.between(CUDNN_DATA_FLOAT, rowDims());
        const CudnnTensor log = graph_.pointwise({.mode = CUDNN_POINTWISE_LOG, .x = sums});
        graph_.pointwise({.mode = CUDNN_POINTWISE_ADD, .x = greatest, .b = log}, lse);
        if (p_.has_lse) {
            t.lse = lse;
        }
        const CudnnTensor probabilities =
            graph_.pointwise({.mode = CUDNN_POINTWISE_DIV, .x = powers, .b = sums}, p_.type);
        graph_.matmul({.a = probabilities, .b = t.v, .m = rows, .k = columns}, t.out);
        return t;
    }

    AttentionTensors backward() {
        AttentionTensors t;
        t.q = operand(p_.q, p_.heads, p_.rows);
        t.k = transposed(p_.k, p_.kv_heads, p_.columns);
        t.v = transposed(p_.v, p_.kv_heads, p_.columns);
        t.out = operand(p_.out, p_.heads, p_.rows);
        t.lse = rowNumbers();
        t.dout = operand(p_.dout, p_.heads, p_.rows);
        t.dq = operand(p_.dq, p_.heads, p_.rows);
        t.dk = operand(p_.dk, p_.kv_heads, p_.columns);
        t.dv = operand(p_.dv, p_.kv_heads, p_.columns);
        t.means = rowNumbers();

        const CudnnTensor products = combine(CUDNN_POINTWISE_MUL, t.dout, t.out);
        // The factor is that of dropout; engines look for it even without.
        graph_.pointwise({.mode = CUDNN_POINTWISE_MUL,
                          .x = rowReduced(CUDNN_REDUCE_TENSOR_ADD, products),
                          .b = graph_.number(1.0F)},
                         t.means);

        const CudnnTensor scale = graph_.number(p_.scale);
        CudnnTensor scores = graph_.between(CUDNN_DATA_FLOAT, scoreDims());
        graph_.matmul({.a = t.q, .b = t.k}, scores);
        scores = combine(CUDNN_POINTWISE_MUL, scores, scale);
        // Masked after the subtraction: a row that sees nothing has an lse of -infinity.
        scores = banded(combine(CUDNN_POINTWISE_SUB, scores, t.lse));
        const CudnnTensor probabilities = exponential(scores);
        toKeys(probabilities, t.dout, t.dv);

        CudnnTensor slopes = graph_.between(CUDNN_DATA_FLOAT, scoreDims());
        graph_.matmul({.a = t.dout, .b = t.v}, slopes);
        slopes = combine(CUDNN_POINTWISE_SUB, slopes, t.means);
        slopes = combine(CUDNN_POINTWISE_MUL, slopes, probabilities);
        slopes = combine(CUDNN_POINTWISE_MUL, slopes, scale);
        toKeys(slopes, t.q, t.dk);

        const CudnnTensor keys =
            graph_.between(CUDNN_DATA_FLOAT, dimsOf(p_.k, p_.kv_heads, p_.columns), stridesOf(p_.k));
        graph_.reshape(t.k, keys);
        graph_.matmul({.a = slopes, .b = keys}, t.dq);
        return t;
    }

 private:
    CudnnDims scoreDims() const { return {p_.batches, p_.heads, p_.rows, p_.columns}; }
    CudnnDims rowDims() const { return {p_.batches, p_.heads, p_.rows, 1}; }
    CudnnDims dimsOf(const HeadLayout& layout, int64_t heads, int64_t rows) const {
        return {p_.batches, heads, rows, layout.width};
    }
    static CudnnDims stridesOf(const HeadLayout& layout) {
        return {layout.batch_stride, layout.head_stride, layout.row_stride, 1};
    }

    CudnnTensor operand(const HeadLayout& layout, int64_t heads, int64_t rows) {
        return graph_.memory(p_.type, dimsOf(layout, heads, rows), stridesOf(layout));
    }
    CudnnTensor transposed(const HeadLayout& layout, int64_t heads, int64_t rows) {
        CudnnDims dims = dimsOf(layout, heads, rows);
        CudnnDims strides = stridesOf(layout);
        std::swap(dims[2], dims[3]);
        std::swap(strides[2], strides[3]);
        return graph_.memory(p_.type, dims, strides);
    }
    CudnnTensor rowNumbers() {
        return graph_.memory(CUDNN_DATA_FLOAT, rowDims(), {p_.heads * p_.rows, p_.rows, 1, 1});
    }
    CudnnTensor lengths() { return graph_.memory(CUDNN_DATA_INT32, {p_.batches, 1, 1, 1}, {1, 1, 1, 1}); }

    CudnnTensor combine(int32_t mode, CudnnTensor x, CudnnTensor b) {
        return graph_.pointwise({.mode = mode, .x = x, .b = b});
    }
    CudnnTensor exponential(CudnnTensor x) { return graph_.pointwise({.mode = CUDNN_POINTWISE_EXP, .x = x}); }
    CudnnTensor rowReduced(int32_t mode, CudnnTensor x) {
        const CudnnTensor y = graph_.between(CUDNN_DATA_FLOAT, rowDims());
        graph_.reduce(mode, x, y);
        return y;
    }

    CudnnTensor index(CudnnTensor scores, int64_t axis, int32_t compute = CUDNN_DATA_FLOAT) {
        return graph_.pointwise(
            {.mode = CUDNN_POINTWISE_GEN_INDEX, .x = scores, .compute = compute, .axis = axis},
            CUDNN_DATA_INT32);
    }
    CudnnTensor integers(int32_t mode, CudnnTensor x, CudnnTensor b) {
        return graph_.pointwise({.mode = mode, .x = x, .b = b, .compute = CUDNN_DATA_INT32},
                                CUDNN_DATA_INT32);
    }
    CudnnTensor truth(int32_t mode, CudnnTensor x, CudnnTensor b) {
        return graph_.pointwise({.mode = mode, .x = x, .b = b, .compute = CUDNN_DATA_BOOLEAN},
                                CUDNN_DATA_BOOLEAN);
    }
    CudnnTensor masked(CudnnTensor scores, CudnnTensor is_seen) {
        return graph_.pointwise({.mode = CUDNN_POINTWISE_BINARY_SELECT,
                                 .x = scores,
                                 .b = graph_.number(-std::numeric_limits<float>::infinity()),
                                 .t = is_seen});
    }

    CudnnTensor padded(CudnnTensor scores, CudnnTensor q_lengths, CudnnTensor kv_lengths) {
        const CudnnTensor row =
            truth(CUDNN_POINTWISE_CMP_LT, index(scores, kRows, CUDNN_DATA_INT32), q_lengths);
        const CudnnTensor column =
            truth(CUDNN_POINTWISE_CMP_LT, index(scores, kColumns, CUDNN_DATA_INT32), kv_lengths);
        return masked(scores, truth(CUDNN_POINTWISE_LOGICAL_AND, row, column));
    }

    /// Masks what is further from the diagonal than the windows allow, first on the right.
    CudnnTensor banded(CudnnTensor scores) {
        if (p_.right >= 0) {
            CudnnTensor row = index(scores, kRows);
            const CudnnTensor column = index(scores, kColumns);
            if (p_.is_bottom_right) {
                row = integers(CUDNN_POINTWISE_ADD, row, graph_.number(static_cast<int32_t>(p_.columns)));
                row = integers(CUDNN_POINTWISE_SUB, row, graph_.number(static_cast<int32_t>(p_.rows)));
            }
            if (p_.right > 0) {
                row = integers(CUDNN_POINTWISE_ADD, row, graph_.number(static_cast<int32_t>(p_.right)));
            }
            scores = masked(scores, truth(CUDNN_POINTWISE_CMP_GE, row, column));
        }
        if (p_.left >= 0) {
            const int64_t shift = p_.is_bottom_right ? p_.columns - p_.rows : 0;
            const CudnnTensor row = index(scores, kRows);
            const CudnnTensor column = combine(CUDNN_POINTWISE_ADD, index(scores, kColumns),
                                               graph_.number(static_cast<float>(p_.left + 1 - shift)));
            scores = masked(scores, truth(CUDNN_POINTWISE_CMP_GT, column, row));
        }
        return scores;
    }

    /// y = x^T rows, with the sum over the heads that share keys.
    void toKeys(CudnnTensor x, CudnnTensor rows, CudnnTensor y) {
        const CudnnTensor columns =
            graph_.between(p_.type, {p_.batches, p_.heads, p_.columns, p_.rows},
                           {p_.heads * p_.rows * p_.columns, p_.rows * p_.columns, 1, p_.columns});
        graph_.reshape(x, columns);
        if (p_.heads == p_.kv_heads) {
            graph_.matmul({.a = columns, .b = rows}, y);
            return;
        }
        const CudnnTensor all =
            graph_.between(p_.type, {p_.batches, p_.heads, p_.columns, graph_.dims(rows)[3]});
        graph_.matmul({.a = columns, .b = rows}, all);
        graph_.reduce(CUDNN_REDUCE_TENSOR_ADD, all, y);
    }

    CudnnGraph& graph_;
    const AttentionProblem& p_;
};

}  // namespace

AttentionTensors buildForward(CudnnGraph& graph, const AttentionProblem& problem) {
    return Builder(graph, problem).forward();
}

AttentionTensors buildBackward(CudnnGraph& graph, const AttentionProblem& problem) {
    return Builder(graph, problem).backward();
}

}  // namespace optirs::cuda
