// Numbers of one type as those of another: by value, and by bits.
#include <bit>
#include <cmath>

#include "interpreter_tensor.h"

namespace optirs::plugin::testing {
namespace {

uint64_t bitsOf(const Tensor& tensor, size_t i) {
    uint64_t bits = 0;
    auto* bytes = reinterpret_cast<std::byte*>(&bits);
    const ElementType type = tensor.type.element();
    isReal(tensor.type) ? storeReal(tensor.reals[i], type, bytes)
                        : storeInteger(tensor.integers[i], type, bytes);
    return bitWidth(type) == 64 ? bits : bits & ((uint64_t{1} << bitWidth(type)) - 1);
}

void setBits(Tensor& tensor, size_t i, uint64_t bits) {
    const ElementType type = tensor.type.element();
    if (isReal(tensor.type)) {
        tensor.reals[i] = loadReal(reinterpret_cast<const std::byte*>(&bits), type);
    } else {
        tensor.integers[i] = wrapTo(static_cast<int64_t>(bits), type);
    }
}

}  // namespace

Tensor bitcast(const Operation& op, const Tensor& in) {
    Tensor out = make(op.result()->tensor());
    const auto from = static_cast<size_t>(bitWidth(in.type.element()));
    const auto to = static_cast<size_t>(bitWidth(out.type.element()));
    // The first of several has the lowest bits.
    for (size_t i = 0; i < static_cast<size_t>(out.size()); ++i) {
        if (from >= to) {
            const size_t parts = from / to;
            const uint64_t bits = bitsOf(in, i / parts) >> (i % parts * to);
            setBits(out, i, to == 64 ? bits : bits & ((uint64_t{1} << to) - 1));
        } else {
            const size_t parts = to / from;
            uint64_t bits = 0;
            for (size_t k = 0; k < parts; ++k) bits |= bitsOf(in, i * parts + k) << (k * from);
            setBits(out, i, bits);
        }
    }
    return out;
}

namespace {

/// Towards zero; the end of the range beyond it, 0 of NaN. To i1: whether it is not zero.
int64_t saturated(double value, ElementType type) {
    if (isBoolean(type)) return value != 0 ? 1 : 0;
    if (std::isnan(value)) return 0;
    const int width = bitWidth(type);
    const bool is_signed = isSignedInteger(type);
    const double end = std::ldexp(1.0, is_signed ? width - 1 : width);
    const double whole = std::trunc(value);
    if (whole >= end) return wrapTo(is_signed ? INT64_MAX >> (64 - width) : -1, type);
    if (is_signed)
        return whole < -end ? wrapTo(INT64_MIN >> (64 - width), type) : static_cast<int64_t>(whole);
    return whole <= 0 ? 0 : static_cast<int64_t>(static_cast<uint64_t>(whole));
}

/// Towards zero, and the last bit says whether anything was lost: rounding that once more rounds `value`.
double roundedToOdd(long double value) {
    auto rounded = static_cast<double>(value);
    if (static_cast<long double>(rounded) == value) return rounded;
    if (std::fabs(static_cast<long double>(rounded)) > std::fabs(value))
        rounded = std::nextafter(rounded, 0.0);
    return std::bit_cast<double>(std::bit_cast<uint64_t>(rounded) | 1);
}

}  // namespace

void convert(const Tensor& from, Tensor& to, size_t i) {
    const bool to_real = isReal(to.type);
    if (isReal(from.type) && to_real) {
        to.reals[i] = roundTo(from.reals[i], to.type.element());
    } else if (to_real) {
        const int64_t value = from.integers[i];
        const bool is_unsigned = isUnsignedInteger(from.type.element());
        const long double exact = is_unsigned ? static_cast<long double>(static_cast<uint64_t>(value))
                                              : static_cast<long double>(value);
        const bool wide = to.type.element() == ElementType::kF64;
        to.reals[i] = wide ? static_cast<double>(exact) : roundTo(roundedToOdd(exact), to.type.element());
    } else if (isReal(from.type)) {
        to.integers[i] = saturated(from.reals[i], to.type.element());
    } else if (isBoolean(to.type.element())) {
        to.integers[i] = from.integers[i] != 0 ? 1 : 0;
    } else {
        to.integers[i] = wrapTo(from.integers[i], to.type.element());
    }
}

}  // namespace optirs::plugin::testing
