#include "src/kernels/call_targets.h"

#include <limits>
#include <new>
#include <utility>
#include <vector>

#include "src/kernels/all.h"
#include "src/kernels/call_fields.h"

namespace optirs::kernels {
namespace {

template <class Args>
void run(optirs_kernel kernel, std::byte* args, CallMachine& machine) {
    Call<Args> call(reinterpret_cast<const Args*>(args));
    call.args.workspace_size = machine.workspaceBytes(kernel, &call.args);
    call.args.workspace = machine.workspace(call.args.workspace_size);
    machine.run(kernel, &call.args);
}

/// Makes the entry of a kernel optirs_<name>; `set` sets defaults that are not 0.
template <class Fields, optirs_kernel kKernel, auto kSet>
KernelTarget target(std::string_view name, std::vector<std::string_view> operands,
                    std::vector<std::string_view> results) {
    using Args = typename Fields::Args;
    static_assert(sizeof(Args) <= kKernelArgumentBytes);
    return {name,
            Fields::kAll,
            std::move(operands),
            std::move(results),
            [](std::byte* args) {
                auto& typed = *new (args) Args{};
                typed.struct_size = sizeof(Args);
                kSet(typed);
            },
            [](std::byte* args, [[maybe_unused]] std::byte* lists, CallMachine& machine) {
                if constexpr (requires(Args typed) { typed.tensors; }) {
                    reinterpret_cast<Args*>(args)->tensors =
                        reinterpret_cast<const optirs_optimizer_tensors*>(lists);
                }
                run<Args>(kKernel, args, machine);
            }};
}

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();  // is refused where it is left

constexpr auto nothing = [](auto&) {};
constexpr auto scores = [](auto& args) {
    args.scale = kMissing;
    args.window_left = args.window_right = -1;
};
constexpr auto norm = [](auto& args) { args.epsilon = 1e-5; };
constexpr auto product = [](auto& args) { args.alpha = 1; };
constexpr auto adam = [](auto& args) {
    args.learning_rate = kMissing;
    args.beta1 = 0.9;
    args.beta2 = 0.999;
    args.epsilon = 1e-8;
};
constexpr auto rate = [](auto& args) { args.learning_rate = kMissing; };
constexpr auto lion = [](auto& args) {
    args.learning_rate = kMissing;
    args.beta1 = 0.9;
    args.beta2 = 0.99;
};
constexpr auto loss = [](auto& args) { args.ignore_index = -100; };

}  // namespace

std::span<const KernelTarget, kKernelTargetCount> kernelTargets() {
    static const KernelTarget targets[kKernelTargetCount] = {
        target<AttentionFields, OPTIRS_KERNEL_ATTENTION, scores>("attention", {"q", "k", "v"},
                                                                 {"out", "lse"}),
        target<AttentionBackwardFields, OPTIRS_KERNEL_ATTENTION_BACKWARD, scores>(
            "attention_backward", {"dout", "q", "k", "v", "out", "lse"}, {"dq", "dk", "dv"}),
        target<LayerNormFields, OPTIRS_KERNEL_LAYER_NORM, norm>("layer_norm", {"x", "gamma", "beta"},
                                                                {"out", "mean", "rstd"}),
        target<LayerNormBackwardFields, OPTIRS_KERNEL_LAYER_NORM_BACKWARD, nothing>(
            "layer_norm_backward", {"dout", "x", "gamma", "mean", "rstd"}, {"dx", "dgamma", "dbeta"}),
        target<RmsNormFields, OPTIRS_KERNEL_RMS_NORM, norm>("rms_norm", {"x", "gamma"}, {"out", "rstd"}),
        target<RmsNormBackwardFields, OPTIRS_KERNEL_RMS_NORM_BACKWARD, nothing>(
            "rms_norm_backward", {"dout", "x", "gamma", "rstd"}, {"dx", "dgamma"}),
        target<CrossEntropyFields, OPTIRS_KERNEL_CROSS_ENTROPY, loss>(
            "cross_entropy", {"logits", "targets", "grad_scale"}, {"loss", "dlogits"}),
        target<QuantizeFields, OPTIRS_KERNEL_QUANTIZE, nothing>("quantize", {"x", "scale"}, {"out", "amax"}),
        target<DequantizeFields, OPTIRS_KERNEL_DEQUANTIZE, nothing>("dequantize", {"x", "scale_inv"},
                                                                    {"out"}),
        target<QuantizeBlocksFields, OPTIRS_KERNEL_QUANTIZE_BLOCKS, nothing>("quantize_blocks", {"x"},
                                                                             {"out", "scale_inv"}),
        target<DequantizeBlocksFields, OPTIRS_KERNEL_DEQUANTIZE_BLOCKS, nothing>("dequantize_blocks",
                                                                                 {"x", "scale_inv"}, {"out"}),
        target<QuantizeMxFields, OPTIRS_KERNEL_QUANTIZE_MX, nothing>("quantize_mx", {"x", "amax"},
                                                                     {"out", "scales", "tensor_scale"}),
        target<DequantizeMxFields, OPTIRS_KERNEL_DEQUANTIZE_MX, nothing>(
            "dequantize_mx", {"x", "scales", "tensor_scale"}, {"out"}),
        target<MatmulMxFields, OPTIRS_KERNEL_MATMUL_MX, product>("matmul_mx",
                                                                 {"a", "a_scales", "b", "b_scales"}, {"out"}),
        target<MatmulFields, OPTIRS_KERNEL_MATMUL, product>("matmul", {"a", "b", "scale_a", "scale_b"},
                                                            {"out", "amax_out"}),
        target<GroupedMatmulFields, OPTIRS_KERNEL_GROUPED_MATMUL, product>(
            "grouped_matmul", {"a", "b", "group_sizes"}, {"out"}),
        target<SgdFields, OPTIRS_KERNEL_SGD, rate>("sgd", {"params", "grads", "state1"},
                                                   {"params", "state1"}),
        target<AdamFields<optirs_adam_args>, OPTIRS_KERNEL_ADAM, adam>(
            "adam", {"params", "grads", "state1", "state2", "step", "learning_rate"},
            {"params", "state1", "state2"}),
        target<AdamFields<optirs_adamw_args>, OPTIRS_KERNEL_ADAMW, adam>(
            "adamw", {"params", "grads", "state1", "state2", "step", "learning_rate"},
            {"params", "state1", "state2"}),
        target<LionFields, OPTIRS_KERNEL_LION, lion>("lion", {"params", "grads", "state1", "learning_rate"},
                                                     {"params", "state1"}),
    };
    return targets;
}

}  // namespace optirs::kernels
