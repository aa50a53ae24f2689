#include "pjrt_cpu/codegen/emit/known_sign.h"

#include <algorithm>
#include <limits>

#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/ir/reducer.h"

namespace optirs::plugin {
namespace {

/// Whether `result`, whose dimensions are `kept` ones of `value`, is its reduction over the others.
bool isReductionOf(const Value& result, OpKind reducer, const Value& value, std::span<const int64_t> kept) {
    const Operation* op = result.definition();
    if (op == nullptr || op->kind() != OpKind::kReduce || tupleSize(*op) != 1 || op->operand(0) != &value ||
        reducerKind(body(*op)) != reducer) {
        return false;
    }
    const auto reduced = dimensions(*op);
    std::vector<int64_t> left;
    for (int64_t d = 0; d < value.tensor().rank(); ++d) {
        if (std::ranges::find(reduced, d) == reduced.end()) left.push_back(d);
    }
    return std::ranges::equal(left, kept);
}

/// Whether `bound`, whose dimensions are `kept` ones of `value`, is at least every element of it there.
bool isMaximumOf(const Value& bound, const Value& value, std::span<const int64_t> kept) {
    const Operation* op = bound.definition();
    if (op != nullptr && op->kind() == OpKind::kMaximum) {
        return isMaximumOf(*op->operand(0), value, kept) || isMaximumOf(*op->operand(1), value, kept);
    }
    return isReductionOf(bound, OpKind::kMaximum, value, kept);
}

bool startsFrom(const Operation& reduction, double number) { return splatOf(reduction.operand(1)) == number; }

/// What makes `value` when it is an operation of this kind.
const Operation* definedBy(const Value& value, OpKind kind) {
    const Operation* op = value.definition();
    return op != nullptr && op->kind() == kind ? op : nullptr;
}

}  // namespace

bool isNeverPositive(const Value& value) {
    const Operation* difference = definedBy(value, OpKind::kSubtract);
    if (difference == nullptr) return false;
    const Operation* spread = definedBy(*difference->operand(1), OpKind::kBroadcastInDim);
    return spread != nullptr &&
           isMaximumOf(*spread->operand(0), *difference->operand(0), broadcastDimensions(*spread));
}

bool isSoftmaxDivision(const Operation& op) {
    if (op.kind() != OpKind::kDivide) return false;
    const Operation* exponential = definedBy(*op.operand(0), OpKind::kExponential);
    const Operation* sum = definedBy(*op.operand(1), OpKind::kBroadcastInDim);
    if (exponential == nullptr || sum == nullptr) return false;
    const Operation* difference = definedBy(*exponential->operand(0), OpKind::kSubtract);
    if (difference == nullptr) return false;
    const Operation* greatest = definedBy(*difference->operand(1), OpKind::kBroadcastInDim);
    return greatest != nullptr &&
           std::ranges::equal(broadcastDimensions(*greatest), broadcastDimensions(*sum)) &&
           isReductionOf(*greatest->operand(0), OpKind::kMaximum, *difference->operand(0),
                         broadcastDimensions(*greatest)) &&
           startsFrom(*greatest->operand(0)->definition(), -std::numeric_limits<double>::infinity()) &&
           isReductionOf(*sum->operand(0), OpKind::kAdd, *op.operand(0), broadcastDimensions(*sum)) &&
           startsFrom(*sum->operand(0)->definition(), 0);
}

}  // namespace optirs::plugin
