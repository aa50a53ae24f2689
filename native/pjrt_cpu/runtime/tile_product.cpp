#include "pjrt_cpu/runtime/tile_product.h"

#include <immintrin.h>

#include <algorithm>
#include <cstring>
#include <utility>

#define OPTIRS_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#define OPTIRS_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))

namespace optirs::plugin {
namespace {

// 12 rows of 32 columns: 24 accumulators, two vectors of the right operand and one of the left.
constexpr int kRows = 12;
constexpr int64_t kLanes = 16;

int64_t depth(ElementType type, int64_t k) { return type == ElementType::kBF16 ? (k + 1) / 2 * 2 : k; }

struct Block {
    const std::byte* left;
    int64_t left_bytes;  // from row to row
    const std::byte* right;
    std::byte* out;
    int64_t out_bytes;
    int64_t steps;  // of k: one row of the right operand, or a pair of bf16 rows
    __mmask16 low, high;
    bool accumulate, narrow;
};

template <int kCount>
OPTIRS_AVX512_BF16 void storeNarrow(const Block& block, __m512 (&sum)[kCount][2]) {
    for (int r = 0; r < kCount; ++r) {
        std::byte* row = block.out + r * block.out_bytes;
        auto* to = reinterpret_cast<uint16_t*>(row);
        _mm256_mask_storeu_epi16(to, block.low, reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(sum[r][0])));
        _mm256_mask_storeu_epi16(to + kLanes, block.high,
                                 reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(sum[r][1])));
    }
}

template <int kCount>
OPTIRS_AVX512 void storeWide(const Block& block, __m512 (&sum)[kCount][2]) {
    for (int r = 0; r < kCount; ++r) {
        auto* to = reinterpret_cast<float*>(block.out + r * block.out_bytes);
        if (block.accumulate) {
            sum[r][0] = _mm512_add_ps(sum[r][0], _mm512_maskz_loadu_ps(block.low, to));
            sum[r][1] = _mm512_add_ps(sum[r][1], _mm512_maskz_loadu_ps(block.high, to + kLanes));
        }
        _mm512_mask_storeu_ps(to, block.low, sum[r][0]);
        _mm512_mask_storeu_ps(to + kLanes, block.high, sum[r][1]);
    }
}

template <int kCount>
OPTIRS_AVX512 void multiplyF32(const Block& block) {
    __m512 sum[kCount][2];
    for (int r = 0; r < kCount; ++r) sum[r][0] = sum[r][1] = _mm512_setzero_ps();
    const auto* right = reinterpret_cast<const float*>(block.right);
    const std::byte* left = block.left;
    for (int64_t k = 0; k < block.steps; ++k, right += kPanelWidth, left += sizeof(float)) {
        const __m512 b0 = _mm512_loadu_ps(right);
        const __m512 b1 = _mm512_loadu_ps(right + kLanes);
        for (int r = 0; r < kCount; ++r) {
            float value;
            std::memcpy(&value, left + r * block.left_bytes, sizeof value);
            const __m512 a = _mm512_set1_ps(value);
            sum[r][0] = _mm512_fmadd_ps(a, b0, sum[r][0]);
            sum[r][1] = _mm512_fmadd_ps(a, b1, sum[r][1]);
        }
    }
    storeWide<kCount>(block, sum);
}

template <int kCount>
OPTIRS_AVX512_BF16 void multiplyBf16(const Block& block) {
    __m512 sum[kCount][2];
    for (int r = 0; r < kCount; ++r) sum[r][0] = sum[r][1] = _mm512_setzero_ps();
    const auto* right = reinterpret_cast<const uint16_t*>(block.right);
    const std::byte* left = block.left;
    for (int64_t k = 0; k < block.steps; ++k, right += 2 * kPanelWidth, left += 2 * sizeof(uint16_t)) {
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

using Kernel = void (*)(const Block&);

template <bool kBf16, int... kCounts>
Kernel kernelOf(int rows, std::integer_sequence<int, kCounts...> /*counts*/) {
    static constexpr Kernel kKernels[] = {
        (kBf16 ? &multiplyBf16<kCounts + 1> : &multiplyF32<kCounts + 1>)...};
    return kKernels[rows - 1];
}

/// packRight for contiguous bf16 rows, an even number of them.
void interleave(const StridedMatrix& from, int64_t k, int64_t n, std::byte* to) {
    const auto* in = reinterpret_cast<const uint16_t*>(from.data);
    auto* out = reinterpret_cast<uint32_t*>(to);
    for (int64_t first = 0; first < n; first += kPanelWidth) {
        const int64_t width = std::min(n - first, kPanelWidth);
        for (int64_t r = 0; r < k; r += 2, out += kPanelWidth) {
            const uint16_t* even = in + r * from.row_stride + first;
            const uint16_t* odd = even + from.row_stride;
            for (int64_t c = 0; c < width; ++c) out[c] = even[c] | static_cast<uint32_t>(odd[c]) << 16;
            for (int64_t c = width; c < kPanelWidth; ++c) out[c] = 0;
        }
    }
}

}  // namespace

bool hasTileProduct(ElementType type) {
    static const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    static const bool narrow = wide && __builtin_cpu_supports("avx512bf16");
    return type == ElementType::kF32 ? wide : type == ElementType::kBF16 && narrow;
}

int64_t packedRightBytes(ElementType type, int64_t k, int64_t n) {
    return (n + kPanelWidth - 1) / kPanelWidth * kPanelWidth * depth(type, k) * byteWidth(type);
}

void packRight(ElementType type, const StridedMatrix& from, int64_t k, int64_t n, std::byte* to) {
    const int64_t rows = depth(type, k);
    if (type == ElementType::kBF16 && from.column_stride == 1 && k % 2 == 0)
        return interleave(from, k, n, to);
    const auto pack = [&](auto* out, const auto* in, int64_t group) {
        for (int64_t first = 0; first < n; first += kPanelWidth, out += rows * kPanelWidth) {
            const int64_t width = std::min(n - first, kPanelWidth);
            if (width < kPanelWidth || rows > k) std::fill(out, out + rows * kPanelWidth, 0);
            for (int64_t r = 0; r < k; ++r) {
                const auto* source = in + r * from.row_stride + first * from.column_stride;
                auto* target = out + r / group * group * kPanelWidth + r % group;
                for (int64_t c = 0; c < width; ++c) target[c * group] = source[c * from.column_stride];
            }
        }
    };
    if (type == ElementType::kBF16)
        pack(reinterpret_cast<uint16_t*>(to), reinterpret_cast<const uint16_t*>(from.data), 2);
    else
        pack(reinterpret_cast<uint32_t*>(to), reinterpret_cast<const uint32_t*>(from.data), 1);
}

void packLeft(ElementType type, const StridedMatrix& from, int64_t m, int64_t k, std::byte* to,
              int64_t stride) {
    const auto pack = [&](auto* out, const auto* in) {
        for (int64_t r = 0; r < m; ++r) {
            for (int64_t c = 0; c < k; ++c)
                out[r * stride + c] = in[r * from.row_stride + c * from.column_stride];
            for (int64_t c = k; c < depth(type, k); ++c) out[r * stride + c] = 0;
        }
    };
    if (type == ElementType::kBF16)
        pack(reinterpret_cast<uint16_t*>(to), reinterpret_cast<const uint16_t*>(from.data));
    else
        pack(reinterpret_cast<uint32_t*>(to), reinterpret_cast<const uint32_t*>(from.data));
}

void multiply(const TileProduct& p) {
    const bool bf16 = p.operand == ElementType::kBF16;
    const int64_t panel_bytes = depth(p.operand, p.right_rows) * kPanelWidth * byteWidth(p.operand);
    Block block{};
    block.left_bytes = p.left_stride * byteWidth(p.operand);
    block.out_bytes = p.out_stride * byteWidth(p.out_type);
    block.steps = bf16 ? (p.k + 1) / 2 : p.k;
    block.accumulate = p.accumulate;
    block.narrow = p.out_type == ElementType::kBF16;
    // A panel stays in the first cache while all rows pass by it.
    for (int64_t n = 0; n < p.n; n += kPanelWidth) {
        const int64_t width = std::min(p.n - n, kPanelWidth);
        const auto mask = static_cast<uint32_t>((uint64_t{1} << width) - 1);
        block.low = static_cast<__mmask16>(mask);
        block.high = static_cast<__mmask16>(mask >> kLanes);
        block.right = p.right + n / kPanelWidth * panel_bytes;
        for (int64_t m = 0; m < p.m; m += kRows) {
            const auto rows = static_cast<int>(std::min<int64_t>(p.m - m, kRows));
            block.left = p.left + m * block.left_bytes;
            block.out = p.out + m * block.out_bytes + n * byteWidth(p.out_type);
            constexpr std::make_integer_sequence<int, kRows> kAll;
            (bf16 ? kernelOf<true>(rows, kAll) : kernelOf<false>(rows, kAll))(block);
        }
    }
}

}  // namespace optirs::plugin
