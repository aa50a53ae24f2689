// Norms, softmax, cross entropy, activations, rotary embeddings, dropout, gathering, FP8 casts: the arguments
// of kernels/arguments.h with an element type, checked and launched.
#pragma once

#include "src/cuda/launch.h"

namespace optirs::cuda {

enum class Norm : int32_t { kLayer, kRms };
enum class Direction : int32_t { kForward, kBackward };
enum class Gelu : int32_t { kTanh, kErf };

inline int elementBytes(Element element) { return element == Element::kF32 ? 4 : 2; }

void normForward(const Queue& queue, Norm norm, Element element, const NormArguments& arguments);
void normForward(const Queue& queue, Norm norm, Element from, Float8 to, const NormArguments& arguments);

/// Groups of rows that the backward pass of a norm works on, each with a row of partial sums of f32 for the
/// weight and, for layer norm, the bias.
int64_t normGroups(int64_t rows);
/// A gradient that is the sum of the groups' rows; without data it is not wanted, and needs no partial sums.
struct SummedGradient {
    void* data = nullptr;
    Element element = Element::kF32;
};
void normBackward(const Queue& queue, Norm norm, Element element, const NormBackwardArguments& arguments,
                  SummedGradient weight, SummedGradient bias);

void softmax(const Queue& queue, Direction direction, Element element, const SoftmaxArguments& arguments);
void crossEntropy(const Queue& queue, Element element, const CrossEntropyArguments& arguments);
void gelu(const Queue& queue, Gelu form, Direction direction, Element element,
          const PointwiseArguments& arguments);
void swiGlu(const Queue& queue, Direction direction, Element element, const SwiGluArguments& arguments);
void rope(const Queue& queue, Element element, const RopeArguments& arguments);
void dropout(const Queue& queue, Element element, const DropoutArguments& arguments);
void gatherRows(const Queue& queue, Element element, const EmbeddingArguments& arguments);
/// `element` is the gradient's.
void gatherRowsBackward(const Queue& queue, Element element, int64_t vocabulary,
                        const EmbeddingBackwardArguments& arguments);

/// `output` NULL: amax alone.
void quantize(const Queue& queue, Element from, Float8 to, const QuantizeArguments& arguments);
void dequantize(const Queue& queue, Float8 from, Element to, const QuantizeArguments& arguments);
/// Groups of rows whose columns a cast with transposition adds up, a row of f32 for each.
int64_t transposeGroups(int64_t rows);
/// `bias` is the sum of the columns; without data it is not wanted.
void castTranspose(const Queue& queue, Element from, Float8 to, const QuantizeArguments& arguments,
                   SummedGradient bias = {});
void quantizeBlocks(const Queue& queue, Element from, Float8 to, const QuantizeBlocksArguments& arguments);
void dequantizeBlocks(const Queue& queue, Float8 from, Element to,
                      const DequantizeBlocksArguments& arguments);
void delayedScaling(const Queue& queue, const DelayedScalingArguments& arguments);

}  // namespace optirs::cuda
