// 8-bit operands of attention become numbers of 16 bits, exactly, which Hopper's kernels read: once, and not
// again for each of the blocks that share them. Unverified on hardware.
#include "attention_hopper_arguments.h"
#include "attention_rows.cuh"

namespace optirs::cuda {
namespace {

/// A row of all heads, a vector of the result for each thread.
template <class T, class Stored>
__device__ __forceinline__ void decodeRow(const AttentionDecodeArguments& arguments) {
    constexpr int N = kVector<T>;
    const HeadOperand& from = arguments.from;
    const HeadOperand& to = arguments.to;
    const int64_t batch = blockIdx.x / arguments.rows;
    const int64_t row = blockIdx.x % arguments.rows;
    const Stored* codes =
        static_cast<const Stored*>(from.data) + batch * from.batch_stride + row * from.row_stride;
    T* numbers = static_cast<T*>(to.data) + batch * to.batch_stride + row * to.row_stride;
    const int vectors = to.width / N;
    for (int i = static_cast<int>(threadIdx.x); i < arguments.heads * vectors;
         i += static_cast<int>(blockDim.x)) {
        const int head = i / vectors;
        const int first = i % vectors * N;
        const Stored* vector = codes + head * from.head_stride + first;
        float decoded[N];
        if (from.is_vector != 0) {
            load<N>(vector, decoded);
        } else {
#pragma unroll
            for (int n = 0; n < N; ++n) {
                decoded[n] = first + n < from.width ? toFloat(vector[n]) : 0.0F;
            }
        }
        store<N>(numbers + head * to.head_stride + first, decoded);
    }
}

template <class T>
__device__ __forceinline__ void decode(const AttentionDecodeArguments& arguments) {
    if (arguments.from.storage == Storage::kE4M3) {
        decodeRow<T, E4M3>(arguments);
    } else {
        decodeRow<T, E5M2>(arguments);
    }
}

}  // namespace

OPTIRS_KERNEL(attention_decode_bf16, kThreads, AttentionDecodeArguments, decode<BF16>);
OPTIRS_KERNEL(attention_decode_f16, kThreads, AttentionDecodeArguments, decode<F16>);

}  // namespace optirs::cuda
