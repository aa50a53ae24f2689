#include "src/cpu/transpose.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/transpose.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each target
// After foreach_target.h:
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr int64_t kTile = 16;

void transposeAny(const uint8_t* from, int64_t from_stride, int64_t rows, int64_t columns, uint8_t* to,
                  int64_t to_stride) {
    for (int64_t c = 0; c < columns; ++c) {
        for (int64_t r = 0; r < rows; ++r) {
            to[c * to_stride + r] = from[r * from_stride + c];
        }
    }
}

void transposeTile(const uint8_t* from, int64_t from_stride, uint8_t* to, int64_t to_stride) {
#if HWY_TARGET == HWY_SCALAR
    transposeAny(from, from_stride, kTile, kTile, to, to_stride);
#else
    const hn::Full128<uint8_t> d;
    hn::Vec<decltype(d)> row[kTile];
    for (int64_t i = 0; i < kTile; ++i) {
        row[i] = hn::LoadU(d, from + i * from_stride);
    }
    // Interleaving row i with row i + 8 rotates the bits of the byte's number (row, column) by one; four
    // times exchanges row and column.
    for (int round = 0; round < 4; ++round) {
        hn::Vec<decltype(d)> next[kTile];
        for (int64_t i = 0; i < kTile / 2; ++i) {
            next[2 * i] = hn::InterleaveLower(d, row[i], row[i + kTile / 2]);
            next[2 * i + 1] = hn::InterleaveUpper(d, row[i], row[i + kTile / 2]);
        }
        for (int64_t i = 0; i < kTile; ++i) {
            row[i] = next[i];
        }
    }
    for (int64_t i = 0; i < kTile; ++i) {
        hn::StoreU(row[i], d, to + i * to_stride);
    }
#endif
}

void transposeBytesHere(const uint8_t* from, int64_t from_stride, int64_t rows, int64_t columns, uint8_t* to,
                        int64_t to_stride) {
    const int64_t whole_rows = rows / kTile * kTile;
    const int64_t whole_columns = columns / kTile * kTile;
    for (int64_t c = 0; c < whole_columns; c += kTile) {
        for (int64_t r = 0; r < whole_rows; r += kTile) {
            transposeTile(from + r * from_stride + c, from_stride, to + c * to_stride + r, to_stride);
        }
    }
    transposeAny(from + whole_columns, from_stride, rows, columns - whole_columns,
                 to + whole_columns * to_stride, to_stride);
    transposeAny(from + whole_rows * from_stride, from_stride, rows - whole_rows, whole_columns,
                 to + whole_rows, to_stride);
}

}  // namespace
}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace optirs::cpu {

HWY_EXPORT(transposeBytesHere);

void transposeBytes(const uint8_t* from, int64_t from_stride, int64_t rows, int64_t columns, uint8_t* to,
                    int64_t to_stride) {
    HWY_DYNAMIC_DISPATCH(transposeBytesHere)(from, from_stride, rows, columns, to, to_stride);
}

}  // namespace optirs::cpu
#endif
