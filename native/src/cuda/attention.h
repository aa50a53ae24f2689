// Attention by the project's own kernels: the arguments of kernels/attention_arguments.h with an element
// type.
#pragma once

#include <string_view>

#include "src/cuda/kernels/attention_arguments.h"
#include "src/cuda/row_kernels.h"

namespace optirs::cuda {

/// Parts that the columns of each row are divided into: `wanted`, or, if that is 0, enough to keep a device
/// busy where there are few rows, by the shapes alone.
int64_t attentionParts(const AttentionScores& scores, Element element, int64_t wanted);
/// By the kernels for any GPU. `element` is that of `out`, and of tiles and probabilities. Several parts need
/// `values` and `states`.
void attentionForwardAnywhere(const Queue& queue, Element element, const AttentionArguments& arguments);
/// For what ownKernels says.
void attentionForwardHopper(const Queue& queue, Element element, const AttentionArguments& arguments);
/// Likewise: products of 8 bits. Puts the values on their side into the workspace, of sideBytes.
void attentionForwardFloat8(const Queue& queue, Element element, const AttentionArguments& arguments,
                            void* workspace);

/// Whether the operand has 8-bit floats.
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

/// The project's own: for any GPU; Hopper's of 16 bits, for which 8-bit operands are decoded first; or
/// Hopper's that multiply 8 bits.
enum class AttentionKernels { kAnywhere, kHopper16, kHopper8 };
/// Which of them do a call, on a device of this compute capability (90 for 9.0) with this driver.
AttentionKernels ownKernels(const AttentionCall& call, int32_t capability);

struct CudnnAttention;
/// What computes a call: cuDNN, unless `cudnn` is NULL; else the own kernels.
struct AttentionChoice {
    const CudnnAttention* cudnn;
    AttentionKernels own;
};
AttentionChoice chooseAttention(const AttentionCall& call);

/// What keeps a call from cuDNN and from Hopper's kernels alike; empty if nothing does.
std::string_view fusedObstacle(const AttentionCall& call);

/// `element` is that of `out` and the gradients. `arguments` without `gradient`; fills `means` first.
void attentionBackwardAnywhere(const Queue& queue, Element element, AttentionBackwardArguments arguments,
                               const AttentionGradients& gradients);
/// Likewise, for what ownKernels says.
void attentionBackwardHopper(const Queue& queue, Element element, AttentionBackwardArguments arguments,
                             const AttentionGradients& gradients);

/// Likewise: products of 8 bits, with a workspace of sideBytes.
void attentionBackwardFloat8(const Queue& queue, Element element, AttentionBackwardArguments arguments,
                             const AttentionGradients& gradients, void* workspace);
/// Workspace of a call whose products are of 8 bits, for operands on their side.
uint64_t sideBytes(const AttentionCall& call);

/// Fills `means`, which the passes above begin with.
void attentionMeans(const Queue& queue, Element element, const AttentionBackwardArguments& arguments);

/// Of kAttentionWidths: the kernel's width for these heads, as both of a product have to fit.
size_t attentionWidthIndex(const AttentionScores& scores);

/// Blocks of `block_rows` rows or columns: of packed sequences there are as many as there can be.
int64_t partCount(const int32_t* starts, int64_t rows, int64_t batches, int block_rows);

/// Batches that a tensor of rows with these starts has: packed sequences are in one.
inline int64_t batchesInMemory(const AttentionScores& scores, const int32_t* starts) {
    return starts != nullptr ? 1 : scores.batches;
}

/// Numbers that lse and means have.
int64_t attentionRowCount(const AttentionScores& scores);

}  // namespace optirs::cuda
