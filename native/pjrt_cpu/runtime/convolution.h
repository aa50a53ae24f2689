#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pjrt_cpu/ir/type.h"
#include "pjrt_cpu/runtime/step.h"

namespace optirs::plugin {

/// stablehlo.convolution on dense row-major operands; names and meaning as in StableHLO.
struct ConvolutionSpec {
    ElementType lhs{};
    ElementType rhs{};
    ElementType out{};
    int32_t lhs_allocation = -1;
    int32_t rhs_allocation = -1;
    int32_t out_allocation = -1;
    std::vector<int64_t> lhs_shape;
    std::vector<int64_t> rhs_shape;
    std::vector<int64_t> out_shape;

    int64_t input_batch_dimension = 0;
    int64_t input_feature_dimension = 1;
    std::vector<int64_t> input_spatial_dimensions;
    int64_t kernel_input_feature_dimension = 1;
    int64_t kernel_output_feature_dimension = 0;
    std::vector<int64_t> kernel_spatial_dimensions;
    int64_t output_batch_dimension = 0;
    int64_t output_feature_dimension = 1;
    std::vector<int64_t> output_spatial_dimensions;

    // One entry per spatial dimension.
    std::vector<int64_t> window_strides;
    std::vector<int64_t> padding_low;
    std::vector<int64_t> padding_high;
    std::vector<int64_t> lhs_dilation;
    std::vector<int64_t> rhs_dilation;
    std::vector<bool> window_reversal;
    int64_t feature_group_count = 1;
    int64_t batch_group_count = 1;
    /// `precision_config` asks for more than the default: then no algorithm is chosen that loses digits.
    bool is_exact = false;
};

/// A step over oneDNN for f32 and bf16 (all three of one type) with one to three spatial dimensions. Null for
/// what oneDNN does not have (other types, batch groups, more dimensions): the caller compiles a loop nest.
std::unique_ptr<Step> makeConvolutionStep(const ConvolutionSpec& spec);

}  // namespace optirs::plugin
