// Activations, rotary embedding, dropout and embedding as targets of custom calls.
#include <optirs/kernel_pointwise.h>

#include "src/kernels/call_families.h"
#include "src/kernels/call_target_maker.h"

namespace optirs::kernels {
namespace {

struct GeluFields {
    using Args = optirs_gelu_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(x), OPTIRS_READ(approximation), OPTIRS_WRITTEN(out)};
};

struct GeluBackwardFields {
    using Args = optirs_gelu_backward_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(dout), OPTIRS_READ(x), OPTIRS_READ(approximation),
                                           OPTIRS_WRITTEN(dx)};
};

struct SwiGluFields {
    using Args = optirs_swiglu_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(x), OPTIRS_WRITTEN(out)};
};

struct SwiGluBackwardFields {
    using Args = optirs_swiglu_backward_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(dout), OPTIRS_READ(x), OPTIRS_WRITTEN(dx)};
};

struct RopeFields {
    using Args = optirs_rope_args;
    static constexpr KernelField kAll[] = {
        OPTIRS_READ(x),           OPTIRS_READ(cosine),  OPTIRS_READ(sine),  OPTIRS_READ(positions),
        OPTIRS_READ(interleaved), OPTIRS_READ(inverse), OPTIRS_WRITTEN(out)};
};

struct DropoutFields {
    using Args = optirs_dropout_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(x), OPTIRS_READ(probability), OPTIRS_READ(seed),
                                           OPTIRS_READ(offset), OPTIRS_WRITTEN(out)};
};

struct EmbeddingFields {
    using Args = optirs_embedding_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(table), OPTIRS_READ(indices), OPTIRS_WRITTEN(out)};
};

struct EmbeddingBackwardFields {
    using Args = optirs_embedding_backward_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(dout), OPTIRS_READ(indices), OPTIRS_WRITTEN(dtable)};
};

constexpr auto gelu = [](auto& args) { args.approximation = OPTIRS_GELU_TANH; };
constexpr auto dropout = [](auto& args) { args.probability = kMissing; };

}  // namespace

std::array<KernelTarget, 8> pointwiseTargets() {
    return {{
        target<GeluFields, OPTIRS_KERNEL_GELU, gelu>("gelu", {"x"}, {"out"}),
        target<GeluBackwardFields, OPTIRS_KERNEL_GELU_BACKWARD, gelu>("gelu_backward", {"dout", "x"}, {"dx"}),
        target<SwiGluFields, OPTIRS_KERNEL_SWIGLU, kNoDefaults>("swiglu", {"x"}, {"out"}),
        target<SwiGluBackwardFields, OPTIRS_KERNEL_SWIGLU_BACKWARD, kNoDefaults>("swiglu_backward",
                                                                                 {"dout", "x"}, {"dx"}),
        target<RopeFields, OPTIRS_KERNEL_ROPE, kNoDefaults>("rope", {"x", "cosine", "sine", "positions"},
                                                            {"out"}),
        target<DropoutFields, OPTIRS_KERNEL_DROPOUT, dropout>("dropout", {"x", "seed", "offset"}, {"out"}),
        target<EmbeddingFields, OPTIRS_KERNEL_EMBEDDING, kNoDefaults>("embedding", {"table", "indices"},
                                                                      {"out"}),
        target<EmbeddingBackwardFields, OPTIRS_KERNEL_EMBEDDING_BACKWARD, kNoDefaults>(
            "embedding_backward", {"dout", "indices"}, {"dtable"}),
    }};
}

}  // namespace optirs::kernels
