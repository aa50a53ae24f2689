// Attention by the project's own kernels: the arguments of kernels/attention_arguments.h with an element
// type.
#pragma once

#include "src/cuda/kernels/attention_arguments.h"
#include "src/cuda/row_kernels.h"

namespace optirs::cuda {

/// Parts that the columns of each row are divided into: `wanted`, or, if that is 0, enough to keep a device
/// busy where there are few rows, by the shapes alone.
int64_t attentionParts(const AttentionScores& scores, Element element, int64_t wanted);
/// By the kernel for Hopper where that can, else by the one for any GPU. `element` is that of `out`, and of
/// tiles and probabilities. Several parts need `values` and `states`.
void attentionForward(const Queue& queue, Element element, const AttentionArguments& arguments);
void attentionForwardAnywhere(const Queue& queue, Element element, const AttentionArguments& arguments);
/// For what isForHopper says.
void attentionForwardHopper(const Queue& queue, Element element, const AttentionArguments& arguments);

/// Whether the kernel for Hopper does it, on a device of this compute capability (90 for 9.0) with this
/// driver.
bool isForHopper(int32_t capability, Element element, const AttentionArguments& arguments);

/// Whether the operand has 8-bit floats, which only the kernels for any GPU decode.
inline bool hasCodes(const HeadOperand& operand) { return operand.storage != Storage::kOwn; }

/// Where the gradients go.
struct AttentionGradients {
    HeadOperand q;
    HeadOperand k;
    HeadOperand v;
};
/// A call of either pass, before it is known what computes it.
struct AttentionCall {
    Queue queue;
    Element element;
    bool is_backward;
    AttentionScores scores;
    HeadOperand out;
    float* lse;
    HeadOperand dout;              // of the backward pass
    AttentionGradients gradients;  // likewise
    int64_t parts;                 // that the columns of each row are divided into
};

/// `element` is that of `out` and the gradients. `arguments` without `gradient`; fills `means` first.
void attentionBackward(const Queue& queue, Element element, AttentionBackwardArguments arguments,
                       const AttentionGradients& gradients);

/// Of kAttentionWidths: the kernel's width for these heads, as both of a product have to fit.
size_t attentionWidthIndex(const AttentionScores& scores);

/// Numbers that lse and means have.
int64_t attentionRowCount(const AttentionScores& scores);

}  // namespace optirs::cuda
