/// @file
/// Errors of compiled functions in units of the last place, over the whole range of their arguments.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {

template <class T>
constexpr const char* kTypeName = sizeof(T) == 4 ? "f32" : "f64";

/// The distance of `got` from the exact `want` in units of the last place of T at `want`; huge where only one
/// is NaN or where zeros differ in sign. Numbers above the largest one count in its units, infinity as the
/// next one.
template <class T>
double ulps(T got, long double want) {
    constexpr double kHuge = 1e9;
    using Limits = std::numeric_limits<T>;
    const auto rounded = static_cast<T>(want);
    if (std::isnan(got) || std::isnan(rounded)) return std::isnan(got) == std::isnan(rounded) ? 0 : kHuge;
    if (got == rounded && std::isinf(got)) return 0;
    if (std::isinf(want) || std::isnan(want)) return kHuge;
    if (rounded == 0 && got == 0) return std::signbit(got) == std::signbit(rounded) ? 0 : kHuge;
    const int lowest = Limits::min_exponent - Limits::digits;
    int exponent = want == 0 ? lowest : std::max(std::ilogb(want) - Limits::digits + 1, lowest);
    exponent = std::min(exponent, Limits::max_exponent - Limits::digits);
    const long double value =
        std::isinf(got) ? std::copysign(std::ldexp(1.0L, Limits::max_exponent), got) : got;
    return static_cast<double>(std::fabs(value - want) / std::ldexp(1.0L, exponent));
}

/// Numbers of every exponent and sign, with about `count` patterns of low bits, and those around which
/// functions change: integers, halves, multiples of pi/2, the ends of the range.
template <class T>
std::vector<T> everyKindOfNumber(uint64_t count) {
    using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
    using Limits = std::numeric_limits<T>;
    std::vector<T> values{T(0),          Limits::infinity(), Limits::quiet_NaN(), Limits::denorm_min(),
                          Limits::min(), Limits::max()};
    for (int i = 1; i <= 40; ++i) {
        for (const double base : {1.0, 0.5, 1.5707963267948966, 0.6931471805599453}) {
            const auto near = static_cast<T>(base * i);
            for (const T each : {near, std::nextafter(near, T(0)), std::nextafter(near, Limits::infinity())})
                values.push_back(each);
            values.push_back(static_cast<T>(std::ldexp(base, -i)));
            values.push_back(T(1) + static_cast<T>(std::ldexp(base, -i)));
            values.push_back(T(1) - static_cast<T>(std::ldexp(base, -i)));
        }
    }
    for (size_t i = values.size(); i-- > 0;) values.push_back(-values[i]);
    // An odd stride visits all exponents and all patterns of low bits.
    const Bits stride = static_cast<Bits>(std::numeric_limits<Bits>::max() / count) | 1;
    Bits bits = 0;
    for (uint64_t i = 0; i < count; ++i, bits += stride) values.push_back(std::bit_cast<T>(bits));
    // Where most functions are neither 0 nor constant.
    for (uint64_t i = 0; i < count / 4; ++i) {
        const double at = static_cast<double>(i) / static_cast<double>(count / 4);
        values.push_back(static_cast<T>(-20 + 40 * at));
        values.push_back(static_cast<T>(-1 + 2 * at));
    }
    return values;
}

/// `op` is a full name; chlo writes operand and result types.
inline std::string programOf(const std::string& op, const std::string& type, bool binary) {
    const std::string operands = binary ? "%a, %b" : "%a";
    const std::string types =
        op.starts_with("chlo.") ? (binary ? type + ", " + type : type) + " -> " + type : type;
    return "func.func @main(%a: " + type + (binary ? ", %b: " + type : "") + ") -> " + type +
           " {\n  %0 = " + op + " " + operands + " : " + types + "\n  return %0 : " + type + "\n}";
}

inline std::string tensorOf(size_t count, const std::string& element) {
    return "tensor<" + std::to_string(count) + "x" + element + ">";
}

template <class T>
std::vector<T> evaluate(const std::string& op, const std::vector<T>& x) {
    return run(programOf(op, tensorOf(x.size(), kTypeName<T>), false), {Bytes::of(x)})[0].template as<T>();
}
template <class T>
std::vector<T> evaluate(const std::string& op, const std::vector<T>& x, const std::vector<T>& y) {
    return run(programOf(op, tensorOf(x.size(), kTypeName<T>), true), {Bytes::of(x), Bytes::of(y)})[0]
        .template as<T>();
}

}  // namespace optirs::plugin::testing
