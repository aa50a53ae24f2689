#include <llvm/IR/Intrinsics.h>
#include <llvm/IR/Module.h>

#include "pjrt_cpu/codegen/emit/scalar.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
Scalar ScalarEmitter::multiplyComplex(const Scalar& a, const Scalar& b) {
    return {b_.CreateFSub(b_.CreateFMul(a.re, b.re), b_.CreateFMul(a.im, b.im)),
            b_.CreateFAdd(b_.CreateFMul(a.re, b.im), b_.CreateFMul(a.im, b.re))};
}

/// Scales by the larger part of the divisor (Smith's method), so that nothing overflows on the way. Parts of
/// f32 are divided in doubles, so that what cancels is not seen.
Scalar ScalarEmitter::divideComplex(const Scalar& a, const Scalar& b) {
    llvm::Type* type = a.re->getType();
    if (!type->isDoubleTy()) {
        const auto widen = [&](llvm::Value* part) { return b_.CreateFPExt(part, b_.getDoubleTy()); };
        const Scalar wide = divideComplex({widen(a.re), widen(a.im)}, {widen(b.re), widen(b.im)});
        return {b_.CreateFPTrunc(wide.re, type), b_.CreateFPTrunc(wide.im, type)};
    }
    llvm::Value* re_size[] = {b.re};
    llvm::Value* im_size[] = {b.im};
    llvm::Value* by_real = b_.CreateFCmpOGE(intrinsic(llvm::Intrinsic::fabs, re_size),
                                            intrinsic(llvm::Intrinsic::fabs, im_size));
    llvm::Value* big = b_.CreateSelect(by_real, b.re, b.im);
    llvm::Value* small = b_.CreateSelect(by_real, b.im, b.re);
    llvm::Value* ratio = b_.CreateFDiv(small, big);
    llvm::Value* zero = llvm::ConstantFP::get(big->getType(), 0.0);
    // A divisor of zero: the quotients below shall be those of the numerator by zero.
    ratio = b_.CreateSelect(b_.CreateFCmpOEQ(big, zero), zero, ratio);
    llvm::Value* scale = b_.CreateFAdd(big, b_.CreateFMul(small, ratio));
    llvm::Value* first = b_.CreateSelect(by_real, a.re, a.im);
    llvm::Value* second = b_.CreateSelect(by_real, a.im, a.re);
    llvm::Value* re = b_.CreateFDiv(b_.CreateFAdd(first, b_.CreateFMul(second, ratio)), scale);
    llvm::Value* im = b_.CreateFDiv(b_.CreateFSub(second, b_.CreateFMul(first, ratio)), scale);
    return {re, b_.CreateSelect(by_real, im, b_.CreateFNeg(im))};
}

llvm::Value* ScalarEmitter::absoluteComplex(const Scalar& x) {
    llvm::Value* parts[] = {x.re, x.im};
    return callHost(x.re->getType()->isDoubleTy() ? "hypot" : "hypotf", x.re->getType(), parts);
}

/// Calls a function of jit/host_functions.cpp.
Scalar ScalarEmitter::hostComplex(const char* function, std::span<const Scalar> x) {
    llvm::Type* type = x[0].re->getType();
    llvm::Function* parent = b_.GetInsertBlock()->getParent();
    llvm::IRBuilder<> entry(&parent->getEntryBlock(), parent->getEntryBlock().begin());
    llvm::Value* out = entry.CreateAlloca(type, entry.getInt32(2));
    std::vector<llvm::Value*> arguments;
    for (const Scalar& scalar : x) {
        arguments.push_back(scalar.re);
        arguments.push_back(scalar.im);
    }
    arguments.push_back(out);
    callHost(std::string("optirs_complex_") + function + (type->isDoubleTy() ? "_f64" : "_f32"),
             b_.getVoidTy(), arguments);
    return {b_.CreateLoad(type, out), b_.CreateLoad(type, b_.CreateConstGEP1_64(type, out, 1))};
}

Scalar ScalarEmitter::applyComplex(const Operation& op, std::span<const Scalar> x) {
    switch (op.kind()) {
        case OpKind::kAdd:
            return {b_.CreateFAdd(x[0].re, x[1].re), b_.CreateFAdd(x[0].im, x[1].im)};
        case OpKind::kSubtract:
            return {b_.CreateFSub(x[0].re, x[1].re), b_.CreateFSub(x[0].im, x[1].im)};
        case OpKind::kNegate:
            return {b_.CreateFNeg(x[0].re), b_.CreateFNeg(x[0].im)};
        case OpKind::kMultiply:
            return multiplyComplex(x[0], x[1]);
        case OpKind::kDivide:
            return divideComplex(x[0], x[1]);
        case OpKind::kAbs:
            return {absoluteComplex(x[0])};
        case OpKind::kSign:
            return hostComplex("sign", x);
        case OpKind::kCompare: {
            const bool equal = comparisonDirection(op) == ComparisonDirection::kEq;
            if (!equal && comparisonDirection(op) != ComparisonDirection::kNe) break;
            llvm::Value* same =
                b_.CreateAnd(b_.CreateFCmpOEQ(x[0].re, x[1].re), b_.CreateFCmpOEQ(x[0].im, x[1].im));
            return {equal ? same : b_.CreateNot(same)};
        }
        case OpKind::kExponential:
            return hostComplex("exp", x);
        case OpKind::kExponentialMinusOne:
            return hostComplex("expm1", x);
        case OpKind::kLog:
            return hostComplex("log", x);
        case OpKind::kLogPlusOne:
            return hostComplex("log1p", x);
        case OpKind::kLogistic:
            return hostComplex("logistic", x);
        case OpKind::kTanh:
            return hostComplex("tanh", x);
        case OpKind::kSine:
            return hostComplex("sin", x);
        case OpKind::kCosine:
            return hostComplex("cos", x);
        case OpKind::kTan:
            return hostComplex("tan", x);
        case OpKind::kSqrt:
            return hostComplex("sqrt", x);
        case OpKind::kRsqrt:
            return hostComplex("rsqrt", x);
        case OpKind::kCbrt:
            return hostComplex("cbrt", x);
        case OpKind::kPower:
            return hostComplex("pow", x);
        case OpKind::kAtan2:
            return hostComplex("atan2", x);
        default:
            if (const char* function = inverseOrHyperbolic(op.kind())) return hostComplex(function, x);
            break;
    }
    throw unimplementedOperation(op, "not compiled for complex numbers");
}

}  // namespace optirs::plugin
