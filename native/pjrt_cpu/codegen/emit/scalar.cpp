#include "pjrt_cpu/codegen/emit/scalar.h"

#include <llvm/IR/Intrinsics.h>
#include <llvm/IR/Module.h>

#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {

llvm::Type* ScalarEmitter::computeType(ElementType type) const {
    const ElementType real = realType(type);
    if (isFloat(real)) {
        if (real == ElementType::kF64) return b_.getDoubleTy();
        return b_.getFloatTy();
    }
    return b_.getIntNTy(isBoolean(real) ? 1U : static_cast<unsigned>(byteWidth(real)) * 8);
}

llvm::Type* ScalarEmitter::storageType(ElementType type) const {
    const ElementType real = realType(type);
    if (real == ElementType::kF32) return b_.getFloatTy();
    if (real == ElementType::kF64) return b_.getDoubleTy();
    return b_.getIntNTy(static_cast<unsigned>(byteWidth(real)) * 8);
}

llvm::Value* ScalarEmitter::fromStorage(llvm::Value* stored, ElementType type) {
    const ElementType real = realType(type);
    switch (real) {
        case ElementType::kF32:
        case ElementType::kF64:
            return stored;
        case ElementType::kI1:
            return b_.CreateICmpNE(stored, b_.getInt8(0));
        case ElementType::kBF16:
            return b_.CreateBitCast(b_.CreateShl(b_.CreateZExt(stored, b_.getInt32Ty()), 16),
                                    b_.getFloatTy());
        case ElementType::kF16:
            return b_.CreateFPExt(b_.CreateBitCast(stored, b_.getHalfTy()), b_.getFloatTy());
        default:
            break;
    }
    if (isFloat(real)) {
        const std::string name = "optirs_decode_" + std::string(elementTypeName(real));
        return callHost(name, b_.getFloatTy(), std::vector<llvm::Value*>{stored});
    }
    return wrapped(stored, real);
}

llvm::Value* ScalarEmitter::toStorage(llvm::Value* value, ElementType type) {
    const ElementType real = realType(type);
    switch (real) {
        case ElementType::kF32:
        case ElementType::kF64:
            return value;
        case ElementType::kBF16:
            return b_.CreateTrunc(b_.CreateLShr(b_.CreateBitCast(value, b_.getInt32Ty()), 16),
                                  b_.getInt16Ty());
        case ElementType::kF16:
            return b_.CreateBitCast(b_.CreateFPTrunc(value, b_.getHalfTy()), b_.getInt16Ty());
        default:
            break;
    }
    if (isFloat(real)) {
        const std::string name = "optirs_encode_" + std::string(elementTypeName(real));
        return callHost(name, b_.getInt8Ty(), std::vector<llvm::Value*>{value});
    }
    return isBoolean(real) ? b_.CreateZExt(value, storageType(real)) : value;
}

Scalar ScalarEmitter::constant(const Literal& literal, int64_t element) {
    const ElementType type = literal.type().element();
    if (isComplex(type)) {
        const auto value = literal.complex(element);
        return {llvm::ConstantFP::get(computeType(type), value.real()),
                llvm::ConstantFP::get(computeType(type), value.imag())};
    }
    if (isFloat(type)) {
        const double value = literal.real(element);
        // A double holds every narrower float exactly, NaN's sign included.
        if (computeType(type)->isFloatTy()) {
            return {llvm::ConstantFP::get(b_.getContext(), llvm::APFloat(static_cast<float>(value)))};
        }
        return {llvm::ConstantFP::get(b_.getContext(), llvm::APFloat(value))};
    }
    return {llvm::ConstantInt::get(computeType(type), static_cast<uint64_t>(literal.integer(element)), true)};
}

Scalar ScalarEmitter::fromIndex(llvm::Value* index, ElementType type) {
    return convert({index}, ElementType::kI64, type);
}

llvm::Value* ScalarEmitter::callHost(const std::string& name, llvm::Type* result,
                                     std::span<llvm::Value* const> arguments) {
    std::vector<llvm::Type*> types;
    for (llvm::Value* argument : arguments) types.push_back(argument->getType());
    llvm::Module* module = b_.GetInsertBlock()->getModule();
    const auto callee = module->getOrInsertFunction(name, llvm::FunctionType::get(result, types, false));
    llvm::CallInst* call = b_.CreateCall(callee, llvm::ArrayRef(arguments.data(), arguments.size()));
    call->setDoesNotThrow();
    return call;
}

llvm::Value* ScalarEmitter::intrinsic(unsigned id, std::span<llvm::Value* const> arguments) {
    if (arguments.size() == 1) {
        return b_.CreateUnaryIntrinsic(static_cast<llvm::Intrinsic::ID>(id), arguments[0]);
    }
    return b_.CreateBinaryIntrinsic(static_cast<llvm::Intrinsic::ID>(id), arguments[0], arguments[1]);
}

Scalar ScalarEmitter::apply(const Operation& op, std::span<const Scalar> x) {
    const ElementType out = op.result()->tensor().element();
    const ElementType in = op.operandCount() == 0 ? out : op.operand(0)->tensor().element();
    switch (op.kind()) {
        case OpKind::kConvert:
            return convert(x[0], in, out);
        case OpKind::kBitcastConvert:
            return bitcast(op, x[0]);
        case OpKind::kSelect: {
            const Scalar& condition = x[0];
            return {b_.CreateSelect(condition.re, x[1].re, x[2].re),
                    x[1].im == nullptr ? nullptr : b_.CreateSelect(condition.re, x[1].im, x[2].im)};
        }
        case OpKind::kComplex:
            return {x[0].re, x[1].re};
        case OpKind::kReal:
            return {x[0].re};
        case OpKind::kImag:
            return {x[0].im != nullptr ? x[0].im : llvm::ConstantFP::get(computeType(out), 0.0)};
        case OpKind::kUniformQuantize:
        case OpKind::kUniformDequantize:
            throw unimplementedOperation(op, "quantized types are not compiled");
        default:
            break;
    }
    if (isComplex(in)) return applyComplex(op, x);
    std::vector<llvm::Value*> values;
    for (const Scalar& scalar : x) values.push_back(scalar.re);
    if (isFloat(in)) return {applyFloat(op, in, values)};
    if (isBoolean(in) && op.kind() != OpKind::kCompare) return {applyBoolean(op, values)};
    if (isInteger(in) || isBoolean(in)) return {applyInteger(op, in, values)};
    throw unimplementedOperation(op, "this element type is not compiled");
}

}  // namespace optirs::plugin
