// Operations whose places are operands: they stay within what is there.
#include <algorithm>

#include "pjrt_cpu/passes/bounded/bounded_op.h"
#include "pjrt_cpu/passes/bounded/rules.h"

namespace optirs::plugin {
namespace {

bool contains(const std::vector<int64_t>& values, int64_t value) {
    return std::ranges::find(values, value) != values.end();
}

/// Operands from `first` on, each so that `lengths` (null: `whole`) elements from it are there.
std::vector<Value*> startsOf(BoundedOp& op, size_t first, const Sizes& lengths,
                             const std::vector<int64_t>& whole) {
    std::vector<Value*> starts;
    for (size_t d = 0; d < whole.size(); ++d) {
        const auto dim = static_cast<int64_t>(d);
        Value* length = lengths[d] != nullptr ? lengths[d] : op.number(whole[d]);
        Value* last = op.greatest(op.subtract(op.extentOf(op.operand(0), dim), length), op.number(0));
        Value* start = op.index(op.operand(first + d), INT32_MAX);
        starts.push_back(op.least(op.greatest(start, op.number(0)), last));
    }
    return starts;
}

std::vector<int64_t> larger(std::vector<int64_t> a, const std::vector<int64_t>& b) {
    for (size_t d = 0; d < a.size(); ++d) a[d] = std::max(a[d], b[d]);
    return a;
}

/// gather in memory of bounds, and dynamic_gather with slices of the size of their bounds.
class Gather {
 public:
    explicit Gather(BoundedOp& op) : op_(op), numbers_(gatherDimensions(op.op)) {
        const bool is_dynamic = op.op.kind() == OpKind::kDynamicGather;
        if (!is_dynamic) slices_.assign(sliceSizes(op.op).begin(), sliceSizes(op.op).end());
        if (is_dynamic) slices_.assign(op.dims(0).size(), 1);
        slice_sizes_.resize(slices_.size());
        size_t offset = 0;
        for (size_t d = 0; d < slices_.size(); ++d) {
            const auto dim = static_cast<int64_t>(d);
            if (is_dynamic) slice_sizes_[d] = op.element(op.operand(2), dim);
            if (contains(numbers_.collapsed_slice_dims, dim) || contains(numbers_.operand_batching_dims, dim))
                continue;
            const int64_t to = numbers_.offset_dims[offset++];
            if (is_dynamic) slices_[d] = op.declaredDims()[static_cast<size_t>(to)];
        }
    }

    void run() {
        alignBatches();
        Value* const operand = op_.operand(0);
        Value* indices = boundIndices();
        // Slices of the size of their bound may pass the end of what is there, and of memory.
        std::vector<int64_t> room = dimsOf(operand);
        for (size_t d = 0; d < room.size(); ++d) {
            if (slice_sizes_[d] != nullptr && slices_[d] > 1) room[d] += slices_[d];
        }
        Value* from = op_.fit(operand, larger(std::move(room), slices_));
        std::vector<int64_t> dims;
        Sizes sizes;
        describe(dims, sizes);
        NamedAttributes attributes = op_.op.attributes();
        attributes.set("slice_sizes", Attribute::integers(slices_));
        const TensorType type(op_.op.result()->tensor().element(), std::move(dims));
        op_.replace(op_.build.create(OpKind::kGather, {from, indices}, type, std::move(attributes)),
                    std::move(sizes));
    }

 private:
    /// Batches that operand and indices share take the same memory.
    void alignBatches() {
        std::vector<int64_t> from = op_.dims(0);
        std::vector<int64_t> places = op_.dims(1);
        batch_sizes_ = op_.sizesOf(op_.operand(1));
        operand_sizes_ = op_.sizesOf(op_.operand(0));
        for (size_t i = 0; i < numbers_.operand_batching_dims.size(); ++i) {
            const auto a = static_cast<size_t>(numbers_.operand_batching_dims[i]);
            const auto b = static_cast<size_t>(numbers_.start_indices_batching_dims[i]);
            from[a] = places[b] = std::min(from[a], places[b]);
            if (batch_sizes_[b] == nullptr) batch_sizes_[b] = operand_sizes_[a];
        }
        op_.op.setOperand(0, op_.fit(op_.operand(0), from));
        op_.op.setOperand(1, op_.fit(op_.operand(1), places));
    }

    /// No slice begins after the last place from which all of it is there.
    Value* boundIndices() {
        Value* indices = op_.index(op_.operand(1), INT32_MAX);
        std::vector<Value*> limits;
        for (const int64_t dim : numbers_.start_index_map) {
            const auto d = static_cast<size_t>(dim);
            Value* size = operand_sizes_[d] != nullptr ? operand_sizes_[d] : op_.number(op_.dims(0)[d]);
            Value* slice = slice_sizes_[d] != nullptr ? slice_sizes_[d] : op_.number(slices_[d]);
            Value* last = op_.greatest(op_.subtract(size, slice), op_.number(0));
            limits.push_back(op_.build.reshape(last, {1}));
        }
        const std::vector<int64_t> dims = dimsOf(indices);
        if (limits.empty()) return indices;
        NamedAttributes attributes;
        attributes.set("dimension", Attribute::integer(0));
        const Type type = TensorType(ElementType::kI32, {static_cast<int64_t>(limits.size())});
        Value* list =
            op_.build.create(OpKind::kConcatenate, limits, {&type, 1}, std::move(attributes))->result();
        const bool is_vector = numbers_.index_vector_dim < static_cast<int64_t>(dims.size());
        Value* wide = is_vector ? op_.build.broadcastInDim(list, dims, {numbers_.index_vector_dim})
                                : op_.spread(op_.build.reshape(list, {}), dims);
        return op_.least(op_.greatest(indices, op_.spread(op_.number(0), dims)), wide);
    }

    void describe(std::vector<int64_t>& dims, Sizes& sizes) {
        std::vector<size_t> batch;
        for (size_t d = 0; d < op_.dims(1).size(); ++d) {
            if (static_cast<int64_t>(d) != numbers_.index_vector_dim) batch.push_back(d);
        }
        std::vector<size_t> offsets;
        for (size_t d = 0; d < slices_.size(); ++d) {
            const auto dim = static_cast<int64_t>(d);
            if (!contains(numbers_.collapsed_slice_dims, dim) &&
                !contains(numbers_.operand_batching_dims, dim))
                offsets.push_back(d);
        }
        size_t next_batch = 0;
        size_t next_offset = 0;
        for (int64_t to = 0; to < op_.op.result()->tensor().rank(); ++to) {
            if (!contains(numbers_.offset_dims, to)) {
                const size_t d = batch[next_batch++];
                dims.push_back(op_.dims(1)[d]);
                sizes.push_back(batch_sizes_[d]);
                continue;
            }
            const size_t d = offsets[next_offset++];
            dims.push_back(slices_[d]);
            Value* size = nullptr;
            if (op_.isUnknown(to)) {
                size = slice_sizes_[d] != nullptr ? slice_sizes_[d]
                                                  : op_.extentOf(op_.operand(0), static_cast<int64_t>(d));
                size = op_.within(size, slices_[d]);
            }
            sizes.push_back(size);
        }
    }

    BoundedOp& op_;
    const GatherDimensions numbers_;
    std::vector<int64_t> slices_;
    Sizes slice_sizes_;  // where an operand gives them
    Sizes operand_sizes_;
    Sizes batch_sizes_;
};

}  // namespace

/// A slice is as long as it says, or where its type does not know, as much of it as is there.
void padDynamicSlice(BoundedOp& op) {
    const std::vector<int64_t> dims(sliceSizes(op.op).begin(), sliceSizes(op.op).end());
    Sizes sizes(dims.size());
    const std::vector<Value*> starts = startsOf(op, 1, sizes, dims);
    for (size_t d = 0; d < dims.size(); ++d) {
        const auto dim = static_cast<int64_t>(d);
        if (op.isUnknown(dim)) sizes[d] = op.within(op.extentOf(op.operand(0), dim), dims[d]);
    }
    op.replace(op.cut(op.fit(op.operand(0), larger(op.dims(0), dims)), starts, dims), std::move(sizes));
}

/// Of an update with sizes, what is there is written over what was there; the rest is written back.
void padDynamicUpdateSlice(BoundedOp& op) {
    Value* const update = op.operand(1);
    const std::vector<int64_t> dims = op.dims(0);
    const std::vector<int64_t> part = op.dims(1);
    const Sizes sizes = op.sizesOf(op.operand(0));
    const Sizes part_sizes = op.sizesOf(update);
    const std::vector<Value*> starts = startsOf(op, 2, part_sizes, part);
    std::vector<int64_t> room = dims;
    for (size_t d = 0; d < dims.size(); ++d) {
        if (part_sizes[d] != nullptr) room[d] += part[d];
    }
    Value* whole = op.fit(op.operand(0), larger(room, part));
    Value* is_inside = op.inside(part, part_sizes, iotaList(0, static_cast<int64_t>(part.size())));
    Value* written =
        is_inside == nullptr ? update : op.build.select(is_inside, update, op.cut(whole, starts, part));
    std::vector<Value*> operands = {whole, written};
    operands.insert(operands.end(), starts.begin(), starts.end());
    const Type type = whole->type();
    Value* result = op.build.create(OpKind::kDynamicUpdateSlice, operands, {&type, 1})->result();
    op.replace(op.fit(result, dims), sizes);
}

void padGather(BoundedOp& op) { Gather(op).run(); }

}  // namespace optirs::plugin
