#include "pjrt_cpu/codegen/plan/position_mask.h"

#include <algorithm>
#include <cmath>

#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

/// row_factor * row + column_factor * column + constant, of the last two dimensions.
struct Position {
    int64_t row = 0, column = 0, constant = 0;
};

/// Whether numbers of rows and columns, and what is added to them, neither wrap nor are rounded in the type.
bool countsExactly(ElementType type) {
    return type == ElementType::kF32 || type == ElementType::kF64 ||
           (isInteger(type) && bitWidth(type) >= 32);
}
constexpr double kMostCounted = 1 << 22;

std::optional<Position> positionOf(const Value* value, const std::vector<int64_t>& dims) {
    const ElementType type = value->tensor().element();
    if (!countsExactly(type)) return std::nullopt;
    if (const auto splat = splatOf(value)) {
        if (std::fabs(*splat) > kMostCounted || *splat != std::trunc(*splat)) return std::nullopt;
        return Position{0, 0, static_cast<int64_t>(*splat)};
    }
    const Operation* op = value->definition();
    if (op == nullptr) return std::nullopt;
    switch (op->kind()) {
        case OpKind::kIota: {
            const int64_t size = value->tensor().dim(dimension(*op));
            const int64_t d = dims[static_cast<size_t>(dimension(*op))];
            if (d > 1 || size > static_cast<int64_t>(kMostCounted)) return std::nullopt;
            if (size == 1) return Position{};
            return d == 0 ? Position{0, 1, 0} : Position{1, 0, 0};
        }
        case OpKind::kBroadcastInDim: {
            std::vector<int64_t> inner;
            for (const int64_t d : broadcastDimensions(*op)) inner.push_back(dims[static_cast<size_t>(d)]);
            return positionOf(op->operand(0), inner);
        }
        case OpKind::kConvert:
            // A negative number would become another one.
            if (isUnsignedInteger(type) && !isUnsignedInteger(op->operand(0)->tensor().element()))
                return std::nullopt;
            return positionOf(op->operand(0), dims);
        case OpKind::kAdd:
        case OpKind::kSubtract: {
            if (op->kind() == OpKind::kSubtract && isUnsignedInteger(type)) return std::nullopt;
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

Distances intersection(const Distances& a, const Distances& b) {
    return {std::max(a.low, b.low), std::min(a.high, b.high)};
}

std::optional<Distances> whereCompared(const Operation& op, bool wanted, const std::vector<int64_t>& dims) {
    const auto a = positionOf(op.operand(0), dims);
    const auto b = positionOf(op.operand(1), dims);
    if (!a || !b) return std::nullopt;
    // a - b = sign * (column - row) + constant
    const int64_t sign = a->column - b->column;
    const int64_t constant = a->constant - b->constant;
    if ((sign != 1 && sign != -1) || a->row - b->row != -sign) return std::nullopt;
    const int64_t zero = -sign * constant;  // column - row where both are equal
    bool greater = false;                   // whether a is to be above b, or below
    bool with_equal = false;
    switch (comparisonDirection(op)) {
        case ComparisonDirection::kEq:
        case ComparisonDirection::kNe:
            return std::nullopt;
        case ComparisonDirection::kGe:
        case ComparisonDirection::kGt:
            greater = wanted;
            with_equal = wanted == (comparisonDirection(op) == ComparisonDirection::kGe);
            break;
        case ComparisonDirection::kLe:
        case ComparisonDirection::kLt:
            greater = !wanted;
            with_equal = wanted == (comparisonDirection(op) == ComparisonDirection::kLe);
            break;
    }
    Distances found;
    if (greater == (sign == 1))
        found.low = with_equal ? zero : zero + 1;
    else
        found.high = with_equal ? zero + 1 : zero;
    return found;
}

}  // namespace

bool Distances::meetEveryRow(int64_t rows, int64_t columns) const {
    // How many columns a row has there is concave in the row: the first and the last one have the fewest.
    return std::ranges::all_of(std::initializer_list<int64_t>{0, rows - 1}, [&](int64_t row) {
        return std::max<int64_t>(0, row + low) < std::min(columns, row + high);
    });
}

std::optional<Distances> distancesWhere(const Value* predicate, bool wanted,
                                        const std::vector<int64_t>& dims) {
    const Operation* op = predicate->definition();
    if (op == nullptr) return std::nullopt;
    switch (op->kind()) {
        case OpKind::kBroadcastInDim: {
            std::vector<int64_t> inner;
            for (const int64_t d : broadcastDimensions(*op)) inner.push_back(dims[static_cast<size_t>(d)]);
            return distancesWhere(op->operand(0), wanted, inner);
        }
        case OpKind::kNot:
            return distancesWhere(op->operand(0), !wanted, dims);
        case OpKind::kAnd:
        case OpKind::kOr: {
            const auto a = distancesWhere(op->operand(0), wanted, dims);
            const auto b = distancesWhere(op->operand(1), wanted, dims);
            // Both have to be true for a conjunction to be; that one is false is enough for it not to be.
            if ((op->kind() == OpKind::kAnd) == wanted)
                return a && b ? std::optional(intersection(*a, *b)) : std::nullopt;
            return a && (!b || a->isUnbounded()) ? a : b;
        }
        case OpKind::kCompare:
            return whereCompared(*op, wanted, dims);
        default:
            return std::nullopt;
    }
}

}  // namespace optirs::plugin
