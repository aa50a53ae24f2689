#include "src/cuda/row_kernels.h"

#include <algorithm>
#include <array>

namespace optirs::cuda {
namespace {

constexpr int64_t kRowBlock = 128;     // columns of the blocks that are rows
constexpr int64_t kSmallBlock = 1024;  // elements of a block that one warp quantizes
constexpr int64_t kWarpsPerBlock = kThreads / 32;
constexpr int64_t kMostGroups = 264;           // two waves on 132 multiprocessors
constexpr int64_t kMostQuantizeBlocks = 1056;  // eight blocks on each of them

using Names = std::array<const char*, 3>;  // by element type

// The kernels of one file for f32, bf16 and f16.
#define OPTIRS_NAMES(prefix) Names{prefix "_f32", prefix "_bf16", prefix "_f16"}

template <class Enumeration>
size_t index(Enumeration value) {
    return static_cast<size_t>(value);
}

int64_t ceilDiv(int64_t count, int64_t unit) { return (count + unit - 1) / unit; }

/// Blocks for `count` elements, 16 bytes for each thread.
int64_t vectorBlocks(int64_t count, Element element) {
    return ceilDiv(count, int64_t{kThreads} * 16 / elementBytes(element));
}

/// A kernel with an 8-bit result: by element type and 8-bit type.
using CastNames = std::array<std::array<const char*, 2>, 3>;
#define OPTIRS_CAST_NAMES(prefix)                                                                 \
    CastNames {                                                                                   \
        {                                                                                         \
            {prefix "_f32_e4m3", prefix "_f32_e5m2"}, {prefix "_bf16_e4m3", prefix "_bf16_e5m2"}, \
                {prefix "_f16_e4m3", prefix "_f16_e5m2"}                                          \
        }                                                                                         \
    }

/// Adds up the rows of groups, unless the sum is not wanted.
void sumGroups(const Queue& queue, const float* partial, SummedGradient gradient, int64_t groups,
               int64_t columns) {
    static constexpr Names kNames = OPTIRS_NAMES("sum_groups");
    if (gradient.data != nullptr) {
        const SumGroupsArguments arguments = {partial, gradient.data, groups, columns};
        launchKernel(queue, {"norm", kNames[index(gradient.element)]}, ceilDiv(columns, kThreads),
                     &arguments);
    }
}

}  // namespace

void normForward(const Queue& queue, Norm norm, Element element, const NormArguments& arguments) {
    static constexpr Names kNames[] = {OPTIRS_NAMES("layer_norm_forward"), OPTIRS_NAMES("rms_norm_forward")};
    launchKernel(queue, {"norm", kNames[index(norm)][index(element)]}, arguments.rows, &arguments);
}

void normForward(const Queue& queue, Norm norm, Element from, Float8 to, const NormArguments& arguments) {
    static constexpr CastNames kNames[] = {OPTIRS_CAST_NAMES("layer_norm_forward"),
                                           OPTIRS_CAST_NAMES("rms_norm_forward")};
    launchKernel(queue, {"norm", kNames[index(norm)][index(from)][index(to)]}, arguments.rows, &arguments);
}

int64_t normGroups(int64_t rows) { return std::min(rows, kMostGroups); }

void normBackward(const Queue& queue, Norm norm, Element element, const NormBackwardArguments& arguments,
                  SummedGradient weight, SummedGradient bias) {
    static constexpr Names kNames[] = {OPTIRS_NAMES("layer_norm_backward"),
                                       OPTIRS_NAMES("rms_norm_backward")};
    launchKernel(queue, {"norm", kNames[index(norm)][index(element)]}, arguments.groups, &arguments);
    sumGroups(queue, arguments.partial_weight, weight, arguments.groups, arguments.columns);
    sumGroups(queue, arguments.partial_bias, bias, arguments.groups, arguments.columns);
}

void softmax(const Queue& queue, Direction direction, Element element, const SoftmaxArguments& arguments) {
    static constexpr Names kNames[] = {OPTIRS_NAMES("softmax_forward"), OPTIRS_NAMES("softmax_backward")};
    launchKernel(queue, {"softmax", kNames[index(direction)][index(element)]}, arguments.rows, &arguments);
}

void crossEntropy(const Queue& queue, Element element, const CrossEntropyArguments& arguments) {
    static constexpr Names kNames = OPTIRS_NAMES("cross_entropy");
    launchKernel(queue, {"softmax", kNames[index(element)]}, arguments.rows, &arguments);
}

void gelu(const Queue& queue, Gelu form, Direction direction, Element element,
          const PointwiseArguments& arguments) {
    static constexpr Names kNames[2][2] = {
        {OPTIRS_NAMES("gelu_tanh_forward"), OPTIRS_NAMES("gelu_tanh_backward")},
        {OPTIRS_NAMES("gelu_erf_forward"), OPTIRS_NAMES("gelu_erf_backward")}};
    launchKernel(queue, {"pointwise", kNames[index(form)][index(direction)][index(element)]},
                 vectorBlocks(arguments.count, element), &arguments);
}

void swiGlu(const Queue& queue, Direction direction, Element element, const SwiGluArguments& arguments) {
    static constexpr Names kNames[] = {OPTIRS_NAMES("swiglu_forward"), OPTIRS_NAMES("swiglu_backward")};
    launchKernel(queue, {"pointwise", kNames[index(direction)][index(element)]}, arguments.rows, &arguments);
}

void rope(const Queue& queue, Element element, const RopeArguments& arguments) {
    static constexpr Names kNames = OPTIRS_NAMES("rope");
    const int64_t items = arguments.tokens * arguments.heads * (arguments.depth - arguments.rotary / 2);
    launchKernel(queue, {"pointwise", kNames[index(element)]}, ceilDiv(items, kThreads), &arguments);
}

void dropout(const Queue& queue, Element element, const DropoutArguments& arguments) {
    static constexpr Names kNames = OPTIRS_NAMES("dropout");
    launchKernel(queue, {"pointwise", kNames[index(element)]},
                 ceilDiv(arguments.count, int64_t{kThreads} * 4), &arguments);
}

void gatherRows(const Queue& queue, Element element, const EmbeddingArguments& arguments) {
    static constexpr Names kNames = OPTIRS_NAMES("embedding");
    launchKernel(queue, {"pointwise", kNames[index(element)]}, arguments.rows, &arguments);
}

void gatherRowsBackward(const Queue& queue, Element element, int64_t vocabulary,
                        const EmbeddingBackwardArguments& arguments) {
    static constexpr Names kNames = OPTIRS_NAMES("embedding_backward");
    launchKernel(queue, {"pointwise", kNames[index(element)]}, vocabulary, &arguments);
}

void quantize(const Queue& queue, Element from, Float8 to, const QuantizeArguments& arguments) {
    static constexpr CastNames kNames = OPTIRS_CAST_NAMES("quantize");
    const int64_t blocks = vectorBlocks(arguments.rows * arguments.columns, from);
    launchKernel(queue, {"cast", kNames[index(from)][index(to)]}, std::min(blocks, kMostQuantizeBlocks),
                 &arguments);
}

void dequantize(const Queue& queue, Float8 from, Element to, const QuantizeArguments& arguments) {
    static constexpr Names kNames[] = {OPTIRS_NAMES("dequantize_e4m3"), OPTIRS_NAMES("dequantize_e5m2")};
    launchKernel(queue, {"cast", kNames[index(from)][index(to)]},
                 vectorBlocks(arguments.rows * arguments.columns, to), &arguments);
}

int64_t transposeGroups(int64_t rows) { return ceilDiv(rows, kTransposeTile); }

void castTranspose(const Queue& queue, Element from, Float8 to, const QuantizeArguments& arguments,
                   SummedGradient bias) {
    static constexpr CastNames kNames = OPTIRS_CAST_NAMES("cast_transpose");
    const int64_t groups = transposeGroups(arguments.rows);
    launchKernel(queue, {"cast", kNames[index(from)][index(to)]},
                 groups * ceilDiv(arguments.columns, kTransposeTile), &arguments);
    sumGroups(queue, arguments.column_sums, bias, groups, arguments.columns);
}

void quantizeBlocks(const Queue& queue, Element from, Float8 to, const QuantizeBlocksArguments& arguments) {
    static constexpr CastNames kRowNames = OPTIRS_CAST_NAMES("quantize_1x128");
    static constexpr CastNames kNames = OPTIRS_CAST_NAMES("quantize_blocks");
    const int64_t scales =
        ceilDiv(arguments.rows, arguments.block_rows) * ceilDiv(arguments.columns, arguments.block_columns);
    if (arguments.block_rows == 1 && arguments.block_columns == kRowBlock) {
        return launchKernel(queue, {"cast_blocks", kRowNames[index(from)][index(to)]},
                            ceilDiv(scales, kWarpsPerBlock), &arguments);
    }
    // A warp is enough for a few elements.
    const bool is_small = std::min(arguments.block_rows, arguments.rows) <=
                          kSmallBlock / std::min(arguments.block_columns, kSmallBlock);
    launchKernel(queue, {"cast_blocks", kNames[index(from)][index(to)]}, scales, &arguments,
                 {.threads = is_small ? 32 : kThreads});
}

void dequantizeBlocks(const Queue& queue, Float8 from, Element to,
                      const DequantizeBlocksArguments& arguments) {
    static constexpr Names kNames[] = {OPTIRS_NAMES("dequantize_blocks_e4m3"),
                                       OPTIRS_NAMES("dequantize_blocks_e5m2")};
    launchKernel(queue, {"cast_blocks", kNames[index(from)][index(to)]},
                 ceilDiv(arguments.rows * arguments.columns, kThreads), &arguments);
}

void delayedScaling(const Queue& queue, const DelayedScalingArguments& arguments) {
    launchKernel(queue, {"cast", "delayed_scaling"}, ceilDiv(arguments.count, kThreads), &arguments);
}

}  // namespace optirs::cuda
