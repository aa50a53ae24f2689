/// @file
/// What cholesky and triangular_solve share: arithmetic of real and complex numbers by their formulas,
/// without the C++ library's recovery of infinities, so that loops become vectors.
#pragma once

#include <complex>
#include <type_traits>

#include "pjrt_cpu/ir/element_type.h"
#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {

template <class T>
T conjugate(T x) {
    return x;
}
template <class T>
std::complex<T> conjugate(std::complex<T> x) {
    return std::conj(x);
}

template <class T>
T realPart(T x) {
    return x;
}
template <class T>
T realPart(std::complex<T> x) {
    return x.real();
}

/// c - a b
template <class T>
[[gnu::always_inline]] inline T lessProduct(T c, T a, T b) {
    return c - a * b;
}
template <class T>
[[gnu::always_inline]] inline std::complex<T> lessProduct(std::complex<T> c, std::complex<T> a,
                                                          std::complex<T> b) {
    return {c.real() - (a.real() * b.real() - a.imag() * b.imag()),
            c.imag() - (a.real() * b.imag() + a.imag() * b.real())};
}

/// Calls `make` with a number of the C++ type that holds `type`. Throws UNIMPLEMENTED for other types.
template <class Make>
auto withNumberType(ElementType type, const char* operation, const Make& make) {
    switch (type) {
        case ElementType::kF32:
            return make(float{});
        case ElementType::kF64:
            return make(double{});
        case ElementType::kC64:
            return make(std::complex<float>{});
        case ElementType::kC128:
            return make(std::complex<double>{});
        default:
            throw unimplemented(std::string(operation) + " of " + std::string(elementTypeName(type)) +
                                "; it takes f32, f64 and complex numbers of them");
    }
}

}  // namespace optirs::plugin
