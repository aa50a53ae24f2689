// The map of 8-bit optimizer states (kernel_optimizer.h): the values that codes stand for, from 0 to 1.
//
// Decade e, from 10^(e-7) to 10^(e-6), is cut into first 2^e cells, whose midpoints are values; decade 7 is
// the value 1 alone. They are numbered from 1 on, so that number + first - 1 = first 2^e + cell: its exponent
// as a float tells the decade, its mantissa the cell. Number 0 is the value 0. Every backend computes values
// and numbers by this rule; a table of all values would cost an access to memory for each of them.
#pragma once

#include <cstdint>

namespace optirs {

inline constexpr int64_t kStateBlock = 256;  // elements under one scale

/// value = cell / cells * width + base; from bound on a number is nearer to the decade than to what is below
/// it; cell = number * slope - offset, rounded down.
struct Decade {
    float width;
    float base;
    float bound;
    float slope;
    float offset;
};

/// With a sign, code 127 is 0, 127 + n the value of number n, and 127 - n the same below 0, of which there
/// are 127: -1 has no code. Without, the code is the number.
struct StateMap {
    static constexpr int kDecades = 8;
    static constexpr int kZero = 127;  // the code of 0, with a sign

    Decade decades[kDecades];
};

/// Cells of decade 0.
constexpr int firstCells(bool has_sign) { return has_sign ? 1 : 2; }

constexpr StateMap stateMap(bool has_sign) {
    constexpr double kTops[StateMap::kDecades] = {1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10};
    StateMap map = {};
    double last = 0;  // the greatest value so far
    for (int e = 0; e < StateMap::kDecades; ++e) {
        const double cells = firstCells(has_sign) * (1 << e);
        const double top = kTops[e];
        const bool is_one = e + 1 == StateMap::kDecades;
        const double smallest = is_one ? 1 : (0.1 + 0.45 / cells) * top;
        map.decades[e].width = is_one ? 0 : static_cast<float>(0.9 * top);
        map.decades[e].base = static_cast<float>(smallest);
        map.decades[e].bound = static_cast<float>((last + smallest) / 2);
        map.decades[e].slope = is_one ? 0 : static_cast<float>(cells / (0.9 * top));
        map.decades[e].offset = is_one ? 0 : static_cast<float>(cells / 9);
        last = (1 - 0.45 / cells) * top;
    }
    return map;
}

}  // namespace optirs
