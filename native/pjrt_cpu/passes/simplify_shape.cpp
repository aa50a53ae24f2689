#include "pjrt_cpu/passes/simplify_shape.h"

#include <algorithm>

#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {
namespace {

Operation* definedBy(Value* value, OpKind kind) {
    Operation* op = value->definition();
    return op != nullptr && op->kind() == kind ? op : nullptr;
}

Value* simplifyTranspose(Operation& op) {
    Value* operand = op.operand(0);
    const auto order = permutation(op);
    if (std::is_sorted(order.begin(), order.end())) return operand;
    if (Operation* inner = definedBy(operand, OpKind::kTranspose)) {
        const auto first = permutation(*inner);
        std::vector<int64_t> combined;
        for (const int64_t dim : order) combined.push_back(first[static_cast<size_t>(dim)]);
        return Builder(op).transpose(inner->operand(0), std::move(combined));
    }
    // Moving dimensions of size 1 moves no element.
    std::vector<int64_t> real;
    for (const int64_t dim : order) {
        if (operand->tensor().dim(dim) != 1) real.push_back(dim);
    }
    if (!std::is_sorted(real.begin(), real.end()) || operand->tensor().quantized() != nullptr) return nullptr;
    return Builder(op).reshape(operand, dimsOf(op.result()));
}

Value* simplifyReshape(Operation& op) {
    Value* operand = op.operand(0);
    if (operand->type() == op.result()->type()) return operand;
    Operation* inner = definedBy(operand, OpKind::kReshape);
    if (inner == nullptr || operand->tensor().quantized() != nullptr) return nullptr;
    return Builder(op).reshape(inner->operand(0), dimsOf(op.result()));
}

Value* simplifyBroadcast(Operation& op) {
    Value* operand = op.operand(0);
    const TensorType& from = operand->tensor();
    const TensorType& to = op.result()->tensor();
    if (from.quantized() != nullptr) return nullptr;
    const auto mapping = broadcastDimensions(op);
    const bool sorted = std::is_sorted(mapping.begin(), mapping.end());
    if (sorted && operand->type() == op.result()->type()) return operand;
    if (Operation* inner = definedBy(operand, OpKind::kBroadcastInDim)) {
        std::vector<int64_t> combined;
        for (const int64_t dim : broadcastDimensions(*inner))
            combined.push_back(mapping[static_cast<size_t>(dim)]);
        return Builder(op).broadcastInDim(inner->operand(0), dimsOf(op.result()), std::move(combined));
    }
    // Without repetition and reordering it only adds dimensions of size 1.
    if (sorted && from.elementCount() == to.elementCount() && to.elementCount() > 0) {
        return Builder(op).reshape(operand, dimsOf(op.result()));
    }
    return nullptr;
}

Value* simplifySlice(Operation& op) {
    Value* operand = op.operand(0);
    if (operand->type() == op.result()->type()) return operand;
    Operation* inner = definedBy(operand, OpKind::kSlice);
    if (inner == nullptr) return nullptr;
    const SliceAttributes outer = sliceAttributes(op);
    const SliceAttributes first = sliceAttributes(*inner);
    std::vector<int64_t> start;
    std::vector<int64_t> limit;
    std::vector<int64_t> strides;
    for (size_t i = 0; i < outer.start.size(); ++i) {
        start.push_back(first.start[i] + outer.start[i] * first.strides[i]);
        strides.push_back(first.strides[i] * outer.strides[i]);
        const int64_t size = op.result()->tensor().dims()[i];
        limit.push_back(size == 0 ? start[i] : start[i] + (size - 1) * strides[i] + 1);
    }
    NamedAttributes attributes;
    attributes.set("start_indices", Attribute::integers(std::move(start)));
    attributes.set("limit_indices", Attribute::integers(std::move(limit)));
    attributes.set("strides", Attribute::integers(std::move(strides)));
    return Builder(op).create(OpKind::kSlice, {inner->operand(0)}, op.result()->type(),
                              std::move(attributes));
}

Value* simplifyPad(Operation& op) {
    const PadAttributes pad = padAttributes(op);
    for (const auto list : {pad.low, pad.high, pad.interior}) {
        for (const int64_t value : list) {
            if (value != 0) return nullptr;
        }
    }
    return op.operand(0);
}

Value* simplifyReverse(Operation& op) {
    std::vector<int64_t> kept;
    for (const int64_t dim : dimensions(op)) {
        if (op.operand(0)->tensor().dim(dim) > 1) kept.push_back(dim);
    }
    if (kept.empty()) return op.operand(0);
    if (kept.size() == dimensions(op).size()) return nullptr;
    NamedAttributes attributes;
    attributes.set("dimensions", Attribute::integers(std::move(kept)));
    return Builder(op).create(OpKind::kReverse, {op.operand(0)}, op.result()->type(), std::move(attributes));
}

Value* simplifyConcatenate(Operation& op) {
    const int64_t along = dimension(op);
    std::vector<Value*> kept;
    for (Value* operand : op.operands()) {
        if (operand->tensor().dim(along) != 0) kept.push_back(operand);
    }
    if (kept.size() == 1) return kept[0];
    if (kept.empty()) return op.operand(0);
    if (kept.size() == op.operandCount()) return nullptr;
    const Type type = op.result()->type();
    return Builder(op).create(OpKind::kConcatenate, kept, {&type, 1}, op.attributes())->result();
}

// Start indices clamped to where the window fits; empty when one is not constant.
std::vector<int64_t> constantStart(const Operation& op, size_t first, std::span<const int64_t> sizes) {
    const TensorType& from = op.operand(0)->tensor();
    std::vector<int64_t> start;
    for (size_t i = 0; i < sizes.size(); ++i) {
        const int64_t last = from.dims()[i] - sizes[i];
        const Literal* index = constantOrNull(op.operand(first + i));
        if (last == 0) {
            start.push_back(0);  // the whole dimension, wherever the index points
        } else if (index == nullptr) {
            return {};
        } else {
            const int64_t value = index->integer(0);
            const bool huge = isUnsignedInteger(index->type().element()) && value < 0;
            start.push_back(huge ? last : std::clamp<int64_t>(value, 0, last));
        }
    }
    return start;
}

Value* simplifyDynamicSlice(Operation& op) {
    const auto sizes = sliceSizes(op);
    if (sizes.empty()) return op.operand(0);
    std::vector<int64_t> start = constantStart(op, 1, sizes);
    if (start.empty()) return nullptr;
    std::vector<int64_t> limit;
    for (size_t i = 0; i < start.size(); ++i) limit.push_back(start[i] + sizes[i]);
    NamedAttributes attributes;
    attributes.set("strides", Attribute::integers(std::vector<int64_t>(start.size(), 1)));
    attributes.set("start_indices", Attribute::integers(std::move(start)));
    attributes.set("limit_indices", Attribute::integers(std::move(limit)));
    return Builder(op).create(OpKind::kSlice, {op.operand(0)}, op.result()->type(), std::move(attributes));
}

}  // namespace

Value* simplifyShape(Operation& op) {
    for (const Value* operand : op.operands()) {
        if (!operand->type().isTensor() || !operand->tensor().isStatic()) return nullptr;
    }
    if (!op.result()->tensor().isStatic()) return nullptr;
    switch (op.kind()) {
        case OpKind::kTranspose:
            return simplifyTranspose(op);
        case OpKind::kReshape:
            return simplifyReshape(op);
        case OpKind::kBroadcastInDim:
            return simplifyBroadcast(op);
        case OpKind::kSlice:
            return simplifySlice(op);
        case OpKind::kPad:
            return simplifyPad(op);
        case OpKind::kReverse:
            return simplifyReverse(op);
        case OpKind::kConcatenate:
            return simplifyConcatenate(op);
        case OpKind::kDynamicSlice:
            return simplifyDynamicSlice(op);
        case OpKind::kDynamicUpdateSlice:
            // An update as large as what it updates leaves nothing of it.
            return op.operand(1)->type() == op.operand(0)->type() ? op.operand(1) : nullptr;
        case OpKind::kBitcastConvert:
            return op.operand(0)->type() == op.result()->type() ? op.operand(0) : nullptr;
        default:
            return nullptr;
    }
}

}  // namespace optirs::plugin
