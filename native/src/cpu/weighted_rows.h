// The right operand of a product whose weights may be masked.
#pragma once

#include <vector>

#include "src/cpu/tile_gemm.h"

namespace optirs::cpu {

/// Rows that are added up by weights. A weight of 0, as masks give it, takes nothing from a row, whatever
/// lies there: rows that are not all finite stand among the packed ones as 0, and are added by themselves.
class WeightedRows {
 public:
    /// Packs `count` rows that are `stride` apart into `packed`, in place of the rows of before.
    void pack(const float* rows, int64_t stride, int64_t count, int64_t width, float* packed);

    /// results[m, width] += weights[m, k] times k rows from `first` on; `results` has room for whole panels.
    void addTo(const LeftOperand& weights, int64_t first, int64_t m, int64_t k, float* results,
               int64_t stride) const;

 private:
    const float* packed_ = nullptr;
    int64_t count_ = 0, width_ = 0;
    std::vector<int64_t> strays_;  // numbers of the rows that are not all finite, ascending,
    std::vector<float> values_;    // and their elements
};

}  // namespace optirs::cpu
