/// @file
/// Scalars in LLVM IR: how each element type is held, loaded, stored, converted, and what each element-wise
/// operation does.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include <span>
#include <string>
#include <vector>

#include "pjrt_cpu/ir/literal.h"
#include "pjrt_cpu/ir/operation.h"

namespace optirs::plugin {

/// One element. Floats narrower than 32 bits are held as an f32 that the narrow type represents exactly;
/// integers have the width of whole bytes, those of 2 and 4 bits extended (LLVM 19 does not end on some
/// vectors of narrower ones); i1 is LLVM's i1. Only complex numbers have an imaginary part.
struct Scalar {
    llvm::Value* re = nullptr;
    llvm::Value* im = nullptr;
};

/// Name of an inverse trigonometric or a hyperbolic function of chlo, the same for real numbers (math/,
/// jit/host_functions.cpp) and complex ones (jit/complex_functions.h); null when it is none of those.
const char* inverseOrHyperbolic(OpKind kind);

/// Emits at the insertion point of `builder`.
class ScalarEmitter {
 public:
    explicit ScalarEmitter(llvm::IRBuilder<>& builder) : b_(builder) {}

    /// What an element is computed in (complex: one part), and what it is stored as (complex: one part).
    llvm::Type* computeType(ElementType type) const;
    llvm::Type* storageType(ElementType type) const;

    /// From what was loaded as storageType().
    llvm::Value* fromStorage(llvm::Value* stored, ElementType type);
    llvm::Value* toStorage(llvm::Value* value, ElementType type);

    /// What an integer that left the range of its type wraps to.
    llvm::Value* wrapped(llvm::Value* value, ElementType type);

    Scalar constant(const Literal& literal, int64_t element);
    /// An integer value (i64) as any type: what iota gives.
    Scalar fromIndex(llvm::Value* index, ElementType type);
    /// A number, but for complex ones, as an integer of its bits, and back.
    llvm::Value* bits(llvm::Value* value, ElementType type);
    Scalar fromBits(llvm::Value* bits, ElementType type);
    Scalar convert(const Scalar& value, ElementType from, ElementType to);
    /// An element-wise operation on its operands' elements. @throws Error UNIMPLEMENTED naming operation,
    /// types, line.
    Scalar apply(const Operation& op, std::span<const Scalar> operands);

    llvm::Value* callHost(const std::string& name, llvm::Type* result,
                          std::span<llvm::Value* const> arguments);

 private:
    // scalar_float.cpp
    llvm::Value* applyFloat(const Operation& op, ElementType type, std::span<llvm::Value* const> x);
    llvm::Value* math(const char* function, std::span<llvm::Value* const> arguments);
    llvm::Value* roundTo(llvm::Value* value, ElementType type);
    llvm::Value* roundF32ToBf16(llvm::Value* value);
    llvm::Value* reducePrecision(llvm::Value* value, int64_t exponent_bits, int64_t mantissa_bits);
    llvm::Value* compareFloat(const Operation& op, llvm::Value* a, llvm::Value* b);
    // scalar_integer.cpp
    llvm::Value* applyInteger(const Operation& op, ElementType type, std::span<llvm::Value* const> x);
    llvm::Value* applyWhole(const Operation& op, ElementType type, std::span<llvm::Value* const> x);
    llvm::Value* applyNarrow(const Operation& op, ElementType type, std::span<llvm::Value* const> x);
    llvm::Value* applyBoolean(const Operation& op, std::span<llvm::Value* const> x);
    llvm::Value* divideInteger(llvm::Value* a, llvm::Value* b, bool is_signed, bool remainder);
    llvm::Value* shift(const Operation& op, llvm::Value* a, llvm::Value* amount);
    llvm::Value* powerInteger(llvm::Value* a, llvm::Value* b, bool is_signed);
    // scalar_complex.cpp
    Scalar applyComplex(const Operation& op, std::span<const Scalar> x);
    Scalar multiplyComplex(const Scalar& a, const Scalar& b);
    Scalar divideComplex(const Scalar& a, const Scalar& b);
    Scalar hostComplex(const char* function, std::span<const Scalar> x);
    llvm::Value* absoluteComplex(const Scalar& x);
    // scalar_convert.cpp
    llvm::Value* convertReal(llvm::Value* value, ElementType from, ElementType to);
    llvm::Value* narrow(llvm::Value* value, ElementType to);
    Scalar bitcast(const Operation& op, const Scalar& value);

    llvm::Value* intrinsic(unsigned id, std::span<llvm::Value* const> arguments);

    llvm::IRBuilder<>& b_;
};

}  // namespace optirs::plugin
