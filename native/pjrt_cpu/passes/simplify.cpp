// Identities of element-wise arithmetic and control flow that hold bit for bit. Those of shapes:
// simplify_shape.cpp.
#include <cmath>

#include "pjrt_cpu/ir/float_format.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/passes/rewrite.h"
#include "pjrt_cpu/passes/simplify_shape.h"

namespace optirs::plugin {
namespace {

bool isAll(const Value* value, double number) {
    const Literal* literal = constantOrNull(value);
    return literal != nullptr && literal->isAll(number);
}

// Every element -0.0: the number that adding changes nothing, not even the sign of a zero.
bool isNegativeZero(const Value* value) {
    const Literal* literal = constantOrNull(value);
    if (literal == nullptr || !literal->isSplat() || !isFloat(literal->type().element())) return false;
    return literal->real(0) == 0 && std::signbit(literal->real(0));
}

bool isPositiveZero(const Value* value) {
    const Literal* literal = constantOrNull(value);
    if (literal == nullptr || !literal->isSplat() || !isFloat(literal->type().element())) return false;
    return literal->real(0) == 0 && !std::signbit(literal->real(0));
}

// Every bit set: -1 of a signed, the maximum of an unsigned type, true.
bool isAllOnes(const Value* value) {
    const Literal* literal = constantOrNull(value);
    if (literal == nullptr || !literal->isSplat()) return false;
    const ElementType element = literal->type().element();
    if (isBoolean(element)) return literal->integer(0) == 1;
    if (!isInteger(element)) return false;
    const uint64_t mask = bitWidth(element) == 64 ? ~uint64_t{0} : (uint64_t{1} << bitWidth(element)) - 1;
    return (static_cast<uint64_t>(literal->integer(0)) & mask) == mask;
}

// The reciprocal, when multiplying by it gives the same as dividing: of a power of two.
std::optional<double> exactReciprocal(const Value* value) {
    const Literal* literal = constantOrNull(value);
    if (literal == nullptr || !literal->isSplat()) return std::nullopt;
    const ElementType element = literal->type().element();
    if (element != ElementType::kF32 && element != ElementType::kF64 && element != ElementType::kBF16 &&
        element != ElementType::kF16) {
        return std::nullopt;
    }
    const double divisor = literal->real(0);
    int exponent = 0;
    if (!std::isfinite(divisor) || std::fabs(std::frexp(divisor, &exponent)) != 0.5) return std::nullopt;
    const double reciprocal = 1 / divisor;
    // Both normal in the type; 2^+-14 is normal in all of them, and enough.
    const int limit = element == ElementType::kF16 ? 14 : 125;
    if (std::abs(exponent - 1) > limit) return std::nullopt;
    return reciprocal;
}

// The value that `op` equals when it is one of its operands (or makes one), else null.
Value* simplifyBinary(Operation& op) {
    using enum OpKind;
    Value* lhs = op.operand(0);
    Value* rhs = op.operand(1);
    const TensorType& type = op.result()->tensor();
    if (type.quantized() != nullptr || lhs->type() != op.result()->type()) return nullptr;
    const ElementType element = type.element();
    const bool integer = isInteger(element) || isBoolean(element);
    const auto zero = [&] { return Builder(op).constant(type, 0); };
    if (!type.isStatic()) return nullptr;
    switch (op.kind()) {
        case kAdd:
        case kOr:
        case kXor:
            if (integer && isAll(rhs, 0)) return lhs;
            if (op.kind() == kAdd && isNegativeZero(rhs)) return lhs;
            if (op.kind() == kOr && (lhs == rhs || isAllOnes(rhs))) return rhs;
            if (op.kind() == kXor && lhs == rhs) return zero();
            return nullptr;
        case kSubtract:
            if (integer && isAll(rhs, 0)) return lhs;
            if (isPositiveZero(rhs)) return lhs;
            if (integer && lhs == rhs) return zero();
            return nullptr;
        case kMultiply:
            if (isAll(rhs, 1) && !isComplex(element)) return lhs;
            if (integer && isAll(rhs, 0)) return rhs;
            return nullptr;
        case kDivide:
            if (isAll(rhs, 1) && !isComplex(element)) return lhs;
            if (const auto reciprocal = exactReciprocal(rhs)) {
                Builder builder(op);
                return builder.binary(kMultiply, lhs, builder.constant(type, *reciprocal));
            }
            return nullptr;
        case kAnd:
            if (lhs == rhs || isAllOnes(rhs)) return lhs;
            if (isAll(rhs, 0)) return rhs;
            return nullptr;
        case kMaximum:
        case kMinimum:
            return lhs == rhs ? lhs : nullptr;
        case kPower:
            if (isAll(rhs, 1) && isFloat(element)) return lhs;
            // Correctly rounded, as pow wants to be.
            if (isAll(rhs, 2) && (isFloat(element) || integer))
                return Builder(op).binary(kMultiply, lhs, lhs);
            return nullptr;
        case kShiftLeft:
        case kShiftRightLogical:
        case kShiftRightArithmetic:
            return isAll(rhs, 0) ? lhs : nullptr;
        default:
            return nullptr;
    }
}

Value* simplifySelect(Operation& op) {
    Value* predicate = op.operand(0);
    if (op.operand(1) == op.operand(2)) return op.operand(1);
    if (isAll(predicate, 1)) return op.operand(1);
    if (isAll(predicate, 0)) return op.operand(2);
    const Operation* inverted = predicate->definition();
    if (inverted != nullptr && inverted->kind() == OpKind::kNot) {
        return Builder(op).select(inverted->operand(0), op.operand(2), op.operand(1));
    }
    return nullptr;
}

// Whether every value of `from` has its own in `to`.
bool isExact(ElementType from, ElementType to) {
    if (from == to) return true;
    if (isBoolean(from)) return isInteger(to) || (isFloat(to) && to != ElementType::kF8E8M0FNU);
    if (isInteger(from) && isInteger(to)) {
        if (isUnsignedInteger(from))
            return bitWidth(from) < bitWidth(to) || (isUnsignedInteger(to) && bitWidth(from) == bitWidth(to));
        return isSignedInteger(to) && bitWidth(from) <= bitWidth(to);
    }
    if (isInteger(from)) {
        if (to == ElementType::kF64) return bitWidth(from) <= 32;
        if (to == ElementType::kF32) return bitWidth(from) <= 16;
        return false;
    }
    if (!isFloat(from)) return false;
    if (to == ElementType::kF64) return true;
    return to == ElementType::kF32 && from != ElementType::kF64;
}

Value* simplifyConvert(Operation& op) {
    Value* operand = op.operand(0);
    const ElementType to = op.result()->tensor().element();
    if (operand->type() == op.result()->type()) return operand;
    Operation* inner = operand->definition();
    if (inner == nullptr || inner->kind() != OpKind::kConvert) return nullptr;
    const ElementType from = inner->operand(0)->tensor().element();
    const ElementType middle = operand->tensor().element();
    // i1 is the result of a test for zero: only what keeps the value keeps the test.
    if (!isExact(from, middle) || isComplex(to)) return nullptr;
    // A float that came from a wide integer has the same value; a signed one read as unsigned wraps
    // differently through a float than directly.
    if (isInteger(from) && isFloat(middle) && isInteger(to)) return nullptr;
    if (inner->operand(0)->type() == op.result()->type()) return inner->operand(0);
    return Builder(op).create(OpKind::kConvert, {inner->operand(0)}, op.result()->type());
}

Value* simplifyUnary(Operation& op) {
    using enum OpKind;
    Operation* inner = op.operand(0)->definition();
    if (inner == nullptr) return nullptr;
    if ((op.kind() == kNegate || op.kind() == kNot) && inner->kind() == op.kind()) return inner->operand(0);
    if (inner->kind() == OpKind::kComplex && op.kind() == kReal) return inner->operand(0);
    if (inner->kind() == OpKind::kComplex && op.kind() == kImag) return inner->operand(1);
    if (op.kind() == kAbs && inner->kind() == kAbs && op.operand(0)->type() == op.result()->type())
        return op.operand(0);
    return nullptr;
}

Value* simplifyComplex(Operation& op) {
    const Operation* real = op.operand(0)->definition();
    const Operation* imaginary = op.operand(1)->definition();
    if (real == nullptr || imaginary == nullptr || real->kind() != OpKind::kReal ||
        imaginary->kind() != OpKind::kImag)
        return nullptr;
    Value* source = real->operand(0);
    return source == imaginary->operand(0) && source->type() == op.result()->type() ? source : nullptr;
}

// A branch that is known.
bool chooseBranch(Operation& op) {
    const Literal* selector = constantOrNull(op.operand(0));
    if (selector == nullptr) return false;
    int64_t branch = selector->integer(0);
    if (op.kind() == OpKind::kIf) {
        branch = branch != 0 ? 0 : 1;
    } else if (branch < 0 || branch >= static_cast<int64_t>(op.regionCount())) {
        branch = static_cast<int64_t>(op.regionCount()) - 1;
    }
    inlineBlock(op, body(op, static_cast<size_t>(branch)));
    return true;
}

bool rewrite(Operation& op) {
    using enum OpKind;
    if ((op.kind() == kIf || op.kind() == kCase)) {
        if (op.kind() == kCase && op.regionCount() == 1) {
            inlineBlock(op, body(op));
            return true;
        }
        return chooseBranch(op);
    }
    Value* value = nullptr;
    if (op.resultCount() != 1 || !op.result()->type().isTensor()) return false;
    if (op.kind() == kSelect) {
        value = simplifySelect(op);
    } else if (op.kind() == kConvert) {
        value = simplifyConvert(op);
    } else if (op.kind() == OpKind::kComplex) {
        value = simplifyComplex(op);
    } else if (isElementwise(op.kind()) && op.operandCount() == 2) {
        value = simplifyBinary(op);
    } else if (isElementwise(op.kind()) && op.operandCount() == 1) {
        value = simplifyUnary(op);
    } else {
        value = simplifyShape(op);
    }
    if (value == nullptr || value->type() != op.result()->type()) return false;
    replaceWith(op, value);
    return true;
}

}  // namespace

bool simplify(Function& function) { return rewriteAll(function, rewrite); }

}  // namespace optirs::plugin
