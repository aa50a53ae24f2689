// Attention as targets of custom calls.
#include <optirs/kernel_attention.h>

#include "src/kernels/call_families.h"
#include "src/kernels/call_target_maker.h"

namespace optirs::kernels {
namespace {

// What happens to scores, forward and backward.
#define OPTIRS_READ_SCORES                                                                           \
    OPTIRS_READ(scale), OPTIRS_READ(mask), OPTIRS_READ(window_left), OPTIRS_READ(window_right),      \
        OPTIRS_READ(soft_cap), OPTIRS_READ(bias), OPTIRS_READ(alibi_slopes), OPTIRS_READ(q_lengths), \
        OPTIRS_READ(kv_lengths), OPTIRS_READ(dropout), OPTIRS_READ(seed), OPTIRS_READ(offset)

struct AttentionFields {
    using Args = optirs_attention_args;
    static constexpr KernelField kAll[] = {
        OPTIRS_READ(q),           OPTIRS_READ(k),       OPTIRS_READ(v),        OPTIRS_READ_SCORES,
        OPTIRS_WRITTEN(out),      OPTIRS_WRITTEN(lse),  OPTIRS_READ(q_starts), OPTIRS_READ(kv_starts),
        OPTIRS_READ(block_table), OPTIRS_READ(q_scale), OPTIRS_READ(k_scale),  OPTIRS_READ(v_scale),
        OPTIRS_READ(kv_splits)};
};

struct AttentionBackwardFields {
    using Args = optirs_attention_backward_args;
    static constexpr KernelField kAll[] = {
        OPTIRS_READ(dout),    OPTIRS_READ(q),       OPTIRS_READ(k),        OPTIRS_READ(v),
        OPTIRS_READ(out),     OPTIRS_READ(lse),     OPTIRS_READ_SCORES,    OPTIRS_WRITTEN(dq),
        OPTIRS_WRITTEN(dk),   OPTIRS_WRITTEN(dv),   OPTIRS_READ(q_starts), OPTIRS_READ(kv_starts),
        OPTIRS_READ(q_scale), OPTIRS_READ(k_scale), OPTIRS_READ(v_scale),  OPTIRS_READ(dout_scale)};
};

constexpr auto scores = [](auto& args) {
    args.scale = kMissing;
    args.window_left = args.window_right = -1;
};

}  // namespace

std::array<KernelTarget, 2> attentionTargets() {
    return {{
        target<AttentionFields, OPTIRS_KERNEL_ATTENTION, scores>("attention", {"q", "k", "v"},
                                                                 {"out", "lse"}),
        target<AttentionBackwardFields, OPTIRS_KERNEL_ATTENTION_BACKWARD, scores>(
            "attention_backward", {"dout", "q", "k", "v", "out", "lse"}, {"dq", "dk", "dv"}),
    }};
}

}  // namespace optirs::kernels
