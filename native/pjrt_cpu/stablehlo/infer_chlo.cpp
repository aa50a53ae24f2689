// CHLO: operations that broadcast their operands, top_k, constant_like, scan.
#include <algorithm>

#include "pjrt_cpu/stablehlo/shape_rules.h"

namespace optirs::plugin {
namespace {

/// Sizes 1 stretch; an unknown one may be anything.
int64_t broadcastSize(const Rule& rule, int64_t a, int64_t b) {
    if (a == 1) return b;
    if (b == 1 || b == kDynamic) return a;
    if (a == kDynamic) return b;
    rule.require(a == b, "sizes " + std::to_string(a) + " and " + std::to_string(b) + " do not broadcast; " +
                             signatureToString(rule.op()));
    return a;
}

/// Where the dimensions of an operand of smaller rank lie in the result: the last ones unless the attribute
/// says.
std::vector<int64_t> mappingOf(const Rule& rule, int64_t own, int64_t rank) {
    std::vector<int64_t> mapping;
    for (int64_t i = rank - own; i < rank; ++i) mapping.push_back(i);
    // The attribute is about the operand of smaller rank.
    if (own == rank || rule.op().attribute("broadcast_dimensions") == nullptr) return mapping;
    const auto given = integersAttribute(rule.op(), "broadcast_dimensions");
    rule.requireCount(given, own, "broadcast_dimensions");
    rule.requireDimensions(given, rank, "broadcast_dimensions");
    rule.requireSorted(given, "broadcast_dimensions");
    return {given.begin(), given.end()};
}

std::vector<Type> inferBroadcasting(const Rule& rule) {
    const Operation& op = rule.op();
    const bool select = op.kind() == OpKind::kChloBroadcastSelect;
    int64_t rank = 0;
    for (size_t i = 0; i < op.operandCount(); ++i) rank = std::max(rank, rule.operand(i).rank());
    std::vector<int64_t> dims(static_cast<size_t>(rank), 1);
    for (size_t i = 0; i < op.operandCount(); ++i) {
        const TensorType& type = rule.operand(i);
        const size_t first = select ? 1 : 0;
        if (i > first) rule.requireSameElement(rule.operand(first), type, "operands");
        const std::vector<int64_t> mapping = mappingOf(rule, type.rank(), rank);
        for (int64_t d = 0; d < type.rank(); ++d) {
            int64_t& size = dims[static_cast<size_t>(mapping[static_cast<size_t>(d)])];
            size = broadcastSize(rule, size, type.dim(d));
        }
    }
    const TensorType& type = rule.operand(select ? 1 : 0);
    ElementType element = type.element();
    if (op.kind() == OpKind::kChloBroadcastCompare) {
        comparisonDirection(op);
        element = ElementType::kI1;
    }
    if (op.kind() == OpKind::kChloBroadcastComplex)
        element = element == ElementType::kF64 ? ElementType::kC128 : ElementType::kC64;
    return {rule.typed(type.withDims(std::move(dims)).withElement(element))};
}

std::vector<Type> inferTopK(const Rule& rule) {
    const TensorType& from = rule.operand(0);
    rule.require(from.rank() >= 1, "the operand should have rank 1 or more, got " + from.toString());
    const int64_t k = integerAttribute(rule.op(), "k");
    const int64_t last = from.dim(from.rank() - 1);
    rule.require(
        k >= 0 && (last == kDynamic || k <= last),
        "k = " + std::to_string(k) + " is more than the last dimension of " + from.toString() + " has");
    std::vector<int64_t> dims(from.dims().begin(), from.dims().end());
    dims.back() = k;
    return {rule.typed(from.withDims(dims)), from.withDims(dims).withElement(ElementType::kI32)};
}

/// Outputs are as long as the inputs; the body says the rest of their shapes, which the expansion checks.
std::vector<Type> inferScan(const Rule& rule) {
    const Operation& op = rule.op();
    const auto segments = integersAttributeOrEmpty(op, "operandSegmentSizes");
    const auto operands = static_cast<int64_t>(op.operandCount());
    const auto results = static_cast<int64_t>(op.resultCount());
    rule.require(segments.size() == 2 && segments[0] >= 0 && segments[1] >= 0 && segments[1] <= results &&
                     segments[0] + segments[1] == operands,
                 "operandSegmentSizes should count the inputs and the initial values");
    const int64_t dim = integerAttribute(op, "dimension");
    int64_t length = kDynamic;
    for (int64_t i = 0; i < segments[0]; ++i) {
        const TensorType& type = rule.operand(static_cast<size_t>(i));
        rule.requireInRange(dim, 0, type.rank(), "dimension");
        if (length == kDynamic) length = type.dim(dim);
    }
    std::vector<Type> out;
    for (int64_t i = 0; i < results; ++i) {
        const TensorType& type = rule.result(static_cast<size_t>(i));
        const bool is_output = i < results - segments[1];
        if (is_output) rule.requireInRange(dim, 0, type.rank(), "dimension");
        std::vector<int64_t> dims(type.dims().begin(), type.dims().end());
        if (is_output && length != kDynamic) dims[static_cast<size_t>(dim)] = length;
        out.emplace_back(is_output ? type.withDims(std::move(dims)) : type);
    }
    return out;
}

std::vector<Type> inferConstantLike(const Rule& rule) {
    const Attribute* value = rule.op().attribute("value");
    const auto* real = value != nullptr ? value->get<FloatAttribute>() : nullptr;
    const auto* integer = value != nullptr ? value->get<IntegerAttribute>() : nullptr;
    const TensorType& to = rule.result();
    const bool fits = (real != nullptr && real->type == realType(to.element())) ||
                      (integer != nullptr && integer->type == to.element()) ||
                      (value != nullptr && value->get<bool>() != nullptr && isBoolean(to.element()));
    rule.require(fits, "value should be a number of type " + std::string(elementTypeName(to.element())) +
                           ", got " + (value != nullptr ? value->toString() : "none"));
    const TensorType& like = rule.operand(0);
    return {rule.typed(to.withDims({like.dims().begin(), like.dims().end()}))};
}

}  // namespace

std::vector<Type> inferChlo(const Rule& rule) {
    switch (rule.op().kind()) {
        case OpKind::kChloTopK:
            return inferTopK(rule);
        case OpKind::kChloConstantLike:
            return inferConstantLike(rule);
        case OpKind::kChloScan:
            return inferScan(rule);
        case OpKind::kChloRaggedDot:
            return inferRaggedDot(rule);
        default:
            return rule.op().name().starts_with("chlo.broadcast_") ? inferBroadcasting(rule)
                                                                   : std::vector<Type>();
    }
}

}  // namespace optirs::plugin
