/// @file
/// Constant tensors.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pjrt_cpu/ir/type.h"

namespace optirs::plugin {

/// An immutable constant tensor: a static shape and row-major, little-endian bytes.
///
/// i1 and every type narrower than 8 bits takes one byte an element: i1 is 0 or 1, i2 and i4 are
/// sign-extended, ui2, ui4 and the small floats zero-extended. complex is (real, imaginary).
/// A quantized tensor holds its storage type. A splat holds one element for the whole shape.
/// Copies share the bytes.
class Literal {
 public:
    Literal() = default;
    /// `bytes` is one element (splat) or all of them.
    /// @throws Error INTERNAL when its size is neither.
    Literal(TensorType type, std::vector<std::byte> bytes);
    /// A splat, also when the shape has one element or none.
    static Literal splat(TensorType type, std::span<const std::byte> element);
    /// A splat of a number converted to the type: integers wrap, floats round to nearest even.
    static Literal splat(TensorType type, double value);
    static Literal splatInteger(TensorType type, int64_t value);

    const TensorType& type() const { return type_; }
    bool isSplat() const { return splat_; }
    int64_t elementCount() const { return type_.elementCount(); }
    /// Bytes of one element (of the storage type when quantized).
    int64_t elementBytes() const;
    /// The stored bytes: one element when isSplat().
    std::span<const std::byte> bytes() const { return *bytes_; }
    /// Address of element i, also of a splat.
    const std::byte* element(int64_t i) const { return bytes_->data() + (splat_ ? 0 : i * elementBytes()); }
    /// Element i; T must be elementBytes() wide.
    template <typename T>
    T at(int64_t i) const {
        T value;
        std::memcpy(&value, element(i), sizeof value);
        return value;
    }

    /// Element i of an integer or i1 literal, extended to 64 bits by its own signedness.
    int64_t integer(int64_t i) const;
    /// Element i of any real type as a double (exact, but for 64-bit integers above 2^53).
    double real(int64_t i) const;
    /// Element i of a complex or real type.
    std::complex<double> complex(int64_t i) const;
    /// All elements of an integer literal.
    std::vector<int64_t> integers() const;

    /// Every element equals `value` (for NaN: false).
    bool isAll(double value) const;

    /// Row-major bytes of all elements, a splat repeated.
    std::vector<std::byte> expandedBytes() const;

    /// The same data under another shape with as many elements.
    Literal reshaped(TensorType type) const;

    /// Bitwise: -0 differs from 0 and a NaN equals itself.
    bool operator==(const Literal& other) const;

    /// MLIR: `dense<[1, 2]> : tensor<2xi32>`; more than 64 different elements print as a hex string.
    std::string toString() const;

 private:
    TensorType type_;
    std::shared_ptr<const std::vector<std::byte>> bytes_ = std::make_shared<const std::vector<std::byte>>();
    bool splat_ = false;
};

/// Writes `value` at `out` in `type` (one element; integers wrap, floats round to nearest even).
void storeReal(double value, ElementType type, std::byte* out);
/// Writes an integer; a float type gets the rounded number.
void storeInteger(int64_t value, ElementType type, std::byte* out);
/// Reads one element. Integers wider than 53 bits round.
double loadReal(const std::byte* in, ElementType type);
/// Reads one element of an integer or i1 type. ui64 above int64 wraps.
int64_t loadInteger(const std::byte* in, ElementType type);

}  // namespace optirs::plugin
