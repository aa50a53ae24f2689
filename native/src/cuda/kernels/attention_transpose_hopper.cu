// 8-bit operands of attention on their side, as Hopper's products read them: once, and not again in each of
// the blocks that share them. Zeros behind a sequence, up to the end of its last tile. Unverified on
// hardware.
//
// Within each sixteen, rows are in the order in which a thread has probabilities (roundOperand): element
// 4t + j is row 8 (j / 2) + 2t + j % 2.
#include "attention_hopper.cuh"
#include "attention_rows.cuh"

namespace optirs::cuda {
namespace {

constexpr int kSide = kHopperTransposed;
constexpr int kVectorBytes = 16;
constexpr int kVectors = kSide / kVectorBytes;  // of a row
static_assert(kSide >= kHopperFloat8Widest);

/// Where a vector of a row of the tile is: its place changes with each sixteen rows, so that a warp's bytes
/// of eight times sixteen rows are in different banks.
__device__ __forceinline__ int placeOf(int row, int vector) {
    return row * kVectors + (vector ^ row / kVectorBytes % kVectors);
}

__device__ __forceinline__ void loadRows(uint4* tile, const Rows& rows, int first, int end) {
    for (int i = static_cast<int>(threadIdx.x); i < kSide * kVectors; i += static_cast<int>(blockDim.x)) {
        const int row = i / kVectors;
        const int column = i % kVectors * kVectorBytes;
        Vector<uint8_t, kVectorBytes> bytes{};
        if (first + row < end && column < rows.width) {
            const auto* from = rows.at<const uint8_t>(first + row) + column;
            if (rows.operand.is_vector != 0) {
                bytes = *reinterpret_cast<const Vector<uint8_t, kVectorBytes>*>(from);
            } else {
                for (int k = 0; k < kVectorBytes && column + k < rows.width; ++k) {
                    bytes.at[k] = from[k];
                }
            }
        }
        *reinterpret_cast<Vector<uint8_t, kVectorBytes>*>(tile + placeOf(row, i % kVectors)) = bytes;
    }
}

__device__ __forceinline__ void transpose(const AttentionTransposeArguments& arguments) {
    __shared__ uint4 tile[kSide * kVectors];
    const HeadOperand& to = arguments.to;
    const int32_t* starts = arguments.starts;
    const int64_t parts = gridDim.x / arguments.heads;
    const int64_t head = blockIdx.x / parts;
    const Part part = partOf(starts, arguments.rows, arguments.batches, kSide, blockIdx.x % parts);
    if (part.batch < 0) {
        return;
    }
    const Extent extent = extentOf(starts, arguments.lengths, arguments.rows, part.batch);
    const Rows rows = rowsOf(arguments.from, starts, extent, part.batch, head);
    loadRows(tile, rows, part.first, extent.count);
    __syncthreads();
    const auto* bytes = reinterpret_cast<const uint8_t*>(tile);
    uint8_t* first = static_cast<uint8_t*>(to.data) + (starts != nullptr ? 0 : part.batch * to.batch_stride) +
                     head * to.head_stride + transposedStart(starts, extent, part.batch) + part.first;
    for (int i = static_cast<int>(threadIdx.x); i < rows.width * kVectors;
         i += static_cast<int>(blockDim.x)) {
        const int element = i / kVectors;
        const int sixteen = i % kVectors;
        Vector<uint8_t, kVectorBytes> elements;
#pragma unroll
        for (int k = 0; k < kVectorBytes; ++k) {
            const int row = sixteen * kVectorBytes + k % 4 / 2 * 8 + k / 4 * 2 + k % 2;
            elements.at[k] =
                bytes[placeOf(row, element / kVectorBytes) * kVectorBytes + element % kVectorBytes];
        }
        *reinterpret_cast<Vector<uint8_t, kVectorBytes>*>(first + element * to.row_stride +
                                                          sixteen * kVectorBytes) = elements;
    }
}

}  // namespace

OPTIRS_KERNEL(attention_transpose, kThreads, AttentionTransposeArguments, transpose);

}  // namespace optirs::cuda
