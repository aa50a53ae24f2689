// Operations that make or move elements without computing.
#include <algorithm>

#include "pjrt_cpu/stablehlo/shape_rules.h"

namespace optirs::plugin {
namespace {

std::vector<int64_t> copyDims(const TensorType& type) { return {type.dims().begin(), type.dims().end()}; }

std::vector<Type> inferConstant(const Rule& rule) {
    const Literal& value = constantValue(rule.op());
    const TensorType& type = rule.result();
    const ElementType stored = type.quantized() != nullptr ? type.quantized()->storage : type.element();
    const ElementType given =
        value.type().quantized() != nullptr ? value.type().quantized()->storage : value.type().element();
    rule.require(std::ranges::equal(value.type().dims(), type.dims()) && given == stored,
                 "a value of " + value.type().toString() + " for a result of " + type.toString());
    return {type};
}

std::vector<Type> inferBroadcastInDim(const Rule& rule) {
    const TensorType& from = rule.operand(0);
    const TensorType& to = rule.result();
    const auto mapping = broadcastDimensions(rule.op());
    rule.requireCount(mapping, from.rank(), "broadcast_dimensions");
    rule.requireDimensions(mapping, to.rank(), "broadcast_dimensions");
    for (int64_t i = 0; i < from.rank(); ++i) {
        const int64_t target = mapping[static_cast<size_t>(i)];
        if (from.dim(i) == 1 || from.dim(i) == kDynamic || to.dim(target) == kDynamic) continue;
        rule.require(from.dim(i) == to.dim(target),
                     "operand dimension " + std::to_string(i) + " of size " + std::to_string(from.dim(i)) +
                         " does not broadcast to result dimension " + std::to_string(target) + " of size " +
                         std::to_string(to.dim(target)) + "; " + signatureToString(rule.op()));
    }
    return {rule.typed(from.withDims(copyDims(to)))};
}

std::vector<Type> inferBroadcast(const Rule& rule) {
    const auto sizes = integersAttribute(rule.op(), "broadcast_sizes");
    std::vector<int64_t> dims(sizes.begin(), sizes.end());
    for (const int64_t size : sizes) rule.require(size >= 0, "broadcast_sizes should not be negative");
    const TensorType& from = rule.operand(0);
    dims.insert(dims.end(), from.dims().begin(), from.dims().end());
    return {rule.typed(from.withDims(std::move(dims)))};
}

std::vector<Type> inferConcatenate(const Rule& rule) {
    rule.require(rule.op().operandCount() > 0, "at least one operand is needed");
    const TensorType& first = rule.operand(0);
    const int64_t along = dimension(rule.op());
    rule.requireInRange(along, 0, first.rank(), "dimension");
    std::vector<int64_t> dims = copyDims(first);
    for (size_t i = 1; i < rule.op().operandCount(); ++i) {
        const TensorType& next = rule.operand(i);
        rule.requireSameElement(first, next, "operands");
        rule.require(next.rank() == first.rank(), "operands should have the same rank, got " +
                                                      first.toString() + " and " + next.toString());
        for (int64_t d = 0; d < first.rank(); ++d) {
            int64_t& size = dims[static_cast<size_t>(d)];
            if (d != along) {
                rule.requireSameSize(size, next.dim(d),
                                     "dimension " + std::to_string(d) + " of the operands");
                size = mergeSize(size, next.dim(d));
            } else if (size != kDynamic) {
                rule.require(next.dim(d) == kDynamic || size <= INT64_MAX - next.dim(d),
                             "the result is too large");
                size = next.dim(d) == kDynamic ? kDynamic : size + next.dim(d);
            }
        }
    }
    return {rule.typed(first.withDims(std::move(dims)))};
}

std::vector<Type> inferPad(const Rule& rule) {
    const TensorType& from = rule.operand(0);
    rule.requireRank(1, 0);
    rule.requireSameElement(from, rule.operand(1), "operand and padding value");
    const PadAttributes pad = padAttributes(rule.op());
    rule.requireCount(pad.low, from.rank(), "edge_padding_low");
    rule.requireCount(pad.high, from.rank(), "edge_padding_high");
    rule.requireCount(pad.interior, from.rank(), "interior_padding");
    std::vector<int64_t> dims = copyDims(from);
    for (size_t i = 0; i < dims.size(); ++i) {
        rule.require(pad.interior[i] >= 0,
                     "interior_padding " + listToString(pad.interior) + " should not be negative");
        if (dims[i] == kDynamic) continue;
        int64_t inside = 0;
        int64_t size = 0;
        const bool overflow =
            __builtin_mul_overflow(std::max<int64_t>(dims[i] - 1, 0), pad.interior[i], &inside) ||
            __builtin_add_overflow(dims[i], inside, &size) ||
            __builtin_add_overflow(size, pad.low[i], &size) ||
            __builtin_add_overflow(size, pad.high[i], &size);
        rule.require(
            !overflow && size >= 0,
            "padding gives dimension " + std::to_string(i) + " of " + from.toString() +
                (overflow ? " a size beyond 64 bits" : " the negative size " + std::to_string(size)));
        dims[i] = size;
    }
    return {rule.typed(from.withDims(std::move(dims)))};
}

std::vector<Type> inferReshape(const Rule& rule) {
    const TensorType& from = rule.operand(0);
    const TensorType& to = rule.result();
    if (from.isStatic() && to.isStatic()) {
        rule.require(from.elementCount() == to.elementCount(),
                     from.toString() + " has " + std::to_string(from.elementCount()) + " elements, " +
                         to.toString() + " has " + std::to_string(to.elementCount()));
    }
    return {rule.typed(from.withDims(copyDims(to)))};
}

std::vector<Type> inferSlice(const Rule& rule) {
    const TensorType& from = rule.operand(0);
    const SliceAttributes slice = sliceAttributes(rule.op());
    rule.requireCount(slice.start, from.rank(), "start_indices");
    rule.requireCount(slice.limit, from.rank(), "limit_indices");
    rule.requireCount(slice.strides, from.rank(), "strides");
    std::vector<int64_t> dims = copyDims(from);
    for (size_t i = 0; i < dims.size(); ++i) {
        const int64_t start = slice.start[i];
        const int64_t limit = slice.limit[i];
        rule.require(slice.strides[i] > 0, "strides " + listToString(slice.strides) + " should be positive");
        rule.require(start >= 0 && start <= limit && (dims[i] == kDynamic || limit <= dims[i]),
                     "range [" + std::to_string(start) + ":" + std::to_string(limit) + "] of dimension " +
                         std::to_string(i) + " is not within " + from.toString());
        // Of a dimension that is not known, as much of the range as is there.
        if (dims[i] == kDynamic) continue;
        dims[i] = (limit - start) / slice.strides[i] + ((limit - start) % slice.strides[i] != 0 ? 1 : 0);
    }
    return {rule.typed(from.withDims(std::move(dims)))};
}

std::vector<Type> inferTranspose(const Rule& rule) {
    const TensorType& from = rule.operand(0);
    const auto order = permutation(rule.op());
    rule.requireCount(order, from.rank(), "permutation");
    rule.requireDimensions(order, from.rank(), "permutation");
    std::vector<int64_t> dims;
    for (const int64_t dim : order) dims.push_back(from.dim(dim));
    return {rule.typed(from.withDims(std::move(dims)))};
}

std::vector<Type> inferBitcastConvert(const Rule& rule) {
    const TensorType& from = rule.operand(0);
    const TensorType& to = rule.result();
    const auto bits = [](const TensorType& type) {
        return bitWidth(type.quantized() != nullptr ? type.quantized()->storage : type.element());
    };
    rule.require(isComplex(from.element()) == isComplex(to.element()),
                 "complex numbers are bits of complex numbers only; " + signatureToString(rule.op()));
    const int from_bits = bits(from);
    const int to_bits = bits(to);
    std::vector<int64_t> dims = copyDims(from);
    if (from_bits > to_bits) {
        rule.require(from_bits % to_bits == 0,
                     "bit widths should divide each other; " + signatureToString(rule.op()));
        dims.push_back(from_bits / to_bits);
    } else if (from_bits < to_bits) {
        rule.require(
            to_bits % from_bits == 0 && !dims.empty() &&
                (dims.back() == kDynamic || dims.back() == to_bits / from_bits),
            "the last dimension should hold the parts of one element; " + signatureToString(rule.op()));
        dims.pop_back();
    }
    return {rule.typed(to.withDims(std::move(dims)))};
}

}  // namespace

std::vector<Type> inferMovement(const Rule& rule) {
    const Operation& op = rule.op();
    switch (op.kind()) {
        case OpKind::kConstant:
        case OpKind::kChloConstant:
            return inferConstant(rule);
        case OpKind::kIota:
            rule.requireInRange(dimension(op), 0, rule.result().rank(), "iota_dimension");
            rule.require(!isBoolean(rule.result().element()), "iota of i1 does not exist");
            return {rule.result()};
        case OpKind::kPartitionId:
        case OpKind::kReplicaId:
            return {TensorType(ElementType::kUi32, {})};
        case OpKind::kBroadcast:
            return inferBroadcast(rule);
        case OpKind::kBroadcastInDim:
            return inferBroadcastInDim(rule);
        case OpKind::kConcatenate:
            return inferConcatenate(rule);
        case OpKind::kPad:
            return inferPad(rule);
        case OpKind::kReshape:
            return inferReshape(rule);
        case OpKind::kReverse:
            rule.requireDimensions(dimensions(op), rule.operand(0).rank(), "dimensions");
            return {rule.typed(rule.operand(0))};
        case OpKind::kSlice:
            return inferSlice(rule);
        case OpKind::kTranspose:
            return inferTranspose(rule);
        case OpKind::kBitcastConvert:
            return inferBitcastConvert(rule);
        default:
            return {};
    }
}

}  // namespace optirs::plugin
