#pragma once

#include <complex>
#include <cstdint>

#include "pjrt_cpu/ir/element_type.h"

namespace optirs::plugin::testing {

/// What results are multiplied back in.
using Exact = std::complex<long double>;

template <class S>
struct Numbers;
template <>
struct Numbers<float> {
    static constexpr ElementType kType = ElementType::kF32;
    static constexpr double kEpsilon = 1.2e-7;
    static float make(double re, double) { return static_cast<float>(re); }
};
template <>
struct Numbers<double> {
    static constexpr ElementType kType = ElementType::kF64;
    static constexpr double kEpsilon = 2.2e-16;
    static double make(double re, double) { return re; }
};
template <>
struct Numbers<std::complex<float>> {
    static constexpr ElementType kType = ElementType::kC64;
    static constexpr double kEpsilon = 1.2e-7;
    static std::complex<float> make(double re, double im) {
        return {static_cast<float>(re), static_cast<float>(im)};
    }
};
template <>
struct Numbers<std::complex<double>> {
    static constexpr ElementType kType = ElementType::kC128;
    static constexpr double kEpsilon = 2.2e-16;
    static std::complex<double> make(double re, double im) { return {re, im}; }
};

/// Numbers between -1 and 1, the same ones at every run.
class Noise {
 public:
    double next() {
        seed_ = seed_ * 1664525 + 1013904223;
        return static_cast<int32_t>(seed_) / 2147483648.0;
    }
    template <class S>
    S number() {
        const double re = next();
        return Numbers<S>::make(re, next());
    }

 private:
    uint32_t seed_ = 1;
};

}  // namespace optirs::plugin::testing
