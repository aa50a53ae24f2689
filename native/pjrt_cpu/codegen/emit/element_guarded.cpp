// Operations that read one operand of several, or at an index the program computes.
#include <algorithm>

#include "pjrt_cpu/codegen/emit/element.h"

namespace optirs::plugin {

Scalar ElementEmitter::emitPad(const Operation& op, const Index& index) {
    const PadAttributes pad = padAttributes(op);
    const std::vector<int64_t> dims = dimsOf(*op.operand(0));
    if (std::ranges::find(dims, 0) != dims.end()) return emit(op.operand(1), {});
    llvm::Value* condition = b_.getTrue();
    Index inner(dims.size());
    for (size_t d = 0; d < dims.size(); ++d) {
        const IndexExpr position = context_.add(index[d], -pad.low[d]);
        const int64_t step = pad.interior[d] + 1;
        condition = b_.CreateAnd(condition, inside(position, 0, (dims[d] - 1) * step + 1));
        if (step == 1) {
            inner[d] = position;
            continue;
        }
        const IndexExpr rest = context_.remainder(position, step);
        condition = b_.CreateAnd(condition, b_.CreateICmpEQ(emit(rest), b_.getInt64(0)));
        inner[d] = context_.quotient(position, step);
    }
    return choose(
        condition, [&] { return emit(op.operand(0), inner); }, [&] { return emit(op.operand(1), {}); });
}

Scalar ElementEmitter::emitConcatenate(const Operation& op, const Index& index) {
    const auto d = static_cast<size_t>(dimension(op));
    std::vector<size_t> parts;
    std::vector<int64_t> starts;
    int64_t start = 0;
    for (size_t i = 0; i < op.operandCount(); ++i) {
        const int64_t size = op.operand(i)->tensor().dim(static_cast<int64_t>(d));
        if (size > 0) {
            parts.push_back(i);
            starts.push_back(start);
        }
        start += size;
    }
    const std::function<Scalar(size_t)> from = [&](size_t part) -> Scalar {
        const auto read = [&] {
            Index inner = index;
            inner[d] = context_.add(index[d], -starts[part]);
            return emit(op.operand(parts[part]), inner);
        };
        if (part + 1 == parts.size()) return read();
        return choose(inside(index[d], INT64_MIN / 2, starts[part + 1]), read,
                      [&] { return from(part + 1); });
    };
    return from(0);
}

Scalar ElementEmitter::emitDynamicSlice(const Operation& op, const Index& index) {
    const std::vector<int64_t> dims = dimsOf(*op.operand(0));
    const std::vector<int64_t> sizes = dimsOf(*op.result());
    Index inner(dims.size());
    for (size_t d = 0; d < dims.size(); ++d) {
        const Value* start = op.operand(d + 1);
        const IndexExpr first =
            dynamicIndex(emit(start, {}), start->tensor().element(), {0, dims[d] - sizes[d]});
        inner[d] = context_.add(first, index[d]);
    }
    return emit(op.operand(0), inner);
}

Scalar ElementEmitter::emitDynamicUpdateSlice(const Operation& op, const Index& index) {
    const std::vector<int64_t> dims = dimsOf(*op.operand(0));
    const std::vector<int64_t> sizes = dimsOf(*op.operand(1));
    llvm::Value* is_updated = b_.getTrue();
    Index inner(dims.size());
    for (size_t d = 0; d < dims.size(); ++d) {
        const Value* start = op.operand(d + 2);
        const IndexExpr first =
            dynamicIndex(emit(start, {}), start->tensor().element(), {0, dims[d] - sizes[d]});
        inner[d] = context_.add(index[d], context_.scale(first, -1));
        is_updated = b_.CreateAnd(is_updated, inside(inner[d], 0, sizes[d]));
    }
    return choose(
        is_updated, [&] { return emit(op.operand(1), inner); }, [&] { return emit(op.operand(0), index); });
}

Scalar ElementEmitter::emitGather(const Operation& op, const Index& index) {
    const GatherDimensions& numbers = gatherDimensions(op);
    const auto sizes = sliceSizes(op);
    const Value* starts = op.operand(1);
    const std::vector<int64_t> dims = dimsOf(*op.operand(0));
    const auto contains = [](const std::vector<int64_t>& list, size_t d) {
        return std::ranges::find(list, static_cast<int64_t>(d)) != list.end();
    };
    // The result's dimensions that number the slices, in order: the index into start_indices without its
    // vector dimension.
    Index batch;
    Index offsets;
    for (size_t d = 0; d < index.size(); ++d)
        (contains(numbers.offset_dims, d) ? offsets : batch).push_back(index[d]);
    const auto vector_dim = static_cast<size_t>(numbers.index_vector_dim);
    const bool has_vector = static_cast<int64_t>(vector_dim) < starts->tensor().rank();
    const auto starts_index = [&](int64_t component) {
        Index result = batch;
        if (has_vector)
            result.insert(result.begin() + static_cast<std::ptrdiff_t>(vector_dim), IndexExpr(component));
        return result;
    };
    Index inner(dims.size());
    for (size_t k = 0; k < numbers.start_index_map.size(); ++k) {
        const auto d = static_cast<size_t>(numbers.start_index_map[k]);
        const Scalar start = emit(starts, starts_index(static_cast<int64_t>(k)));
        inner[d] = dynamicIndex(start, starts->tensor().element(), {0, dims[d] - sizes[d]});
    }
    for (size_t k = 0; k < numbers.operand_batching_dims.size(); ++k) {
        // start_indices' dimension, counted without the vector dimension.
        auto from = static_cast<size_t>(numbers.start_indices_batching_dims[k]);
        if (has_vector && from > vector_dim) --from;
        inner[static_cast<size_t>(numbers.operand_batching_dims[k])] = batch[from];
    }
    size_t next = 0;
    for (size_t d = 0; d < dims.size(); ++d) {
        if (contains(numbers.collapsed_slice_dims, d) || contains(numbers.operand_batching_dims, d)) continue;
        inner[d] = context_.add(inner[d], offsets[next++]);
    }
    return emit(op.operand(0), inner);
}

}  // namespace optirs::plugin
