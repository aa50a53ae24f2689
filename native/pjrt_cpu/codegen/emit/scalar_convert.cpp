#include <llvm/IR/Intrinsics.h>
#include <llvm/IR/Module.h>

#include "pjrt_cpu/codegen/emit/scalar.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

/// An integer as f64, to be rounded once more: one that f64 does not hold is cut to a multiple of 2^11, of
/// which the last bit says whether anything was cut off.
llvm::Value* roundedToOdd(llvm::IRBuilder<>& b, llvm::Value* value, bool is_signed) {
    if (value->getType()->isIntegerTy(64)) {
        constexpr uint64_t kHeld = uint64_t{1} << 53;
        constexpr uint64_t kCut = (uint64_t{1} << 11) - 1;
        llvm::Value* is_held =
            is_signed ? b.CreateICmpULE(b.CreateAdd(value, b.getInt64(kHeld)), b.getInt64(2 * kHeld))
                      : b.CreateICmpULE(value, b.getInt64(kHeld));
        llvm::Value* is_cut = b.CreateICmpNE(b.CreateAnd(value, kCut), b.getInt64(0));
        llvm::Value* last = b.CreateShl(b.CreateZExt(is_cut, b.getInt64Ty()), 11);
        value = b.CreateSelect(is_held, value, b.CreateOr(b.CreateAnd(value, ~kCut), last));
    }
    return is_signed ? b.CreateSIToFP(value, b.getDoubleTy()) : b.CreateUIToFP(value, b.getDoubleTy());
}

}  // namespace

/// An f64 or f32 to any float type. From f64 to a type narrower than f32, the first step rounds to odd, so
/// that the second one sees what was cut off: the result is rounded once.
llvm::Value* ScalarEmitter::narrow(llvm::Value* value, ElementType to) {
    const bool from_double = value->getType()->isDoubleTy();
    if (to == ElementType::kF64) return from_double ? value : b_.CreateFPExt(value, b_.getDoubleTy());
    if (!from_double) return roundTo(value, to);
    if (to == ElementType::kF32) return b_.CreateFPTrunc(value, b_.getFloatTy());
    llvm::Value* bits = b_.CreateBitCast(value, b_.getInt64Ty());
    constexpr uint64_t kCut = (uint64_t{1} << 29) - 1;
    llvm::Value* sticky =
        b_.CreateZExt(b_.CreateICmpNE(b_.CreateAnd(bits, kCut), b_.getInt64(0)), b_.getInt64Ty());
    llvm::Value* odd = b_.CreateOr(b_.CreateAnd(bits, ~kCut), b_.CreateShl(sticky, 29));
    llvm::Value* single = b_.CreateFPTrunc(b_.CreateBitCast(odd, b_.getDoubleTy()), b_.getFloatTy());
    llvm::Value* is_nan = b_.CreateFCmpUNO(value, value);
    single = b_.CreateSelect(is_nan, llvm::ConstantFP::getNaN(b_.getFloatTy()), single);
    return roundTo(single, to);
}

llvm::Value* ScalarEmitter::convertReal(llvm::Value* value, ElementType from, ElementType to) {
    if (from == to) return value;
    if (isFloat(from)) {
        if (isFloat(to)) return narrow(value, to);
        if (isBoolean(to)) return b_.CreateFCmpUNE(value, llvm::ConstantFP::get(value->getType(), 0.0));
        // Saturates; NaN gives 0.
        const auto id = isSignedInteger(to) ? llvm::Intrinsic::fptosi_sat : llvm::Intrinsic::fptoui_sat;
        llvm::Value* whole = b_.CreateIntrinsic(id, {computeType(to), value->getType()}, {value});
        if (bitWidth(to) >= 8) return whole;
        const int most = (1 << (bitWidth(to) - (isSignedInteger(to) ? 1 : 0))) - 1;
        const auto byte = [&](int number) { return b_.getInt8(static_cast<uint8_t>(number)); };
        if (!isSignedInteger(to)) return b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, whole, byte(most));
        whole = b_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, whole, byte(most));
        return b_.CreateBinaryIntrinsic(llvm::Intrinsic::smax, whole, byte(-most - 1));
    }
    const bool is_signed = isSignedInteger(from);
    if (isFloat(to)) {
        if (to != ElementType::kF32 && to != ElementType::kF64)
            return narrow(roundedToOdd(b_, value, is_signed), to);
        llvm::Type* wide = computeType(to);
        return is_signed ? b_.CreateSIToFP(value, wide) : b_.CreateUIToFP(value, wide);
    }
    if (isBoolean(to)) return b_.CreateICmpNE(value, llvm::ConstantInt::get(value->getType(), 0));
    return wrapped(is_signed ? b_.CreateSExtOrTrunc(value, computeType(to))
                             : b_.CreateZExtOrTrunc(value, computeType(to)),
                   to);
}

Scalar ScalarEmitter::convert(const Scalar& value, ElementType from, ElementType to) {
    const ElementType from_part = realType(from);
    if (isComplex(to)) {
        const ElementType part = realType(to);
        return {convertReal(value.re, from_part, part), isComplex(from)
                                                            ? convertReal(value.im, from_part, part)
                                                            : llvm::ConstantFP::get(computeType(to), 0.0)};
    }
    if (isComplex(from) && isBoolean(to)) {
        return {b_.CreateOr(convertReal(value.re, from_part, to), convertReal(value.im, from_part, to))};
    }
    return {convertReal(value.re, from_part, to)};
}

Scalar ScalarEmitter::bitcast(const Operation& op, const Scalar& value) {
    const ElementType from = op.operand(0)->tensor().element();
    const ElementType to = op.result()->tensor().element();
    if (from == to) return value;
    if (isComplex(from) || isComplex(to))
        throw unimplementedOperation(op, "not compiled for complex numbers");
    return fromBits(bits(value.re, from), to);
}

llvm::Value* ScalarEmitter::bits(llvm::Value* value, ElementType type) {
    llvm::Value* stored = toStorage(value, type);
    if (!stored->getType()->isFloatingPointTy()) return stored;
    return b_.CreateBitCast(stored, b_.getIntNTy(static_cast<unsigned>(bitWidth(type))));
}

Scalar ScalarEmitter::fromBits(llvm::Value* bits, ElementType type) {
    llvm::Type* stored = storageType(type);
    if (stored->isFloatingPointTy()) bits = b_.CreateBitCast(bits, stored);
    return {fromStorage(bits, type)};
}

}  // namespace optirs::plugin
