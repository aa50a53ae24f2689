#include "src/cpu/weighted_rows.h"

#include <algorithm>
#include <bit>

#include "src/cpu/attention_rows.h"

namespace optirs::cpu {
namespace {

/// Rows of weights and results that stay in the first cache while all of the width passes by.
constexpr int64_t kRowsTogether = 96;

/// By the exponents, without a branch for each element.
bool isFinite(const float* row, int64_t width) {
    constexpr uint32_t kExponent = 0x7f800000U;
    uint32_t found = 0;
    for (int64_t i = 0; i < width; ++i) {
        found |= static_cast<uint32_t>((std::bit_cast<uint32_t>(row[i]) & kExponent) == kExponent);
    }
    return found == 0;
}

}  // namespace

void WeightedRows::pack(const float* rows, int64_t stride, int64_t count, int64_t width, float* packed) {
    packPanels(rows, stride, 1, count, width, packed);
    packed_ = packed;
    count_ = count;
    width_ = width;
    strays_.clear();
    values_.clear();
    const int64_t panel = panelWidth();
    for (int64_t i = 0; i < count; ++i) {
        const float* row = rows + i * stride;
        if (isFinite(row, width)) {
            continue;
        }
        strays_.push_back(i);
        values_.insert(values_.end(), row, row + width);
        for (int64_t first = 0; first < width; first += panel) {
            std::fill_n(packed + first * count + i * panel, panel, 0.0F);
        }
    }
}

void WeightedRows::addTo(const LeftOperand& weights, int64_t first, int64_t m, int64_t k, float* results,
                         int64_t stride) const {
    for (int64_t row = 0; row < m; row += kRowsTogether) {
        const LeftOperand part{weights.data + row * weights.row_stride, weights.row_stride,
                               weights.column_stride};
        multiplyTile(part, packed_, count_, first, std::min(kRowsTogether, m - row), width_, k, true,
                     results + row * stride, stride);
    }
    const auto begin = std::lower_bound(strays_.begin(), strays_.end(), first);
    for (auto stray = begin; stray != strays_.end() && *stray < first + k; ++stray) {
        addScaledRow(weights.data + (*stray - first) * weights.column_stride, weights.row_stride, m,
                     values_.data() + (stray - strays_.begin()) * width_, width_, results, stride);
    }
}

}  // namespace optirs::cpu
