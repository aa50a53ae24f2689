// Norms of tensors: of parameters, directions and gradients for LAMB and LARS, and of all gradients together.
// Blocks sum their elements in f32, and one block then sums the blocks' in f64, in a fixed order.
#include "optimizer_mixed.cuh"

namespace optirs::cuda {
namespace {

/// Writes the block's sums.
__device__ __forceinline__ void storeSums(const StepConstants& a, float first, float second) {
    __shared__ float scratch[2 * kWarp];
    first = reduceBlock<Sum>(first, scratch);
    second = reduceBlock<Sum>(second, scratch + kWarp);
    if (threadIdx.x == 0) {
        a.sums[2 * blockIdx.x] = first;
        a.sums[2 * blockIdx.x + 1] = second;
    }
}

/// Moments, and squares of parameters and of the directions that they will take.
template <class Arguments>
__device__ __forceinline__ void lambMoments(const Arguments& a) {
    if (isSkipped(a)) {
        return;
    }
    const float scale = gradScale(a);
    float params = 0;
    float directions = 0;
    overChunk<MomentsRule>(a, tensorOfBlock(a), [&](float& p, float g, float& m, float& v) {
        MomentsRule::step(a.c, p, g * scale, m, v);
        const float direction = lambDirection(a.c, p, m, v);
        params = fmaf(p, p, params);
        directions = fmaf(direction, direction, directions);
    });
    storeSums(a, params, directions);
}

template <class Arguments>
__device__ __forceinline__ void larsSquares(const Arguments& a) {
    if (isSkipped(a)) {
        return;
    }
    const float scale = gradScale(a);
    float params = 0;
    float grads = 0;
    overChunk<Form<kGrad, 0>>(a, tensorOfBlock(a), [&](float& p, float g, float&, float&) {
        params = fmaf(p, p, params);
        grads = fmaf(g * scale, g * scale, grads);
    });
    storeSums(a, params, grads);
}

/// Over the block, in a fixed order; thread 0 gets it.
__device__ __forceinline__ double sumBlock(double value, double* scratch) {
#pragma unroll
    for (int step = 16; step > 0; step /= 2) {
        value += __shfl_xor_sync(kAllLanes, value, step);
    }
    __syncthreads();
    if (threadIdx.x % kWarp == 0) {
        scratch[threadIdx.x / kWarp] = value;
    }
    __syncthreads();
    double sum = 0;
    for (unsigned warp = 0; warp < blockDim.x / kWarp; ++warp) {
        sum += scratch[warp];
    }
    return sum;
}

__device__ __forceinline__ void trustRates(const RatesArguments& a) {
    __shared__ double scratch[2 * kWarp];
    const int64_t end = a.first_blocks[blockIdx.x + 1];
    double first = 0;
    double second = 0;
    for (int64_t i = a.first_blocks[blockIdx.x] + threadIdx.x; i < end; i += blockDim.x) {
        first += static_cast<double>(a.sums[2 * i]);
        second += static_cast<double>(a.sums[2 * i + 1]);
    }
    const double size = sqrt(sumBlock(first, scratch));
    const double length = sqrt(sumBlock(second, scratch + kWarp));
    const double quotient =
        a.is_lars != 0 ? a.trust * size / (length + a.weight_decay * size + a.epsilon) : size / length;
    if (threadIdx.x == 0) {
        a.rates[blockIdx.x] = static_cast<float>(a.learning_rate * (size > 0 && length > 0 ? quotient : 1.0));
    }
}

/// The sum and the squares of N elements.
template <int N, class T>
__device__ __forceinline__ float plusSquares(float sum, const T* from) {
    float x[N];
    load<N>(from, x);
#pragma unroll
    for (int k = 0; k < N; ++k) {
        sum = fmaf(x[k], x[k], sum);
    }
    return sum;
}

template <class T>
__device__ __forceinline__ void gradSquares(const SquaresArguments& a) {
    __shared__ float scratch[kWarp];
    const SquaresTensor& tensor = a.tensors[tensorOfBlock(a)];
    const Chunk chunk = chunkOf(tensor);
    const T* data = static_cast<const T*>(tensor.data);
    constexpr int N = kVector<T>;
    float sum = 0;
    int64_t i = chunk.begin;
    if (isAligned<N>(data)) {
        const int64_t vectors_end = chunk.begin + (chunk.end - chunk.begin) / N * N;
        for (i = chunk.begin + threadIdx.x * N; i < vectors_end; i += kThreads * N) {
            sum = plusSquares<N>(sum, data + i);
        }
        i = vectors_end;
    }
    for (i += threadIdx.x; i < chunk.end; i += kThreads) {
        sum = plusSquares<1>(sum, data + i);
    }
    sum = reduceBlock<Sum>(sum, scratch);
    if (threadIdx.x == 0) {
        a.sums[blockIdx.x] = sum;
    }
}

__device__ __forceinline__ void gradNorm(const GradientNormArguments& a) {
    __shared__ double scratch[kWarp];
    double sum = 0;
    for (int64_t i = threadIdx.x; i < a.blocks; i += blockDim.x) {
        sum += static_cast<double>(a.sums[i]);
    }
    sum = sumBlock(sum, scratch);
    if (threadIdx.x != 0) {
        return;
    }
    const double scale = a.scale == nullptr ? 1.0 : static_cast<double>(*a.scale);
    const double norm = fabs(scale) * sqrt(sum);
    const bool is_finite = norm - norm == 0;
    a.norm[0] = static_cast<float>(norm);
    if (a.grad_scale != nullptr) {
        const double factor = a.max_norm / (norm + 1e-6);
        const bool clips = a.max_norm > 0 && a.max_norm - a.max_norm == 0 && factor < 1;
        a.grad_scale[0] = static_cast<float>(clips ? scale * factor : scale);
    }
    if (a.non_finite != nullptr) {
        a.non_finite[0] = is_finite ? 0.0F : 1.0F;
    }
}

}  // namespace

OPTIRS_KERNEL(lamb_moments_f32, kThreads, StepArguments, lambMoments<StepArguments>);
OPTIRS_KERNEL(lamb_moments_mixed, kThreads, MixedStepArguments, lambMoments<MixedStepArguments>);
OPTIRS_KERNEL(lars_squares_f32, kThreads, StepArguments, larsSquares<StepArguments>);
OPTIRS_KERNEL(lars_squares_mixed, kThreads, MixedStepArguments, larsSquares<MixedStepArguments>);
OPTIRS_KERNEL(trust_rates, kThreads, RatesArguments, trustRates);
OPTIRS_KERNEL(grad_squares_f32, kThreads, SquaresArguments, gradSquares<F32>);
OPTIRS_KERNEL(grad_squares_bf16, kThreads, SquaresArguments, gradSquares<BF16>);
OPTIRS_KERNEL(grad_squares_f16, kThreads, SquaresArguments, gradSquares<F16>);
OPTIRS_KERNEL(grad_norm, kThreads, GradientNormArguments, gradNorm);

}  // namespace optirs::cuda
