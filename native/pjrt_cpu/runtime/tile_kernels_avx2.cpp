#include <immintrin.h>

#include <cstring>
#include <utility>

#include "pjrt_cpu/runtime/half.h"
#include "pjrt_cpu/runtime/tile_kernels.h"

#define OPTIRS_AVX2 __attribute__((target("avx2,fma")))

namespace optirs::plugin {
namespace {

// 6 rows of 16 columns: 12 accumulators, two vectors of the right operand and one of the left.
constexpr int kRows = 6;
constexpr int64_t kLanes = 8;
constexpr int64_t kPanelWidth = 2 * kLanes;

/// Edges and bf16, by way of memory.
template <int kCount>
OPTIRS_AVX2 void storePart(const TileBlock& block, __m256 (&sum)[kCount][2]) {
    alignas(32) float row[kPanelWidth];
    for (int r = 0; r < kCount; ++r) {
        _mm256_store_ps(row, sum[r][0]);
        _mm256_store_ps(row + kLanes, sum[r][1]);
        std::byte* out = block.out + r * block.out_bytes;
        if (block.narrow) {
            auto* to = reinterpret_cast<uint16_t*>(out);
            for (int64_t c = 0; c < block.width; ++c) to[c] = floatToBf16(row[c]);
        } else {
            auto* to = reinterpret_cast<float*>(out);
            for (int64_t c = 0; c < block.width; ++c) to[c] = block.accumulate ? to[c] + row[c] : row[c];
        }
    }
}

template <int kCount>
OPTIRS_AVX2 void multiplyF32(const TileBlock& block) {
    __m256 sum[kCount][2];
    for (int r = 0; r < kCount; ++r) sum[r][0] = sum[r][1] = _mm256_setzero_ps();
    const auto* right = reinterpret_cast<const float*>(block.right);
    const std::byte* left = block.left;
    const int64_t step = block.left_step;
    // The rows of the result arrive while the sums are made.
    for (int r = 0; r < kCount; ++r) __builtin_prefetch(block.out + r * block.out_bytes, 1);
    for (int64_t k = 0; k < block.steps; ++k, right += kPanelWidth, left += step) {
        const __m256 b0 = _mm256_loadu_ps(right);
        const __m256 b1 = _mm256_loadu_ps(right + kLanes);
        for (int r = 0; r < kCount; ++r) {
            float value;
            std::memcpy(&value, left + r * block.left_bytes, sizeof value);
            const __m256 a = _mm256_set1_ps(value);
            sum[r][0] = _mm256_fmadd_ps(a, b0, sum[r][0]);
            sum[r][1] = _mm256_fmadd_ps(a, b1, sum[r][1]);
        }
    }
    if (block.narrow || block.width < kPanelWidth) return storePart<kCount>(block, sum);
    for (int r = 0; r < kCount; ++r) {
        auto* to = reinterpret_cast<float*>(block.out + r * block.out_bytes);
        if (block.accumulate) {
            sum[r][0] = _mm256_add_ps(sum[r][0], _mm256_loadu_ps(to));
            sum[r][1] = _mm256_add_ps(sum[r][1], _mm256_loadu_ps(to + kLanes));
        }
        _mm256_storeu_ps(to, sum[r][0]);
        _mm256_storeu_ps(to + kLanes, sum[r][1]);
    }
}

template <int... kCounts>
const TileKernels* kernelsOf(std::integer_sequence<int, kCounts...> /*counts*/) {
    static constexpr TileKernel kKernels[] = {&multiplyF32<kCounts + 1>...};
    static constexpr TileKernels kAll{kRows, kPanelWidth, false, kKernels};
    return &kAll;
}

}  // namespace

const TileKernels* tileKernelsAvx2() {
    static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return has ? kernelsOf(std::make_integer_sequence<int, kRows>{}) : nullptr;
}

}  // namespace optirs::plugin
