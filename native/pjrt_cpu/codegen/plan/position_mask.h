/// @file
/// Predicates over the rows and columns of a matrix that depend on their distance only, as causal masks do.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "pjrt_cpu/ir/operation.h"

namespace optirs::plugin {

/// Distances column - row from `low` to before `high`.
struct Distances {
    static constexpr int64_t kEverything = int64_t{1} << 40;
    int64_t low = -kEverything;
    int64_t high = kEverything;

    bool isUnbounded() const { return high == kEverything; }
    /// Whether every one of the rows has a column at such a distance.
    bool meetEveryRow(int64_t rows, int64_t columns) const;
};

/// Distances at which the predicate is certainly `wanted`; none when nothing is known. `dims`: where the
/// predicate's dimensions lie in the matrix, counted from its last dimension (0: column, 1: row).
std::optional<Distances> distancesWhere(const Value* predicate, bool wanted,
                                        const std::vector<int64_t>& dims);

}  // namespace optirs::plugin
