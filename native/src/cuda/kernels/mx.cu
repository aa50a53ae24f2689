// Microscaled numbers: a scale for each short block of a row (optirs/kernel_mx.h has the formats). The same
// bits as the CPU's.
#include "kernel.cuh"
#include "mx_arguments.h"

namespace optirs::cuda {
namespace {

constexpr float kGreatestFloat = 3.402823466e38F;

/// 2^exponent, from 2^-127 to 2^127.
__device__ __forceinline__ float powerOfTwo(int exponent) {
    constexpr uint32_t kSmallest = 0x00400000U;  // 2^-127 is subnormal
    return __uint_as_float(exponent == -127 ? kSmallest : static_cast<uint32_t>(exponent + 127) << 23);
}

// ---- Scales ----

constexpr uint32_t kNaNScale = 255;

__device__ __forceinline__ float decodeE8M0(uint32_t code) {
    return code == kNaNScale ? __uint_as_float(0x7fc00000U) : powerOfTwo(static_cast<int>(code) - 127);
}

/// For a block with this greatest magnitude, of a format whose greatest code is top 2^exponent, top below 2.
__device__ __forceinline__ uint32_t encodeE8M0(float largest, int exponent, float top, bool rounds_up) {
    if (largest != largest) {
        return kNaNScale;
    }
    if (largest == 0 || largest > kGreatestFloat) {
        return largest == 0 ? 0 : 254;
    }
    // Of a subnormal number any power will do: the result is below the least scale.
    const uint32_t bits = __float_as_uint(largest);
    const int power = static_cast<int>(bits >> 23) - 127;
    const float fraction = __uint_as_float((bits & 0x7fffffU) | 0x3f800000U);  // from 1 to 2
    const int wanted = power - exponent + (rounds_up && fraction > top ? 1 : 0);
    return static_cast<uint32_t>((wanted < -127 ? -127 : wanted) + 127);
}

// ---- Formats: how a block is scaled, and its codes ----

/// E2M1 to nearest, ties to even, saturated; 0 for NaN, of which there is no code, and for a scale that is.
__device__ __forceinline__ uint32_t encodeE2M1(float x, float scale) {
    if (!(scale > 0)) {
        return 0;
    }
    const float value = x / scale;
    const float a = magnitude(value);
    // The midpoints between neighbours; one that rounds up to an even code belongs to it.
    const uint32_t code = (a > 0.25F ? 1U : 0U) + (a >= 0.75F ? 1U : 0U) + (a > 1.25F ? 1U : 0U) +
                          (a >= 1.75F ? 1U : 0U) + (a > 2.5F ? 1U : 0U) + (a >= 3.5F ? 1U : 0U) +
                          (a > 5 ? 1U : 0U);
    return code | __float_as_uint(value) >> 31 << 3;
}
__device__ __forceinline__ float decodeE2M1(uint32_t code) {
    const uint32_t bits = code & 7U;
    const uint32_t exponent = bits >> 1;
    const float value = exponent == 0 ? static_cast<float>(bits) * 0.5F
                                      : __uint_as_float((exponent + 126U) << 23 | (bits & 1U) << 22);
    return (code & 8U) != 0 ? -value : value;
}

// `scaleOf` has the code of a block's scale, `divisorOf` what its numbers are divided by on their way to
// codes, `factorOf` what decoded numbers are multiplied by.

/// The greatest code of Q is 1.75 2^kExponent.
template <class Q, int kExponent>
struct Mxfp8 {
    static constexpr int kBlock = 32;
    static constexpr int kBits = 8;

    static __device__ __forceinline__ uint32_t scaleOf(float largest, float, bool rounds_up) {
        return encodeE8M0(largest, kExponent, 1.75F, rounds_up);
    }
    /// With a scale of NaN numbers stay as they are.
    static __device__ __forceinline__ float divisorOf(uint32_t scale, float) {
        return scale == kNaNScale ? 1.0F : decodeE8M0(scale);
    }
    /// The reciprocal of a power of two is exact.
    static __device__ __forceinline__ uint32_t encode(float x, float divisor) {
        return rounded<Q>(x * (1.0F / divisor)).bits;
    }
    static __device__ __forceinline__ float factorOf(uint32_t scale, float) { return decodeE8M0(scale); }
    static __device__ __forceinline__ float decode(uint32_t code) {
        return toFloat(Q{static_cast<uint8_t>(code)});
    }
};

/// The greatest code is 1.5 2^2.
struct Mxfp4 {
    static constexpr int kBlock = 32;
    static constexpr int kBits = 4;

    static __device__ __forceinline__ uint32_t scaleOf(float largest, float, bool rounds_up) {
        return encodeE8M0(largest, 2, 1.5F, rounds_up);
    }
    static __device__ __forceinline__ float divisorOf(uint32_t scale, float) { return decodeE8M0(scale); }
    static __device__ __forceinline__ uint32_t encode(float x, float divisor) {
        return encodeE2M1(x, divisor);
    }
    static __device__ __forceinline__ float factorOf(uint32_t scale, float) { return decodeE8M0(scale); }
    static __device__ __forceinline__ float decode(uint32_t code) { return decodeE2M1(code); }
};

struct Nvfp4 {
    static constexpr int kBlock = 16;
    static constexpr int kBits = 4;

    static __device__ __forceinline__ uint32_t scaleOf(float largest, float tensor_scale, bool) {
        return rounded<E4M3>(largest / 6.0F / tensor_scale).bits;
    }
    static __device__ __forceinline__ float divisorOf(uint32_t scale, float tensor_scale) {
        return factorOf(scale, tensor_scale);
    }
    static __device__ __forceinline__ uint32_t encode(float x, float divisor) {
        return encodeE2M1(x, divisor);
    }
    static __device__ __forceinline__ float factorOf(uint32_t scale, float tensor_scale) {
        return toFloat(E4M3{static_cast<uint8_t>(scale)}) * tensor_scale;
    }
    static __device__ __forceinline__ float decode(uint32_t code) { return decodeE2M1(code); }
};

// ---- Quantisation ----

/// kLanes threads for each block. Of a transpose one thread has all of a block, so that neighbours read
/// neighbouring elements.
template <class T, class Format, bool kIsTransposed>
__device__ __forceinline__ void quantize(const QuantizeMxArguments& a) {
    constexpr int kLanes = kIsTransposed ? 1 : Format::kBlock / 4;
    constexpr int N = Format::kBlock / kLanes;
    constexpr int kBytes = N * Format::kBits / 8;
    const int64_t per_row = (a.columns + Format::kBlock - 1) / Format::kBlock;
    const int64_t thread = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    const int64_t number = thread / kLanes;
    const int64_t row = kIsTransposed ? number % a.rows : number / per_row;
    const int64_t block = kIsTransposed ? number / a.rows : number % per_row;
    const int64_t first = block * Format::kBlock + thread % kLanes * N;
    const bool is_there = number < a.rows * per_row;  // all threads go on: they exchange their magnitudes
    const int64_t left = is_there ? a.columns - first : 0;
    const T* from =
        static_cast<const T*>(a.input) + (kIsTransposed ? first * a.rows + row : row * a.columns + first);
    const int64_t step = kIsTransposed ? a.rows : 1;
    float x[N] = {};
    if (!kIsTransposed && left >= N && isAligned<N>(from)) {
        load<N>(from, x);
    } else {
#pragma unroll
        for (int k = 0; k < N; ++k) {
            x[k] = k < left ? toFloat(from[k * step]) : 0.0F;
        }
    }
    float largest = 0;
#pragma unroll
    for (int k = 0; k < N; ++k) {
        largest = Max::combine(largest, magnitude(x[k]));
    }
#pragma unroll
    for (int lanes = kLanes / 2; lanes > 0; lanes /= 2) {
        largest = Max::combine(largest, __shfl_xor_sync(kAllLanes, largest, lanes));
    }
    if (!is_there) {
        return;
    }
    const float tensor_scale = a.tensor_scale == nullptr ? 1.0F : *a.tensor_scale;
    const uint32_t scale = Format::scaleOf(largest, tensor_scale, a.rounds_up != 0);
    const float divisor = Format::divisorOf(scale, tensor_scale);
    if (thread % kLanes == 0) {
        a.scales[row * per_row + block] = static_cast<uint8_t>(scale);
    }
    constexpr int kPerByte = 8 / Format::kBits;
    Vector<uint8_t, kBytes> codes;
#pragma unroll
    for (int i = 0; i < kBytes; ++i) {
        uint32_t byte = 0;
#pragma unroll
        for (int k = 0; k < kPerByte; ++k) {
            byte |= Format::encode(x[i * kPerByte + k], divisor) << (k * Format::kBits);
        }
        codes.at[i] = static_cast<uint8_t>(byte);
    }
    uint8_t* to = a.codes + (row * a.columns + first) / kPerByte;
    if (left >= N && isAligned<kBytes>(to)) {
        *reinterpret_cast<Vector<uint8_t, kBytes>*>(to) = codes;
    } else {
#pragma unroll
        for (int i = 0; i < kBytes; ++i) {
            if (i * kPerByte < left) {
                to[i] = codes.at[i];
            }
        }
    }
}

/// The greatest magnitude of the tensor becomes the greatest scale times the greatest code.
__device__ __forceinline__ void findTensorScale(const MxTensorScaleArguments& a) {
    if (threadIdx.x == 0) {
        const float scale = *a.amax / (448.0F * 6.0F);
        *a.scale = scale > 0 && scale <= kGreatestFloat ? scale : 1.0F;
    }
}

// ---- And back ----

template <class Format, class T>
__device__ __forceinline__ void dequantize(const DequantizeMxArguments& a) {
    constexpr int N = kMxDecoded;
    constexpr int kPerByte = 8 / Format::kBits;
    constexpr int kBytes = N / kPerByte;
    static_assert(Format::kBlock % N == 0);
    const int64_t runs = (a.columns + N - 1) / N;  // of a row
    const int64_t number = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    const int64_t row = number / runs;
    const int64_t first = number % runs * N;
    if (row >= a.rows) {
        return;
    }
    const int64_t per_row = (a.columns + Format::kBlock - 1) / Format::kBlock;
    const float tensor_scale = a.tensor_scale == nullptr ? 1.0F : *a.tensor_scale;
    const float factor = Format::factorOf(a.scales[row * per_row + first / Format::kBlock], tensor_scale);
    const uint8_t* from = a.codes + (row * a.columns + first) / kPerByte;
    T* to = static_cast<T*>(a.output) + row * a.columns + first;
    const int64_t left = a.columns - first;
    Vector<uint8_t, kBytes> codes{};
    if (left >= N && isAligned<kBytes>(from)) {
        codes = *reinterpret_cast<const Vector<uint8_t, kBytes>*>(from);
    } else {
#pragma unroll
        for (int i = 0; i < kBytes; ++i) {
            codes.at[i] = i * kPerByte < left ? from[i] : uint8_t{0};
        }
    }
    float x[N];
#pragma unroll
    for (int k = 0; k < N; ++k) {
        const uint32_t code = codes.at[k / kPerByte] >> (k % kPerByte * Format::kBits);
        x[k] = Format::decode(code & ((1U << Format::kBits) - 1U)) * factor;
    }
    constexpr int kPart = N < kVector<T> ? N : kVector<T>;
    const bool is_whole = left >= N && isAligned<kPart>(to);
#pragma unroll
    for (int i = 0; i < N; i += kPart) {
        if (is_whole) {
            float part[kPart];
#pragma unroll
            for (int k = 0; k < kPart; ++k) {
                part[k] = x[i + k];
            }
            store<kPart>(to + i, part);
            continue;
        }
#pragma unroll
        for (int k = i; k < i + kPart; ++k) {
            if (k < left) {
                to[k] = rounded<T>(x[k]);
            }
        }
    }
}

__device__ __forceinline__ void findFactors(const MxFactorsArguments& a) {
    if (threadIdx.x == 0) {
        const float of_a = a.scale_a == nullptr ? 1.0F : *a.scale_a;
        const float of_b = a.scale_b == nullptr ? 1.0F : *a.scale_b;
        a.factors[0] = a.alpha * of_a * of_b;
        a.factors[1] = a.beta;
    }
}

using MxE4M3 = Mxfp8<E4M3, 8>;
using MxE5M2 = Mxfp8<E5M2, 15>;

}  // namespace

// A thread that has all of a block needs more registers.
#define OPTIRS_MX(T, type, Format, format)                                                                \
    OPTIRS_KERNEL(quantize_##format##_##type, kThreads, QuantizeMxArguments, quantize<T, Format, false>); \
    OPTIRS_WIDE_KERNEL(quantize_transposed_##format##_##type, kThreads, 2, QuantizeMxArguments,           \
                       quantize<T, Format, true>);                                                        \
    OPTIRS_KERNEL(dequantize_##format##_##type, kThreads, DequantizeMxArguments, dequantize<Format, T>)
#define OPTIRS_MX_TYPES(Format, format)    \
    OPTIRS_MX(F32, f32, Format, format);   \
    OPTIRS_MX(BF16, bf16, Format, format); \
    OPTIRS_MX(F16, f16, Format, format)

OPTIRS_MX_TYPES(MxE4M3, mxe4m3);
OPTIRS_MX_TYPES(MxE5M2, mxe5m2);
OPTIRS_MX_TYPES(Mxfp4, mxfp4);
OPTIRS_MX_TYPES(Nvfp4, nvfp4);
OPTIRS_KERNEL(mx_tensor_scale, kThreads, MxTensorScaleArguments, findTensorScale);
OPTIRS_KERNEL(mx_factors, kThreads, MxFactorsArguments, findFactors);

}  // namespace optirs::cuda
