// Products of groups of rows with a matrix for each group (mixtures of experts), and the sums over a group's
// rows that are their gradients, on tensor cores. One launch does all groups: a block finds its group by the
// sizes in memory. Unverified on hardware.
#include "grouped_matmul_arguments.h"
#include "product_result.cuh"

namespace optirs::cuda {
namespace {

/// Elements of shared memory that a tile has.
template <class T>
inline constexpr int kTileElements = groupedTileBytes(sizeof(T)) / static_cast<int>(sizeof(T));

// Warps of a block: 4 x 2, each with 32 rows and 64 columns of the tile.
constexpr int kWarpRows = 32;
constexpr int kWarpColumns = 64;
constexpr int kWarpsAcross = kGroupedTile / kWarpColumns;
static_assert(kGroupedTile / kWarpRows * kWarpsAcross == static_cast<int>(kThreads / kWarp));

/// Rows of a, of one group, that a block works on.
struct GroupRows {
    int64_t first;
    int count;  // 0: there is nothing left to do
    int group;  // the number of groups: the rows behind all of them
};

__device__ __forceinline__ int64_t sizeOf(const GroupedMatmulArguments& a, int64_t group, int64_t first) {
    const int64_t left = a.rows - first;
    const int64_t size = group < a.groups ? a.sizes[group] : left;
    return size < 0 ? 0 : size < left ? size : left;
}

/// Those of the tile with this number among the tiles of all groups.
__device__ __forceinline__ GroupRows rowsOf(const GroupedMatmulArguments& a, int64_t number) {
    int64_t first = 0;
    for (int group = 0; group <= a.groups; ++group) {
        const int64_t size = sizeOf(a, group, first);
        const int64_t tiles = (size + kGroupedTile - 1) / kGroupedTile;
        if (number < tiles) {
            const int64_t row = number * kGroupedTile;
            const int count = size - row < kGroupedTile ? static_cast<int>(size - row) : kGroupedTile;
            return {first + row, count, group};
        }
        number -= tiles;
        first += size;
    }
    return {first, 0, 0};
}

/// A row-major matrix in memory.
template <class T>
struct Matrix {
    const T* data;
    int64_t stride;
};

/// Elements of a tile on their way from memory to shared memory, in a thread's registers.
template <class T, int kRows, int kColumns>
class Carried {
 public:
    __device__ __forceinline__ explicit Carried(const Matrix<T>& from)
        : from_(from.data + row() * from.stride + column()), stride_(from.stride) {}

    /// The first `rows` rows and `columns` columns of the tile; zeros for the rest.
    __device__ __forceinline__ void load(int rows, int columns) {
        const bool is_vector = isAligned<N>(from_, stride_) && column() + N <= columns;
#pragma unroll
        for (int i = 0; i < kCount; ++i) {
            const T* from = from_ + i * kPass * stride_;
            held_[i] = {};
            if (row() + i * kPass >= rows) {
                continue;
            }
            if (is_vector) {
                held_[i] = *reinterpret_cast<const Vector<T, N>*>(from);
                continue;
            }
#pragma unroll
            for (int k = 0; k < N; ++k) {
                if (column() + k < columns) {
                    held_[i].at[k] = from[k];
                }
            }
        }
    }
    /// To the tile that lies so many elements further.
    __device__ __forceinline__ void advance(int64_t elements) { from_ += elements; }
    __device__ __forceinline__ void store(T* tile, int stride) const {
#pragma unroll
        for (int i = 0; i < kCount; ++i) {
            *reinterpret_cast<Vector<T, N>*>(tile + (row() + i * kPass) * stride + column()) = held_[i];
        }
    }

 private:
    static constexpr int N = kVector<T>;
    static constexpr int kPass =
        static_cast<int>(kThreads) * N / kColumns;  // rows that the block has at a time
    static constexpr int kCount = kRows / kPass;
    static_assert(kPass * kColumns == static_cast<int>(kThreads) * N && kCount * kPass == kRows);

    static __device__ __forceinline__ int row() { return static_cast<int>(threadIdx.x) * N / kColumns; }
    static __device__ __forceinline__ int column() { return static_cast<int>(threadIdx.x) * N % kColumns; }

    const T* from_;
    int64_t stride_;
    Vector<T, N> held_[kCount];
};

/// An operand of a block's product, a tile after the other. `kIsAlong`: rows of the matrix are those of the
/// tile, and are summed along; else they are what is summed up.
template <class T, bool kIsAlong>
class GroupedOperand {
 public:
    static constexpr int kDepth = groupedDepth(sizeof(T));
    static constexpr int kStride = kIsAlong ? groupedStrideAlong(sizeof(T)) : groupedStrideAcross(sizeof(T));

    /// Of `extent` rows or columns of the result the tile has those from `first` on. Two tiles lie in shared
    /// memory one after the other.
    __device__ __forceinline__ GroupedOperand(const Matrix<T>& matrix, int64_t first, int64_t extent,
                                              T* tiles)
        : carried_({matrix.data + (kIsAlong ? first * matrix.stride : first), matrix.stride}),
          step_(kIsAlong ? kDepth : kDepth * matrix.stride),
          extent_(extent - first < kGroupedTile ? static_cast<int>(extent - first) : kGroupedTile),
          tiles_(tiles) {}

    /// The next tile, of `depth` elements that are left to sum.
    __device__ __forceinline__ void load(int64_t depth) {
        const int count = depth < kDepth ? static_cast<int>(depth) : kDepth;
        carried_.load(kIsAlong ? extent_ : count, kIsAlong ? count : extent_);
        carried_.advance(step_);
    }
    __device__ __forceinline__ void store(int which) const { carried_.store(tile(which), kStride); }
    __device__ __forceinline__ T* tile(int which) const { return tiles_ + which * kTileElements<T>; }

 private:
    Carried<T, kIsAlong ? kGroupedTile : kDepth, kIsAlong ? kDepth : kGroupedTile> carried_;
    int64_t step_;
    int extent_;
    T* tiles_;
};

template <class T, bool kIsAAlong, bool kIsBAlong>
struct GroupedTile {
    using A = GroupedOperand<T, kIsAAlong>;
    using B = GroupedOperand<T, kIsBAlong>;
    static constexpr int kBands = kWarpRows / 16;
    using Sums = float[kBands][kWarpColumns / 8][4];

    static __device__ __forceinline__ int warpRow() {
        return static_cast<int>(threadIdx.x / kWarp) / kWarpsAcross * kWarpRows;
    }
    static __device__ __forceinline__ int warpColumn() {
        return static_cast<int>(threadIdx.x / kWarp) % kWarpsAcross * kWarpColumns;
    }

    /// sums += products of what the tiles hold.
    static __device__ __forceinline__ void add(Sums& sums, const T* a, const T* b) {
#pragma unroll
        for (int k = 0; k < A::kDepth; k += Mma<T>::kDepth) {
            typename Mma<T>::A left[kBands];
#pragma unroll
            for (int band = 0; band < kBands; ++band) {
                const int row = warpRow() + band * 16;
                if constexpr (kIsAAlong) {
                    left[band] = Mma<T>::rows(a, A::kStride, row, k);
                } else {
                    left[band] = Mma<T>::down(a, A::kStride, k, row);
                }
            }
#pragma unroll
            for (int n = 0; n < kWarpColumns / 8; ++n) {
                typename Mma<T>::B right;
                if constexpr (kIsBAlong) {
                    right = Mma<T>::columns(b, B::kStride, warpColumn() + n * 8, k);
                } else {
                    right = Mma<T>::across(b, B::kStride, k, warpColumn() + n * 8);
                }
#pragma unroll
                for (int band = 0; band < kBands; ++band) {
                    Mma<T>::multiply(sums[band][n], left[band], right);
                }
            }
        }
    }

    /// The next tiles are fetched while those before are multiplied.
    static __device__ __forceinline__ void multiply(Sums& sums, A& a, B& b, int64_t depth) {
        if (depth <= 0) {
            return;
        }
        a.load(depth);
        b.load(depth);
        for (int which = 0; depth > 0; which ^= 1) {
            a.store(which);
            b.store(which);
            __syncthreads();
            depth -= A::kDepth;
            if (depth > 0) {
                a.load(depth);
                b.load(depth);
            }
            add(sums, a.tile(which), b.tile(which));
        }
    }

    static __device__ __forceinline__ void store(const ProductResult& result, int64_t row, int64_t column,
                                                 const Sums& sums) {
#pragma unroll
        for (int band = 0; band < kBands; ++band) {
            storeProduct(result, row + warpRow() + band * 16, column + warpColumn(), sums[band]);
        }
    }
};

__device__ __forceinline__ float scaleOf(const GroupScales& scales, int64_t group) {
    return scales.data == nullptr ? 1.0F : scales.data[scales.is_of_group != 0 ? group : 0];
}

template <class T>
__device__ __forceinline__ T* tilesOfB() {
    return launchMemory<T>() + 2 * kTileElements<T>;
}

/// A tile of the rows of a group times its matrix; of the rows behind all groups there is no product.
template <class T, bool kIsTransposed>
__device__ __forceinline__ void multiplyGroups(const GroupedMatmulArguments& a) {
    using Tile = GroupedTile<T, true, kIsTransposed>;
    const int64_t n = a.result.columns;
    const int64_t across = (n + kGroupedTile - 1) / kGroupedTile;
    const int64_t down = gridDim.x / across;  // blocks that follow each other share columns of b
    const GroupRows rows = rowsOf(a, blockIdx.x % down);
    if (rows.count == 0) {
        return;
    }
    const int64_t column = blockIdx.x / down * kGroupedTile;
    typename Tile::Sums sums = {};
    ProductResult result = a.result;
    result.rows = rows.first + rows.count;
    if (rows.group < a.groups) {
        typename Tile::A left({static_cast<const T*>(a.a) + rows.first * a.k, a.k}, 0, rows.count,
                              launchMemory<T>());
        typename Tile::B right({static_cast<const T*>(a.b) + rows.group * a.k * n, kIsTransposed ? a.k : n},
                               column, n, tilesOfB<T>());
        Tile::multiply(sums, left, right, a.k);
        result.alpha *= scaleOf(a.scales_a, rows.group) * scaleOf(a.scales_b, rows.group);
        if (result.bias != nullptr) {
            result.bias = numbersFrom(result.bias, result.bias_type, rows.group * n);
        }
    } else {
        result.bias = nullptr;
    }
    Tile::store(result, rows.first, column, sums);
}

/// A tile of a group's sums over its rows.
template <class T>
__device__ __forceinline__ void sumGroups(const GroupedMatmulArguments& a) {
    using Tile = GroupedTile<T, false, false>;
    const int64_t n = a.result.columns;
    const int64_t down = (a.k + kGroupedTile - 1) / kGroupedTile;
    const int64_t across = (n + kGroupedTile - 1) / kGroupedTile;
    const int64_t group = blockIdx.x / (down * across);
    const int64_t row = blockIdx.x / across % down * kGroupedTile;
    const int64_t column = blockIdx.x % across * kGroupedTile;
    int64_t first = 0;
    for (int64_t i = 0; i < group; ++i) {
        first += sizeOf(a, i, first);
    }
    typename Tile::Sums sums = {};
    typename Tile::A left({static_cast<const T*>(a.a) + first * a.k, a.k}, row, a.k, launchMemory<T>());
    typename Tile::B right({static_cast<const T*>(a.b) + first * n, n}, column, n, tilesOfB<T>());
    Tile::multiply(sums, left, right, sizeOf(a, group, first));
    ProductResult result = a.result;
    result.alpha *= scaleOf(a.scales_a, group) * scaleOf(a.scales_b, group);
    result.out = numbersFrom(result.out, result.type, group * a.k * n);
    Tile::store(result, row, column, sums);
}

}  // namespace

// Blocks that fit a multiprocessor: of f32, each number of which becomes two, one.
#define OPTIRS_GROUPED(T, type, blocks)                                                            \
    OPTIRS_WIDE_KERNEL(grouped_matmul_##type, kThreads, blocks, GroupedMatmulArguments,            \
                       multiplyGroups<T, false>);                                                  \
    OPTIRS_WIDE_KERNEL(grouped_matmul_transposed_##type, kThreads, blocks, GroupedMatmulArguments, \
                       multiplyGroups<T, true>);                                                   \
    OPTIRS_WIDE_KERNEL(grouped_sums_##type, kThreads, blocks, GroupedMatmulArguments, sumGroups<T>)

OPTIRS_GROUPED(F32, f32, 1);
OPTIRS_GROUPED(BF16, bf16, 2);
OPTIRS_GROUPED(F16, f16, 2);

}  // namespace optirs::cuda
