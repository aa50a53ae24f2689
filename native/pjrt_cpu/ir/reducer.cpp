#include "pjrt_cpu/ir/reducer.h"

#include <limits>

#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {

std::optional<Literal> reducerIdentity(OpKind reducer, const TensorType& type) {
    const ElementType element = type.element();
    const bool is_number = isFloat(element) && bitWidth(element) >= 16;
    const bool is_integer = isInteger(element);
    const int unused = is_integer ? 64 - bitWidth(element) : 0;
    const int64_t least = isSignedInteger(element) ? INT64_MIN >> unused : 0;
    const int64_t most = isSignedInteger(element) ? ~least : static_cast<int64_t>(~uint64_t{0} >> unused);
    switch (reducer) {
        case OpKind::kAdd:
            // -0 + x is x, whatever the sign of its zero.
            return isFloat(element) ? Literal::splat(type, -0.0) : Literal::splat(type, 0.0);
        case OpKind::kMultiply:
            return Literal::splat(type, 1.0);
        case OpKind::kMaximum:
            if (is_number) return Literal::splat(type, -std::numeric_limits<double>::infinity());
            if (is_integer) return Literal::splatInteger(type, least);
            return isBoolean(element) ? std::optional(Literal::splatInteger(type, 0)) : std::nullopt;
        case OpKind::kMinimum:
            if (is_number) return Literal::splat(type, std::numeric_limits<double>::infinity());
            if (is_integer) return Literal::splatInteger(type, most);
            return isBoolean(element) ? std::optional(Literal::splatInteger(type, 1)) : std::nullopt;
        case OpKind::kAnd:
            return Literal::splatInteger(type, isBoolean(element) ? 1 : -1);
        case OpKind::kOr:
        case OpKind::kXor:
            return Literal::splatInteger(type, 0);
        default:
            return std::nullopt;
    }
}

bool startsAtIdentity(const Operation& op) {
    if (tupleSize(op) != 1) return false;
    const Literal* init = constantOrNull(op.operand(1));
    if (init == nullptr) return false;
    const OpKind reducer = reducerKind(body(op));
    const TensorType& type = op.operand(1)->tensor();
    const std::optional<Literal> identity = reducerIdentity(reducer, type);
    if (!identity) return false;
    // A second 0 changes no sum that a first one is in.
    return *init == *identity ||
           (reducer == OpKind::kAdd && isFloat(type.element()) && *init == Literal::splat(type, 0.0));
}

}  // namespace optirs::plugin
