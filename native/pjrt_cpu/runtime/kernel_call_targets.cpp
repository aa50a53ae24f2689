#include "pjrt_cpu/runtime/kernel_call_targets.h"

#include <algorithm>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "src/cpu/kernels.h"
#include "src/kernels/all.h"

namespace optirs::plugin {
namespace {

template <class Member>
constexpr KernelFieldKind kindOf() {
    if constexpr (std::is_same_v<Member, const optirs_dl_tensor*>) {
        return KernelFieldKind::kTensor;
    } else if constexpr (std::is_same_v<Member, double>) {
        return KernelFieldKind::kReal;
    } else if constexpr (std::is_same_v<Member, int32_t>) {
        return KernelFieldKind::kInt32;
    } else {
        static_assert(std::is_same_v<Member, int64_t> || std::is_same_v<Member, uint64_t>);
        return KernelFieldKind::kInt64;
    }
}

template <class Args>
void run(optirs_kernel kernel, std::byte* args, ThreadPool& pool) {
    kernels::Call<Args> call(reinterpret_cast<const Args*>(args));
    call.args.workspace_size = cpu::kernelWorkspace(kernel, &call.args);
    thread_local std::vector<std::max_align_t> workspace;  // grows only
    workspace.resize(std::max(workspace.size(), call.args.workspace_size / sizeof(std::max_align_t) + 1));
    call.args.workspace = workspace.data();
    cpu::runKernel(kernel, &call.args, pool);
}

/// Makes the entry of a kernel optirs_<name>; `set` sets defaults that are not 0.
template <class Args, optirs_kernel kKernel, auto kSet>
KernelTarget target(std::string_view name, std::span<const KernelField> fields,
                    std::vector<std::string_view> operands, std::vector<std::string_view> results) {
    static_assert(sizeof(Args) <= kKernelArgumentBytes);
    return {name,
            fields,
            std::move(operands),
            std::move(results),
            [](std::byte* args) {
                auto& typed = *new (args) Args{};
                typed.struct_size = sizeof(Args);
                kSet(typed);
            },
            [](std::byte* args, [[maybe_unused]] std::byte* lists, ThreadPool& pool) {
                if constexpr (requires(Args typed) { typed.tensors; }) {
                    reinterpret_cast<Args*>(args)->tensors =
                        reinterpret_cast<const optirs_optimizer_tensors*>(lists);
                }
                run<Args>(kKernel, args, pool);
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

#define OPTIRS_FIELD_OF(Struct, member, use, is_of_list)                                            \
    KernelField {                                                                                   \
        #member, offsetof(Struct, member), kindOf<decltype(Struct::member)>(), KernelFieldUse::use, \
            is_of_list                                                                              \
    }
#define OPTIRS_LIST(member) OPTIRS_FIELD_OF(optirs_optimizer_tensors, member, kRead, true)
#define OPTIRS_UPDATED(member) OPTIRS_FIELD_OF(optirs_optimizer_tensors, member, kUpdated, true)

#define F(member) OPTIRS_FIELD_OF(optirs_attention_args, member, kRead, false)
#define W(member) OPTIRS_FIELD_OF(optirs_attention_args, member, kWritten, false)
constexpr KernelField kAttention[] = {F(q),
                                      F(k),
                                      F(v),
                                      F(scale),
                                      F(mask),
                                      F(window_left),
                                      F(window_right),
                                      F(soft_cap),
                                      F(bias),
                                      F(alibi_slopes),
                                      F(q_lengths),
                                      F(kv_lengths),
                                      F(dropout),
                                      F(seed),
                                      F(offset),
                                      W(out),
                                      W(lse),
                                      F(q_starts),
                                      F(kv_starts),
                                      F(block_table),
                                      F(q_scale),
                                      F(k_scale),
                                      F(v_scale),
                                      F(kv_splits)};
#undef F
#undef W
#define F(member) OPTIRS_FIELD_OF(optirs_attention_backward_args, member, kRead, false)
#define W(member) OPTIRS_FIELD_OF(optirs_attention_backward_args, member, kWritten, false)
constexpr KernelField kAttentionBackward[] = {F(dout),
                                              F(q),
                                              F(k),
                                              F(v),
                                              F(out),
                                              F(lse),
                                              F(scale),
                                              F(mask),
                                              F(window_left),
                                              F(window_right),
                                              F(soft_cap),
                                              F(bias),
                                              F(alibi_slopes),
                                              F(q_lengths),
                                              F(kv_lengths),
                                              F(dropout),
                                              F(seed),
                                              F(offset),
                                              W(dq),
                                              W(dk),
                                              W(dv),
                                              F(q_starts),
                                              F(kv_starts),
                                              F(q_scale),
                                              F(k_scale),
                                              F(v_scale),
                                              F(dout_scale)};
#undef F
#undef W
#define F(member) OPTIRS_FIELD_OF(optirs_layer_norm_args, member, kRead, false)
#define W(member) OPTIRS_FIELD_OF(optirs_layer_norm_args, member, kWritten, false)
constexpr KernelField kLayerNorm[] = {F(x),    F(gamma), F(beta),  F(epsilon), W(out),
                                      W(mean), W(rstd),  F(scale), W(amax)};
#undef F
#undef W
#define F(member) OPTIRS_FIELD_OF(optirs_layer_norm_backward_args, member, kRead, false)
#define W(member) OPTIRS_FIELD_OF(optirs_layer_norm_backward_args, member, kWritten, false)
constexpr KernelField kLayerNormBackward[] = {F(dout), F(x),  F(gamma),  F(mean),
                                              F(rstd), W(dx), W(dgamma), W(dbeta)};
#undef F
#undef W
#define F(member) OPTIRS_FIELD_OF(optirs_rms_norm_args, member, kRead, false)
#define W(member) OPTIRS_FIELD_OF(optirs_rms_norm_args, member, kWritten, false)
constexpr KernelField kRmsNorm[] = {F(x), F(gamma), F(epsilon), W(out), W(rstd), F(scale), W(amax)};
#undef F
#undef W
#define F(member) OPTIRS_FIELD_OF(optirs_rms_norm_backward_args, member, kRead, false)
#define W(member) OPTIRS_FIELD_OF(optirs_rms_norm_backward_args, member, kWritten, false)
constexpr KernelField kRmsNormBackward[] = {F(dout), F(x), F(gamma), F(rstd), W(dx), W(dgamma)};
#undef F
#undef W
#define F(member) OPTIRS_FIELD_OF(optirs_cross_entropy_args, member, kRead, false)
#define W(member) OPTIRS_FIELD_OF(optirs_cross_entropy_args, member, kWritten, false)
constexpr KernelField kCrossEntropy[] = {F(logits),     F(targets), F(ignore_index), F(label_smoothing),
                                         F(grad_scale), W(loss),    W(dlogits)};
#undef F
#undef W
#define F(member) OPTIRS_FIELD_OF(optirs_quantize_args, member, kRead, false)
#define W(member) OPTIRS_FIELD_OF(optirs_quantize_args, member, kWritten, false)
constexpr KernelField kQuantize[] = {F(x), F(scale), W(out), W(amax)};
#undef F
#undef W
#define F(member) OPTIRS_FIELD_OF(optirs_dequantize_args, member, kRead, false)
#define W(member) OPTIRS_FIELD_OF(optirs_dequantize_args, member, kWritten, false)
constexpr KernelField kDequantize[] = {F(x), F(scale_inv), W(out)};
#undef F
#undef W
#define F(member) OPTIRS_FIELD_OF(optirs_quantize_blocks_args, member, kRead, false)
#define W(member) OPTIRS_FIELD_OF(optirs_quantize_blocks_args, member, kWritten, false)
constexpr KernelField kQuantizeBlocks[] = {F(x),   F(block_rows), F(block_columns), F(power_of_two),
                                           W(out), W(scale_inv)};
#undef F
#undef W
#define F(member) OPTIRS_FIELD_OF(optirs_dequantize_blocks_args, member, kRead, false)
#define W(member) OPTIRS_FIELD_OF(optirs_dequantize_blocks_args, member, kWritten, false)
constexpr KernelField kDequantizeBlocks[] = {F(x), F(block_rows), F(block_columns), F(scale_inv), W(out)};
#undef F
#undef W
#define F(member) OPTIRS_FIELD_OF(optirs_quantize_mx_args, member, kRead, false)
#define W(member) OPTIRS_FIELD_OF(optirs_quantize_mx_args, member, kWritten, false)
constexpr KernelField kQuantizeMx[] = {F(x),   F(transpose), F(round_up),    F(amax),
                                       W(out), W(scales),    W(tensor_scale)};
#undef F
#undef W
#define F(member) OPTIRS_FIELD_OF(optirs_dequantize_mx_args, member, kRead, false)
#define W(member) OPTIRS_FIELD_OF(optirs_dequantize_mx_args, member, kWritten, false)
constexpr KernelField kDequantizeMx[] = {F(x), F(scales), F(tensor_scale), W(out)};
#undef F
#undef W
#define F(member) OPTIRS_FIELD_OF(optirs_matmul_mx_args, member, kRead, false)
#define W(member) OPTIRS_FIELD_OF(optirs_matmul_mx_args, member, kWritten, false)
constexpr KernelField kMatmulMx[] = {
    F(a),     F(a_scales), F(a_tensor_scale), F(b),  F(b_scales), F(b_tensor_scale),
    F(alpha), F(beta),     F(bias),           W(out)};
#undef F
#undef W
#define F(member) OPTIRS_FIELD_OF(optirs_matmul_args, member, kRead, false)
#define W(member) OPTIRS_FIELD_OF(optirs_matmul_args, member, kWritten, false)
constexpr KernelField kMatmul[] = {F(a),
                                   F(b),
                                   F(transpose_a),
                                   F(transpose_b),
                                   F(alpha),
                                   F(beta),
                                   F(bias),
                                   F(epilogue),
                                   F(fast_accumulation),
                                   F(scale_a),
                                   F(scale_b),
                                   F(scale_a_rows),
                                   F(scale_a_columns),
                                   F(scale_b_rows),
                                   F(scale_b_columns),
                                   F(scale_out),
                                   W(amax_out),
                                   W(out)};
#undef F
#undef W
#define F(member) OPTIRS_FIELD_OF(optirs_grouped_matmul_args, member, kRead, false)
#define W(member) OPTIRS_FIELD_OF(optirs_grouped_matmul_args, member, kWritten, false)
constexpr KernelField kGroupedMatmul[] = {F(a),           F(b),       F(group_sizes), F(transpose_a),
                                          F(transpose_b), F(alpha),   F(beta),        F(bias),
                                          F(scale_a),     F(scale_b), W(out)};
#undef F
#undef W
#define F(member) OPTIRS_FIELD_OF(optirs_sgd_args, member, kRead, false)
#define W(member) OPTIRS_FIELD_OF(optirs_sgd_args, member, kWritten, false)
constexpr KernelField kSgd[] = {F(learning_rate),        F(momentum),        F(weight_decay),
                                OPTIRS_UPDATED(params),  OPTIRS_LIST(grads), OPTIRS_UPDATED(state1),
                                OPTIRS_LIST(grad_scale), OPTIRS_LIST(skip)};
#undef F
#undef W
#define F(member) OPTIRS_FIELD_OF(optirs_adam_args, member, kRead, false)
#define W(member) OPTIRS_FIELD_OF(optirs_adam_args, member, kWritten, false)
constexpr KernelField kAdam[] = {F(step),
                                 F(learning_rate),
                                 F(beta1),
                                 F(beta2),
                                 F(epsilon),
                                 F(weight_decay),
                                 OPTIRS_UPDATED(params),
                                 OPTIRS_LIST(grads),
                                 OPTIRS_UPDATED(state1),
                                 OPTIRS_UPDATED(state2),
                                 OPTIRS_LIST(grad_scale),
                                 OPTIRS_LIST(skip)};
#undef F
#undef W
#define F(member) OPTIRS_FIELD_OF(optirs_adamw_args, member, kRead, false)
#define W(member) OPTIRS_FIELD_OF(optirs_adamw_args, member, kWritten, false)
constexpr KernelField kAdamW[] = {F(step),
                                  F(learning_rate),
                                  F(beta1),
                                  F(beta2),
                                  F(epsilon),
                                  F(weight_decay),
                                  OPTIRS_UPDATED(params),
                                  OPTIRS_LIST(grads),
                                  OPTIRS_UPDATED(state1),
                                  OPTIRS_UPDATED(state2),
                                  OPTIRS_LIST(grad_scale),
                                  OPTIRS_LIST(skip)};
#undef F
#undef W
#define F(member) OPTIRS_FIELD_OF(optirs_lion_args, member, kRead, false)
#define W(member) OPTIRS_FIELD_OF(optirs_lion_args, member, kWritten, false)
constexpr KernelField kLion[] = {F(learning_rate),
                                 F(beta1),
                                 F(beta2),
                                 F(weight_decay),
                                 OPTIRS_UPDATED(params),
                                 OPTIRS_LIST(grads),
                                 OPTIRS_UPDATED(state1),
                                 OPTIRS_LIST(grad_scale),
                                 OPTIRS_LIST(skip)};
#undef F
#undef W

}  // namespace

std::span<const KernelTarget> kernelTargets() {
    static const KernelTarget targets[] = {
        target<optirs_attention_args, OPTIRS_KERNEL_ATTENTION, scores>("attention", kAttention,
                                                                       {"q", "k", "v"}, {"out", "lse"}),
        target<optirs_attention_backward_args, OPTIRS_KERNEL_ATTENTION_BACKWARD, scores>(
            "attention_backward", kAttentionBackward, {"dout", "q", "k", "v", "out", "lse"},
            {"dq", "dk", "dv"}),
        target<optirs_layer_norm_args, OPTIRS_KERNEL_LAYER_NORM, norm>(
            "layer_norm", kLayerNorm, {"x", "gamma", "beta"}, {"out", "mean", "rstd"}),
        target<optirs_layer_norm_backward_args, OPTIRS_KERNEL_LAYER_NORM_BACKWARD, nothing>(
            "layer_norm_backward", kLayerNormBackward, {"dout", "x", "gamma", "mean", "rstd"},
            {"dx", "dgamma", "dbeta"}),
        target<optirs_rms_norm_args, OPTIRS_KERNEL_RMS_NORM, norm>("rms_norm", kRmsNorm, {"x", "gamma"},
                                                                   {"out", "rstd"}),
        target<optirs_rms_norm_backward_args, OPTIRS_KERNEL_RMS_NORM_BACKWARD, nothing>(
            "rms_norm_backward", kRmsNormBackward, {"dout", "x", "gamma", "rstd"}, {"dx", "dgamma"}),
        target<optirs_cross_entropy_args, OPTIRS_KERNEL_CROSS_ENTROPY, loss>(
            "cross_entropy", kCrossEntropy, {"logits", "targets", "grad_scale"}, {"loss", "dlogits"}),
        target<optirs_quantize_args, OPTIRS_KERNEL_QUANTIZE, nothing>("quantize", kQuantize, {"x", "scale"},
                                                                      {"out", "amax"}),
        target<optirs_dequantize_args, OPTIRS_KERNEL_DEQUANTIZE, nothing>("dequantize", kDequantize,
                                                                          {"x", "scale_inv"}, {"out"}),
        target<optirs_quantize_blocks_args, OPTIRS_KERNEL_QUANTIZE_BLOCKS, nothing>(
            "quantize_blocks", kQuantizeBlocks, {"x"}, {"out", "scale_inv"}),
        target<optirs_dequantize_blocks_args, OPTIRS_KERNEL_DEQUANTIZE_BLOCKS, nothing>(
            "dequantize_blocks", kDequantizeBlocks, {"x", "scale_inv"}, {"out"}),
        target<optirs_quantize_mx_args, OPTIRS_KERNEL_QUANTIZE_MX, nothing>(
            "quantize_mx", kQuantizeMx, {"x", "amax"}, {"out", "scales", "tensor_scale"}),
        target<optirs_dequantize_mx_args, OPTIRS_KERNEL_DEQUANTIZE_MX, nothing>(
            "dequantize_mx", kDequantizeMx, {"x", "scales", "tensor_scale"}, {"out"}),
        target<optirs_matmul_mx_args, OPTIRS_KERNEL_MATMUL_MX, product>(
            "matmul_mx", kMatmulMx, {"a", "a_scales", "b", "b_scales"}, {"out"}),
        target<optirs_matmul_args, OPTIRS_KERNEL_MATMUL, product>(
            "matmul", kMatmul, {"a", "b", "scale_a", "scale_b"}, {"out", "amax_out"}),
        target<optirs_grouped_matmul_args, OPTIRS_KERNEL_GROUPED_MATMUL, product>(
            "grouped_matmul", kGroupedMatmul, {"a", "b", "group_sizes"}, {"out"}),
        target<optirs_sgd_args, OPTIRS_KERNEL_SGD, rate>("sgd", kSgd, {"params", "grads", "state1"},
                                                         {"params", "state1"}),
        target<optirs_adam_args, OPTIRS_KERNEL_ADAM, adam>(
            "adam", kAdam, {"params", "grads", "state1", "state2", "step", "learning_rate"},
            {"params", "state1", "state2"}),
        target<optirs_adamw_args, OPTIRS_KERNEL_ADAMW, adam>(
            "adamw", kAdamW, {"params", "grads", "state1", "state2", "step", "learning_rate"},
            {"params", "state1", "state2"}),
        target<optirs_lion_args, OPTIRS_KERNEL_LION, lion>(
            "lion", kLion, {"params", "grads", "state1", "learning_rate"}, {"params", "state1"}),
    };
    return targets;
}

}  // namespace optirs::plugin
