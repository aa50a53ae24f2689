#include <llvm/IR/Intrinsics.h>
#include <llvm/IR/Module.h>

#include "pjrt_cpu/codegen/emit/known_sign.h"
#include "pjrt_cpu/codegen/emit/scalar.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
const char* inverseOrHyperbolic(OpKind kind) {
    switch (kind) {
        case OpKind::kChloAcos:
            return "acos";
        case OpKind::kChloAcosh:
            return "acosh";
        case OpKind::kChloAsin:
            return "asin";
        case OpKind::kChloAsinh:
            return "asinh";
        case OpKind::kChloAtan:
            return "atan";
        case OpKind::kChloAtanh:
            return "atanh";
        case OpKind::kChloCosh:
            return "cosh";
        case OpKind::kChloSinh:
            return "sinh";
        default:
            return nullptr;
    }
}

namespace {

/// Name in math/ or jit/host_functions.cpp of a chlo operation; null when it is none of those.
const char* chloFunction(OpKind kind) {
    switch (kind) {
        case OpKind::kChloBesselI1e:
            return "bessel_i1e";
        case OpKind::kChloDigamma:
            return "digamma";
        case OpKind::kChloErf:
            return "erf";
        case OpKind::kChloErfInv:
            return "erf_inv";
        case OpKind::kChloErfc:
            return "erfc";
        case OpKind::kChloLgamma:
            return "lgamma";
        case OpKind::kChloPolygamma:
            return "polygamma";
        case OpKind::kChloZeta:
            return "zeta";
        default:
            return inverseOrHyperbolic(kind);
    }
}

}  // namespace

llvm::Value* ScalarEmitter::math(const char* function, std::span<llvm::Value* const> arguments) {
    llvm::Type* type = arguments[0]->getType();
    const std::string name = std::string("optirs_") + function + (type->isDoubleTy() ? "_f64" : "_f32");
    return callHost(name, type, arguments);
}

llvm::Value* ScalarEmitter::roundF32ToBf16(llvm::Value* value) {
    llvm::Value* bits = b_.CreateBitCast(value, b_.getInt32Ty());
    llvm::Value* lowest = b_.CreateAnd(b_.CreateLShr(bits, 16), 1);
    llvm::Value* rounded = b_.CreateAdd(bits, b_.CreateAdd(lowest, b_.getInt32(0x7fff)));
    // A NaN must not carry over into infinity.
    llvm::Value* quiet = b_.CreateOr(bits, b_.getInt32(0x400000));
    llvm::Value* chosen = b_.CreateSelect(b_.CreateFCmpUNO(value, value), quiet, rounded);
    return b_.CreateBitCast(b_.CreateAnd(chosen, b_.getInt32(0xffff0000U)), b_.getFloatTy());
}

llvm::Value* ScalarEmitter::roundTo(llvm::Value* value, ElementType type) {
    switch (type) {
        case ElementType::kF32:
        case ElementType::kF64:
            return value;
        case ElementType::kBF16:
            return roundF32ToBf16(value);
        case ElementType::kF16:
            return b_.CreateFPExt(b_.CreateFPTrunc(value, b_.getHalfTy()), b_.getFloatTy());
        default:
            return fromStorage(toStorage(value, type), type);
    }
}

llvm::Value* ScalarEmitter::reducePrecision(llvm::Value* value, int64_t exponent_bits,
                                            int64_t mantissa_bits) {
    const bool wide = value->getType()->isDoubleTy();
    llvm::IntegerType* type = wide ? b_.getInt64Ty() : b_.getInt32Ty();
    const int64_t mantissa = wide ? 52 : 23;
    const int64_t exponent = wide ? 11 : 8;
    const auto number = [&](uint64_t v) { return llvm::ConstantInt::get(type, v); };
    const uint64_t sign_mask = uint64_t{1} << (mantissa + exponent);
    const uint64_t exponent_mask = ((uint64_t{1} << exponent) - 1) << mantissa;
    llvm::Value* bits = b_.CreateBitCast(value, type);
    llvm::Value* sign = b_.CreateAnd(bits, number(sign_mask));
    if (mantissa_bits < mantissa) {
        const uint64_t last = uint64_t{1} << (mantissa - mantissa_bits);
        llvm::Value* odd = b_.CreateLShr(b_.CreateAnd(bits, number(last)),
                                         number(static_cast<uint64_t>(mantissa - mantissa_bits)));
        bits = b_.CreateAdd(bits, b_.CreateAdd(odd, number((last >> 1) - 1)));
        bits = b_.CreateAnd(bits, number(~(last - 1)));
    }
    if (exponent_bits < exponent) {
        const uint64_t bias = (uint64_t{1} << (exponent - 1)) - 1;
        const uint64_t reduced_bias = (uint64_t{1} << (exponent_bits - 1)) - 1;
        llvm::Value* e = b_.CreateAnd(bits, number(exponent_mask));
        llvm::Value* over = b_.CreateICmpUGT(e, number((bias + reduced_bias) << mantissa));
        llvm::Value* under = b_.CreateICmpULE(e, number((bias - reduced_bias) << mantissa));
        bits = b_.CreateSelect(over, b_.CreateOr(sign, number(exponent_mask)), bits);
        bits = b_.CreateSelect(under, sign, bits);
    }
    llvm::Value* result = b_.CreateBitCast(bits, value->getType());
    llvm::Value* is_nan = b_.CreateFCmpUNO(value, value);
    llvm::Value* nan = value;
    if (mantissa_bits == 0) {
        nan = b_.CreateBitCast(b_.CreateOr(sign, number(exponent_mask)), value->getType());
    }
    return b_.CreateSelect(is_nan, nan, result);
}

llvm::Value* ScalarEmitter::compareFloat(const Operation& op, llvm::Value* a, llvm::Value* b) {
    using P = llvm::CmpInst::Predicate;
    const auto direction = comparisonDirection(op);
    if (comparisonType(op) == ComparisonType::kTotalOrder) {
        // -NaN < -inf < ... < -0 < +0 < ... < +NaN: the order of the bits, with the negative half reversed.
        const bool wide = a->getType()->isDoubleTy();
        llvm::IntegerType* bits_type = wide ? b_.getInt64Ty() : b_.getInt32Ty();
        const auto order = [&](llvm::Value* v) {
            llvm::Value* bits = b_.CreateBitCast(v, bits_type);
            llvm::Value* negative = b_.CreateICmpSLT(bits, llvm::ConstantInt::get(bits_type, 0));
            llvm::Value* flipped = b_.CreateXor(
                bits, llvm::ConstantInt::get(bits_type, wide ? 0x7fffffffffffffffULL : 0x7fffffffULL));
            return b_.CreateSelect(negative, flipped, bits);
        };
        static constexpr P kOrder[] = {P::ICMP_EQ,  P::ICMP_NE,  P::ICMP_SGE,
                                       P::ICMP_SGT, P::ICMP_SLE, P::ICMP_SLT};
        return b_.CreateICmp(kOrder[static_cast<size_t>(direction)], order(a), order(b));
    }
    static constexpr P kFloat[] = {P::FCMP_OEQ, P::FCMP_UNE, P::FCMP_OGE,
                                   P::FCMP_OGT, P::FCMP_OLE, P::FCMP_OLT};
    return b_.CreateFCmp(kFloat[static_cast<size_t>(direction)], a, b);
}

llvm::Value* ScalarEmitter::applyFloat(const Operation& op, ElementType type,
                                       std::span<llvm::Value* const> x) {
    namespace I = llvm::Intrinsic;
    const auto one = [&](unsigned id) { return intrinsic(id, x); };
    const auto rounded = [&](llvm::Value* value) { return roundTo(value, type); };
    const auto number = [&](double v) { return llvm::ConstantFP::get(x[0]->getType(), v); };
    switch (op.kind()) {
        case OpKind::kAbs:
            return one(I::fabs);
        case OpKind::kNegate:
            return b_.CreateFNeg(x[0]);
        case OpKind::kCeil:
            return one(I::ceil);
        case OpKind::kFloor:
            return one(I::floor);
        case OpKind::kRoundNearestAfz:
            return one(I::round);
        case OpKind::kRoundNearestEven:
            return one(I::roundeven);
        case OpKind::kSqrt:
            return rounded(one(I::sqrt));
        case OpKind::kRsqrt:
            return rounded(b_.CreateFDiv(number(1), one(I::sqrt)));
        case OpKind::kExponential:
            return rounded(math(
                !x[0]->getType()->isDoubleTy() && isNeverPositive(*op.operand(0)) ? "exp_negative" : "exp",
                x));
        case OpKind::kExponentialMinusOne:
            return rounded(math("expm1", x));
        case OpKind::kLog:
            return rounded(math("log", x));
        case OpKind::kLogPlusOne:
            return rounded(math("log1p", x));
        case OpKind::kLogistic:
            return rounded(math("logistic", x));
        case OpKind::kTanh:
            return rounded(math("tanh", x));
        case OpKind::kSine:
            return rounded(math("sin", x));
        case OpKind::kCosine:
            return rounded(math("cos", x));
        case OpKind::kTan:
            return rounded(math("tan", x));
        case OpKind::kCbrt:
            return rounded(math("cbrt", x));
        case OpKind::kPower:
            return rounded(math("pow", x));
        case OpKind::kAtan2:
            return rounded(math("atan2", x));
        case OpKind::kAdd:
            return rounded(b_.CreateFAdd(x[0], x[1]));
        case OpKind::kSubtract:
            return rounded(b_.CreateFSub(x[0], x[1]));
        case OpKind::kMultiply:
            return rounded(b_.CreateFMul(x[0], x[1]));
        case OpKind::kDivide:
            // One division a row instead of one an element.
            if (type == ElementType::kF32 && isSoftmaxDivision(op))
                return b_.CreateFMul(x[0], b_.CreateFDiv(number(1), x[1]));
            return rounded(b_.CreateFDiv(x[0], x[1]));
        case OpKind::kRemainder:
            return rounded(b_.CreateFRem(x[0], x[1]));
        case OpKind::kMaximum:
            return one(I::maximum);
        case OpKind::kMinimum:
            return one(I::minimum);
        case OpKind::kClamp: {
            llvm::Value* low[] = {x[0], x[1]};
            llvm::Value* bounded[] = {intrinsic(I::maximum, low), x[2]};
            return intrinsic(I::minimum, bounded);
        }
        case OpKind::kSign: {
            llvm::Value* parts[] = {number(1), x[0]};
            llvm::Value* same = b_.CreateFCmpUEQ(x[0], number(0));
            return b_.CreateSelect(same, x[0], intrinsic(I::copysign, parts));
        }
        case OpKind::kIsFinite: {
            const double infinity = std::numeric_limits<double>::infinity();
            return b_.CreateFCmpONE(one(I::fabs), number(infinity));
        }
        case OpKind::kReducePrecision:
            return rounded(reducePrecision(x[0], integerAttribute(op, "exponent_bits"),
                                           integerAttribute(op, "mantissa_bits")));
        case OpKind::kCompare:
            return compareFloat(op, x[0], x[1]);
        default:
            if (const char* function = chloFunction(op.kind())) return rounded(math(function, x));
            throw unimplementedOperation(op, "not compiled for floating point");
    }
}

}  // namespace optirs::plugin
