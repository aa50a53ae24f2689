// The parts that attention has divided the columns of a row into become one, in their order: a warp for each
// row.
#include "attention_rows.cuh"

namespace optirs::cuda {
namespace {

template <class T>
__device__ __forceinline__ void join(const AttentionArguments& arguments) {
    constexpr int kPerLane = kAttentionWidest / static_cast<int>(kWarp);
    const AttentionScores& a = arguments.scores;
    const int64_t index = static_cast<int64_t>(blockIdx.x) * (blockDim.x / kWarp) + threadIdx.x / kWarp;
    if (index >= rowCount(a)) {
        return;
    }
    const NumberedRow row = numberedRow(a, index);
    const PartState* states = arguments.states + index * arguments.parts;
    const float* values = static_cast<const float*>(arguments.values.data) + row.of(arguments.values);
    const int lane = static_cast<int>(threadIdx.x % kWarp);
    float largest = negativeInfinity();
    for (int64_t part = 0; part < arguments.parts; ++part) {
        largest = fmaxf(largest, states[part].largest);
    }
    float sum = 0;
    float results[kPerLane] = {};
    for (int64_t part = 0; part < arguments.parts; ++part, values += a.v.width) {
        const PartState state = states[part];
        if (state.sum == 0) {
            continue;  // its values may be anything
        }
        const float weight = expf(state.largest - largest);
        sum = fmaf(weight, state.sum, sum);
#pragma unroll
        for (int k = 0; k < kPerLane; ++k) {
            const int column = lane + k * static_cast<int>(kWarp);
            if (column < a.v.width) {
                results[k] = fmaf(weight, values[column], results[k]);
            }
        }
    }
    const float factor = rowFactor(sum, scaleOf(a.v, row.head / (a.heads / a.kv_heads)));
    T* out = static_cast<T*>(arguments.out.data) + row.of(arguments.out);
#pragma unroll
    for (int k = 0; k < kPerLane; ++k) {
        const int column = lane + k * static_cast<int>(kWarp);
        if (column < a.v.width) {
            out[column] = rounded<T>(results[k] * factor);
        }
    }
    if (arguments.lse != nullptr && lane == 0) {
        arguments.lse[index] = rowLogSum(largest, sum);
    }
}

}  // namespace

OPTIRS_KERNEL(attention_join_f32, kThreads, AttentionArguments, join<F32>);
OPTIRS_KERNEL(attention_join_bf16, kThreads, AttentionArguments, join<BF16>);
OPTIRS_KERNEL(attention_join_f16, kThreads, AttentionArguments, join<F16>);

}  // namespace optirs::cuda
