#include "src/cpu/pack_block.h"

#include <algorithm>
#include <cstring>

#include "src/cpu/tile_kernels.h"

#ifdef __x86_64__

#include <immintrin.h>

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

/// Rows whose values of k follow each other: to[k * width + r] = from[r * stride + k], 0 for r >= used.
void packRows(const float* from, int64_t stride, int64_t used, int64_t count, float* to, int64_t width) {
    for (int64_t r = 0; r < width; r += kLanes)
        packEight(from + r * stride, stride, std::max<int64_t>(0, used - r), count, to + r, width);
}

/// One strip, its rows or columns anywhere.
void packStrip(const PackedSide& side, const float* from, int64_t used, int64_t steps, float* to) {
    if (side.k_stride == 1) return packRows(from, side.stride, used, steps, to, side.width);
    if (used < side.width) std::fill(to, to + steps * side.width, 0.0F);
    for (int64_t k = 0; k < steps; k += kPackedTogether) {
        const int64_t end = std::min(steps, k + kPackedTogether);
        for (int64_t c = 0; c < used; ++c) {
            for (int64_t i = k; i < end; ++i)
                to[i * side.width + c] = from[i * side.k_stride + c * side.stride];
        }
    }
}

/// All strips, whose rows or columns lie side by side.
template <int64_t kWidth>
void packAcross(const PackedSide& side, const float* from, int64_t count, int64_t steps, float* to,
                int64_t pitch) {
    for (int64_t k = 0; k < steps; k += kPackedTogether) {
        const int64_t end = std::min(steps, k + kPackedTogether);
        for (int64_t first = 0; first < count; first += kWidth) {
            const int64_t used = std::min(kWidth, count - first);
            float* out = to + first / kWidth * pitch + k * kWidth;
            const float* in = from + k * side.k_stride + first;
            for (int64_t i = k; i < end; ++i, out += kWidth, in += side.k_stride) {
                // Rows of k are far apart: what the processor fetches ahead by itself ends with each.
                __builtin_prefetch(in + kPackedTogether * side.k_stride);
                if (used == kWidth) {
                    std::memcpy(out, in, kWidth * sizeof(float));
                } else {
                    std::copy_n(in, used, out);
                    std::fill(out + used, out + kWidth, 0.0F);
                }
            }
        }
    }
}

}  // namespace

bool packsPanels() {
    static const bool packs = __builtin_cpu_supports("avx2") && tileKernels().panel_width >= 2 * kLanes;
    return packs;
}

bool packsBlocks() { return packsPanels() && tileKernels().panel_width == 2 * kLanes; }

void packBlock(const PackedSide& side, const float* from, int64_t count, int64_t steps, float* to,
               int64_t pitch) {
    if (side.stride != 1) {
        for (int64_t first = 0; first < count; first += side.width, to += pitch)
            packStrip(side, from + first * side.stride, std::min(side.width, count - first), steps, to);
    } else if (side.width == 6) {
        packAcross<6>(side, from, count, steps, to, pitch);
    } else if (side.width == 16) {
        packAcross<16>(side, from, count, steps, to, pitch);
    } else {
        packAcross<32>(side, from, count, steps, to, pitch);
    }
}

}  // namespace optirs::cpu

#else

namespace optirs::cpu {

bool packsBlocks() { return false; }
bool packsPanels() { return false; }

void packBlock(const PackedSide& /*side*/, const float* /*from*/, int64_t /*count*/, int64_t /*steps*/,
               float* /*to*/, int64_t /*pitch*/) {}

}  // namespace optirs::cpu

#endif
