#include "pjrt_cpu/codegen/plan/row_bounds.h"

#include <algorithm>
#include <cmath>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/codegen/plan/position_mask.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/runtime/row_tile_zeros.h"

namespace optirs::plugin {
namespace {

/// Of a broadcast of numbers of rows: where those are.
const Value* numbersOfRows(const Value* value) {
    for (const Operation* op = value->definition();
         op != nullptr && (op->kind() == OpKind::kReshape || op->kind() == OpKind::kBroadcastInDim);
         op = value->definition())
        value = op->operand(0);
    return value;
}

/// The logarithm of a sum of exponentials, of which the greatest is one: of what `greatest` was taken
/// off.
bool isLogarithmOfSum(const Value* value, const Value* greatest) {
    for (const OpKind kind : {OpKind::kLog, OpKind::kReduce, OpKind::kExponential, OpKind::kSubtract}) {
        const Operation* op = value->definition();
        if (op == nullptr || op->kind() != kind) return false;
        value = op->operand(kind == OpKind::kSubtract ? 1 : 0);
    }
    return numbersOfRows(value) == greatest;
}

/// The product whose result, maybe transposed, a value is; null: none.
const Operation* productOf(const Value* value) {
    const Operation* op = value->definition();
    if (op != nullptr && op->kind() == OpKind::kTranspose) op = op->operand(0)->definition();
    return op != nullptr && op->kind() == OpKind::kDotGeneral ? op : nullptr;
}

}  // namespace

RowBounds::RowBounds(const std::vector<int64_t>& shape, const std::set<const Value*>& tiles)
    : shape_(shape), tiles_(tiles) {
    const auto rank = static_cast<int64_t>(shape.size());
    for (int64_t d = 0; d < rank; ++d) dims_.push_back(rank - 1 - d);
}

bool RowBounds::isWide(const Value* value) {
    const ElementType type = value->tensor().element();
    return isFloat(type) && byteWidth(type) >= 2;
}

bool RowBounds::isPerRow(const Value* value) const {
    const Operation* op = value->definition();
    if (op == nullptr || op->kind() != OpKind::kBroadcastInDim) return false;
    const auto mapping = broadcastDimensions(*op);
    const auto last = static_cast<int64_t>(shape_.size()) - 1;
    for (size_t d = 0; d < mapping.size(); ++d) {
        if (mapping[d] == last && op->operand(0)->tensor().dim(static_cast<int64_t>(d)) != 1) return false;
    }
    return true;
}

double RowBounds::leastPerRow(const Value* value) const {
    return isPerRow(value) ? leastOfRow(numbersOfRows(value)) : -kUnknown;
}

double RowBounds::leastOfRow(const Value* number) const {
    if (const auto splat = splatOf(number)) return std::isnan(*splat) ? -kUnknown : *splat;
    const Operation* op = number->definition();
    if (op == nullptr) return -kUnknown;
    switch (op->kind()) {
        case OpKind::kReduce: {
            const auto last = static_cast<int64_t>(shape_.size()) - 1;
            const bool is_greatest = tupleSize(*op) == 1 && reducerKind(body(*op)) == OpKind::kMaximum &&
                                     dimsOf(*op->operand(0)) == shape_ &&
                                     std::ranges::equal(dimensions(*op), std::vector<int64_t>{last});
            return is_greatest ? leastGreatest(op->operand(0)) : -kUnknown;
        }
        case OpKind::kMaximum:
            return std::max(leastOfRow(op->operand(0)), leastOfRow(op->operand(1)));
        case OpKind::kSelect:
            return std::min(leastOfRow(op->operand(1)), leastOfRow(op->operand(2)));
        case OpKind::kAdd:
            for (size_t i = 0; i < 2; ++i) {
                if (isLogarithmOfSum(op->operand(1 - i), op->operand(i)))
                    return leastOfRow(op->operand(i)) - 1;
            }
            return -kUnknown;
        default:
            return -kUnknown;
    }
}

double RowBounds::leastGreatest(const Value* value) const {
    const double size = greatestSize(value);
    if (size < kUnknown) return -size;
    const Operation* op = value->definition();
    if (op == nullptr) return -kUnknown;
    switch (op->kind()) {
        case OpKind::kConvert:
            return isWide(value) ? leastGreatest(op->operand(0)) : -kUnknown;
        case OpKind::kMultiply:
            for (size_t i = 0; i < 2; ++i) {
                const auto splat = splatOf(op->operand(1 - i));
                if (splat && *splat > 0) return *splat * leastGreatest(op->operand(i));
            }
            return -kUnknown;
        case OpKind::kSelect: {
            // Of what the mask leaves, if it leaves something of every row.
            const size_t rank = shape_.size();
            for (const bool taken : {true, false}) {
                const auto where = distancesWhere(op->operand(0), taken, dims_);
                if (where && where->meetEveryRow(shape_[rank - 2], shape_[rank - 1])) {
                    const double size_left = greatestSize(op->operand(taken ? 1 : 2));
                    if (size_left < kUnknown) return -size_left;
                }
            }
            return -kUnknown;
        }
        default:
            return -kUnknown;
    }
}

/// What no element is further from zero than, where the products are of ordinary size.
double RowBounds::greatestSize(const Value* value) const {
    if (isProduct(value)) return kMostTameProduct;
    if (const auto splat = splatOf(value)) return std::isfinite(*splat) ? std::fabs(*splat) : kUnknown;
    const Operation* op = value->definition();
    if (op == nullptr) return kUnknown;
    const auto operand = [&](size_t i) { return greatestSize(op->operand(i)); };
    switch (op->kind()) {
        case OpKind::kConvert:
        case OpKind::kNegate:
            return operand(0);
        case OpKind::kTanh:
            return 1;
        case OpKind::kAdd:
        case OpKind::kSubtract:
            return operand(0) + operand(1);
        case OpKind::kMultiply:
            return operand(0) < kUnknown && operand(1) < kUnknown ? operand(0) * operand(1) : kUnknown;
        case OpKind::kDivide: {
            const auto splat = splatOf(op->operand(1));
            return splat && *splat != 0 ? operand(0) / std::fabs(*splat) : kUnknown;
        }
        default:
            return kUnknown;
    }
}

/// The result of a product of which whoever runs the nest looks at the operands.
bool RowBounds::isProduct(const Value* value) const {
    const Operation* product = productOf(value);
    if (product == nullptr) return false;
    return std::ranges::any_of(tiles_, [&](const Value* tile) {
        const Operation* other = productOf(tile);
        return other != nullptr && other->operands() == product->operands() &&
               other->attributes() == product->attributes();
    });
}

}  // namespace optirs::plugin
