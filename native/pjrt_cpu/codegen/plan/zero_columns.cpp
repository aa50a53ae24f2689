// What a mask over rows and columns leaves of a row.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/codegen/plan/tiles.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

std::optional<double> splatOf(const Value* value) {
    const Operation* op = value->definition();
    if (op == nullptr) return std::nullopt;
    if (op->kind() == OpKind::kBroadcastInDim || op->kind() == OpKind::kConvert ||
        op->kind() == OpKind::kReshape)
        return splatOf(op->operand(0));
    const Literal* literal = constantOrNull(value);
    if (literal == nullptr || literal->elementCount() == 0) return std::nullopt;
    if (!literal->isSplat() && literal->elementCount() != 1) return std::nullopt;
    const ElementType type = literal->type().element();
    if (isComplex(type)) return std::nullopt;
    return literal->real(0);
}

/// row_factor * row + column_factor * column + constant, of the last two dimensions.
struct Position {
    int64_t row = 0, column = 0, constant = 0;
};

/// `dims`: where the value's dimensions lie in the matrix, counted from its last dimension (0: column, 1:
/// row).
std::optional<Position> positionOf(const Value* value, const std::vector<int64_t>& dims) {
    if (const auto splat = splatOf(value)) {
        if (*splat != static_cast<double>(static_cast<int64_t>(*splat))) return std::nullopt;
        return Position{0, 0, static_cast<int64_t>(*splat)};
    }
    const Operation* op = value->definition();
    if (op == nullptr) return std::nullopt;
    switch (op->kind()) {
        case OpKind::kIota: {
            const int64_t d = dims[static_cast<size_t>(dimension(*op))];
            if (d > 1) return std::nullopt;
            return d == 0 ? Position{0, 1, 0} : Position{1, 0, 0};
        }
        case OpKind::kBroadcastInDim: {
            std::vector<int64_t> inner;
            for (const int64_t d : broadcastDimensions(*op)) inner.push_back(dims[static_cast<size_t>(d)]);
            return positionOf(op->operand(0), inner);
        }
        case OpKind::kConvert:
            if (!isInteger(op->operand(0)->tensor().element()) || byteWidth(value->tensor().element()) < 4)
                return std::nullopt;
            return positionOf(op->operand(0), dims);
        case OpKind::kAdd:
        case OpKind::kSubtract: {
            const auto a = positionOf(op->operand(0), dims);
            const auto b = positionOf(op->operand(1), dims);
            if (!a || !b) return std::nullopt;
            const int64_t sign = op->kind() == OpKind::kAdd ? 1 : -1;
            return Position{a->row + sign * b->row, a->column + sign * b->column,
                            a->constant + sign * b->constant};
        }
        default:
            return std::nullopt;
    }
}

/// A predicate that is `value` for all columns from row + from on.
struct Mask {
    bool value = false;
    int64_t from = 0;
};

std::optional<Mask> maskOf(const Value* value, const std::vector<int64_t>& dims) {
    const Operation* op = value->definition();
    if (op == nullptr) return std::nullopt;
    if (op->kind() == OpKind::kBroadcastInDim) {
        std::vector<int64_t> inner;
        for (const int64_t d : broadcastDimensions(*op)) inner.push_back(dims[static_cast<size_t>(d)]);
        return maskOf(op->operand(0), inner);
    }
    if (op->kind() == OpKind::kNot) {
        auto inner = maskOf(op->operand(0), dims);
        if (inner) inner->value = !inner->value;
        return inner;
    }
    if (op->kind() == OpKind::kAnd) {
        // One operand that is false there is enough.
        for (size_t i = 0; i < 2; ++i) {
            const auto inner = maskOf(op->operand(i), dims);
            if (inner && !inner->value) return inner;
        }
        return std::nullopt;
    }
    if (op->kind() != OpKind::kCompare) return std::nullopt;
    const auto a = positionOf(op->operand(0), dims);
    const auto b = positionOf(op->operand(1), dims);
    if (!a || !b) return std::nullopt;
    // a - b = sign * (column - row) + constant
    const int64_t sign = a->column - b->column;
    const int64_t constant = a->constant - b->constant;
    if ((sign != 1 && sign != -1) || a->row - b->row != -sign) return std::nullopt;
    const ComparisonDirection direction = comparisonDirection(*op);
    if (direction == ComparisonDirection::kEq || direction == ComparisonDirection::kNe) return std::nullopt;
    // From where on the comparison has one answer, as column - row grows.
    const bool grows = sign == 1;
    const bool greater = direction == ComparisonDirection::kGe || direction == ComparisonDirection::kGt;
    const bool with_equal = direction == ComparisonDirection::kGe || direction == ComparisonDirection::kLe;
    const int64_t zero = -sign * constant;  // column - row where both are equal
    const bool answer = greater == grows;
    return Mask{answer, answer == with_equal ? zero : zero + 1};
}

enum class State : uint8_t { kUnknown, kZero, kVeryNegative };

class MaskedRegion {
 public:
    MaskedRegion(const Group& nest, const std::set<const Value*>& tiles, int64_t from)
        : nest_(nest), tiles_(tiles), from_(from) {
        const auto rank = static_cast<int64_t>(nest.shape.size());
        for (int64_t d = 0; d < rank; ++d) dims_.push_back(rank - 1 - d);
    }

    State of(const Value* value) {
        const auto [entry, added] = known_.try_emplace(value, State::kUnknown);
        if (!added) return entry->second;
        const State state = compute(value);
        known_[value] = state;
        return state;
    }

    const std::vector<int64_t>& dims() const { return dims_; }

 private:
    State compute(const Value* value) {
        if (const auto splat = splatOf(value)) {
            constexpr double kVery = -1e8;
            return *splat == 0 ? State::kZero : *splat <= kVery ? State::kVeryNegative : State::kUnknown;
        }
        const Operation* op = value->definition();
        if (op == nullptr || dimsOf(*value) != nest_.shape) return State::kUnknown;
        const auto operand = [&](size_t i) { return of(op->operand(i)); };
        switch (op->kind()) {
            case OpKind::kConvert:
            case OpKind::kNegate:
                return operand(0) == State::kVeryNegative && op->kind() == OpKind::kNegate ? State::kUnknown
                                                                                           : operand(0);
            case OpKind::kExponential:
                return operand(0) == State::kVeryNegative ? State::kZero : State::kUnknown;
            case OpKind::kMultiply:
                if (operand(0) == State::kZero && operand(1) == State::kZero) return State::kZero;
                for (size_t i = 0; i < 2; ++i) {
                    if (operand(i) == State::kZero && isFinite(op->operand(1 - i))) return State::kZero;
                }
                return scaled(*op, 0, 1) || scaled(*op, 1, 0) ? State::kVeryNegative : State::kUnknown;
            case OpKind::kDivide:
                return operand(0) == State::kZero ? State::kZero : State::kUnknown;
            case OpKind::kAdd:
                return operand(0) == State::kZero && operand(1) == State::kZero ? State::kZero
                                                                                : State::kUnknown;
            case OpKind::kSubtract:
                if (operand(0) == State::kZero && operand(1) == State::kZero) return State::kZero;
                // The greatest element of the row is one that the mask leaves.
                return operand(0) == State::kVeryNegative && isPerRow(op->operand(1)) ? State::kVeryNegative
                                                                                      : State::kUnknown;
            case OpKind::kSelect: {
                const auto mask = maskOf(op->operand(0), dims_);
                if (mask && mask->from <= from_) return operand(mask->value ? 1 : 2);
                return operand(1) == operand(2) ? operand(1) : State::kUnknown;
            }
            default:
                return State::kUnknown;
        }
    }

    bool scaled(const Operation& op, size_t number, size_t factor) {
        const auto splat = splatOf(op.operand(factor));
        return splat && *splat >= 0.01 && of(op.operand(number)) == State::kVeryNegative;
    }

    /// Whether every element is finite wherever the products' results are, and what is one number a row is.
    bool isFinite(const Value* value) const {
        const ElementType type = value->tensor().element();
        if (isInteger(type) || isBoolean(type) || tiles_.contains(value) || isPerRow(value)) return true;
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

    /// A broadcast of one number a row.
    bool isPerRow(const Value* value) const {
        const Operation* op = value->definition();
        if (op == nullptr || op->kind() != OpKind::kBroadcastInDim) return false;
        const auto mapping = broadcastDimensions(*op);
        const auto last = static_cast<int64_t>(nest_.shape.size()) - 1;
        for (size_t d = 0; d < mapping.size(); ++d) {
            if (mapping[d] == last && op->operand(0)->tensor().dim(static_cast<int64_t>(d)) != 1)
                return false;
        }
        return true;
    }

    const Group& nest_;
    /// Values that are not in memory, what products make among them.
    const std::set<const Value*>& tiles_;
    int64_t from_;
    std::vector<int64_t> dims_;
    std::map<const Value*, State> known_;
};

/// The masks that selects of the nest use.
void collectMasks(const Value* value, const std::vector<int64_t>& shape, const std::vector<int64_t>& dims,
                  std::set<const Value*>& seen, std::vector<int64_t>& from) {
    const Operation* op = value->definition();
    if (op == nullptr || dimsOf(*value) != shape || !seen.insert(value).second) return;
    if (fusionRole(*op) != FusionRole::kElementwise) return;
    if (op->kind() == OpKind::kSelect) {
        if (const auto mask = maskOf(op->operand(0), dims)) from.push_back(mask->from);
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
        if (!made.contains(root) || region.of(root) != State::kZero) return INT64_MAX;
    }
    for (const Operation* op : nest.reductions) {
        if (tupleSize(*op) != 1) return INT64_MAX;
        const OpKind kind = reducerKind(body(*op));
        const State state = region.of(op->operand(0));
        const bool unseen = (kind == OpKind::kMaximum && state == State::kVeryNegative) ||
                            (kind == OpKind::kAdd && state == State::kZero);
        if (!unseen) return INT64_MAX;
    }
    return column;
}

}  // namespace optirs::plugin
