// optirs/kernel_norm.h
#include <initializer_list>

#include "src/cuda/kernel_calls.h"
#include "src/cuda/tensor.h"

namespace optirs::cuda {
namespace {

/// Whether the weights are f32 beside an input that is not; both must be of one type.
bool hasF32Weights(const optirs_dl_tensor& x, const optirs_dl_tensor* gamma, const optirs_dl_tensor* beta) {
    bool has_f32 = false;
    bool has_own = false;
    for (const optirs_dl_tensor* weight : {gamma, beta}) {
        if (weight != nullptr) {
            const bool is_own = elementOf(*weight) == elementOf(x);
            require(is_own || isF32(*weight), "norm whose weights are neither f32 nor of the type of x");
            (is_own ? has_own : has_f32) = true;
        }
    }
    require(!(has_own && has_f32), "norm whose weights are of two types");
    return has_f32;
}

/// `arguments` without scale and amax.
template <class Args>
void forward(const Args& args, Norm norm, const Queue& queue, NormArguments arguments) {
    if (!isFloat8(*args.out)) {
        return normForward(queue, norm, elementOf(*args.x), arguments);
    }
    arguments.scale = dataOf<float>(args.scale);
    arguments.amax = clearedAmax(queue, args.amax);
    normForward(queue, norm, elementOf(*args.x), float8Of(*args.out), arguments);
}

SummedGradient gradientOf(const optirs_dl_tensor* tensor) {
    return tensor == nullptr ? SummedGradient{} : SummedGradient{dataOf(tensor), elementOf(*tensor)};
}

/// Bytes of the partial sums of one vector of weights.
uint64_t partialBytes(const optirs_dl_tensor& x) {
    return static_cast<uint64_t>(normGroups(rowsOf(x)) * columnsOf(x)) * sizeof(float);
}

}  // namespace

void run(const optirs_layer_norm_args& args, CUstream stream) {
    const optirs_dl_tensor& x = *args.x;
    forward(args, Norm::kLayer, queueOf(x, stream),
            {.input = dataOf(&x),
             .weight = dataOf(args.gamma),
             .bias = dataOf(args.beta),
             .output = dataOf(args.out),
             .mean = dataOf<float>(args.mean),
             .inverse = dataOf<float>(args.rstd),
             .rows = rowsOf(x),
             .columns = columnsOf(x),
             .epsilon = static_cast<float>(args.epsilon),
             .has_f32_weight = hasF32Weights(x, args.gamma, args.beta) ? 1 : 0});
}

void run(const optirs_rms_norm_args& args, CUstream stream) {
    const optirs_dl_tensor& x = *args.x;
    forward(args, Norm::kRms, queueOf(x, stream),
            {.input = dataOf(&x),
             .weight = dataOf(args.gamma),
             .bias = nullptr,
             .output = dataOf(args.out),
             .mean = nullptr,
             .inverse = dataOf<float>(args.rstd),
             .rows = rowsOf(x),
             .columns = columnsOf(x),
             .epsilon = static_cast<float>(args.epsilon),
             .has_f32_weight = hasF32Weights(x, args.gamma, nullptr) ? 1 : 0});
}

uint64_t workspaceOf(const optirs_layer_norm_backward_args& args) {
    return partialBytes(*args.x) * ((args.dgamma != nullptr ? 1U : 0U) + (args.dbeta != nullptr ? 1U : 0U));
}

uint64_t workspaceOf(const optirs_rms_norm_backward_args& args) {
    return args.dgamma != nullptr ? partialBytes(*args.x) : 0;
}

void run(const optirs_layer_norm_backward_args& args, CUstream stream) {
    const optirs_dl_tensor& x = *args.x;
    requireSameType(x, *args.dout);
    auto* partial = static_cast<float*>(args.workspace);
    float* of_weight = args.dgamma != nullptr ? partial : nullptr;
    float* of_bias = args.dbeta == nullptr    ? nullptr
                     : args.dgamma == nullptr ? partial
                                              : partial + partialBytes(x) / sizeof(float);
    normBackward(queueOf(x, stream), Norm::kLayer, elementOf(x),
                 {.grad = dataOf(args.dout),
                  .input = dataOf(&x),
                  .weight = dataOf(args.gamma),
                  .mean = dataOf<float>(args.mean),
                  .inverse = dataOf<float>(args.rstd),
                  .grad_input = dataOf(args.dx),
                  .partial_weight = of_weight,
                  .partial_bias = of_bias,
                  .rows = rowsOf(x),
                  .columns = columnsOf(x),
                  .groups = normGroups(rowsOf(x)),
                  .has_f32_weight = hasF32Weights(x, args.gamma, nullptr) ? 1 : 0},
                 gradientOf(args.dgamma), gradientOf(args.dbeta));
}

void run(const optirs_rms_norm_backward_args& args, CUstream stream) {
    const optirs_dl_tensor& x = *args.x;
    requireSameType(x, *args.dout);
    normBackward(queueOf(x, stream), Norm::kRms, elementOf(x),
                 {.grad = dataOf(args.dout),
                  .input = dataOf(&x),
                  .weight = dataOf(args.gamma),
                  .mean = nullptr,
                  .inverse = dataOf<float>(args.rstd),
                  .grad_input = dataOf(args.dx),
                  .partial_weight = args.dgamma != nullptr ? static_cast<float*>(args.workspace) : nullptr,
                  .partial_bias = nullptr,
                  .rows = rowsOf(x),
                  .columns = columnsOf(x),
                  .groups = normGroups(rowsOf(x)),
                  .has_f32_weight = hasF32Weights(x, args.gamma, nullptr) ? 1 : 0},
                 gradientOf(args.dgamma), {});
}

void run(const optirs_softmax_args& args, CUstream stream) {
    const optirs_dl_tensor& x = *args.x;
    softmax(queueOf(x, stream), Direction::kForward, elementOf(x),
            {.input = dataOf(&x),
             .output = nullptr,
             .result = dataOf(args.out),
             .rows = rowsOf(x),
             .columns = columnsOf(x),
             .scale = static_cast<float>(args.scale)});
}

void run(const optirs_softmax_backward_args& args, CUstream stream) {
    const optirs_dl_tensor& out = *args.out;
    requireSameType(out, *args.dout);
    requireSameType(out, *args.dx);
    softmax(queueOf(out, stream), Direction::kBackward, elementOf(out),
            {.input = dataOf(args.dout),
             .output = dataOf(&out),
             .result = dataOf(args.dx),
             .rows = rowsOf(out),
             .columns = columnsOf(out),
             .scale = static_cast<float>(args.scale)});
}

void run(const optirs_cross_entropy_args& args, CUstream stream) {
    const optirs_dl_tensor& logits = *args.logits;
    crossEntropy(queueOf(logits, stream), elementOf(logits),
                 {.logits = dataOf(&logits),
                  .labels = indicesOf(args.targets),
                  .grad = dataOf(args.dlogits),
                  .loss = dataOf<float>(args.loss),
                  .rows = rowsOf(logits),
                  .columns = columnsOf(logits),
                  .ignored_label = args.ignore_index,
                  .grad_scale = dataOf<float>(args.grad_scale),
                  .smoothing = static_cast<float>(args.label_smoothing)});
}

}  // namespace optirs::cuda
