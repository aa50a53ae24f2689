// Attention by the project's own kernels: the arguments of kernels/attention_arguments.h with an element
// type.
#pragma once

#include "src/cuda/kernels/attention_arguments.h"
#include "src/cuda/row_kernels.h"

namespace optirs::cuda {

/// `element` is that of `out`, and of tiles and probabilities.
void attentionForward(const Queue& queue, Element element, const AttentionArguments& arguments);

/// Where the gradients go.
struct AttentionGradients {
    HeadOperand q;
    HeadOperand k;
    HeadOperand v;
};
/// `arguments` without `gradient`; fills `means` first.
void attentionBackward(const Queue& queue, Element element, AttentionBackwardArguments arguments,
                       const AttentionGradients& gradients);

/// Numbers that lse and means have.
int64_t attentionRowCount(const AttentionScores& scores);

}  // namespace optirs::cuda
