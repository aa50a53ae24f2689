#include "src/cpu/pointwise_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/pointwise_kernels.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each target
// After foreach_target.h:
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>

#include "src/cpu/activation-inl.h"
#include "src/cpu/row-inl.h"

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {
namespace {

template <class T>
void geluRunOf(const T* x, bool uses_tanh, int64_t n, T* out) {
    if (uses_tanh) {
        mapParts<T>(n, out, [&](auto part) HWY_ATTR { return geluTanh<T>(part.get(x)); });
    } else {
        mapParts<T>(n, out, [&](auto part) HWY_ATTR { return geluErf<T>(part.get(x)); });
    }
}

void geluRunHere(Element type, const void* x, bool uses_tanh, int64_t n, void* out) {
    visitFloat(type, x, [&]<class T>(const T* from) { geluRunOf(from, uses_tanh, n, static_cast<T*>(out)); });
}

template <class T>
void geluRunBackwardOf(const T* x, const T* dout, bool uses_tanh, int64_t n, T* dx) {
    if (uses_tanh) {
        mapParts<T>(n, dx, [&](auto part) HWY_ATTR {
            return hn::Mul(part.get(dout), geluTanhSlope<T>(part.get(x)));
        });
    } else {
        mapParts<T>(
            n, dx, [&](auto part) HWY_ATTR { return hn::Mul(part.get(dout), geluErfSlope<T>(part.get(x))); });
    }
}

void geluRunBackwardHere(Element type, const void* x, const void* dout, bool uses_tanh, int64_t n, void* dx) {
    visitFloat(type, x, [&]<class T>(const T* from) {
        geluRunBackwardOf(from, static_cast<const T*>(dout), uses_tanh, n, static_cast<T*>(dx));
    });
}

void swigluRunHere(const float* gate, const float* up, int64_t n, float* out) {
    mapParts<float>(n, out, [&](auto part) HWY_ATTR {
        const Vec g = part.get(gate);
        return hn::Mul(timesSigmoid<float>(g, g), part.get(up));
    });
}

void swigluRunBackwardHere(const float* gate, const float* up, const float* dout, int64_t n, float* dgate,
                           float* dup) {
    const F32 d;
    const Vec one = hn::Set(d, 1.0F);
    const auto step = [&](Vec g, Vec u, Vec change, Vec& g_change, Vec& u_change) HWY_ATTR {
        const Vec s = sigmoid<float>(g);
        const Vec bounded = within(g, 1e3F);
        u_change = hn::Mul(change, timesSigmoid<float>(g, g));
        g_change = hn::Mul(hn::Mul(change, u), hn::Mul(s, hn::MulAdd(bounded, hn::Sub(one, s), one)));
    };
    forVectors(
        d, n,
        [&](int64_t i) HWY_ATTR {
            Vec g_change;
            Vec u_change;
            step(hn::LoadU(d, gate + i), hn::LoadU(d, up + i), hn::LoadU(d, dout + i), g_change, u_change);
            hn::StoreU(g_change, d, dgate + i);
            hn::StoreU(u_change, d, dup + i);
        },
        [&](int64_t i, size_t rest) HWY_ATTR {
            Vec g_change;
            Vec u_change;
            step(loadSome(d, gate + i, rest), loadSome(d, up + i, rest), loadSome(d, dout + i, rest),
                 g_change, u_change);
            storeSome(g_change, d, dgate + i, rest);
            storeSome(u_change, d, dup + i, rest);
        });
}

void rotateRunHere(const float* first, const float* second, const float* cosine, const float* sine,
                   float direction, int64_t n, float* out_first, float* out_second) {
    const F32 d;
    const Vec sign = hn::Set(d, direction);
    const auto step = [&](Vec a, Vec b, Vec c, Vec plain, Vec& out_a, Vec& out_b) HWY_ATTR {
        const Vec s = hn::Mul(plain, sign);
        out_a = hn::NegMulAdd(b, s, hn::Mul(a, c));
        out_b = hn::MulAdd(a, s, hn::Mul(b, c));
    };
    forVectors(
        d, n,
        [&](int64_t i) HWY_ATTR {
            Vec a;
            Vec b;
            step(hn::LoadU(d, first + i), hn::LoadU(d, second + i), hn::LoadU(d, cosine + i),
                 hn::LoadU(d, sine + i), a, b);
            hn::StoreU(a, d, out_first + i);
            hn::StoreU(b, d, out_second + i);
        },
        [&](int64_t i, size_t rest) HWY_ATTR {
            Vec a;
            Vec b;
            step(loadSome(d, first + i, rest), loadSome(d, second + i, rest), loadSome(d, cosine + i, rest),
                 loadSome(d, sine + i, rest), a, b);
            storeSome(a, d, out_first + i, rest);
            storeSome(b, d, out_second + i, rest);
        });
}

/// One block of Philox4x32-10 (Salmon et al., 2011).
HWY_INLINE void philox(uint64_t key, uint64_t counter, uint32_t* words) {
    uint32_t k0 = static_cast<uint32_t>(key);
    uint32_t k1 = static_cast<uint32_t>(key >> 32);
    uint32_t c0 = static_cast<uint32_t>(counter);
    uint32_t c1 = static_cast<uint32_t>(counter >> 32);
    uint32_t c2 = 0;
    uint32_t c3 = 0;
    for (int round = 0; round < 10; ++round) {
        const uint64_t p0 = uint64_t{0xD2511F53U} * c0;
        const uint64_t p1 = uint64_t{0xCD9E8D57U} * c2;
        c0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0;
        c2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
        c1 = static_cast<uint32_t>(p1);
        c3 = static_cast<uint32_t>(p0);
        k0 += 0x9E3779B9U;
        k1 += 0xBB67AE85U;
    }
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
}

void dropoutRunHere(const float* x, double probability, uint64_t seed, uint64_t block, int64_t n,
                    float* out) {
    const auto scale = static_cast<float>(1 / (1 - probability));
    const auto threshold = static_cast<uint32_t>(std::min(probability * 4294967296.0, 4294967295.0));
    for (int64_t i = 0; i < n; i += 4) {
        uint32_t words[4];
        philox(seed, block + static_cast<uint64_t>(i / 4), words);
        for (int64_t k = 0; k < 4 && i + k < n; ++k) {
            out[i + k] = words[k] >= threshold ? x[i + k] * scale : 0.0F;
        }
    }
}

}  // namespace
}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace optirs::cpu {

HWY_EXPORT(geluRunHere);
HWY_EXPORT(geluRunBackwardHere);
HWY_EXPORT(swigluRunHere);
HWY_EXPORT(swigluRunBackwardHere);
HWY_EXPORT(rotateRunHere);
HWY_EXPORT(dropoutRunHere);

void geluRun(Element type, const void* x, bool uses_tanh, int64_t n, void* out) {
    HWY_DYNAMIC_DISPATCH(geluRunHere)(type, x, uses_tanh, n, out);
}

void geluRunBackward(Element type, const void* x, const void* dout, bool uses_tanh, int64_t n, void* dx) {
    HWY_DYNAMIC_DISPATCH(geluRunBackwardHere)(type, x, dout, uses_tanh, n, dx);
}

void swigluRun(const float* gate, const float* up, int64_t n, float* out) {
    HWY_DYNAMIC_DISPATCH(swigluRunHere)(gate, up, n, out);
}

void swigluRunBackward(const float* gate, const float* up, const float* dout, int64_t n, float* dgate,
                       float* dup) {
    HWY_DYNAMIC_DISPATCH(swigluRunBackwardHere)(gate, up, dout, n, dgate, dup);
}

void rotateRun(const float* first, const float* second, const float* cosine, const float* sine,
               float direction, int64_t n, float* out_first, float* out_second) {
    HWY_DYNAMIC_DISPATCH(rotateRunHere)(first, second, cosine, sine, direction, n, out_first, out_second);
}

void dropoutRun(const float* x, double probability, uint64_t seed, uint64_t block, int64_t n, float* out) {
    HWY_DYNAMIC_DISPATCH(dropoutRunHere)(x, probability, seed, block, n, out);
}

}  // namespace optirs::cpu
#endif
