#include <immintrin.h>

#include <cstring>
#include <utility>

#include "pjrt_cpu/runtime/tile_kernels_bf16.h"

#define OPTIRS_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))

namespace optirs::plugin {
namespace {

using cpu::TileBlock;
using cpu::TileKernels;

// 12 rows of 32 columns: 24 accumulators, two vectors of the right operand and one of the left.
constexpr int kRows = 12;
constexpr int64_t kLanes = 16;
constexpr int64_t kPanelWidth = 2 * kLanes;

struct Masks {
    explicit Masks(int64_t width) {
        const auto mask = static_cast<uint32_t>((uint64_t{1} << width) - 1);
        low = static_cast<__mmask16>(mask);
        high = static_cast<__mmask16>(mask >> kLanes);
    }
    __mmask16 low, high;
};

template <int kCount>
OPTIRS_AVX512_BF16 void storeNarrow(const TileBlock& block, __m512 (&sum)[kCount][2]) {
    const Masks masks(block.width);
    for (int r = 0; r < kCount; ++r) {
        std::byte* row = block.out + r * block.out_bytes;
        auto* to = reinterpret_cast<uint16_t*>(row);
        _mm256_mask_storeu_epi16(to, masks.low, reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(sum[r][0])));
        _mm256_mask_storeu_epi16(to + kLanes, masks.high,
                                 reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(sum[r][1])));
    }
}

template <int kCount>
OPTIRS_AVX512_BF16 void storeWide(const TileBlock& block, __m512 (&sum)[kCount][2]) {
    const Masks masks(block.width);
    for (int r = 0; r < kCount; ++r) {
        auto* to = reinterpret_cast<float*>(block.out + r * block.out_bytes);
        if (block.accumulate) {
            sum[r][0] = _mm512_add_ps(sum[r][0], _mm512_maskz_loadu_ps(masks.low, to));
            sum[r][1] = _mm512_add_ps(sum[r][1], _mm512_maskz_loadu_ps(masks.high, to + kLanes));
        }
        _mm512_mask_storeu_ps(to, masks.low, sum[r][0]);
        _mm512_mask_storeu_ps(to + kLanes, masks.high, sum[r][1]);
    }
}

template <int kCount>
OPTIRS_AVX512_BF16 void multiplyBf16(const TileBlock& block) {
    __m512 sum[kCount][2];
    for (int r = 0; r < kCount; ++r) sum[r][0] = sum[r][1] = _mm512_setzero_ps();
    const auto* right = reinterpret_cast<const uint16_t*>(block.right);
    const std::byte* left = block.left;
    for (int64_t k = 0; k < block.steps; ++k, right += 2 * kPanelWidth, left += block.left_step) {
        const auto b0 = reinterpret_cast<__m512bh>(_mm512_loadu_si512(right));
        const auto b1 = reinterpret_cast<__m512bh>(_mm512_loadu_si512(right + 2 * kLanes));
        for (int r = 0; r < kCount; ++r) {
            int32_t pair;
            std::memcpy(&pair, left + r * block.left_bytes, sizeof pair);
            const auto a = reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair));
            sum[r][0] = _mm512_dpbf16_ps(sum[r][0], a, b0);
            sum[r][1] = _mm512_dpbf16_ps(sum[r][1], a, b1);
        }
    }
    if (block.narrow)
        storeNarrow<kCount>(block, sum);
    else
        storeWide<kCount>(block, sum);
}

template <int... kCounts>
const TileKernels* kernelsOf(std::integer_sequence<int, kCounts...> /*counts*/) {
    static constexpr cpu::TileKernel kKernels[] = {&multiplyBf16<kCounts + 1>...};
    static constexpr TileKernels kAll{kRows, kPanelWidth, true, kKernels};
    return &kAll;
}

}  // namespace

const TileKernels* tileKernelsBf16() {
    static const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                            __builtin_cpu_supports("avx512bf16");
    return has ? kernelsOf(std::make_integer_sequence<int, kRows>()) : nullptr;
}

}  // namespace optirs::plugin
