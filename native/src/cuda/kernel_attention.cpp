// optirs/kernel_attention.h
#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "src/core/error.h"
#include "src/cuda/attention_decode.h"
#include "src/cuda/context.h"
#include "src/cuda/cudnn_attention.h"
#include "src/cuda/kernel_calls.h"
#include "src/cuda/tensor.h"
#include "src/cuda/tuning.h"

namespace optirs::cuda {
namespace {

constexpr int64_t kMostRows = std::numeric_limits<int32_t>::max() / 2;

Storage storageOf(const optirs_dl_tensor& tensor) {
    if (!isFloat8(tensor)) {
        return Storage::kOwn;
    }
    return float8Of(tensor) == Float8::kE4M3 ? Storage::kE4M3 : Storage::kE5M2;
}

/// `scale` NULL for 1.
HeadOperand operandOf(const optirs_dl_tensor& tensor, const optirs_dl_tensor* scale = nullptr) {
    int64_t strides[3];
    int64_t stride = tensor.shape[3];
    for (int i = 2; i >= 0; --i) {
        strides[i] = tensor.strides != nullptr ? tensor.strides[i] : stride;
        stride *= tensor.shape[i];
    }
    const int64_t vector = 16 * 8 / tensor.dtype.bits;  // elements
    const bool is_vector = reinterpret_cast<uintptr_t>(dataOf(&tensor)) % 16 == 0 &&
                           tensor.shape[3] % vector == 0 &&
                           std::ranges::all_of(strides, [&](int64_t s) { return s % vector == 0; });
    return {.data = dataOf(&tensor),
            .batch_stride = strides[0],
            .row_stride = strides[1],
            .head_stride = strides[2],
            .width = static_cast<int32_t>(tensor.shape[3]),
            .is_vector = is_vector ? 1 : 0,
            .storage = storageOf(tensor),
            .has_head_scales = scale != nullptr && scale->shape[0] != 1 ? 1 : 0,
            .scales = dataOf<float>(scale)};
}

template <class Args>
int64_t widthOf(const Args& args) {
    return std::max(args.q->shape[3], args.v->shape[3]);
}

/// What forward and backward have in common; `block_table` NULL where keys are not paged.
template <class Args>
AttentionScores scoresOf(const Args& args, const optirs_dl_tensor* block_table) {
    const optirs_dl_tensor& q = *args.q;
    const optirs_dl_tensor& k = *args.k;
    AttentionScores scores{};
    scores.q = operandOf(q, args.q_scale);
    scores.k = operandOf(k, args.k_scale);
    scores.v = operandOf(*args.v, args.v_scale);
    scores.q_lengths = dataOf<int32_t>(args.q_lengths);
    scores.kv_lengths = dataOf<int32_t>(args.kv_lengths);
    scores.q_starts = dataOf<int32_t>(args.q_starts);
    scores.kv_starts = dataOf<int32_t>(args.kv_starts);
    scores.batches = args.q_starts != nullptr ? args.q_starts->shape[0] - 1 : q.shape[0];
    scores.rows = q.shape[1];
    scores.columns = k.shape[1];
    if (block_table != nullptr) {
        scores.block_table = dataOf<int32_t>(block_table);
        scores.table_width = block_table->shape[1];
        scores.block_size = k.shape[1];
        scores.block_count = k.shape[0];
        scores.columns *= block_table->shape[1];
    }
    require(std::max(scores.rows, scores.columns) <= kMostRows, "attention over 2^30 rows or more");
    scores.heads = q.shape[2];
    scores.kv_heads = k.shape[2];
    scores.scale = static_cast<float>(args.scale);
    scores.soft_cap = static_cast<float>(args.soft_cap);
    scores.mask = args.mask;
    scores.window_left = args.window_left;
    scores.window_right = args.window_right;
    if (args.bias != nullptr) {
        const optirs_dl_tensor& bias = *args.bias;
        const int64_t matrix = bias.shape[2] * bias.shape[3];
        scores.bias = dataOf(&bias);
        scores.bias_bits = bias.dtype.bits;
        scores.is_bias_bf16 = bias.dtype.code == OPTIRS_DL_BFLOAT ? 1 : 0;
        scores.bias_batch_stride = bias.shape[0] == 1 ? 0 : bias.shape[1] * matrix;
        scores.bias_head_stride = bias.shape[1] == 1 ? 0 : matrix;
    }
    scores.slopes = dataOf<float>(args.alibi_slopes);
    constexpr double kNumbers = 4294967296.0;  // of 32 bits
    scores.drops = args.dropout > 0 ? 1 : 0;
    scores.threshold = static_cast<uint32_t>(std::min(args.dropout * kNumbers, kNumbers - 1));
    scores.keep = static_cast<float>(1 / (1 - args.dropout));
    scores.seed = args.seed;
    scores.offset = args.offset;
    return scores;
}

AttentionCall callOf(const optirs_attention_args& args, CUstream stream) {
    require(widthOf(args) <= kAttentionWidest, "attention whose heads are wider than 512");
    const Element element = elementOf(*args.out);
    const AttentionScores scores = scoresOf(args, args.block_table);
    return {.queue = queueOf(*args.out, stream),
            .element = element,
            .is_backward = false,
            .scores = scores,
            .out = operandOf(*args.out),
            .lse = dataOf<float>(args.lse),
            .dout = {},
            .gradients = {},
            .parts = attentionParts(scores, element, args.kv_splits)};
}

AttentionCall callOf(const optirs_attention_backward_args& args, CUstream stream) {
    require(widthOf(args) <= kAttentionSlice, "gradients of attention whose heads are wider than 256");
    return {.queue = queueOf(*args.out, stream),
            .element = elementOf(*args.out),
            .is_backward = true,
            .scores = scoresOf(args, nullptr),
            .out = operandOf(*args.out),
            .lse = dataOf<float>(args.lse),
            .dout = operandOf(*args.dout, args.dout_scale),
            .gradients = {.q = operandOf(*args.dq), .k = operandOf(*args.dk), .v = operandOf(*args.dv)},
            .parts = 1};
}

/// For the project's own kernel. Parts have their results in the workspace.
AttentionArguments argumentsOf(const AttentionCall& call, void* workspace) {
    AttentionArguments arguments{.scores = call.scores, .out = call.out, .lse = call.lse};
    arguments.parts = call.parts;
    if (call.parts > 1) {
        const AttentionScores& scores = call.scores;
        const int64_t row = call.parts * scores.v.width;
        auto* values = static_cast<float*>(workspace);
        const bool is_vector = scores.v.width % 4 == 0 && reinterpret_cast<uintptr_t>(values) % 16 == 0;
        arguments.values = {.data = values,
                            .batch_stride = scores.heads * scores.rows * row,
                            .row_stride = row,
                            .head_stride = scores.rows * row,
                            .width = scores.v.width,
                            .is_vector = is_vector ? 1 : 0};
        arguments.states = reinterpret_cast<PartState*>(values + attentionRowCount(scores) * row);
    }
    return arguments;
}

/// Of the backward pass: sums of dout out.
uint64_t meansBytes(const AttentionCall& call) {
    return static_cast<uint64_t>(attentionRowCount(call.scores)) * sizeof(float);
}

uint64_t partBytes(const AttentionCall& call) {
    const uint64_t of_part = static_cast<uint64_t>(call.scores.v.width) * sizeof(float) + sizeof(PartState);
    return call.parts == 1 ? 0 : static_cast<uint64_t>(attentionRowCount(call.scores) * call.parts) * of_part;
}

uint64_t ownWorkspace(const AttentionCall& call, AttentionKernels kernels) {
    const uint64_t results = call.is_backward ? meansBytes(call) : partBytes(call);
    switch (kernels) {
        case AttentionKernels::kAnywhere:
            return results;
        case AttentionKernels::kHopper16:
            return results + decodedBytes(call);
        case AttentionKernels::kHopper8:
            return results + sideBytes(call);
    }
    return results;
}

void runForward(const AttentionCall& call, AttentionKernels kernels, void* workspace) {
    const AttentionArguments arguments = argumentsOf(call, workspace);
    switch (kernels) {
        case AttentionKernels::kAnywhere:
            return attentionForwardAnywhere(call.queue, call.element, arguments);
        case AttentionKernels::kHopper16:
            return attentionForwardHopper(call.queue, call.element, arguments);
        case AttentionKernels::kHopper8:
            return attentionForwardFloat8(call.queue, call.element, arguments, workspace);
    }
}

/// The workspace begins with the means; what the kernels need besides is at `more`.
void runBackward(const AttentionCall& call, AttentionKernels kernels, void* workspace, void* more) {
    const AttentionBackwardArguments arguments = {.scores = call.scores,
                                                  .out = call.out,
                                                  .dout = call.dout,
                                                  .gradient = {},
                                                  .lse = call.lse,
                                                  .means = static_cast<float*>(workspace)};
    switch (kernels) {
        case AttentionKernels::kAnywhere:
            return attentionBackwardAnywhere(call.queue, call.element, arguments, call.gradients);
        case AttentionKernels::kHopper16:
            return attentionBackwardHopper(call.queue, call.element, arguments, call.gradients);
        case AttentionKernels::kHopper8:
            return attentionBackwardFloat8(call.queue, call.element, arguments, call.gradients, more);
    }
}

void runOwn(AttentionCall call, AttentionKernels kernels, void* workspace) {
    void* more = static_cast<std::byte*>(workspace) + (call.is_backward ? meansBytes(call) : 0);
    if (kernels == AttentionKernels::kHopper16) {
        call = decode(call, more);
    }
    if (call.is_backward) {
        runBackward(call, kernels, workspace, more);
    } else {
        runForward(call, kernels, workspace);
    }
}

uint64_t workspaceOf(const AttentionCall& call) {
    const AttentionChoice choice = chooseAttention(call);
    return choice.cudnn != nullptr ? workspaceBytes(*choice.cudnn) : ownWorkspace(call, choice.own);
}

void run(const AttentionCall& call, void* workspace) {
    const AttentionChoice choice = chooseAttention(call);
    if (choice.cudnn != nullptr) {
        run(*choice.cudnn, call, workspace);
        return;
    }
    runOwn(call, choice.own, workspace);
}

/// The own kernels, and cuDNN where it can.
std::vector<optirs_timing> tune(const std::vector<AttentionCall>& calls) {
    const int32_t capability = computeCapability(calls.front().queue.device);
    const CudnnAttention* cudnn = findCudnn(calls.front(), capability);
    const AttentionKernels own = ownKernels(calls.front(), capability);
    const uint64_t own_bytes = ownWorkspace(calls.front(), own);
    const bool differ = std::ranges::any_of(calls, [&](const AttentionCall& call) {
        return findCudnn(call, capability) != cudnn || ownKernels(call, capability) != own ||
               ownWorkspace(call, own) != own_bytes;
    });
    if (differ) {
        throw core::Error(core::Code::kInvalidArgument,
                          "calls of attention to be measured differ in more than their memory", "cuda");
    }
    const Queue queue = calls.front().queue;
    const TuningMemory memory(queue.device,
                              std::max(own_bytes, cudnn == nullptr ? 0 : workspaceBytes(*cudnn)));
    std::vector<TuningCandidate> candidates = {
        {OPTIRS_CANDIDATE_OWN, 0, [&](size_t set) { runOwn(calls[set], own, memory.data()); }}};
    if (cudnn != nullptr) {
        candidates.push_back(
            {OPTIRS_CANDIDATE_CUDNN, 0, [&](size_t set) { run(*cudnn, calls[set], memory.data()); }});
    }
    std::vector<optirs_timing> timings = measure(queue, candidates, calls.size());
    if (cudnn != nullptr) {
        preferCudnn(calls.front(), candidates[chosenOf(timings)].kind == OPTIRS_CANDIDATE_CUDNN);
    }
    return timings;
}

template <class Args>
std::vector<optirs_timing> tuneAll(std::span<const Args* const> args, CUstream stream) {
    std::vector<AttentionCall> calls;
    for (const Args* one : args) {
        calls.push_back(callOf(*one, stream));
    }
    return tune(calls);
}

}  // namespace

uint64_t workspaceOf(const optirs_attention_args& args) { return workspaceOf(callOf(args, nullptr)); }
uint64_t workspaceOf(const optirs_attention_backward_args& args) {
    return workspaceOf(callOf(args, nullptr));
}

void run(const optirs_attention_args& args, CUstream stream) { run(callOf(args, stream), args.workspace); }
void run(const optirs_attention_backward_args& args, CUstream stream) {
    run(callOf(args, stream), args.workspace);
}

std::vector<optirs_timing> tune(std::span<const optirs_attention_args* const> args, CUstream stream) {
    return tuneAll(args, stream);
}
std::vector<optirs_timing> tune(std::span<const optirs_attention_backward_args* const> args,
                                CUstream stream) {
    return tuneAll(args, stream);
}

}  // namespace optirs::cuda
