// What a mask over rows and columns leaves of a row.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/codegen/plan/position_mask.h"
#include "pjrt_cpu/codegen/plan/row_bounds.h"
#include "pjrt_cpu/codegen/plan/tiles.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

constexpr double kUnknown = RowBounds::kUnknown;
/// No exponential of a number below is more than zero, in any type.
constexpr double kVanishes = -1e4;

/// What every element in the masked region is: zero, or at most a number.
struct Fact {
    bool is_zero = false;
    double most = kUnknown;
};

class MaskedRegion {
 public:
    MaskedRegion(const Group& nest, const std::set<const Value*>& tiles, int64_t from)
        : nest_(nest), tiles_(tiles), from_(from), bounds_(nest.shape, tiles) {}

    Fact of(const Value* value) {
        const auto [entry, added] = known_.try_emplace(value, Fact{});
        if (!added) return entry->second;
        const Fact fact = compute(value);
        known_[value] = fact;
        return fact;
    }

    /// Whether the greatest element of every row lies outside of the region.
    bool hidesNoGreatest(const Value* value) { return of(value).most < bounds_.leastGreatest(value); }

    const std::vector<int64_t>& dims() const { return bounds_.dims(); }

 private:
    Fact compute(const Value* value) {
        if (const auto splat = splatOf(value)) return {*splat == 0, std::isnan(*splat) ? kUnknown : *splat};
        const Operation* op = value->definition();
        if (op == nullptr || dimsOf(*value) != nest_.shape) return {};
        const auto operand = [&](size_t i) { return of(op->operand(i)); };
        switch (op->kind()) {
            case OpKind::kConvert:
                return {operand(0).is_zero, RowBounds::isWide(value) ? operand(0).most : kUnknown};
            case OpKind::kNegate:
                return {operand(0).is_zero, kUnknown};
            case OpKind::kExponential:
                return {operand(0).most < kVanishes, kUnknown};
            case OpKind::kMultiply:
                return {isZeroTimes(*op, 0, 1) || isZeroTimes(*op, 1, 0),
                        std::min(scaled(*op, 0, 1), scaled(*op, 1, 0))};
            case OpKind::kDivide:
                return {operand(0).is_zero && bounds_.isPerRow(op->operand(1)), kUnknown};
            case OpKind::kAdd:
                return {operand(0).is_zero && operand(1).is_zero, kUnknown};
            case OpKind::kSubtract:
                return {
                    operand(0).is_zero && operand(1).is_zero,
                    operand(0).most < 0 ? operand(0).most - bounds_.leastPerRow(op->operand(1)) : kUnknown};
            case OpKind::kSelect: {
                for (const bool taken : {true, false}) {
                    const auto where = distancesWhere(op->operand(0), taken, dims());
                    if (where && where->isUnbounded() && where->low <= from_) return operand(taken ? 1 : 2);
                }
                return {operand(1).is_zero && operand(2).is_zero, std::max(operand(1).most, operand(2).most)};
            }
            default:
                return {};
        }
    }

    bool isZeroTimes(const Operation& op, size_t zero, size_t factor) {
        return of(op.operand(zero)).is_zero &&
               (of(op.operand(factor)).is_zero || isFinite(op.operand(factor)));
    }

    double scaled(const Operation& op, size_t number, size_t factor) {
        const auto splat = splatOf(op.operand(factor));
        const double most = of(op.operand(number)).most;
        return splat && *splat > 0 && most < 0 ? *splat * most : kUnknown;
    }

    /// Whether every element is finite wherever the products' results are, and what is one number a row is.
    bool isFinite(const Value* value) const {
        const ElementType type = value->tensor().element();
        if (isInteger(type) || isBoolean(type) || tiles_.contains(value) || bounds_.isPerRow(value))
            return true;
        if (const auto splat = splatOf(value)) return std::isfinite(*splat);
        const Operation* op = value->definition();
        if (op == nullptr) return false;
        switch (op->kind()) {
            case OpKind::kAdd:
            case OpKind::kConvert:
            case OpKind::kMaximum:
            case OpKind::kMinimum:
            case OpKind::kMultiply:
            case OpKind::kNegate:
            case OpKind::kSelect:
            case OpKind::kSubtract:
                return std::ranges::all_of(op->operands(), [&](const Value* each) { return isFinite(each); });
            default:
                return false;
        }
    }

    const Group& nest_;
    /// Values that are not in memory, what products make among them.
    const std::set<const Value*>& tiles_;
    int64_t from_;
    RowBounds bounds_;
    std::map<const Value*, Fact> known_;
};

/// From which distance on the masks of selects of the nest have one answer.
void collectMasks(const Value* value, const std::vector<int64_t>& shape, const std::vector<int64_t>& dims,
                  std::set<const Value*>& seen, std::vector<int64_t>& from) {
    const Operation* op = value->definition();
    if (op == nullptr || dimsOf(*value) != shape || !seen.insert(value).second) return;
    if (fusionRole(*op) != FusionRole::kElementwise) return;
    if (op->kind() == OpKind::kSelect) {
        for (const bool taken : {true, false}) {
            const auto where = distancesWhere(op->operand(0), taken, dims);
            if (where && where->isUnbounded()) from.push_back(where->low);
        }
    }
    for (const Value* operand : op->operands()) collectMasks(operand, shape, dims, seen, from);
}

}  // namespace

int64_t zeroColumns(const Group& nest, const std::set<const Value*>& made,
                    const std::set<const Value*>& tiles) {
    const MaskedRegion probe(nest, tiles, 0);
    std::set<const Value*> seen;
    std::vector<int64_t> from;
    for (const Value* root : nest.roots) collectMasks(root, nest.shape, probe.dims(), seen, from);
    for (const Operation* op : nest.reductions)
        collectMasks(op->operand(0), nest.shape, probe.dims(), seen, from);
    if (from.empty()) return INT64_MAX;
    // Every row must keep a column.
    const int64_t column = *std::ranges::max_element(from);
    if (column < 1) return INT64_MAX;
    MaskedRegion region(nest, tiles, column);
    for (const Value* root : nest.roots) {
        if (dimsOf(*root) != nest.shape) continue;
        if (!made.contains(root) || !region.of(root).is_zero) return INT64_MAX;
    }
    for (const Operation* op : nest.reductions) {
        if (tupleSize(*op) != 1) return INT64_MAX;
        const OpKind kind = reducerKind(body(*op));
        const bool unseen = (kind == OpKind::kMaximum && region.hidesNoGreatest(op->operand(0))) ||
                            (kind == OpKind::kAdd && region.of(op->operand(0)).is_zero);
        if (!unseen) return INT64_MAX;
    }
    return column;
}

}  // namespace optirs::plugin
