#include "pjrt_cpu/runtime/tile_product.h"

#include <algorithm>
#include <cstring>

#include "pjrt_cpu/runtime/half.h"
#include "pjrt_cpu/runtime/onednn.h"
#include "pjrt_cpu/runtime/tile_kernels_bf16.h"
#include "src/cpu/pack_block.h"

namespace optirs::plugin {
namespace {

using cpu::TileBlock;
using cpu::TileKernels;

/// bf16 operands become f32 where the processor does not multiply pairs of bf16.
const TileKernels& kernelsFor(ElementType type) {
    return type == ElementType::kBF16 && tileKernelsBf16() != nullptr ? *tileKernelsBf16()
                                                                      : cpu::tileKernels();
}

int64_t depth(const TileKernels& kernels, int64_t k) { return kernels.pairs ? (k + 1) / 2 * 2 : k; }

int64_t operandBytes(const TileKernels& kernels) { return kernels.pairs ? 2 : 4; }

uint32_t widen(uint16_t bits) { return static_cast<uint32_t>(bits) << 16; }

/// packRight for contiguous bf16 rows, an even number of them, as pairs.
void interleave(const StridedMatrix& from, int64_t panel_width, int64_t k, int64_t n, std::byte* to) {
    const auto* in = reinterpret_cast<const uint16_t*>(from.data);
    auto* out = reinterpret_cast<uint32_t*>(to);
    for (int64_t first = 0; first < n; first += panel_width) {
        const int64_t width = std::min(n - first, panel_width);
        for (int64_t r = 0; r < k; r += 2, out += panel_width) {
            const uint16_t* even = in + r * from.row_stride + first;
            const uint16_t* odd = even + from.row_stride;
            for (int64_t c = 0; c < width; ++c) out[c] = even[c] | static_cast<uint32_t>(odd[c]) << 16;
            for (int64_t c = width; c < panel_width; ++c) out[c] = 0;
        }
    }
}

/// packRight in general. `group`: rows that are interleaved.
template <class To, class From, class Convert>
void packPanels(const StridedMatrix& from, int64_t panel_width, int64_t rows, int64_t group, int64_t k,
                int64_t n, std::byte* to, Convert convert) {
    const auto* in = reinterpret_cast<const From*>(from.data);
    auto* out = reinterpret_cast<To*>(to);
    for (int64_t first = 0; first < n; first += panel_width, out += rows * panel_width) {
        const int64_t width = std::min(n - first, panel_width);
        if (width < panel_width || rows > k) std::fill(out, out + rows * panel_width, To{0});
        for (int64_t r = 0; r < k; ++r) {
            const From* source = in + r * from.row_stride + first * from.column_stride;
            To* target = out + r / group * group * panel_width + r % group;
            for (int64_t c = 0; c < width; ++c) target[c * group] = convert(source[c * from.column_stride]);
        }
    }
}

/// The left operand of bf16 as f32, in memory of this thread.
const std::byte* widenLeft(const TileProduct& p) {
    auto* wide = reinterpret_cast<uint32_t*>(
        threadScratch(ScratchSlot::kWide, static_cast<size_t>(p.m * p.k) * sizeof(uint32_t)));
    for (int64_t m = 0; m < p.m; ++m) {
        const auto* row = reinterpret_cast<const uint16_t*>(p.left) + m * p.left_stride;
        for (int64_t k = 0; k < p.k; ++k) wide[m * p.k + k] = widen(row[k]);
    }
    return reinterpret_cast<const std::byte*>(wide);
}

}  // namespace

int64_t packedRightBytes(ElementType type, int64_t k, int64_t n) {
    const TileKernels& kernels = kernelsFor(type);
    const int64_t columns = (n + kernels.panel_width - 1) / kernels.panel_width * kernels.panel_width;
    return columns * depth(kernels, k) * operandBytes(kernels);
}

void packRight(ElementType type, const StridedMatrix& from, int64_t k, int64_t n, std::byte* to) {
    const TileKernels& kernels = kernelsFor(type);
    const int64_t width = kernels.panel_width;
    const int64_t rows = depth(kernels, k);
    const auto same = [](auto bits) { return bits; };
    if (type == ElementType::kBF16) {
        if (!kernels.pairs) return packPanels<uint32_t, uint16_t>(from, width, rows, 1, k, n, to, widen);
        if (from.column_stride == 1 && k % 2 == 0) return interleave(from, width, k, n, to);
        return packPanels<uint16_t, uint16_t>(from, width, rows, 2, k, n, to, same);
    }
    if (cpu::packsPanels()) {
        return cpu::packBlock({width, from.column_stride, from.row_stride},
                              reinterpret_cast<const float*>(from.data), n, k, reinterpret_cast<float*>(to),
                              k * width);
    }
    packPanels<uint32_t, uint32_t>(from, width, rows, 1, k, n, to, same);
}

void packLeft(ElementType type, const StridedMatrix& from, int64_t m, int64_t k, std::byte* to,
              int64_t stride) {
    const auto pack = [&](auto* out, const auto* in, int64_t filled) {
        for (int64_t r = 0; r < m; ++r) {
            for (int64_t c = 0; c < k; ++c)
                out[r * stride + c] = in[r * from.row_stride + c * from.column_stride];
            for (int64_t c = k; c < filled; ++c) out[r * stride + c] = 0;
        }
    };
    if (type == ElementType::kBF16)
        pack(reinterpret_cast<uint16_t*>(to), reinterpret_cast<const uint16_t*>(from.data), (k + 1) / 2 * 2);
    else
        pack(reinterpret_cast<uint32_t*>(to), reinterpret_cast<const uint32_t*>(from.data), k);
}

void multiply(const TileProduct& p) {
    const TileKernels& kernels = kernelsFor(p.operand);
    const bool widens = p.operand == ElementType::kBF16 && !kernels.pairs;
    const std::byte* const left = widens ? widenLeft(p) : p.left;
    const int64_t panel_bytes = depth(kernels, p.right_rows) * kernels.panel_width * operandBytes(kernels);
    TileBlock block{};
    block.left_bytes = (widens ? p.k : p.left_stride) * operandBytes(kernels);
    block.left_step = (kernels.pairs ? 2 : p.left_step) * operandBytes(kernels);
    block.out_bytes = p.out_stride * byteWidth(p.out_type);
    block.steps = kernels.pairs ? (p.k + 1) / 2 : p.k;
    block.accumulate = p.accumulate;
    block.narrow = p.out_type == ElementType::kBF16;
    block.left = left;
    block.right = p.right;
    block.out = p.out;
    cpu::multiplyPanels(kernels, block, p.m, p.n, kernels.rows * block.left_bytes, panel_bytes,
                        byteWidth(p.out_type));
}

}  // namespace optirs::plugin
