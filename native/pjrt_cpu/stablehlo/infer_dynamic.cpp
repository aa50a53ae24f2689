// Operations whose shapes are operands. A constant operand makes the result's shape known.
#include <algorithm>

#include "pjrt_cpu/stablehlo/shape_rules.h"

namespace optirs::plugin {
namespace {

// Operand i is a list of sizes or indices: tensor<Nxi32>. Its values when constant, else unknown ones.
std::vector<int64_t> shapeOperand(const Rule& rule, size_t i) {
    rule.requireRank(i, 1);
    const TensorType& type = rule.operand(i);
    rule.require(isInteger(type.element()),
                 "operand " + std::to_string(i) + " should be of integers, got " + type.toString());
    if (const Literal* literal = constantOrNull(rule.op().operand(i))) {
        // A splat of a huge shape is no list of dimensions.
        rule.require(literal->elementCount() <= 4096,
                     "operand " + std::to_string(i) + " has too many values, " + type.toString());
        return literal->integers();
    }
    rule.require(type.dim(0) != kDynamic,
                 "operand " + std::to_string(i) + " should have a static shape, got " + type.toString());
    return std::vector<int64_t>(static_cast<size_t>(std::min<int64_t>(type.dim(0), 4096)), kDynamic);
}

std::vector<Type> fromShapeOperand(const Rule& rule, size_t i, const TensorType& element_of) {
    const std::vector<int64_t> dims = shapeOperand(rule, i);
    rule.requireSameSize(static_cast<int64_t>(dims.size()), rule.result().rank(),
                         "the shape operand and the rank of the result");
    for (const int64_t dim : dims)
        rule.require(dim == kDynamic || dim >= 0,
                     "the shape " + listToString(dims) + " has a negative dimension");
    return {rule.typed(element_of.withDims(dims))};
}

std::vector<Type> inferDynamicBroadcast(const Rule& rule) {
    const TensorType& from = rule.operand(0);
    const auto mapping = broadcastDimensions(rule.op());
    std::vector<Type> out = fromShapeOperand(rule, 1, from);
    rule.requireCount(mapping, from.rank(), "broadcast_dimensions");
    rule.requireDimensions(mapping, rule.result().rank(), "broadcast_dimensions");
    const TensorType& to = out[0].tensor();
    for (int64_t i = 0; i < from.rank(); ++i) {
        if (from.dim(i) == 1) continue;
        for (const int64_t size :
             {to.dim(mapping[static_cast<size_t>(i)]), rule.result().dim(mapping[static_cast<size_t>(i)])}) {
            rule.requireSameSize(from.dim(i), size,
                                 "operand dimension " + std::to_string(i) + " and the result");
        }
    }
    // Each dimension is known to expand, known not to, or neither.
    const auto expanding = integersAttributeOrEmpty(rule.op(), "known_expanding_dimensions");
    const auto others = integersAttributeOrEmpty(rule.op(), "known_nonexpanding_dimensions");
    std::vector<int64_t> known(expanding.begin(), expanding.end());
    known.insert(known.end(), others.begin(), others.end());
    rule.requireDimensions(known, from.rank(),
                           "known_expanding_dimensions and known_nonexpanding_dimensions");
    return out;
}

std::vector<Type> inferDynamicReshape(const Rule& rule) {
    const TensorType& from = rule.operand(0);
    const std::vector<Type> out = fromShapeOperand(rule, 1, from);
    const TensorType& to = out[0].tensor();
    if (from.isStatic() && to.isStatic() && to.sizeFits()) {
        rule.require(from.elementCount() == to.elementCount(),
                     from.toString() + " has " + std::to_string(from.elementCount()) + " elements, " +
                         to.toString() + " has " + std::to_string(to.elementCount()));
    }
    return out;
}

std::vector<Type> inferDynamicPad(const Rule& rule) {
    const TensorType& from = rule.operand(0);
    rule.requireRank(1, 0);
    const std::vector<int64_t> low = shapeOperand(rule, 2);
    const std::vector<int64_t> high = shapeOperand(rule, 3);
    const std::vector<int64_t> interior = shapeOperand(rule, 4);
    std::vector<int64_t> dims(from.dims().begin(), from.dims().end());
    for (const auto* list : {&low, &high, &interior}) rule.requireCount(*list, from.rank(), "padding");
    for (size_t i = 0; i < dims.size(); ++i) {
        const bool known =
            dims[i] != kDynamic && low[i] != kDynamic && high[i] != kDynamic && interior[i] != kDynamic;
        if (!known) {
            dims[i] = kDynamic;
            continue;
        }
        rule.require(interior[i] >= 0, "padding between elements should not be negative");
        int64_t inside = 0;
        int64_t size = 0;
        const bool fits = !__builtin_mul_overflow(std::max<int64_t>(dims[i] - 1, 0), interior[i], &inside) &&
                          !__builtin_add_overflow(dims[i], inside, &size) &&
                          !__builtin_add_overflow(size, low[i], &size) &&
                          !__builtin_add_overflow(size, high[i], &size);
        rule.require(fits && size >= 0, "padding gives dimension " + std::to_string(i) +
                                            (fits ? " a negative size" : " a size beyond 64 bits"));
        dims[i] = size;
    }
    return {rule.typed(from.withDims(std::move(dims)))};
}

std::vector<Type> inferRealDynamicSlice(const Rule& rule) {
    const TensorType& from = rule.operand(0);
    const std::vector<int64_t> start = shapeOperand(rule, 1);
    const std::vector<int64_t> limit = shapeOperand(rule, 2);
    const std::vector<int64_t> strides = shapeOperand(rule, 3);
    std::vector<int64_t> dims(from.dims().begin(), from.dims().end());
    for (const auto* list : {&start, &limit, &strides}) rule.requireCount(*list, from.rank(), "slice");
    for (const size_t i : {2, 3}) rule.requireSameElement(rule.operand(1), rule.operand(i), "indices");
    for (size_t i = 0; i < dims.size(); ++i) {
        const bool known = start[i] != kDynamic && limit[i] != kDynamic && strides[i] != kDynamic;
        if (known) {
            rule.require(start[i] >= 0 && start[i] <= limit[i] && strides[i] > 0 &&
                             (dims[i] == kDynamic || limit[i] <= dims[i]),
                         "range [" + std::to_string(start[i]) + ":" + std::to_string(limit[i]) + ":" +
                             std::to_string(strides[i]) + "] is not within dimension " + std::to_string(i) +
                             " of " + from.toString());
        }
        const int64_t length = known ? limit[i] - start[i] : 0;
        dims[i] = known ? length / strides[i] + (length % strides[i] != 0 ? 1 : 0) : kDynamic;
    }
    return {rule.typed(from.withDims(std::move(dims)))};
}

}  // namespace

std::vector<Type> inferDynamic(const Rule& rule) {
    const Operation& op = rule.op();
    switch (op.kind()) {
        case OpKind::kDynamicReshape:
            return inferDynamicReshape(rule);
        case OpKind::kDynamicIota:
            rule.requireInRange(dimension(op), 0, rule.result().rank(), "iota_dimension");
            return fromShapeOperand(rule, 0, rule.result());
        case OpKind::kDynamicBroadcastInDim:
            return inferDynamicBroadcast(rule);
        case OpKind::kDynamicPad:
            return inferDynamicPad(rule);
        case OpKind::kRealDynamicSlice:
            return inferRealDynamicSlice(rule);
        case OpKind::kGetDimensionSize:
            rule.requireInRange(dimension(op), 0, rule.operand(0).rank(), "dimension");
            return {TensorType(ElementType::kI32, {})};
        case OpKind::kSetDimensionSize:
            rule.requireInRange(dimension(op), 0, rule.operand(0).rank(), "dimension");
            rule.requireRank(1, 0);
            rule.require(rule.operand(1).element() == ElementType::kI32,
                         "the size should be tensor<i32>, got " + rule.operand(1).toString());
            return {};
        default:
            return {};
    }
}

}  // namespace optirs::plugin
