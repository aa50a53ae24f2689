#include "src/cpu/winograd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/winograd.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each target
// After foreach_target.h:
#include <hwy/highway.h>

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using F32 = hn::ScalableTag<float>;
using Vec = hn::Vec<F32>;

/// Calls body(first, count) for vectors of channels; the last may be short.
template <class Body>
HWY_INLINE void forChannels(int64_t channels, const Body& body) {
    const auto lanes = static_cast<int64_t>(hn::Lanes(F32()));
    for (int64_t c = 0; c < channels; c += lanes) body(c, HWY_MIN(lanes, channels - c));
}

HWY_INLINE Vec load(const float* from, int64_t count) {
    const F32 d;
    if (count == static_cast<int64_t>(hn::Lanes(d))) return hn::LoadU(d, from);
    float part[hn::MaxLanes(F32())] = {};
    std::copy_n(from, count, part);
    return hn::LoadU(d, part);
}

HWY_INLINE void store(Vec value, float* to, int64_t count) {
    const F32 d;
    if (count == static_cast<int64_t>(hn::Lanes(d))) return hn::StoreU(value, d, to);
    float part[hn::MaxLanes(F32())];
    hn::StoreU(value, d, part);
    std::copy_n(part, count, to);
}

/// G of the paper, on three numbers.
HWY_INLINE void spread(const Vec (&in)[3], Vec (&out)[4]) {
    const Vec half = hn::Set(F32(), 0.5F);
    const Vec ends = hn::Mul(half, hn::Add(in[0], in[2]));
    const Vec middle = hn::Mul(half, in[1]);
    out[0] = in[0];
    out[1] = hn::Add(ends, middle);
    out[2] = hn::Sub(ends, middle);
    out[3] = in[2];
}

/// B transposed, on four numbers.
HWY_INLINE void differ(const Vec (&in)[4], Vec (&out)[4]) {
    out[0] = hn::Sub(in[0], in[2]);
    out[1] = hn::Add(in[1], in[2]);
    out[2] = hn::Sub(in[2], in[1]);
    out[3] = hn::Sub(in[1], in[3]);
}

/// A transposed, on four numbers.
HWY_INLINE void gather(const Vec (&in)[4], Vec (&out)[2]) {
    out[0] = hn::Add(in[0], hn::Add(in[1], in[2]));
    out[1] = hn::Sub(hn::Sub(in[1], in[2]), in[3]);
}

/// out = T in T transposed, T being a transformation of kFrom numbers into kTo.
template <int kFrom, int kTo, class Transform, class Get, class Put>
HWY_INLINE void transform(const Transform& once, const Get& get, const Put& put) {
    Vec half[kTo][kFrom];
    for (int column = 0; column < kFrom; ++column) {
        Vec in[kFrom], out[kTo];
        for (int row = 0; row < kFrom; ++row) in[row] = get(row, column);
        once(in, out);
        for (int row = 0; row < kTo; ++row) half[row][column] = out[row];
    }
    for (int row = 0; row < kTo; ++row) {
        Vec out[kTo];
        once(half[row], out);
        for (int column = 0; column < kTo; ++column) put(row, column, out[column]);
    }
}

void kernelHere(const float* const* places, int64_t channels, float* out, int64_t pitch) {
    forChannels(channels, [&](int64_t c, int64_t count) HWY_ATTR {
        transform<3, 4>([](const Vec(&a)[3], Vec(&b)[4]) HWY_ATTR { spread(a, b); },
                        [&](int row, int column)
                            HWY_ATTR { return load(places[row * 3 + column] + c, count); },
                        [&](int row, int column, Vec v)
                            HWY_ATTR { store(v, out + (row * 4 + column) * pitch + c, count); });
    });
}

void inputHere(const float* const* pixels, int64_t channels, float* out, int64_t pitch) {
    const F32 d;
    forChannels(channels, [&](int64_t c, int64_t count) HWY_ATTR {
        transform<4, 4>([](const Vec(&a)[4], Vec(&b)[4]) HWY_ATTR { differ(a, b); },
                        [&](int row, int column)
                            HWY_ATTR { return load(pixels[row * 4 + column] + c, count); },
                        [&](int row, int column, Vec v)
                            HWY_ATTR { hn::StoreU(v, d, out + (row * 4 + column) * pitch + c); });
    });
}

bool outputHere(const float* in, int64_t pitch, int64_t channels, float* const* pixels) {
    const F32 d;
    const Vec zero = hn::Zero(d);
    Vec stray = zero;  // NaN once there was a number that is not finite
    forChannels(channels, [&](int64_t c, int64_t count) HWY_ATTR {
        transform<4, 2>([](const Vec(&a)[4], Vec(&b)[2]) HWY_ATTR { gather(a, b); },
                        [&](int row, int column)
                            HWY_ATTR { return load(in + (row * 4 + column) * pitch + c, count); },
                        [&](int row, int column, Vec v) HWY_ATTR {
                            stray = hn::MulAdd(v, zero, stray);
                            store(v, pixels[row * 2 + column] + c, count);
                        });
    });
    return hn::AllFalse(d, hn::IsNaN(stray));
}

}  // namespace
}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace optirs::cpu {

HWY_EXPORT(kernelHere);
HWY_EXPORT(inputHere);
HWY_EXPORT(outputHere);

void winogradKernel(const float* const* places, int64_t channels, float* out, int64_t pitch) {
    HWY_DYNAMIC_DISPATCH(kernelHere)(places, channels, out, pitch);
}

void winogradInput(const float* const* pixels, int64_t channels, float* out, int64_t pitch) {
    HWY_DYNAMIC_DISPATCH(inputHere)(pixels, channels, out, pitch);
}

bool winogradOutput(const float* in, int64_t pitch, int64_t channels, float* const* pixels) {
    return HWY_DYNAMIC_DISPATCH(outputHere)(in, pitch, channels, pixels);
}

}  // namespace optirs::cpu
#endif
