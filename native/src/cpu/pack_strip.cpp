#include "src/cpu/pack_strip.h"

#include "src/cpu/tile_kernels.h"

#ifdef __x86_64__

#include <immintrin.h>

#include <algorithm>

#define OPTIRS_AVX2 __attribute__((target("avx2")))

namespace optirs::cpu {
namespace {

constexpr int64_t kLanes = 8;

/// Columns of eight rows become rows.
OPTIRS_AVX2 inline void transpose(__m256 (&row)[kLanes]) {
    __m256 pair[kLanes];
    for (int i = 0; i < 4; ++i) {
        pair[2 * i] = _mm256_unpacklo_ps(row[2 * i], row[2 * i + 1]);
        pair[2 * i + 1] = _mm256_unpackhi_ps(row[2 * i], row[2 * i + 1]);
    }
    __m256 four[kLanes];
    for (int i = 0; i < 8; i += 4) {
        four[i] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0x44);
        four[i + 1] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0xee);
        four[i + 2] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0x44);
        four[i + 3] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0xee);
    }
    for (int i = 0; i < 4; ++i) {
        row[i] = _mm256_permute2f128_ps(four[i], four[i + 4], 0x20);
        row[i + 4] = _mm256_permute2f128_ps(four[i], four[i + 4], 0x31);
    }
}

/// Six numbers: the next two belong to somebody else.
OPTIRS_AVX2 inline void storeSix(float* to, __m256 row) {
    _mm_storeu_ps(to, _mm256_castps256_ps128(row));
    _mm_storel_pi(reinterpret_cast<__m64*>(to + 4), _mm256_extractf128_ps(row, 1));
}

/// At most eight rows of a strip.
OPTIRS_AVX2 void packEight(const float* from, int64_t stride, int64_t used, int64_t count, float* to,
                           int64_t width) {
    const int64_t kept = std::min(width, kLanes);
    int64_t k = 0;
    for (; k + kLanes <= count; k += kLanes) {
        __m256 row[kLanes];
        for (int64_t r = 0; r < kLanes; ++r)
            row[r] = r < used ? _mm256_loadu_ps(from + r * stride + k) : _mm256_setzero_ps();
        transpose(row);
        for (int64_t i = 0; i < kLanes; ++i) {
            float* const out = to + (k + i) * width;
            if (kept == kLanes)
                _mm256_storeu_ps(out, row[i]);
            else
                storeSix(out, row[i]);
        }
    }
    for (; k < count; ++k) {
        for (int64_t r = 0; r < kept; ++r) to[k * width + r] = r < used ? from[r * stride + k] : 0.0F;
    }
}

}  // namespace

bool packsStrips() {
    static const bool packs = __builtin_cpu_supports("avx2") && tileKernels().panel_width == 2 * kLanes;
    return packs;
}

void packStrip(const float* from, int64_t stride, int64_t used, int64_t count, float* to, int64_t width) {
    for (int64_t r = 0; r < width; r += kLanes)
        packEight(from + r * stride, stride, std::max<int64_t>(0, used - r), count, to + r, width);
}

}  // namespace optirs::cpu

#else

namespace optirs::cpu {

bool packsStrips() { return false; }

void packStrip(const float* /*from*/, int64_t /*stride*/, int64_t /*used*/, int64_t /*count*/, float* /*to*/,
               int64_t /*width*/) {}

}  // namespace optirs::cpu

#endif
