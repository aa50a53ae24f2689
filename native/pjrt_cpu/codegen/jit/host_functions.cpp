#include "pjrt_cpu/codegen/jit/host_functions.h"

#include <cmath>
#include <complex>
#include <cstdint>
#include <cstring>

#include "pjrt_cpu/ir/float_format.h"

namespace optirs::plugin {
namespace {

using Complex = std::complex<double>;

template <Complex (*kFunction)(Complex)>
void unary(double re, double im, double* out) {
    const Complex result = kFunction({re, im});
    out[0] = result.real();
    out[1] = result.imag();
}

Complex cExp(Complex z) {
    // The library gives NaN for (-inf) + i*inf, whose exponential is 0 from every direction.
    if (z.imag() == 0) return {std::exp(z.real()), z.imag()};
    return std::exp(z);
}
Complex cLog(Complex z) { return std::log(z); }
Complex cSqrt(Complex z) { return std::sqrt(z); }
Complex cTanh(Complex z) { return std::tanh(z); }
Complex cSin(Complex z) { return std::sin(z); }
Complex cCos(Complex z) { return std::cos(z); }
Complex cTan(Complex z) { return std::tan(z); }

/// exp(x) cos(y) - 1 = expm1(x) cos(y) - 2 sin(y/2)^2 keeps the digits near zero.
Complex cExpm1(Complex z) {
    const double e = std::expm1(z.real());
    const double half = std::sin(0.5 * z.imag());
    const double imag = z.imag() == 0 ? z.imag() : (e + 1) * std::sin(z.imag());
    return {e * std::cos(z.imag()) - 2 * half * half, imag};
}

/// log|1 + z| = log1p(x (2 + x) + y^2) / 2 near zero, and log(hypot) elsewhere.
Complex cLog1p(Complex z) {
    const double x = z.real();
    const double y = z.imag();
    const double angle = std::atan2(y, 1 + x);
    if (std::fabs(x) < 0.5 && std::fabs(y) < 0.5) return {0.5 * std::log1p(std::fma(x, 2 + x, y * y)), angle};
    return {std::log(std::hypot(1 + x, y)), angle};
}

Complex cRsqrt(Complex z) {
    if (z == Complex(0, 0)) return {INFINITY, NAN};
    if (std::isinf(z.real()) || std::isinf(z.imag())) return {0, 0};
    return 1.0 / std::sqrt(z);
}

Complex cLogistic(Complex z) { return 1.0 / (1.0 + std::exp(-z)); }

Complex cCbrt(Complex z) {
    const double angle = std::arg(z) / 3;
    const double root = std::cbrt(std::abs(z));
    return {root * std::cos(angle), root * std::sin(angle)};
}

void cPower(double re, double im, double exponent_re, double exponent_im, double* out) {
    const Complex base(re, im);
    const Complex exponent(exponent_re, exponent_im);
    Complex result(1, 0);
    if (base == Complex(0, 0)) {
        if (exponent_re > 0 && exponent_im == 0)
            result = 0;
        else if (exponent != Complex(0, 0))
            result = {NAN, NAN};
    } else if (exponent != Complex(0, 0)) {
        result = std::pow(base, exponent);
    }
    out[0] = result.real();
    out[1] = result.imag();
}

// LLVM merges the sine and the cosine of one number.
void sineAndCosine(double x, double* sine, double* cosine) {
    *sine = std::sin(x);
    *cosine = std::cos(x);
}

/// The types of at most 8 bits, which are computed in f32.
template <ElementType kType>
float decode(uint8_t bits) {
    return static_cast<float>(decodeFloat(bits, kType));
}
template <ElementType kType>
uint8_t encode(float value) {
    return static_cast<uint8_t>(encodeFloat(value, kType));
}

template <typename F>
void* address(F* function) {
    void* result = nullptr;
    static_assert(sizeof result == sizeof function);
    std::memcpy(&result, &function, sizeof result);
    return result;
}

using Real = double (*)(double);
using Real2 = double (*)(double, double);
using Realf = float (*)(float);
using Realf2 = float (*)(float, float);

}  // namespace

std::span<const HostFunction> hostFunctions() {
    static const HostFunction kFunctions[] = {
        {"exp", address(static_cast<Real>(std::exp))},
        {"exp2", address(static_cast<Real>(std::exp2))},
        {"expm1", address(static_cast<Real>(std::expm1))},
        {"log", address(static_cast<Real>(std::log))},
        {"log2", address(static_cast<Real>(std::log2))},
        {"log10", address(static_cast<Real>(std::log10))},
        {"log1p", address(static_cast<Real>(std::log1p))},
        {"tanh", address(static_cast<Real>(std::tanh))},
        {"sin", address(static_cast<Real>(std::sin))},
        {"cos", address(static_cast<Real>(std::cos))},
        {"sincos", address(sineAndCosine)},
        {"tan", address(static_cast<Real>(std::tan))},
        {"cbrt", address(static_cast<Real>(std::cbrt))},
        {"erf", address(static_cast<Real>(std::erf))},
        {"atan2", address(static_cast<Real2>(std::atan2))},
        {"pow", address(static_cast<Real2>(std::pow))},
        {"fmod", address(static_cast<Real2>(std::fmod))},
        {"hypot", address(static_cast<Real2>(std::hypot))},
        {"sqrt", address(static_cast<Real>(std::sqrt))},
        {"floor", address(static_cast<Real>(std::floor))},
        {"ceil", address(static_cast<Real>(std::ceil))},
        {"trunc", address(static_cast<Real>(std::trunc))},
        {"rint", address(static_cast<Real>(std::rint))},
        {"round", address(static_cast<Real>(std::round))},
        {"roundeven", address(static_cast<Real>(std::nearbyint))},
        {"ldexp", address(static_cast<double (*)(double, int)>(std::ldexp))},
        {"fma", address(static_cast<double (*)(double, double, double)>(std::fma))},
        {"fmaf", address(static_cast<float (*)(float, float, float)>(std::fma))},
        {"fmodf", address(static_cast<Realf2>(std::fmod))},
        {"hypotf", address(static_cast<Realf2>(std::hypot))},
        {"sqrtf", address(static_cast<Realf>(std::sqrt))},
        {"floorf", address(static_cast<Realf>(std::floor))},
        {"ceilf", address(static_cast<Realf>(std::ceil))},
        {"truncf", address(static_cast<Realf>(std::trunc))},
        {"rintf", address(static_cast<Realf>(std::rint))},
        {"roundf", address(static_cast<Realf>(std::round))},
        {"roundevenf", address(static_cast<Realf>(std::nearbyint))},
        {"ldexpf", address(static_cast<float (*)(float, int)>(std::ldexp))},
        {"memcpy", address(static_cast<void* (*)(void*, const void*, size_t)>(std::memcpy))},
        {"memmove", address(static_cast<void* (*)(void*, const void*, size_t)>(std::memmove))},
        {"memset", address(static_cast<void* (*)(void*, int, size_t)>(std::memset))},
        {"memcmp", address(static_cast<int (*)(const void*, const void*, size_t)>(std::memcmp))},
        {"optirs_decode_f4E2M1FN", address(decode<ElementType::kF4E2M1FN>)},
        {"optirs_encode_f4E2M1FN", address(encode<ElementType::kF4E2M1FN>)},
        {"optirs_decode_f6E2M3FN", address(decode<ElementType::kF6E2M3FN>)},
        {"optirs_encode_f6E2M3FN", address(encode<ElementType::kF6E2M3FN>)},
        {"optirs_decode_f6E3M2FN", address(decode<ElementType::kF6E3M2FN>)},
        {"optirs_encode_f6E3M2FN", address(encode<ElementType::kF6E3M2FN>)},
        {"optirs_decode_f8E3M4", address(decode<ElementType::kF8E3M4>)},
        {"optirs_encode_f8E3M4", address(encode<ElementType::kF8E3M4>)},
        {"optirs_decode_f8E4M3", address(decode<ElementType::kF8E4M3>)},
        {"optirs_encode_f8E4M3", address(encode<ElementType::kF8E4M3>)},
        {"optirs_decode_f8E4M3FN", address(decode<ElementType::kF8E4M3FN>)},
        {"optirs_encode_f8E4M3FN", address(encode<ElementType::kF8E4M3FN>)},
        {"optirs_decode_f8E4M3FNUZ", address(decode<ElementType::kF8E4M3FNUZ>)},
        {"optirs_encode_f8E4M3FNUZ", address(encode<ElementType::kF8E4M3FNUZ>)},
        {"optirs_decode_f8E4M3B11FNUZ", address(decode<ElementType::kF8E4M3B11FNUZ>)},
        {"optirs_encode_f8E4M3B11FNUZ", address(encode<ElementType::kF8E4M3B11FNUZ>)},
        {"optirs_decode_f8E5M2", address(decode<ElementType::kF8E5M2>)},
        {"optirs_encode_f8E5M2", address(encode<ElementType::kF8E5M2>)},
        {"optirs_decode_f8E5M2FNUZ", address(decode<ElementType::kF8E5M2FNUZ>)},
        {"optirs_encode_f8E5M2FNUZ", address(encode<ElementType::kF8E5M2FNUZ>)},
        {"optirs_decode_f8E8M0FNU", address(decode<ElementType::kF8E8M0FNU>)},
        {"optirs_encode_f8E8M0FNU", address(encode<ElementType::kF8E8M0FNU>)},
        {"optirs_complex_exp", address(unary<cExp>)},
        {"optirs_complex_expm1", address(unary<cExpm1>)},
        {"optirs_complex_log", address(unary<cLog>)},
        {"optirs_complex_log1p", address(unary<cLog1p>)},
        {"optirs_complex_sqrt", address(unary<cSqrt>)},
        {"optirs_complex_rsqrt", address(unary<cRsqrt>)},
        {"optirs_complex_cbrt", address(unary<cCbrt>)},
        {"optirs_complex_tanh", address(unary<cTanh>)},
        {"optirs_complex_logistic", address(unary<cLogistic>)},
        {"optirs_complex_sin", address(unary<cSin>)},
        {"optirs_complex_cos", address(unary<cCos>)},
        {"optirs_complex_tan", address(unary<cTan>)},
        {"optirs_complex_pow", address(cPower)},
    };
    return kFunctions;
}

}  // namespace optirs::plugin
