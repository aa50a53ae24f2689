#include "pjrt_cpu/codegen/jit/host_functions.h"

#include <cmath>
#include <cstdint>
#include <cstring>

#include "pjrt_cpu/codegen/jit/complex_functions.h"
#include "pjrt_cpu/codegen/jit/special_functions.h"
#include "pjrt_cpu/ir/float_format.h"

namespace optirs::plugin {
namespace {

/// A complex function of jit/complex_functions.h as compiled code calls it.
template <class Part, auto kFunction>
void complexUnary(Part re, Part im, Part* out) {
    const auto result = kFunction({re, im});
    out[0] = static_cast<Part>(result.real());
    out[1] = static_cast<Part>(result.imag());
}
template <class Part, auto kFunction>
void complexBinary(Part a_re, Part a_im, Part b_re, Part b_im, Part* out) {
    const auto result = kFunction({a_re, a_im}, {b_re, b_im});
    out[0] = static_cast<Part>(result.real());
    out[1] = static_cast<Part>(result.imag());
}

/// A real function of the next wider type, rounded once.
template <class Part>
using WideOf = typename ComplexFunctions<Part>::Wide;
template <class Part, auto kFunction>
Part rounded(Part x) {
    return static_cast<Part>(kFunction(static_cast<WideOf<Part>>(x)));
}
template <class Part, auto kFunction>
Part rounded2(Part x, Part y) {
    return static_cast<Part>(kFunction(static_cast<WideOf<Part>>(x), static_cast<WideOf<Part>>(y)));
}
long double cubeRoot(long double x) { return std::cbrt(x); }
long double errorComplement(long double x) { return std::erfc(x); }

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
    std::memcpy(static_cast<void*>(&result), static_cast<const void*>(&function), sizeof result);
    return result;
}

using Real = double (*)(double);
using Real2 = double (*)(double, double);
using Realf = float (*)(float);
using Realf2 = float (*)(float, float);

}  // namespace

// Two rows, for parts of f32 and of f64.
// NOLINTBEGIN(bugprone-macro-parentheses): names of templates
#define OPTIRS_COMPLEX(wrap, name)                                                            \
    {"optirs_complex_" #name "_f32", address(wrap<float, ComplexFunctions<float>::name>)}, {  \
        "optirs_complex_" #name "_f64", address(wrap<double, ComplexFunctions<double>::name>) \
    }
#define OPTIRS_SPECIAL(wrap, name, function)                                   \
    {"optirs_" name "_f32", address(wrap<float, function<WideOf<float>>>)}, {  \
        "optirs_" name "_f64", address(wrap<double, function<WideOf<double>>>) \
    }
// NOLINTEND(bugprone-macro-parentheses)

std::span<const HostFunction> hostFunctions() {
    static const HostFunction functions[] = {
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
        {"erf", address(static_cast<Real>(std::erf))},
        {"asin", address(static_cast<Real>(std::asin))},
        {"acos", address(static_cast<Real>(std::acos))},
        {"atan", address(static_cast<Real>(std::atan))},
        {"sinh", address(static_cast<Real>(std::sinh))},
        {"cosh", address(static_cast<Real>(std::cosh))},
        {"asinh", address(static_cast<Real>(std::asinh))},
        {"acosh", address(static_cast<Real>(std::acosh))},
        {"atanh", address(static_cast<Real>(std::atanh))},
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
        OPTIRS_COMPLEX(complexUnary, exp),
        OPTIRS_COMPLEX(complexUnary, expm1),
        OPTIRS_COMPLEX(complexUnary, log),
        OPTIRS_COMPLEX(complexUnary, log1p),
        OPTIRS_COMPLEX(complexUnary, sqrt),
        OPTIRS_COMPLEX(complexUnary, rsqrt),
        OPTIRS_COMPLEX(complexUnary, cbrt),
        OPTIRS_COMPLEX(complexUnary, sin),
        OPTIRS_COMPLEX(complexUnary, cos),
        OPTIRS_COMPLEX(complexUnary, tan),
        OPTIRS_COMPLEX(complexUnary, sinh),
        OPTIRS_COMPLEX(complexUnary, cosh),
        OPTIRS_COMPLEX(complexUnary, tanh),
        OPTIRS_COMPLEX(complexUnary, asin),
        OPTIRS_COMPLEX(complexUnary, acos),
        OPTIRS_COMPLEX(complexUnary, atan),
        OPTIRS_COMPLEX(complexUnary, asinh),
        OPTIRS_COMPLEX(complexUnary, acosh),
        OPTIRS_COMPLEX(complexUnary, atanh),
        OPTIRS_COMPLEX(complexUnary, logistic),
        OPTIRS_COMPLEX(complexUnary, sign),
        OPTIRS_COMPLEX(complexBinary, pow),
        OPTIRS_COMPLEX(complexBinary, atan2),
        OPTIRS_SPECIAL(rounded, "lgamma", logGamma),
        OPTIRS_SPECIAL(rounded, "digamma", digamma),
        OPTIRS_SPECIAL(rounded, "bessel_i1e", besselI1e),
        OPTIRS_SPECIAL(rounded2, "zeta", hurwitzZeta),
        OPTIRS_SPECIAL(rounded2, "polygamma", polygamma),
        {"optirs_erf_inv_f64", address(rounded<double, erfInverse<long double>>)},
        {"optirs_erfc_f64", address(rounded<double, errorComplement>)},
        {"optirs_cbrt_f64", address(rounded<double, cubeRoot>)},
    };
    return functions;
}

#undef OPTIRS_COMPLEX
#undef OPTIRS_SPECIAL

}  // namespace optirs::plugin
