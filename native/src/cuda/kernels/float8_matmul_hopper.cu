// Matrix products of 8-bit floats for Hopper, with sums in f32. The tensor cores keep about 14 bits of a sum:
// each 128 elements of k are multiplied by their scales and added to a second set of registers (DeepSeek-V3,
// 2024, section 3.3.2), unless fast sums are asked for. A block has three warp groups: one fetches tiles of
// 128 x 128 by TMA into a ring of slots, two have 64 rows of the result each, and take turns by themselves:
// one adds while the other's products run. Unverified on hardware.
#include "float8_matmul_hopper_arguments.h"
#include "product_result.cuh"
#include "wgmma_float8.cuh"

namespace optirs::cuda {
namespace {

using Float8Place = RingPlace<kFloat8Slots>;

/// Addresses in shared memory.
struct Float8Memory {
    uint32_t slots;

    __device__ __forceinline__ uint32_t a(uint32_t slot) const { return slots + slot * 2 * kFloat8TileBytes; }
    __device__ __forceinline__ uint32_t b(uint32_t slot) const { return a(slot) + kFloat8TileBytes; }
    /// Barriers: the slot's tiles are there; nobody needs them any more.
    __device__ __forceinline__ uint32_t isFull(uint32_t slot) const { return a(kFloat8Slots) + slot * 16; }
    __device__ __forceinline__ uint32_t isFree(uint32_t slot) const { return isFull(slot) + 8; }

    __device__ __forceinline__ void makeBarriers() const {
        for (uint32_t slot = 0; slot < kFloat8Slots; ++slot) {
            makeBarrier(isFull(slot), 1);
            makeBarrier(isFree(slot), kFloat8Groups * kWarpGroup / kWarp);
        }
    }
};

/// A tile of the result.
struct Float8Tile {
    int batch;
    int row;
    int column;
};

/// How the result is cut into tiles.
struct Float8Tiles {
    int64_t down;
    int64_t across;
    int64_t count;

    __device__ __forceinline__ explicit Float8Tiles(const Float8MatmulArguments& arguments)
        : down((arguments.result.rows + kFloat8Tile - 1) / kFloat8Tile),
          across((arguments.result.columns + kFloat8Tile - 1) / kFloat8Tile),
          count(down * across * arguments.batch) {}

    /// Bands of rows, each column by column: tiles that are computed together share operands in the cache.
    __device__ __forceinline__ Float8Tile at(int64_t number) const {
        constexpr int64_t kBand = 12;  // about the root of the multiprocessors
        const int64_t place = number % (down * across);
        const int64_t first = place / (kBand * across) * kBand;
        const int64_t height = down - first < kBand ? down - first : kBand;
        const int64_t within = place - first * across;
        return {static_cast<int>(number / (down * across)),
                static_cast<int>(first + within % height) * kFloat8Tile,
                static_cast<int>(within / height) * kFloat8Tile};
    }
};

__device__ __forceinline__ int stepsOf(const Float8MatmulArguments& arguments) {
    return (arguments.k + kFloat8Tile - 1) / kFloat8Tile;
}

/// What the one thread that fetches does.
__device__ __forceinline__ void fetch(const Float8MatmulArguments& arguments, const Float8Memory& memory) {
    const Float8Tiles tiles(arguments);
    const int steps = stepsOf(arguments);
    Float8Place place;
    for (int64_t number = blockIdx.x; number < tiles.count; number += gridDim.x) {
        const Float8Tile tile = tiles.at(number);
        for (int step = 0; step < steps; ++step) {
            const uint32_t is_full = memory.isFull(place.slot);
            waitFor(memory.isFree(place.slot), place.phase ^ 1);
            expectBytes(is_full, 2 * kFloat8TileBytes);
            copyBox(memory.a(place.slot), arguments.a, step * kFloat8Tile, tile.row, tile.batch, 0, is_full);
            copyBox(memory.b(place.slot), arguments.b, step * kFloat8Tile, tile.column, tile.batch, 0,
                    is_full);
            place = place.next();
        }
    }
}

/// The scale of a row for the i-th 128 of k; 1 behind the last row.
__device__ __forceinline__ float scaleOf(const ProductScales& scales, int64_t row, int64_t rows, int i) {
    if (scales.data == nullptr || row >= rows) {
        return 1.0F;
    }
    return scales.data[(row >> scales.row_shift) * scales.row_stride + i * scales.block_stride];
}

/// The scales of a tile's columns, spread over the lanes of a warp: lane l has those of columns l, l + 32,
/// ...
struct ColumnScales {
    float of_all;  // where they are one
    float of_lane[kFloat8Tile / static_cast<int>(kWarp)];
};

/// A warp group's 64 rows of a tile.
template <class A, class B>
class Float8Rows {
 public:
    __device__ __forceinline__ Float8Rows(const Float8MatmulArguments& arguments, const Float8Memory& memory,
                                          int group)
        : arguments_(arguments),
          memory_(memory),
          group_row_(group * kFloat8Tile / kFloat8Groups),
          has_column_scales_(arguments.scales_b.data != nullptr && arguments.scales_b.row_stride != 0 &&
                             arguments.scales_b.row_shift != kFloat8TileShift) {}

    __device__ __forceinline__ void multiply(const Float8Tile& tile) {
        const int steps = stepsOf(arguments_);
        const int warp_row = static_cast<int>(threadIdx.x % kWarpGroup / kWarp) * 16;
        row_ = tile.row + group_row_ + warp_row;
        column_ = tile.column;
#pragma unroll
        for (int n = 0; n < kColumns; ++n) {
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                products_[n][i] = 0;
                sums_[n][i] = 0;
            }
        }
        for (int step = 0; step < steps; ++step) {
            const bool promotes = arguments_.is_fast == 0 || step + 1 == steps;
            float rows[2];
            ColumnScales columns;
            findScales(step, rows, columns);
            waitFor(memory_.isFull(place_.slot), place_.phase);
            addProducts(arguments_.is_fast != 0 && step > 0 ? 1 : 0);
            // Each warp says so for itself: its own products have ended.
            if (threadIdx.x % kWarp == 0) {
                arriveAt(memory_.isFree(place_.slot));
            }
            place_ = place_.next();
            if (promotes) {
                promote(rows, columns);
            }
        }
    }

    __device__ __forceinline__ void store(const Float8Tile& tile) {
        ProductResult result = arguments_.result;
        result.out = numbersFrom(result.out, result.type, tile.batch * arguments_.batch_stride);
        if (result.aux != nullptr) {
            result.aux = numbersFrom(result.aux, result.aux_type, tile.batch * arguments_.batch_stride);
        }
        const float most = reduceWarp<Max>(storeActivated(result, row_, column_, sums_));
        if (arguments_.amax != nullptr && threadIdx.x % kWarp == 0) {
            atomicMax(arguments_.amax, __float_as_uint(most));
        }
    }

 private:
    static constexpr int kColumns = kFloat8Tile / 8;

    __device__ __forceinline__ void findScales(int step, float (&rows)[2], ColumnScales& columns) const {
        const ProductResult& result = arguments_.result;
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            rows[half] = scaleOf(arguments_.scales_a, row_ + mmaLane().group + half * 8, result.rows, step);
        }
        columns.of_all = scaleOf(arguments_.scales_b, column_, result.columns, step);
        if (has_column_scales_) {
            const int lane = static_cast<int>(threadIdx.x % kWarp);
#pragma unroll
            for (int i = 0; i < kFloat8Tile / static_cast<int>(kWarp); ++i) {
                columns.of_lane[i] = scaleOf(
                    arguments_.scales_b, column_ + lane + i * static_cast<int>(kWarp), result.columns, step);
            }
        }
    }

    __device__ __forceinline__ void addProducts(int adds) {
        const uint32_t a = memory_.a(place_.slot) + static_cast<uint32_t>(group_row_) * kFloat8Tile;
        const uint32_t b = memory_.b(place_.slot);
        beginProducts();
#pragma unroll
        for (uint32_t k = 0; k < kFloat8Tile; k += kFloat8Depth) {
            multiplyFloat8<A, B, 128>(products_, alongRows(a + k), alongRows(b + k), k > 0 ? 1 : adds);
        }
        closeProducts();
        waitForProducts<0>(products_);
    }

    __device__ __forceinline__ void promote(const float (&rows)[2], const ColumnScales& columns) {
        if (!has_column_scales_) {
            const float factors[2] = {rows[0] * columns.of_all, rows[1] * columns.of_all};
#pragma unroll
            for (int n = 0; n < kColumns; ++n) {
#pragma unroll
                for (int i = 0; i < 4; ++i) {
                    sums_[n][i] = fmaf(products_[n][i], factors[i / 2], sums_[n][i]);
                }
            }
            return;
        }
        const int pair = mmaLane().pair;
        constexpr int kPerLane =
            static_cast<int>(kWarp) / 8;  // groups of columns that a value of a lane is for
#pragma unroll
        for (int n = 0; n < kColumns; ++n) {
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                const float column =
                    __shfl_sync(kAllLanes, columns.of_lane[n / kPerLane], n % kPerLane * 8 + 2 * pair + i);
                sums_[n][i] = fmaf(products_[n][i], rows[0] * column, sums_[n][i]);
                sums_[n][i + 2] = fmaf(products_[n][i + 2], rows[1] * column, sums_[n][i + 2]);
            }
        }
    }

    const Float8MatmulArguments& arguments_;
    Float8Memory memory_;
    Float8Place place_;
    int group_row_;
    bool has_column_scales_;
    int row_ = 0;  // the warp's first
    int column_ = 0;
    float products_[kColumns][4];
    float sums_[kColumns][4];
};

template <class A, class B>
__device__ __forceinline__ void multiplyTiles(const Float8MatmulArguments& arguments) {
    const uint32_t given = sharedAddress(launchMemory<uint4>());
    const Float8Memory memory{(given + kFloat8Alignment - 1) / kFloat8Alignment * kFloat8Alignment};
    shareWork(
        memory,
        [&] {
            if (threadIdx.x == 0) {
                fetch(arguments, memory);
            }
        },
        [&](int group) {
            const Float8Tiles tiles(arguments);
            Float8Rows<A, B> rows(arguments, memory, group);
            for (int64_t number = blockIdx.x; number < tiles.count; number += gridDim.x) {
                const Float8Tile tile = tiles.at(number);
                rows.multiply(tile);
                rows.store(tile);
            }
        });
}

}  // namespace

#define OPTIRS_FLOAT8_MATMUL(A, a, B, b) \
    OPTIRS_WIDE_KERNEL(float8_matmul_##a##_##b, kFloat8Threads, 1, Float8MatmulArguments, multiplyTiles<A, B>)

OPTIRS_FLOAT8_MATMUL(E4M3, e4m3, E4M3, e4m3);
OPTIRS_FLOAT8_MATMUL(E4M3, e4m3, E5M2, e5m2);
OPTIRS_FLOAT8_MATMUL(E5M2, e5m2, E4M3, e4m3);
OPTIRS_FLOAT8_MATMUL(E5M2, e5m2, E5M2, e5m2);

}  // namespace optirs::cuda
