// Operations with indices computed at run time: dynamic_slice, gather, scatter, torch_index_select.
#include <algorithm>

#include "pjrt_cpu/stablehlo/shape_rules.h"

namespace optirs::plugin {
namespace {

bool contains(std::span<const int64_t> values, int64_t value) {
    return std::find(values.begin(), values.end(), value) != values.end();
}

void requireStartIndices(const Rule& rule, size_t first) {
    const int64_t rank = rule.operand(0).rank();
    rule.require(static_cast<int64_t>(rule.op().operandCount() - first) == rank,
                 std::to_string(rule.op().operandCount() - first) + " start indices for " +
                     rule.operand(0).toString());
    for (size_t i = first; i < rule.op().operandCount(); ++i) {
        rule.requireRank(i, 0);
        rule.require(isInteger(rule.operand(i).element()),
                     "start indices should be integers, got " + rule.operand(i).toString());
        rule.requireSameElement(rule.operand(first), rule.operand(i), "start indices");
    }
}

// Of a dimension that is not known, as much of the slice as is there.
std::vector<int64_t> slicedDims(const TensorType& from, std::span<const int64_t> sizes) {
    std::vector<int64_t> dims(sizes.begin(), sizes.end());
    for (size_t i = 0; i < dims.size(); ++i) {
        if (from.dims()[i] == kDynamic) dims[i] = kDynamic;
    }
    return dims;
}

std::vector<Type> inferDynamicSlice(const Rule& rule) {
    const TensorType& from = rule.operand(0);
    requireStartIndices(rule, 1);
    const auto sizes = sliceSizes(rule.op());
    rule.requireCount(sizes, from.rank(), "slice_sizes");
    for (size_t i = 0; i < sizes.size(); ++i) {
        rule.require(sizes[i] >= 0 && (from.dims()[i] == kDynamic || sizes[i] <= from.dims()[i]),
                     "slice_sizes " + listToString(sizes) + " do not fit " + from.toString());
    }
    return {rule.typed(from.withDims(slicedDims(from, sizes)))};
}

std::vector<Type> inferDynamicUpdateSlice(const Rule& rule) {
    const TensorType& to = rule.operand(0);
    const TensorType& update = rule.operand(1);
    requireStartIndices(rule, 2);
    rule.requireSameElement(to, update, "operand and update");
    rule.require(to.rank() == update.rank(), "operand and update should have the same rank, got " +
                                                 to.toString() + " and " + update.toString());
    for (int64_t i = 0; i < to.rank(); ++i) {
        rule.require(to.dim(i) == kDynamic || update.dim(i) == kDynamic || update.dim(i) <= to.dim(i),
                     "the update " + update.toString() + " does not fit the operand " + to.toString());
    }
    return {rule.typed(to)};
}

// Sizes of the index batch: all dimensions of the indices but index_vector_dim.
std::vector<int64_t> batchSizes(const TensorType& indices, int64_t index_vector_dim) {
    std::vector<int64_t> out;
    for (int64_t i = 0; i < indices.rank(); ++i) {
        if (i != index_vector_dim) out.push_back(indices.dim(i));
    }
    return out;
}

int64_t indexVectorSize(const Rule& rule, const TensorType& indices, int64_t index_vector_dim) {
    rule.requireInRange(index_vector_dim, 0, indices.rank() + 1, "index_vector_dim");
    return index_vector_dim == indices.rank() ? 1 : indices.dim(index_vector_dim);
}

void requireBatching(const Rule& rule, std::span<const int64_t> operand_dims,
                     std::span<const int64_t> index_dims, const TensorType& operand,
                     const TensorType& indices, int64_t index_vector_dim) {
    rule.requireCount(index_dims, static_cast<int64_t>(operand_dims.size()), "indices batching dimensions");
    rule.requireDimensions(operand_dims, operand.rank(), "operand batching dimensions");
    rule.requireSorted(operand_dims, "operand batching dimensions");
    rule.requireDimensions(index_dims, indices.rank(), "indices batching dimensions");
    rule.require(!contains(index_dims, index_vector_dim), "index_vector_dim is no batching dimension");
    for (size_t i = 0; i < operand_dims.size(); ++i) {
        rule.requireSameSize(operand.dim(operand_dims[i]), indices.dim(index_dims[i]),
                             "batching dimension " + std::to_string(i));
    }
}

std::vector<Type> inferGather(const Rule& rule) {
    const TensorType& operand = rule.operand(0);
    const TensorType& indices = rule.operand(1);
    const GatherDimensions& d = gatherDimensions(rule.op());
    rule.require(isInteger(indices.element()), "start_indices should be integers, got " + indices.toString());
    const int64_t index_size = indexVectorSize(rule, indices, d.index_vector_dim);
    rule.requireDimensions(d.start_index_map, operand.rank(), "start_index_map");
    rule.requireSameSize(static_cast<int64_t>(d.start_index_map.size()), index_size,
                         "start_index_map and the index vector");
    rule.requireDimensions(d.collapsed_slice_dims, operand.rank(), "collapsed_slice_dims");
    rule.requireSorted(d.collapsed_slice_dims, "collapsed_slice_dims");
    rule.requireSorted(d.offset_dims, "offset_dims");
    requireBatching(rule, d.operand_batching_dims, d.start_indices_batching_dims, operand, indices,
                    d.index_vector_dim);
    std::vector<int64_t> removed = d.collapsed_slice_dims;
    removed.insert(removed.end(), d.operand_batching_dims.begin(), d.operand_batching_dims.end());
    rule.requireDimensions(removed, operand.rank(), "collapsed_slice_dims and operand_batching_dims");
    for (const int64_t dim : d.operand_batching_dims) {
        rule.require(!contains(d.start_index_map, dim),
                     "start_index_map and operand_batching_dims share dimension " + std::to_string(dim));
    }
    std::vector<int64_t> offsets;
    if (rule.op().kind() == OpKind::kGather) {
        const auto sizes = sliceSizes(rule.op());
        rule.requireCount(sizes, operand.rank(), "slice_sizes");
        for (int64_t i = 0; i < operand.rank(); ++i) {
            const int64_t size = sizes[static_cast<size_t>(i)];
            rule.require(size >= 0 && (operand.dim(i) == kDynamic || size <= operand.dim(i)),
                         "slice_sizes " + listToString(sizes) + " do not fit " + operand.toString());
            if (!contains(removed, i)) {
                offsets.push_back(operand.dim(i) == kDynamic ? kDynamic : size);
            } else {
                rule.require(size <= 1,
                             "slice size of removed dimension " + std::to_string(i) + " should be at most 1");
            }
        }
    } else {
        rule.requireRank(2, 1);
        rule.requireSameSize(rule.operand(2).dim(0), operand.rank(),
                             "the slice sizes and the rank of the operand");
        offsets.assign(static_cast<size_t>(operand.rank()) - removed.size(), kDynamic);
    }
    std::vector<int64_t> batch = batchSizes(indices, d.index_vector_dim);
    const auto rank = static_cast<int64_t>(batch.size() + offsets.size());
    rule.requireCount(d.offset_dims, static_cast<int64_t>(offsets.size()), "offset_dims");
    rule.requireDimensions(d.offset_dims, rank, "offset_dims");
    std::vector<int64_t> dims;
    dims.reserve(static_cast<size_t>(rank));
    size_t next_batch = 0;
    size_t next_offset = 0;
    for (int64_t i = 0; i < rank; ++i) {
        dims.push_back(contains(d.offset_dims, i) ? offsets[next_offset++] : batch[next_batch++]);
    }
    return {rule.typed(operand.withDims(std::move(dims)))};
}

std::vector<Type> inferScatter(const Rule& rule) {
    const Operation& op = rule.op();
    rule.require(op.operandCount() % 2 == 1, "operands should be N inputs, the indices and N updates");
    const size_t n = tupleSize(op);
    rule.require(op.resultCount() == n, "results should be as many as inputs");
    const TensorType& input = rule.operand(0);
    const TensorType& indices = rule.operand(n);
    const ScatterDimensions& d = scatterDimensions(op);
    rule.require(isInteger(indices.element()),
                 "scatter_indices should be integers, got " + indices.toString());
    const int64_t index_size = indexVectorSize(rule, indices, d.index_vector_dim);
    rule.requireDimensions(d.scatter_dims_to_operand_dims, input.rank(), "scatter_dims_to_operand_dims");
    rule.requireSameSize(static_cast<int64_t>(d.scatter_dims_to_operand_dims.size()), index_size,
                         "scatter_dims_to_operand_dims and the index vector");
    rule.requireSorted(d.update_window_dims, "update_window_dims");
    rule.requireSorted(d.inserted_window_dims, "inserted_window_dims");
    requireBatching(rule, d.input_batching_dims, d.scatter_indices_batching_dims, input, indices,
                    d.index_vector_dim);
    std::vector<int64_t> removed = d.inserted_window_dims;
    removed.insert(removed.end(), d.input_batching_dims.begin(), d.input_batching_dims.end());
    rule.requireDimensions(removed, input.rank(), "inserted_window_dims and input_batching_dims");
    for (const int64_t dim : d.input_batching_dims) {
        rule.require(
            !contains(d.scatter_dims_to_operand_dims, dim),
            "scatter_dims_to_operand_dims and input_batching_dims share dimension " + std::to_string(dim));
    }
    rule.requireCount(d.update_window_dims, input.rank() - static_cast<int64_t>(removed.size()),
                      "update_window_dims");
    const std::vector<int64_t> batch = batchSizes(indices, d.index_vector_dim);
    std::vector<Type> results;
    std::vector<TensorType> arguments;
    for (size_t i = 0; i < n; ++i) {
        const TensorType& each = rule.operand(i);
        const TensorType& update = rule.operand(n + 1 + i);
        rule.requireSameShape(input, each, "inputs");
        rule.requireSameElement(each, update, "input and update");
        rule.require(update.rank() == static_cast<int64_t>(batch.size() + d.update_window_dims.size()),
                     "updates should have rank " +
                         std::to_string(batch.size() + d.update_window_dims.size()) + ", got " +
                         update.toString());
        rule.requireDimensions(d.update_window_dims, update.rank(), "update_window_dims");
        size_t next_batch = 0;
        int64_t window_dim = 0;
        for (int64_t k = 0; k < update.rank(); ++k) {
            if (!contains(d.update_window_dims, k)) {
                rule.requireSameSize(update.dim(k), batch[next_batch++],
                                     "update dimension " + std::to_string(k) + " and the indices");
                continue;
            }
            while (contains(removed, window_dim)) ++window_dim;
            rule.require(
                update.dim(k) == kDynamic || each.dim(window_dim) == kDynamic ||
                    update.dim(k) <= each.dim(window_dim),
                "a window of the update " + update.toString() + " does not fit the input " + each.toString());
            ++window_dim;
        }
        results.push_back(rule.typed(each, i));
        arguments.push_back(rule.result(i).withDims({}));
    }
    const std::vector<TensorType> returned = arguments;
    arguments.insert(arguments.end(), returned.begin(), returned.end());
    rule.requireRegion(0, arguments, returned, "update computation");
    for (size_t i = 0; i < n; ++i) {
        // A computation may promote: the result has its type.
        results[i] = rule.typed(rule.operand(i).withElement(rule.result(i).element()), i);
    }
    return results;
}

std::vector<Type> inferTorchIndexSelect(const Rule& rule) {
    const TensorType& from = rule.operand(0);
    const TensorType& index = rule.operand(1);
    const int64_t dim = integerAttribute(rule.op(), "dim");
    const int64_t batch = integerAttribute(rule.op(), "batch_dims");
    rule.requireInRange(dim, 0, from.rank(), "dim");
    rule.requireInRange(batch, 0, std::min(dim, index.rank()) + 1, "batch_dims");
    rule.require(isInteger(index.element()), "the index should be of integers, got " + index.toString());
    std::vector<int64_t> dims(from.dims().begin(), from.dims().begin() + dim);
    dims.insert(dims.end(), index.dims().begin() + batch, index.dims().end());
    dims.insert(dims.end(), from.dims().begin() + dim + 1, from.dims().end());
    return {rule.typed(from.withDims(std::move(dims)))};
}

}  // namespace

std::vector<Type> inferIndexing(const Rule& rule) {
    switch (rule.op().kind()) {
        case OpKind::kDynamicSlice:
            return inferDynamicSlice(rule);
        case OpKind::kDynamicUpdateSlice:
            return inferDynamicUpdateSlice(rule);
        case OpKind::kGather:
        case OpKind::kDynamicGather:
            return inferGather(rule);
        case OpKind::kScatter:
            return inferScatter(rule);
        case OpKind::kTorchIndexSelect:
            return inferTorchIndexSelect(rule);
        default:
            return {};
    }
}

}  // namespace optirs::plugin
