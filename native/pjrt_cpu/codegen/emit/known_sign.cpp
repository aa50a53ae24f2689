#include "pjrt_cpu/codegen/emit/known_sign.h"

#include <algorithm>

#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/ir/reducer.h"

namespace optirs::plugin {
namespace {

/// Whether `bound`, whose dimensions are `kept` ones of `value`, is at least every element of it there.
bool isMaximumOf(const Value& bound, const Value& value, std::span<const int64_t> kept) {
    const Operation* op = bound.definition();
    if (op == nullptr) return false;
    if (op->kind() == OpKind::kMaximum) {
        return isMaximumOf(*op->operand(0), value, kept) || isMaximumOf(*op->operand(1), value, kept);
    }
    if (op->kind() != OpKind::kReduce || tupleSize(*op) != 1 || op->operand(0) != &value ||
        reducerKind(body(*op)) != OpKind::kMaximum) {
        return false;
    }
    const auto reduced = dimensions(*op);
    std::vector<int64_t> left;
    for (int64_t d = 0; d < value.tensor().rank(); ++d) {
        if (std::ranges::find(reduced, d) == reduced.end()) left.push_back(d);
    }
    return std::ranges::equal(left, kept);
}

}  // namespace

bool isNeverPositive(const Value& value) {
    const Operation* difference = value.definition();
    if (difference == nullptr || difference->kind() != OpKind::kSubtract) return false;
    const Operation* spread = difference->operand(1)->definition();
    if (spread == nullptr || spread->kind() != OpKind::kBroadcastInDim) return false;
    return isMaximumOf(*spread->operand(0), *difference->operand(0), broadcastDimensions(*spread));
}

}  // namespace optirs::plugin
