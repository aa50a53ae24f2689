// Norms, softmax and cross entropy as targets of custom calls.
#include <optirs/kernel_norm.h>

#include "src/kernels/call_families.h"
#include "src/kernels/call_target_maker.h"

namespace optirs::kernels {
namespace {

struct LayerNormFields {
    using Args = optirs_layer_norm_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(x),       OPTIRS_READ(gamma),  OPTIRS_READ(beta),
                                           OPTIRS_READ(epsilon), OPTIRS_WRITTEN(out), OPTIRS_WRITTEN(mean),
                                           OPTIRS_WRITTEN(rstd), OPTIRS_READ(scale),  OPTIRS_WRITTEN(amax)};
};

struct LayerNormBackwardFields {
    using Args = optirs_layer_norm_backward_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(dout),      OPTIRS_READ(x),       OPTIRS_READ(gamma),
                                           OPTIRS_READ(mean),      OPTIRS_READ(rstd),    OPTIRS_WRITTEN(dx),
                                           OPTIRS_WRITTEN(dgamma), OPTIRS_WRITTEN(dbeta)};
};

struct RmsNormFields {
    using Args = optirs_rms_norm_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(x),      OPTIRS_READ(gamma),   OPTIRS_READ(epsilon),
                                           OPTIRS_WRITTEN(out), OPTIRS_WRITTEN(rstd), OPTIRS_READ(scale),
                                           OPTIRS_WRITTEN(amax)};
};

struct RmsNormBackwardFields {
    using Args = optirs_rms_norm_backward_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(dout), OPTIRS_READ(x),     OPTIRS_READ(gamma),
                                           OPTIRS_READ(rstd), OPTIRS_WRITTEN(dx), OPTIRS_WRITTEN(dgamma)};
};

struct SoftmaxFields {
    using Args = optirs_softmax_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(x), OPTIRS_READ(scale), OPTIRS_WRITTEN(out)};
};

struct SoftmaxBackwardFields {
    using Args = optirs_softmax_backward_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(dout), OPTIRS_READ(out), OPTIRS_READ(scale),
                                           OPTIRS_WRITTEN(dx)};
};

struct CrossEntropyFields {
    using Args = optirs_cross_entropy_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(logits),       OPTIRS_READ(targets),
                                           OPTIRS_READ(ignore_index), OPTIRS_READ(label_smoothing),
                                           OPTIRS_READ(grad_scale),   OPTIRS_WRITTEN(loss),
                                           OPTIRS_WRITTEN(dlogits)};
};

constexpr auto norm = [](auto& args) { args.epsilon = 1e-5; };
constexpr auto scale_of_1 = [](auto& args) { args.scale = 1; };
constexpr auto loss = [](auto& args) { args.ignore_index = -100; };

}  // namespace

std::array<KernelTarget, 7> normTargets() {
    return {{
        target<LayerNormFields, OPTIRS_KERNEL_LAYER_NORM, norm>("layer_norm", {"x", "gamma", "beta"},
                                                                {"out", "mean", "rstd"}),
        target<LayerNormBackwardFields, OPTIRS_KERNEL_LAYER_NORM_BACKWARD, kNoDefaults>(
            "layer_norm_backward", {"dout", "x", "gamma", "mean", "rstd"}, {"dx", "dgamma", "dbeta"}),
        target<RmsNormFields, OPTIRS_KERNEL_RMS_NORM, norm>("rms_norm", {"x", "gamma"}, {"out", "rstd"}),
        target<RmsNormBackwardFields, OPTIRS_KERNEL_RMS_NORM_BACKWARD, kNoDefaults>(
            "rms_norm_backward", {"dout", "x", "gamma", "rstd"}, {"dx", "dgamma"}),
        target<SoftmaxFields, OPTIRS_KERNEL_SOFTMAX, scale_of_1>("softmax", {"x"}, {"out"}),
        target<SoftmaxBackwardFields, OPTIRS_KERNEL_SOFTMAX_BACKWARD, scale_of_1>("softmax_backward",
                                                                                  {"dout", "out"}, {"dx"}),
        target<CrossEntropyFields, OPTIRS_KERNEL_CROSS_ENTROPY, loss>(
            "cross_entropy", {"logits", "targets", "grad_scale"}, {"loss", "dlogits"}),
    }};
}

}  // namespace optirs::kernels
