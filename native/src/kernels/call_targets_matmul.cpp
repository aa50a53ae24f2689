// Products, and the casts of microscaled operands, as targets of custom calls.
#include <optirs/kernel_matmul.h>
#include <optirs/kernel_mx.h>

#include "src/kernels/call_families.h"
#include "src/kernels/call_target_maker.h"

namespace optirs::kernels {
namespace {

struct MatmulFields {
    using Args = optirs_matmul_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(a),
                                           OPTIRS_READ(b),
                                           OPTIRS_READ(transpose_a),
                                           OPTIRS_READ(transpose_b),
                                           OPTIRS_READ(alpha),
                                           OPTIRS_READ(beta),
                                           OPTIRS_READ(bias),
                                           OPTIRS_READ(epilogue),
                                           OPTIRS_READ(fast_accumulation),
                                           OPTIRS_READ(scale_a),
                                           OPTIRS_READ(scale_b),
                                           OPTIRS_READ(scale_a_rows),
                                           OPTIRS_READ(scale_a_columns),
                                           OPTIRS_READ(scale_b_rows),
                                           OPTIRS_READ(scale_b_columns),
                                           OPTIRS_READ(scale_out),
                                           OPTIRS_WRITTEN(amax_out),
                                           OPTIRS_WRITTEN(out)};
};

struct GroupedMatmulFields {
    using Args = optirs_grouped_matmul_args;
    static constexpr KernelField kAll[] = {
        OPTIRS_READ(a),           OPTIRS_READ(b),       OPTIRS_READ(group_sizes), OPTIRS_READ(transpose_a),
        OPTIRS_READ(transpose_b), OPTIRS_READ(alpha),   OPTIRS_READ(beta),        OPTIRS_READ(bias),
        OPTIRS_READ(scale_a),     OPTIRS_READ(scale_b), OPTIRS_WRITTEN(out)};
};

struct QuantizeMxFields {
    using Args = optirs_quantize_mx_args;
    static constexpr KernelField kAll[] = {
        OPTIRS_READ(x),      OPTIRS_READ(transpose), OPTIRS_READ(round_up),       OPTIRS_READ(amax),
        OPTIRS_WRITTEN(out), OPTIRS_WRITTEN(scales), OPTIRS_WRITTEN(tensor_scale)};
};

struct DequantizeMxFields {
    using Args = optirs_dequantize_mx_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(x), OPTIRS_READ(scales), OPTIRS_READ(tensor_scale),
                                           OPTIRS_WRITTEN(out)};
};

struct MatmulMxFields {
    using Args = optirs_matmul_mx_args;
    static constexpr KernelField kAll[] = {
        OPTIRS_READ(a),        OPTIRS_READ(a_scales),       OPTIRS_READ(a_tensor_scale), OPTIRS_READ(b),
        OPTIRS_READ(b_scales), OPTIRS_READ(b_tensor_scale), OPTIRS_READ(alpha),          OPTIRS_READ(beta),
        OPTIRS_READ(bias),     OPTIRS_WRITTEN(out)};
};

}  // namespace

std::array<KernelTarget, 5> matmulTargets() {
    return {{
        target<MatmulFields, OPTIRS_KERNEL_MATMUL, kProductDefaults>(
            "matmul", {"a", "b", "scale_a", "scale_b"}, {"out", "amax_out"}),
        target<GroupedMatmulFields, OPTIRS_KERNEL_GROUPED_MATMUL, kProductDefaults>(
            "grouped_matmul", {"a", "b", "group_sizes"}, {"out"}),
        target<QuantizeMxFields, OPTIRS_KERNEL_QUANTIZE_MX, kNoDefaults>("quantize_mx", {"x", "amax"},
                                                                         {"out", "scales", "tensor_scale"}),
        target<DequantizeMxFields, OPTIRS_KERNEL_DEQUANTIZE_MX, kNoDefaults>(
            "dequantize_mx", {"x", "scales", "tensor_scale"}, {"out"}),
        target<MatmulMxFields, OPTIRS_KERNEL_MATMUL_MX, kProductDefaults>(
            "matmul_mx", {"a", "a_scales", "b", "b_scales"}, {"out"}),
    }};
}

}  // namespace optirs::kernels
