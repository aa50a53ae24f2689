// Gather and scatter, as the specification defines them.
#include "interpreter_tensor.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin::testing {
namespace {

/// How a gather or a scatter finds where in its operand a slice or window begins.
struct Starts {
    int64_t index_vector_dim;
    std::span<const int64_t> start_map;
    std::span<const int64_t> operand_batching;
    std::span<const int64_t> indices_batching;
};

/// Where the window of `batch`, a position in the indices without their vector, begins.
Position startOf(const Tensor& indices, const Position& batch, const Starts& starts, int64_t rank) {
    Position start(static_cast<size_t>(rank));
    const auto vector_dim = static_cast<size_t>(starts.index_vector_dim);
    for (size_t k = 0; k < starts.start_map.size(); ++k) {
        Position at = batch;
        if (starts.index_vector_dim < indices.type.rank())
            at.insert(at.begin() + starts.index_vector_dim, static_cast<int64_t>(k));
        start[static_cast<size_t>(starts.start_map[k])] = indexAt(indices, ravel(at, indices.type.dims()));
    }
    for (size_t k = 0; k < starts.operand_batching.size(); ++k) {
        const auto dim = static_cast<size_t>(starts.indices_batching[k]);
        start[static_cast<size_t>(starts.operand_batching[k])] = batch[dim > vector_dim ? dim - 1 : dim];
    }
    return start;
}

Position at(const Position& index, const Position& dims) {
    Position out;
    for (const int64_t d : dims) out.push_back(index[static_cast<size_t>(d)]);
    return out;
}

}  // namespace

Tensor gather(const Operation& op, const std::vector<Tensor>& in) {
    Tensor out = make(op.result()->tensor());
    const GatherDimensions& g = gatherDimensions(op);
    const Starts starts{g.index_vector_dim, g.start_index_map, g.operand_batching_dims,
                        g.start_indices_batching_dims};
    const auto dims = in[0].type.dims();
    const Position batch_dims = others(out.type.rank(), {g.offset_dims});
    const Position kept = others(in[0].type.rank(), {g.collapsed_slice_dims, g.operand_batching_dims});
    for (int64_t i = 0; i < out.size(); ++i) {
        const Position index = unravel(i, out.type.dims());
        Position source = startOf(in[1], at(index, batch_dims), starts, in[0].type.rank());
        for (size_t d = 0; d < source.size(); ++d)
            source[d] = std::clamp<int64_t>(source[d], 0, dims[d] - sliceSizes(op)[d]);
        for (size_t k = 0; k < kept.size(); ++k)
            source[static_cast<size_t>(kept[k])] += index[static_cast<size_t>(g.offset_dims[k])];
        copyElement(in[0], ravel(source, dims), out, i);
    }
    return out;
}

std::vector<Tensor> scatter(const Operation& op, const std::vector<Tensor>& in, const RunBlock& run) {
    const size_t count = op.resultCount();
    std::vector<Tensor> results(in.begin(), in.begin() + static_cast<int64_t>(count));
    const ScatterDimensions& s = scatterDimensions(op);
    const Starts starts{s.index_vector_dim, s.scatter_dims_to_operand_dims, s.input_batching_dims,
                        s.scatter_indices_batching_dims};
    const auto dims = results[0].type.dims();
    const TensorType& updates = in[count + 1].type;
    const Position batch_dims = others(updates.rank(), {s.update_window_dims});
    const Position kept = others(results[0].type.rank(), {s.inserted_window_dims, s.input_batching_dims});
    for (int64_t i = 0; i < updates.elementCount(); ++i) {
        const Position index = unravel(i, updates.dims());
        Position target = startOf(in[count], at(index, batch_dims), starts, results[0].type.rank());
        for (size_t k = 0; k < kept.size(); ++k)
            target[static_cast<size_t>(kept[k])] += index[static_cast<size_t>(s.update_window_dims[k])];
        if (!isInside(target, dims)) continue;
        const int64_t place = ravel(target, dims);
        std::vector<Tensor> arguments;
        for (const Tensor& result : results) arguments.push_back(scalarAt(result, place));
        for (size_t k = 0; k < count; ++k) arguments.push_back(scalarAt(in[count + 1 + k], i));
        const auto combined = run(body(op), arguments);
        for (size_t k = 0; k < count; ++k) copyElement(combined[k], 0, results[k], place);
    }
    return results;
}

}  // namespace optirs::plugin::testing
