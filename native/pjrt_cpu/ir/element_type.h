/// @file
/// Element types of StableHLO tensors.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace optirs::plugin {

/// X(enumerator, MLIR spelling, bits of one element, class).
/// An element of fewer than 8 bits takes one whole byte in a Literal and in memory.
#define OPTIRS_ELEMENT_TYPES(X)                   \
    X(kI1, "i1", 1, kBoolean)                     \
    X(kI2, "i2", 2, kSigned)                      \
    X(kI4, "i4", 4, kSigned)                      \
    X(kI8, "i8", 8, kSigned)                      \
    X(kI16, "i16", 16, kSigned)                   \
    X(kI32, "i32", 32, kSigned)                   \
    X(kI64, "i64", 64, kSigned)                   \
    X(kUi2, "ui2", 2, kUnsigned)                  \
    X(kUi4, "ui4", 4, kUnsigned)                  \
    X(kUi8, "ui8", 8, kUnsigned)                  \
    X(kUi16, "ui16", 16, kUnsigned)               \
    X(kUi32, "ui32", 32, kUnsigned)               \
    X(kUi64, "ui64", 64, kUnsigned)               \
    X(kF4E2M1FN, "f4E2M1FN", 4, kFloat)           \
    X(kF6E2M3FN, "f6E2M3FN", 6, kFloat)           \
    X(kF6E3M2FN, "f6E3M2FN", 6, kFloat)           \
    X(kF8E3M4, "f8E3M4", 8, kFloat)               \
    X(kF8E4M3, "f8E4M3", 8, kFloat)               \
    X(kF8E4M3FN, "f8E4M3FN", 8, kFloat)           \
    X(kF8E4M3FNUZ, "f8E4M3FNUZ", 8, kFloat)       \
    X(kF8E4M3B11FNUZ, "f8E4M3B11FNUZ", 8, kFloat) \
    X(kF8E5M2, "f8E5M2", 8, kFloat)               \
    X(kF8E5M2FNUZ, "f8E5M2FNUZ", 8, kFloat)       \
    X(kF8E8M0FNU, "f8E8M0FNU", 8, kFloat)         \
    X(kBF16, "bf16", 16, kFloat)                  \
    X(kF16, "f16", 16, kFloat)                    \
    X(kF32, "f32", 32, kFloat)                    \
    X(kF64, "f64", 64, kFloat)                    \
    X(kC64, "complex<f32>", 64, kComplex)         \
    X(kC128, "complex<f64>", 128, kComplex)       \
    X(kIndex, "index", 64, kSigned)               \
    X(kQuantized, "!quant.uniform", 0, kQuantizedClass)

enum class ElementType : uint8_t {
#define OPTIRS_X(name, text, bits, kind) name,
    OPTIRS_ELEMENT_TYPES(OPTIRS_X)
#undef OPTIRS_X
};

enum class ElementClass : uint8_t { kBoolean, kSigned, kUnsigned, kFloat, kComplex, kQuantizedClass };

/// The MLIR spelling, as in `f32` or `complex<f32>`.
std::string_view elementTypeName(ElementType type);

/// The type of an MLIR spelling without parameters (so not `complex<...>`); nullopt when there is none.
std::optional<ElementType> elementTypeFromName(std::string_view name);

ElementClass elementClass(ElementType type);

/// Bits of the value; 0 for a quantized type (ask its storage type).
int bitWidth(ElementType type);

/// Bytes one element takes in memory: 1 for everything up to 8 bits; 8 and 16 for complex.
/// 0 for a quantized type.
int byteWidth(ElementType type);

inline bool isBoolean(ElementType t) { return elementClass(t) == ElementClass::kBoolean; }
inline bool isSignedInteger(ElementType t) { return elementClass(t) == ElementClass::kSigned; }
inline bool isUnsignedInteger(ElementType t) { return elementClass(t) == ElementClass::kUnsigned; }
/// Signed or unsigned, not i1.
inline bool isInteger(ElementType t) { return isSignedInteger(t) || isUnsignedInteger(t); }
inline bool isFloat(ElementType t) { return elementClass(t) == ElementClass::kFloat; }
inline bool isComplex(ElementType t) { return elementClass(t) == ElementClass::kComplex; }

/// f32 of complex<f32>, f64 of complex<f64>, any other type itself.
ElementType realType(ElementType type);

}  // namespace optirs::plugin
