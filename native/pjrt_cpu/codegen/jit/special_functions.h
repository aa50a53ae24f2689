/// @file
/// Special functions of one or two real numbers, for what compiled code calls rather than inlines. Each
/// computes in `Wide`, the next wider type than that of its result (double for f32, long double for f64), so
/// that what cancellation and rounding take is not seen.
#pragma once

#include <math.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <span>

#include "pjrt_cpu/codegen/jit/special_series.h"

namespace optirs::plugin {

template <class Wide>
Wide logGamma(Wide x) {
    int sign = 0;
    if constexpr (std::is_same_v<Wide, double>) {
        return lgamma_r(x, &sign);
    } else {
        return lgammal_r(x, &sign);
    }
}

/// Hurwitz' zeta function, sum over k >= 0 of (q + k)^-s, for s > 1: Euler-Maclaurin's formula behind the
/// first terms (NIST Handbook of Mathematical Functions, 25.11.5). Poles: s = 1, and q a non-positive integer
/// for even s, where the value is +infinity; s < 1, or a base without a real power, gives NaN.
template <class Wide>
Wide hurwitzZeta(Wide s, Wide q) {
    constexpr Wide kInfinity = std::numeric_limits<Wide>::infinity();
    constexpr Wide kNan = std::numeric_limits<Wide>::quiet_NaN();
    if (std::isnan(s) || std::isnan(q) || s < 1) return kNan;
    if (s == 1) return kInfinity;
    if (q <= 0) {
        const bool even = s == 2 * std::floor(s / 2);
        if (q == std::floor(q)) return even ? kInfinity : kNan;
        if (s != std::floor(s)) return kNan;
        // The terms of negative base, -q down to 1 - r, are those of a difference of two such sums.
        const Wide r = q - std::floor(q);
        const Wide mirrored = hurwitzZeta<Wide>(s, 1 - r) - hurwitzZeta<Wide>(s, 1 - q);
        return hurwitzZeta<Wide>(s, r) + (even ? mirrored : -mirrored);
    }
    if (std::isinf(q)) return 0;
    if (std::isinf(s)) return q < 1 ? kInfinity : (q == 1 ? Wide(1) : Wide(0));
    constexpr Wide kTiny = std::numeric_limits<Wide>::epsilon() / 8;
    constexpr int kMostTerms = 30;
    Wide sum = 0;
    Wide base = q;
    for (int k = 0; k < kMostTerms && base < kMostTerms; ++k, base += 1) {
        const Wide term = std::pow(base, -s);
        sum += term;
        if (term < kTiny * sum) return sum;
    }
    const Wide power = std::pow(base, -s);
    sum += power * base / (s - 1) + power / 2;
    Wide factor = s * power / base;
    for (size_t j = 0; j < kBernoulliOverFactorial.size(); ++j) {
        const Wide term = static_cast<Wide>(kBernoulliOverFactorial[j]) * factor;
        sum += term;
        if (std::fabs(term) < kTiny * sum) break;
        const Wide n = s + 2 * static_cast<Wide>(j);
        factor *= (n + 1) * (n + 2) / (base * base);
    }
    return sum;
}

/// The logarithmic derivative of the gamma function: its Taylor series about the positive root, else
/// recurrence to large arguments and the asymptotic series there (NIST Handbook, 5.5.2, 5.11.2); reflection
/// on the left. NaN at the poles 0, -1, ...
template <class Wide>
Wide digamma(Wide x) {
    constexpr Wide kPi = std::numbers::pi_v<Wide>;
    if (std::isnan(x) || (x <= 0 && x == std::floor(x))) return std::numeric_limits<Wide>::quiet_NaN();
    if (x < 0) {
        // pi cot(pi x), with the argument brought within half of 0.
        const Wide rest = x - std::round(x);
        return digamma<Wide>(1 - x) - kPi / std::tan(kPi * rest);
    }
    if (std::isinf(x)) return x;
    const Wide distance = (x - static_cast<Wide>(kDigammaRootHigh)) - static_cast<Wide>(kDigammaRootLow);
    if (std::fabs(distance) < Wide(0.25)) {
        Wide sum = 0;
        for (size_t j = kDigammaTaylor.size(); j-- > 0;)
            sum = (sum + static_cast<Wide>(kDigammaTaylor[j])) * distance;
        return sum;
    }
    Wide shift = 0;
    for (; x < 16; x += 1) shift += 1 / x;
    const Wide inverse = 1 / (x * x);
    Wide tail = 0;
    for (size_t j = kDigammaTail.size(); j-- > 0;)
        tail = (tail + static_cast<Wide>(kDigammaTail[j])) * inverse;
    return std::log(x) - 1 / (2 * x) - tail - shift;
}

/// Derivative number n of digamma, (-1)^(n+1) n! zeta(n + 1, x). NaN when n is no natural number.
template <class Wide>
Wide polygamma(Wide n, Wide x) {
    if (!(n >= 0) || n != std::floor(n)) return std::numeric_limits<Wide>::quiet_NaN();
    if (n == 0) return digamma<Wide>(x);
    const Wide size = std::exp(logGamma<Wide>(n + 1)) * hurwitzZeta<Wide>(n + 1, x);
    return std::fmod(n, Wide(2)) == 0 ? -size : size;
}

/// exp(-|x|) I1(x), I1 the modified Bessel function of the first kind: the power series, whose terms have one
/// sign, and for large arguments the asymptotic one (NIST Handbook, 10.25.2, 10.40.1).
template <class Wide>
Wide besselI1e(Wide x) {
    constexpr Wide kTiny = std::numeric_limits<Wide>::epsilon() / 8;
    const Wide size = std::fabs(x);
    if (std::isnan(x)) return x;
    Wide result = 0;
    if (size < 40) {
        Wide term = size / 2;
        const Wide square = term * term;
        for (int k = 1; term > kTiny * result; ++k) {
            result += term;
            term *= square / (static_cast<Wide>(k) * static_cast<Wide>(k + 1));
        }
        result *= std::exp(-size);
    } else if (!std::isinf(size)) {
        Wide term = 1;
        for (int k = 1; k < 60 && std::fabs(term) > kTiny; ++k) {
            result += term;
            const Wide odd = 2 * static_cast<Wide>(k) - 1;
            term *= -(4 - odd * odd) / (static_cast<Wide>(8 * k) * size);
        }
        result /= std::sqrt(2 * std::numbers::pi_v<Wide> * size);
    }
    return std::copysign(result, x);
}

/// The inverse of erf: Newton's method from Winitzki's formula, on log erfc for large arguments, where it
/// converges from any start. Infinite at the ends of [-1, 1], NaN outside.
template <class Wide>
Wide erfInverse(Wide x) {
    const Wide size = std::fabs(x);
    if (!(size < 1)) {
        return size == 1 ? std::copysign(std::numeric_limits<Wide>::infinity(), x)
                         : std::numeric_limits<Wide>::quiet_NaN();
    }
    if (size == 0) return x;
    const Wide slope = 2 * std::numbers::inv_sqrtpi_v<Wide>;
    const Wide tail = 1 - size;
    const Wide logarithm = std::log(tail * (1 + size));
    constexpr Wide kA = Wide(0.147);
    const Wide half = 2 / (std::numbers::pi_v<Wide> * kA) + logarithm / 2;
    // The formula's difference loses all digits near 0, where erf is its slope.
    Wide y = size < Wide(0.1) ? size / slope : std::sqrt(std::sqrt(half * half - logarithm / kA) - half);
    for (int step = 0; step < 6; ++step) {
        Wide change = 0;
        if (size < Wide(0.5)) {
            change = (std::erf(y) - size) * std::exp(y * y) / slope;
        } else {
            const Wide complement = std::erfc(y);
            change = std::log(tail / complement) * complement * std::exp(y * y) / slope;
        }
        y -= change;
        if (std::fabs(change) < std::sqrt(std::numeric_limits<Wide>::epsilon()) * Wide(1e-3) * y) break;
    }
    return std::copysign(y, x);
}

}  // namespace optirs::plugin
