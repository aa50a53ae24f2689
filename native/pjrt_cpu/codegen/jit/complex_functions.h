/// @file
/// Functions of complex numbers with parts of type `Part` (float or double). Each computes in the next wider
/// type: neither squares nor exponentials overflow there, and the library's care for branch cuts and signed
/// zeros (W. Kahan, "Branch cuts for complex elementary functions", 1987) is kept.
#pragma once

#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <type_traits>

namespace optirs::plugin {

template <class Part>
struct ComplexFunctions {
    using Wide = std::conditional_t<std::is_same_v<Part, float>, double, long double>;
    using Complex = std::complex<Wide>;

    static Complex exp(Complex z) {
        // The library gives NaN for (-inf) + i*inf, whose exponential is 0 from every direction.
        if (z.imag() == 0) return {std::exp(z.real()), z.imag()};
        return std::exp(z);
    }
    static Complex log(Complex z) { return std::log(z); }
    static Complex sqrt(Complex z) { return std::sqrt(z); }
    static Complex sin(Complex z) { return std::sin(z); }
    static Complex cos(Complex z) { return std::cos(z); }
    static Complex tan(Complex z) { return std::tan(z); }
    static Complex sinh(Complex z) { return std::sinh(z); }
    static Complex cosh(Complex z) { return std::cosh(z); }
    static Complex tanh(Complex z) { return std::tanh(z); }
    static Complex asin(Complex z) { return std::asin(z); }
    static Complex acos(Complex z) { return std::acos(z); }
    static Complex atan(Complex z) { return std::atan(z); }
    static Complex asinh(Complex z) { return std::asinh(z); }
    static Complex acosh(Complex z) { return std::acosh(z); }
    static Complex atanh(Complex z) { return std::atanh(z); }

    /// exp(x) cos(y) - 1 = expm1(x) cos(y) - 2 sin(y/2)^2 keeps the digits near zero.
    static Complex expm1(Complex z) {
        const Wide e = std::expm1(z.real());
        const Wide half = std::sin(z.imag() / 2);
        const Wide imag = z.imag() == 0 ? z.imag() : std::exp(z.real()) * std::sin(z.imag());
        return {e * std::cos(z.imag()) - 2 * half * half, imag};
    }

    /// log|1 + z| = log1p(x (2 + x) + y^2) / 2 where |1 + z| is near 1, with that sum made without error of
    /// its terms, and log(hypot) elsewhere.
    static Complex log1p(Complex z) {
        const Wide x = z.real();
        const Wide y = z.imag();
        const Wide angle = std::atan2(y, 1 + x);
        if (std::fabs(x) < 4 && std::fabs(y) < 4) {
            const Wide excess = squareExcess(static_cast<Part>(x), static_cast<Part>(y));
            if (excess > Wide(-0.5) && excess < 2) return {std::log1p(excess) / 2, angle};
        }
        return {std::log(std::hypot(1 + x, y)), angle};
    }

    static Complex rsqrt(Complex z) {
        if (z == Complex(0, 0))
            return {std::numeric_limits<Wide>::infinity(), std::numeric_limits<Wide>::quiet_NaN()};
        if (std::isinf(z.real()) || std::isinf(z.imag())) return {0, 0};
        return Wide(1) / std::sqrt(z);
    }

    /// Whichever form has no large exponential.
    static Complex logistic(Complex z) {
        if (z.real() >= 0) return Wide(1) / (Wide(1) + exp(-z));
        const Complex e = exp(z);
        return e / (Wide(1) + e);
    }

    /// The principal root.
    static Complex cbrt(Complex z) {
        const Wide angle = std::arg(z) / 3;
        const Wide root = std::cbrt(std::abs(z));
        return {root * std::cos(angle), angle == 0 ? z.imag() * 0 : root * std::sin(angle)};
    }

    /// z / |z|, and 0 for 0.
    static Complex sign(Complex z) {
        const Wide size = std::abs(z);
        return size == 0 ? Complex(0, 0) : Complex(z.real() / size, z.imag() / size);
    }

    static Complex pow(Complex base, Complex exponent) {
        if (exponent == Complex(0, 0)) return {1, 0};
        if (base == Complex(0, 0)) {
            const Wide nan = std::numeric_limits<Wide>::quiet_NaN();
            return exponent.real() > 0 && exponent.imag() == 0 ? Complex(0, 0) : Complex(nan, nan);
        }
        return std::pow(base, exponent);
    }

    /// The angle of x + iy, continued to complex x and y: -i log((x + iy) / sqrt(x^2 + y^2)).
    static Complex atan2(Complex y, Complex x) {
        const Complex i(0, 1);
        const Complex log = std::log((x + i * y) / std::sqrt(x * x + y * y));
        return {log.imag(), -log.real()};
    }

 private:
    /// a + b = sum + error, exactly (D. Knuth).
    static void addExactly(Wide& sum, Wide& error, Wide term) {
        const Wide total = sum + term;
        const Wide part = total - sum;
        error += (sum - (total - part)) + (term - part);
        sum = total;
    }

    /// 2x + x^2 + y^2.
    static Wide squareExcess(Part x, Part y) {
        Wide sum = 2 * static_cast<Wide>(x);
        Wide error = 0;
        for (const Part part : {x, y}) {
            const Part square = part * part;
            addExactly(sum, error, static_cast<Wide>(square));
            addExactly(sum, error, static_cast<Wide>(std::fma(part, part, -square)));
        }
        return sum + error;
    }
};

}  // namespace optirs::plugin
