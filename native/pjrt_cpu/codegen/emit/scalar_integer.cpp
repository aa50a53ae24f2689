#include <llvm/IR/Intrinsics.h>
#include <llvm/IR/Module.h>

#include "pjrt_cpu/codegen/emit/scalar.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {

/// Division by zero gives all ones (remainder: the dividend), the smallest number divided by -1 itself
/// (remainder: 0): what XLA gives, and no trap.
llvm::Value* ScalarEmitter::divideInteger(llvm::Value* a, llvm::Value* b, bool is_signed, bool remainder) {
    llvm::Type* type = a->getType();
    const unsigned width = type->getIntegerBitWidth();
    llvm::Value* zero = llvm::ConstantInt::get(type, 0);
    llvm::Value* all_ones = llvm::ConstantInt::getAllOnesValue(type);
    llvm::Value* by_zero = b_.CreateICmpEQ(b, zero);
    llvm::Value* unsafe = by_zero;
    if (is_signed) {
        llvm::Value* smallest = llvm::ConstantInt::get(type, llvm::APInt::getSignedMinValue(width));
        unsafe =
            b_.CreateOr(by_zero, b_.CreateAnd(b_.CreateICmpEQ(a, smallest), b_.CreateICmpEQ(b, all_ones)));
    }
    llvm::Value* divisor = b_.CreateSelect(unsafe, llvm::ConstantInt::get(type, 1), b);
    if (remainder) {
        llvm::Value* rest = is_signed ? b_.CreateSRem(a, divisor) : b_.CreateURem(a, divisor);
        return b_.CreateSelect(by_zero, a, rest);
    }
    llvm::Value* quotient = is_signed ? b_.CreateSDiv(a, divisor) : b_.CreateUDiv(a, divisor);
    return b_.CreateSelect(by_zero, all_ones, quotient);
}

/// Shifting by the width or more leaves zeros, or copies of the sign. Amounts are read as unsigned.
llvm::Value* ScalarEmitter::shift(const Operation& op, llvm::Value* a, llvm::Value* amount) {
    llvm::Type* type = a->getType();
    const unsigned width = type->getIntegerBitWidth();
    llvm::Value* in_range = b_.CreateICmpULT(amount, llvm::ConstantInt::get(type, width));
    llvm::Value* zero = llvm::ConstantInt::get(type, 0);
    if (op.kind() == OpKind::kShiftRightArithmetic) {
        llvm::Value* bounded = b_.CreateSelect(in_range, amount, llvm::ConstantInt::get(type, width - 1));
        return b_.CreateAShr(a, bounded);
    }
    llvm::Value* bounded = b_.CreateSelect(in_range, amount, zero);
    llvm::Value* shifted =
        op.kind() == OpKind::kShiftLeft ? b_.CreateShl(a, bounded) : b_.CreateLShr(a, bounded);
    return b_.CreateSelect(in_range, shifted, zero);
}

llvm::Value* ScalarEmitter::powerInteger(llvm::Value* a, llvm::Value* b, bool is_signed) {
    llvm::Type* wide = b_.getInt64Ty();
    llvm::Value* arguments[] = {is_signed ? b_.CreateSExt(a, wide) : b_.CreateZExt(a, wide),
                                is_signed ? b_.CreateSExt(b, wide) : b_.CreateZExt(b, wide)};
    return b_.CreateTrunc(callHost(is_signed ? "optirs_pow_i64" : "optirs_pow_u64", wide, arguments),
                          a->getType());
}

llvm::Value* ScalarEmitter::wrapped(llvm::Value* value, ElementType type) {
    const int rest = 8 - bitWidth(type);
    if (isBoolean(type) || rest <= 0) return value;
    if (isUnsignedInteger(type)) return b_.CreateAnd(value, b_.getInt8(static_cast<uint8_t>(0xff >> rest)));
    return b_.CreateAShr(b_.CreateShl(value, static_cast<uint64_t>(rest)), static_cast<uint64_t>(rest));
}

/// On integers of 2 and 4 bits, held in bytes.
llvm::Value* ScalarEmitter::applyNarrow(const Operation& op, ElementType type,
                                        std::span<llvm::Value* const> x) {
    std::vector<llvm::Value*> operands(x.begin(), x.end());
    const auto rest = static_cast<uint64_t>(8 - bitWidth(type));
    switch (op.kind()) {
        case OpKind::kCompare:
            return applyWhole(op, type, x);
        case OpKind::kPopcnt:
        case OpKind::kShiftRightLogical:
            // Without copies of the sign.
            operands[0] = b_.CreateAnd(x[0], b_.getInt8(static_cast<uint8_t>(0xff >> rest)));
            break;
        case OpKind::kCountLeadingZeros:
            // Moved to the top, with ones behind.
            operands[0] = b_.CreateNot(b_.CreateShl(b_.CreateNot(x[0]), rest));
            break;
        case OpKind::kShiftRightArithmetic:
            operands[0] = b_.CreateAShr(b_.CreateShl(x[0], rest), rest);
            break;
        default:
            break;
    }
    return wrapped(applyWhole(op, type, operands), type);
}

llvm::Value* ScalarEmitter::applyInteger(const Operation& op, ElementType type,
                                         std::span<llvm::Value* const> x) {
    return bitWidth(type) < 8 && !isBoolean(type) ? applyNarrow(op, type, x) : applyWhole(op, type, x);
}

llvm::Value* ScalarEmitter::applyBoolean(const Operation& op, std::span<llvm::Value* const> x) {
    switch (op.kind()) {
        case OpKind::kAdd:
        case OpKind::kMaximum:
        case OpKind::kOr:
            return b_.CreateOr(x[0], x[1]);
        case OpKind::kMultiply:
        case OpKind::kMinimum:
        case OpKind::kAnd:
            return b_.CreateAnd(x[0], x[1]);
        case OpKind::kXor:
        case OpKind::kSubtract:
            return b_.CreateXor(x[0], x[1]);
        case OpKind::kNot:
            return b_.CreateNot(x[0]);
        case OpKind::kClamp:
            return b_.CreateAnd(b_.CreateOr(x[0], x[1]), x[2]);
        case OpKind::kAbs:
        case OpKind::kSign:
            return x[0];
        default:
            throw unimplementedOperation(op, "not compiled for i1");
    }
}

llvm::Value* ScalarEmitter::applyWhole(const Operation& op, ElementType type,
                                       std::span<llvm::Value* const> x) {
    namespace I = llvm::Intrinsic;
    const bool is_signed = isSignedInteger(type);
    llvm::Type* t = x[0]->getType();
    llvm::Value* zero = llvm::ConstantInt::get(t, 0);
    const auto extreme = [&](llvm::Value* a, llvm::Value* b, bool larger) {
        const unsigned id = larger ? (is_signed ? I::smax : I::umax) : (is_signed ? I::smin : I::umin);
        llvm::Value* both[] = {a, b};
        return intrinsic(id, both);
    };
    switch (op.kind()) {
        case OpKind::kAdd:
            return b_.CreateAdd(x[0], x[1]);
        case OpKind::kSubtract:
            return b_.CreateSub(x[0], x[1]);
        case OpKind::kMultiply:
            return b_.CreateMul(x[0], x[1]);
        case OpKind::kDivide:
            return divideInteger(x[0], x[1], is_signed, false);
        case OpKind::kRemainder:
            return divideInteger(x[0], x[1], is_signed, true);
        case OpKind::kPower:
            return powerInteger(x[0], x[1], is_signed);
        case OpKind::kMaximum:
            return extreme(x[0], x[1], true);
        case OpKind::kMinimum:
            return extreme(x[0], x[1], false);
        case OpKind::kClamp:
            return extreme(extreme(x[0], x[1], true), x[2], false);
        case OpKind::kAnd:
            return b_.CreateAnd(x[0], x[1]);
        case OpKind::kOr:
            return b_.CreateOr(x[0], x[1]);
        case OpKind::kXor:
            return b_.CreateXor(x[0], x[1]);
        case OpKind::kNot:
            return b_.CreateNot(x[0]);
        case OpKind::kNegate:
            return b_.CreateNeg(x[0]);
        case OpKind::kAbs:
            return is_signed ? b_.CreateSelect(b_.CreateICmpSLT(x[0], zero), b_.CreateNeg(x[0]), x[0]) : x[0];
        case OpKind::kSign: {
            llvm::Value* positive = b_.CreateZExt(b_.CreateICmpNE(x[0], zero), t);
            return is_signed ? b_.CreateSelect(b_.CreateICmpSLT(x[0], zero),
                                               llvm::ConstantInt::getAllOnesValue(t), positive)
                             : positive;
        }
        case OpKind::kPopcnt:
            return intrinsic(I::ctpop, x);
        case OpKind::kCountLeadingZeros: {
            llvm::Value* arguments[] = {x[0], b_.getFalse()};
            return intrinsic(I::ctlz, arguments);
        }
        case OpKind::kShiftLeft:
        case OpKind::kShiftRightArithmetic:
        case OpKind::kShiftRightLogical:
            return shift(op, x[0], x[1]);
        case OpKind::kCompare: {
            using P = llvm::CmpInst::Predicate;
            static constexpr P kSigned[] = {P::ICMP_EQ,  P::ICMP_NE,  P::ICMP_SGE,
                                            P::ICMP_SGT, P::ICMP_SLE, P::ICMP_SLT};
            static constexpr P kUnsigned[] = {P::ICMP_EQ,  P::ICMP_NE,  P::ICMP_UGE,
                                              P::ICMP_UGT, P::ICMP_ULE, P::ICMP_ULT};
            const auto direction = static_cast<size_t>(comparisonDirection(op));
            return b_.CreateICmp(is_signed ? kSigned[direction] : kUnsigned[direction], x[0], x[1]);
        }
        default:
            throw unimplementedOperation(op, "not compiled for integers");
    }
}

}  // namespace optirs::plugin
