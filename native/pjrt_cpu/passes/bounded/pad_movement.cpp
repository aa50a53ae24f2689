// Operations that move elements by what their attributes say.
#include <algorithm>

#include "pjrt_cpu/passes/bounded/bounded_op.h"
#include "pjrt_cpu/passes/bounded/rules.h"

namespace optirs::plugin {

void padTranspose(BoundedOp& op) {
    std::vector<int64_t> dims;
    Sizes sizes;
    for (const int64_t from : permutation(op.op)) {
        dims.push_back(op.operand(0)->tensor().dim(from));
        sizes.push_back(op.sizeOf(op.operand(0), from));
    }
    op.give(std::move(dims), std::move(sizes));
}

/// What lies in the range and is there. A range of which the type says the size is there as a whole.
void padSlice(BoundedOp& op) {
    const SliceAttributes slice = sliceAttributes(op.op);
    std::vector<int64_t> room = op.dims(0);
    std::vector<int64_t> dims;
    Sizes sizes(room.size());
    for (size_t d = 0; d < room.size(); ++d) {
        const auto dim = static_cast<int64_t>(d);
        const int64_t start = slice.start[d];
        const int64_t range = slice.limit[d] - start;
        const int64_t stride = std::min(slice.strides[d], std::max<int64_t>(range, 1));
        dims.push_back(range / stride + (range % stride != 0 ? 1 : 0));
        if (op.isUnknown(dim)) {
            Value* end = op.least(op.extentOf(op.operand(0), dim), op.number(slice.limit[d]));
            Value* length = op.subtract(op.add(end, op.number(stride - 1)), op.number(start));
            sizes[d] = op.within(op.divide(length, op.number(stride)), dims[d]);
        }
        room[d] = std::max(room[d], slice.limit[d]);
    }
    op.op.setOperand(0, op.fit(op.operand(0), room));
    op.give(std::move(dims), std::move(sizes));
}

/// The whole memory in reverse, then what is there from the beginning.
void padReverse(BoundedOp& op) {
    Value* operand = op.operand(0);
    const std::vector<int64_t> dims = op.dims(0);
    const Sizes sizes = op.sizesOf(operand);
    std::vector<int64_t> room = dims;
    std::vector<Value*> starts(dims.size());
    for (const int64_t dim : dimensions(op.op)) {
        const auto d = static_cast<size_t>(dim);
        if (sizes[d] == nullptr) continue;
        starts[d] = op.subtract(op.number(dims[d]), sizes[d]);
        room[d] = 2 * dims[d];
    }
    Value* reversed = op.build.create(OpKind::kReverse, {operand}, operand->type(), op.op.attributes());
    op.replace(room == dims ? reversed : op.cut(op.fit(reversed, room), starts, dims), sizes);
}

/// Each operand is written where the one before it ends, over what that has past its size.
void padConcatenate(BoundedOp& op) {
    const auto along = static_cast<size_t>(dimension(op.op));
    const size_t count = op.op.operandCount();
    std::vector<size_t> operands;
    for (size_t i = 0; i < count; ++i) operands.push_back(i);
    std::vector<int64_t> dims;
    Sizes sizes;
    op.merge(operands, dims, sizes);
    std::vector<Value*> extents;
    int64_t total = 0;
    for (const size_t i : operands) {
        if (sizes[along] != nullptr)
            extents.push_back(op.extentOf(op.operand(i), static_cast<int64_t>(along)));
        dims[along] = op.dims(i)[along];
        op.op.setOperand(i, op.fit(op.operand(i), dims));
        total += dims[along];
    }
    dims[along] = total;
    if (sizes[along] == nullptr) return op.give(std::move(dims), std::move(sizes));
    Value* joined = op.spread(op.zero(op.operand(0)), dims);
    Value* end = op.number(0);
    for (const size_t i : operands) {
        std::vector<Value*> update = {joined, op.operand(i)};
        for (size_t d = 0; d < dims.size(); ++d) update.push_back(d == along ? end : op.number(0));
        const Type type = joined->type();
        joined = op.build.create(OpKind::kDynamicUpdateSlice, update, {&type, 1})->result();
        end = op.add(end, extents[i]);
    }
    sizes[along] = end;
    op.replace(joined, std::move(sizes));
}

void padPad(BoundedOp& op) {
    const PadAttributes pad = padAttributes(op.op);
    std::vector<int64_t> dims = op.dims(0);
    Sizes sizes = op.sizesOf(op.operand(0));
    std::vector<int64_t> padded_behind;
    for (int64_t d = 0; d < static_cast<int64_t>(dims.size()); ++d) {
        if (pad.high[static_cast<size_t>(d)] > 0) padded_behind.push_back(d);
    }
    op.op.setOperand(0, op.masked(op.operand(0), sizes, padded_behind, op.operand(1)));
    dims = op.inferredDims();
    for (size_t d = 0; d < dims.size(); ++d) {
        if (sizes[d] == nullptr) continue;
        Value* gaps = op.greatest(op.subtract(sizes[d], op.number(1)), op.number(0));
        Value* inner = op.add(sizes[d], op.multiply(gaps, op.number(pad.interior[d])));
        sizes[d] = op.within(op.add(inner, op.number(pad.low[d] + pad.high[d])), dims[d]);
    }
    op.give(std::move(dims), std::move(sizes));
}

void padBitcastConvert(BoundedOp& op) {
    std::vector<int64_t> dims = op.dims(0);
    Sizes sizes = op.sizesOf(op.operand(0));
    const int64_t rank = op.op.result()->tensor().rank();
    if (rank > static_cast<int64_t>(dims.size())) {
        dims.push_back(op.op.result()->tensor().dim(rank - 1));
        sizes.push_back(nullptr);
    } else if (rank < static_cast<int64_t>(dims.size())) {
        dims.pop_back();
        sizes.pop_back();
    }
    op.give(std::move(dims), std::move(sizes));
}

}  // namespace optirs::plugin
