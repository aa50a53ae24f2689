// Operations that set sizes, ask for them, or take them as operands.
#include <algorithm>

#include "pjrt_cpu/passes/bounded/bounded_op.h"
#include "pjrt_cpu/passes/bounded/rules.h"

namespace optirs::plugin {

void padSetDimensionSize(BoundedOp& op) {
    const auto dim = static_cast<size_t>(dimension(op.op));
    Sizes sizes = op.sizesOf(op.operand(0));
    sizes[dim] = op.within(op.operand(1), op.dims(0)[dim]);
    op.replace(op.operand(0), std::move(sizes));
}

void padGetDimensionSize(BoundedOp& op) { op.replace(op.extentOf(op.operand(0), dimension(op.op)), {}); }

/// broadcast_in_dim, where sizes are those of the operand, and dynamic_broadcast_in_dim, where a list has
/// them. A dimension of the operand whose size turns out to be 1 is repeated.
void padBroadcast(BoundedOp& op) {
    const bool is_dynamic = op.op.kind() == OpKind::kDynamicBroadcastInDim;
    const auto mapping = broadcastDimensions(op.op);
    const auto same = integersAttributeOrEmpty(op.op, "known_nonexpanding_dimensions");
    std::vector<int64_t> dims = op.declaredDims();
    Sizes sizes = is_dynamic ? op.declaredSizes(op.operand(1)) : Sizes(dims.size());
    Value* value = op.operand(0);
    const Sizes own = op.sizesOf(value);
    for (size_t from = 0; from < mapping.size(); ++from) {
        const auto dim = static_cast<int64_t>(from);
        const auto to = static_cast<size_t>(mapping[from]);
        if (own[from] == nullptr && value->tensor().dim(dim) == 1) continue;
        std::vector<int64_t> room = dimsOf(value);
        room[from] = dims[to];
        const bool has_other_size = is_dynamic || !op.isUnknown(mapping[from]);
        if (!has_other_size) {
            sizes[to] = op.isExpanding() ? own[from] : op.extentOf(op.operand(0), dim);
        } else if (own[from] != nullptr && std::ranges::find(same, dim) == same.end()) {
            const std::vector<int64_t> line = {dims[to]};
            Value* is_one = op.build.compare("EQ", op.spread(own[from], line), op.spread(op.number(1), line));
            Value* places = op.build.select(is_one, op.spread(op.number(0), line), op.places(line, 0));
            value = op.take(value, dim, places);
            continue;
        }
        value = op.fit(value, room);
    }
    for (size_t d = 0; d < dims.size(); ++d) {
        const auto dim = static_cast<int64_t>(d);
        if (op.isUnknown(dim) && !op.isExpanding() && sizes[d] == nullptr)
            op.refuse(dim, "has a size that no operand gives", "use stablehlo.dynamic_broadcast_in_dim");
    }
    op.replace(op.build.broadcastInDim(value, dims, {mapping.begin(), mapping.end()}), std::move(sizes));
}

void padDynamicIota(BoundedOp& op) {
    std::vector<int64_t> dims = op.declaredDims();
    Sizes sizes = op.declaredSizes(op.operand(0));
    NamedAttributes attributes;
    attributes.set("iota_dimension", Attribute::integer(dimension(op.op)));
    const TensorType type(op.op.result()->tensor().element(), std::move(dims));
    op.replace(op.build.create(OpKind::kIota, {}, type, std::move(attributes)), std::move(sizes));
}

void padDynamicPad(BoundedOp& op) {
    const std::vector<int64_t> dims = op.declaredDims();
    Sizes sizes(dims.size());
    Value* value = op.operand(0);
    for (size_t d = 0; d < dims.size(); ++d) {
        const auto dim = static_cast<int64_t>(d);
        Value* low = op.element(op.operand(2), dim);
        Value* high = op.element(op.operand(3), dim);
        Value* interior = op.element(op.operand(4), dim, INT32_MAX - 1);
        Value* size = op.extentOf(op.operand(0), dim);
        value = op.place(value, dim, dims[d], low, op.add(interior, op.number(1)), size, op.operand(1));
        if (!op.isUnknown(dim)) continue;
        Value* gaps = op.greatest(op.subtract(size, op.number(1)), op.number(0));
        Value* inner = op.add(size, op.multiply(gaps, interior));
        sizes[d] = op.within(op.add(op.add(inner, low), high), dims[d]);
    }
    op.replace(value, std::move(sizes));
}

void padRealDynamicSlice(BoundedOp& op) {
    const std::vector<int64_t> dims = op.declaredDims();
    Sizes sizes(dims.size());
    Value* value = op.operand(0);
    for (size_t d = 0; d < dims.size(); ++d) {
        const auto dim = static_cast<int64_t>(d);
        Value* start = op.element(op.operand(1), dim);
        Value* end = op.least(op.element(op.operand(2), dim), op.extentOf(op.operand(0), dim));
        Value* stride = op.greatest(op.element(op.operand(3), dim), op.number(1));
        const std::vector<int64_t> line = {dims[d]};
        Value* offsets = op.multiply(op.places(line, 0), op.spread(stride, line));
        value = op.take(value, dim, op.add(op.spread(start, line), offsets));
        if (!op.isUnknown(dim)) continue;
        Value* range = op.add(op.subtract(end, start), op.subtract(stride, op.number(1)));
        sizes[d] = op.within(op.divide(range, stride), dims[d]);
    }
    op.replace(value, std::move(sizes));
}

/// As many numbers as the bound has; which ones is open.
void padRng(BoundedOp& op) {
    const std::vector<int64_t> dims = op.declaredDims();
    Sizes sizes = op.declaredSizes(op.operand(2));
    std::vector<std::byte> bytes;
    for (const int64_t dim : dims) {
        const auto* first = reinterpret_cast<const std::byte*>(&dim);
        bytes.insert(bytes.end(), first, first + sizeof dim);
    }
    const TensorType list(ElementType::kI64, {static_cast<int64_t>(dims.size())});
    op.op.setOperand(2, op.build.constant(Literal(list, std::move(bytes))));
    op.give(dims, std::move(sizes));
}

}  // namespace optirs::plugin
