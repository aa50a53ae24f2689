// Casts to 8-bit floats and back, and the upkeep of their scales, as targets of custom calls.
#include <optirs/kernel_quantize.h>

#include "src/kernels/call_families.h"
#include "src/kernels/call_target_maker.h"

namespace optirs::kernels {
namespace {

struct AmaxFields {
    using Args = optirs_amax_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(x), OPTIRS_WRITTEN(amax)};
};

struct QuantizeFields {
    using Args = optirs_quantize_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(x), OPTIRS_READ(scale), OPTIRS_WRITTEN(out),
                                           OPTIRS_WRITTEN(amax)};
};

struct DequantizeFields {
    using Args = optirs_dequantize_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(x), OPTIRS_READ(scale_inv), OPTIRS_WRITTEN(out)};
};

struct CastTransposeFields {
    using Args = optirs_cast_transpose_args;
    static constexpr KernelField kAll[] = {
        OPTIRS_READ(x),       OPTIRS_READ(scale),    OPTIRS_WRITTEN(out),     OPTIRS_WRITTEN(out_transposed),
        OPTIRS_WRITTEN(amax), OPTIRS_WRITTEN(dbias), OPTIRS_READ(activation), OPTIRS_READ(aux)};
};

struct QuantizeBlocksFields {
    using Args = optirs_quantize_blocks_args;
    static constexpr KernelField kAll[] = {
        OPTIRS_READ(x),      OPTIRS_READ(block_rows),  OPTIRS_READ(block_columns), OPTIRS_READ(power_of_two),
        OPTIRS_WRITTEN(out), OPTIRS_WRITTEN(scale_inv)};
};

struct DequantizeBlocksFields {
    using Args = optirs_dequantize_blocks_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(x), OPTIRS_READ(block_rows),
                                           OPTIRS_READ(block_columns), OPTIRS_READ(scale_inv),
                                           OPTIRS_WRITTEN(out)};
};

struct DelayedScalingFields {
    using Args = optirs_delayed_scaling_args;
    static constexpr KernelField kAll[] = {OPTIRS_UPDATED(amax_history), OPTIRS_UPDATED(scale),
                                           OPTIRS_WRITTEN(scale_inv),    OPTIRS_READ(fp8_max),
                                           OPTIRS_READ(margin),          OPTIRS_READ(algorithm)};
};

constexpr auto delayed = [](auto& args) { args.fp8_max = kMissing; };

}  // namespace

std::array<KernelTarget, 7> quantizeTargets() {
    return {{
        target<AmaxFields, OPTIRS_KERNEL_AMAX, kNoDefaults>("amax", {"x"}, {"amax"}),
        target<QuantizeFields, OPTIRS_KERNEL_QUANTIZE, kNoDefaults>("quantize", {"x", "scale"},
                                                                    {"out", "amax"}),
        target<DequantizeFields, OPTIRS_KERNEL_DEQUANTIZE, kNoDefaults>("dequantize", {"x", "scale_inv"},
                                                                        {"out"}),
        target<CastTransposeFields, OPTIRS_KERNEL_CAST_TRANSPOSE, kNoDefaults>(
            "cast_transpose", {"x", "scale", "aux"}, {"out", "out_transposed", "amax", "dbias"}),
        target<QuantizeBlocksFields, OPTIRS_KERNEL_QUANTIZE_BLOCKS, kNoDefaults>("quantize_blocks", {"x"},
                                                                                 {"out", "scale_inv"}),
        target<DequantizeBlocksFields, OPTIRS_KERNEL_DEQUANTIZE_BLOCKS, kNoDefaults>(
            "dequantize_blocks", {"x", "scale_inv"}, {"out"}),
        target<DelayedScalingFields, OPTIRS_KERNEL_DELAYED_SCALING, delayed>(
            "delayed_scaling", {"amax_history", "scale"}, {"amax_history", "scale", "scale_inv"}),
    }};
}

}  // namespace optirs::kernels
