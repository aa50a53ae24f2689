#include "pjrt_cpu/ir/literal.h"

#include <cmath>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/float_format.h"

namespace optirs::plugin {
namespace {

ElementType storageOf(const TensorType& type) {
    return type.quantized() != nullptr ? type.quantized()->storage : type.element();
}

uint64_t loadBits(const std::byte* in, int bytes) {
    uint64_t bits = 0;
    std::memcpy(&bits, in, static_cast<size_t>(bytes));
    return bits;
}

void storeBits(uint64_t bits, int bytes, std::byte* out) {
    std::memcpy(out, &bits, static_cast<size_t>(bytes));
}

}  // namespace

int64_t loadInteger(const std::byte* in, ElementType type) {
    const int width = bitWidth(type);
    uint64_t bits = loadBits(in, byteWidth(type));
    if (type == ElementType::kI1) return bits != 0 ? 1 : 0;
    if (width == 64) return static_cast<int64_t>(bits);
    bits &= (uint64_t{1} << width) - 1;
    if (isSignedInteger(type) && ((bits >> (width - 1)) & 1) != 0) bits |= ~uint64_t{0} << width;
    return static_cast<int64_t>(bits);
}

double loadReal(const std::byte* in, ElementType type) {
    if (isFloat(type)) return decodeFloat(loadBits(in, byteWidth(type)), type);
    if (type == ElementType::kUi64) return static_cast<double>(loadBits(in, 8));
    return static_cast<double>(loadInteger(in, type));
}

void storeInteger(int64_t value, ElementType type, std::byte* out) {
    if (isComplex(type) || isFloat(type)) {
        storeReal(static_cast<double>(value), type, out);
        return;
    }
    if (type == ElementType::kI1) {
        *out = value != 0 ? std::byte{1} : std::byte{0};
        return;
    }
    auto bits = static_cast<uint64_t>(value);
    const int width = bitWidth(type);
    if (width < 8) {
        // One canonical byte: extended by the type's signedness.
        bits &= (uint64_t{1} << width) - 1;
        if (isSignedInteger(type) && ((bits >> (width - 1)) & 1) != 0) bits |= ~uint64_t{0} << width;
    }
    storeBits(bits, byteWidth(type), out);
}

void storeReal(double value, ElementType type, std::byte* out) {
    if (isComplex(type)) {
        const ElementType part = realType(type);
        storeReal(value, part, out);
        storeReal(0, part, out + byteWidth(part));
    } else if (isFloat(type)) {
        storeBits(encodeFloat(value, type), byteWidth(type), out);
    } else if (type == ElementType::kI1) {
        *out = value != 0 ? std::byte{1} : std::byte{0};
    } else {
        // Out-of-range conversions are undefined in C++: clamp to the 64-bit range first.
        constexpr double kTwo63 = 9223372036854775808.0;
        const bool is_unsigned = isUnsignedInteger(type);
        uint64_t bits = 0;
        if (std::isnan(value)) {
            bits = 0;
        } else if (is_unsigned && value >= kTwo63) {
            bits = value >= 2 * kTwo63 ? UINT64_MAX : static_cast<uint64_t>(value);
        } else if (value >= kTwo63) {
            bits = INT64_MAX;
        } else {
            bits = static_cast<uint64_t>(value < -kTwo63 ? INT64_MIN : static_cast<int64_t>(value));
        }
        storeInteger(static_cast<int64_t>(bits), type, out);
    }
}

Literal::Literal(TensorType type, std::vector<std::byte> bytes) : type_(std::move(type)) {
    const auto size = static_cast<int64_t>(bytes.size());
    const int64_t one = elementBytes();
    const int64_t count = type_.elementCount();
    if (size != one && size != one * count) {
        throw internalError("a literal of " + type_.toString() + " takes " + std::to_string(one * count) +
                            " bytes, got " + std::to_string(size));
    }
    // A single value is a splat even when the shape has one element: one form for equal constants.
    splat_ = size == one;
    bytes_ = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
}

Literal Literal::splat(TensorType type, std::span<const std::byte> element) {
    return Literal(std::move(type), std::vector<std::byte>(element.begin(), element.end()));
}

Literal Literal::splat(TensorType type, double value) {
    const ElementType element = storageOf(type);
    std::vector<std::byte> bytes(static_cast<size_t>(byteWidth(element)));
    storeReal(value, element, bytes.data());
    return Literal(std::move(type), std::move(bytes));
}

Literal Literal::splatInteger(TensorType type, int64_t value) {
    const ElementType element = storageOf(type);
    std::vector<std::byte> bytes(static_cast<size_t>(byteWidth(element)));
    storeInteger(value, element, bytes.data());
    return Literal(std::move(type), std::move(bytes));
}

int64_t Literal::elementBytes() const { return byteWidth(storageOf(type_)); }

int64_t Literal::integer(int64_t i) const { return loadInteger(element(i), storageOf(type_)); }

double Literal::real(int64_t i) const { return loadReal(element(i), storageOf(type_)); }

std::complex<double> Literal::complex(int64_t i) const {
    const ElementType element_type = storageOf(type_);
    if (!isComplex(element_type)) return {real(i), 0};
    const ElementType part = realType(element_type);
    return {loadReal(element(i), part), loadReal(element(i) + byteWidth(part), part)};
}

std::vector<int64_t> Literal::integers() const {
    std::vector<int64_t> out(static_cast<size_t>(elementCount()));
    for (size_t i = 0; i < out.size(); ++i) out[i] = integer(static_cast<int64_t>(i));
    return out;
}

bool Literal::isAll(double value) const {
    const int64_t stored = static_cast<int64_t>(bytes_->size()) / elementBytes();
    for (int64_t i = 0; i < stored; ++i) {
        if (complex(i) != std::complex<double>(value, 0)) return false;
    }
    return stored > 0;
}

std::vector<std::byte> Literal::expandedBytes() const {
    if (!splat_) return *bytes_;
    const auto one = static_cast<size_t>(elementBytes());
    std::vector<std::byte> out(one * static_cast<size_t>(elementCount()));
    for (size_t at = 0; at < out.size(); at += one) std::memcpy(&out[at], bytes_->data(), one);
    return out;
}

Literal Literal::reshaped(TensorType type) const {
    if (type.elementCount() != elementCount()) {
        throw internalError("reshape of a literal from " + type_.toString() + " to " + type.toString());
    }
    Literal out = *this;
    out.type_ = std::move(type);
    return out;
}

bool Literal::operator==(const Literal& other) const {
    if (type_ != other.type_) return false;
    if (splat_ == other.splat_) return bytes_ == other.bytes_ || *bytes_ == *other.bytes_;
    return expandedBytes() == other.expandedBytes();
}

}  // namespace optirs::plugin
