#include "pjrt_cpu/runtime/convolution_geometry.h"

#include <algorithm>

namespace optirs::plugin {

using dnnl::memory;

namespace {

memory::dims rowMajorStrides(const std::vector<int64_t>& shape) {
    memory::dims strides(shape.size());
    int64_t stride = 1;
    for (size_t d = shape.size(); d-- > 0;) {
        strides[d] = stride;
        stride *= std::max<int64_t>(shape[d], 1);
    }
    return strides;
}

}  // namespace

ConvolutionView convolutionView(const std::vector<int64_t>& shape, int64_t first, int64_t second,
                                const std::vector<int64_t>& spatial) {
    const memory::dims strides = rowMajorStrides(shape);
    ConvolutionView result;
    const auto push = [&](int64_t dimension) {
        result.dims.push_back(shape[static_cast<size_t>(dimension)]);
        result.strides.push_back(strides[static_cast<size_t>(dimension)]);
    };
    push(first);
    push(second);
    for (const int64_t dimension : spatial) push(dimension);
    return result;
}

std::optional<ConvolutionGeometry> convolutionGeometry(const ConvolutionSpec& spec,
                                                       const ConvolutionView& lhs, const ConvolutionView& rhs,
                                                       const ConvolutionView& out) {
    const size_t rank = spec.input_spatial_dimensions.size();
    const auto is_one = [](int64_t value) { return value == 1; };
    ConvolutionGeometry geometry;
    geometry.transposed = !std::all_of(spec.lhs_dilation.begin(), spec.lhs_dilation.end(), is_one);
    if (geometry.transposed && !std::all_of(spec.window_strides.begin(), spec.window_strides.end(), is_one))
        return {};
    const bool any_reversed = std::find(spec.window_reversal.begin(), spec.window_reversal.end(), true) !=
                              spec.window_reversal.end();
    const bool all_reversed = std::find(spec.window_reversal.begin(), spec.window_reversal.end(), false) ==
                              spec.window_reversal.end();
    if (any_reversed && !all_reversed) return {};
    // A deconvolution spreads each input over its window, which runs the kernel backwards.
    geometry.flip_kernel = any_reversed != geometry.transposed;
    for (size_t d = 0; d < rank; ++d) {
        const int64_t reach = (rhs.dims[2 + d] - 1) * spec.rhs_dilation[d];
        geometry.dilations.push_back(spec.rhs_dilation[d] - 1);
        int64_t low = spec.padding_low[d];
        int64_t high = 0;
        if (geometry.transposed) {
            const int64_t stride = spec.lhs_dilation[d];
            geometry.strides.push_back(stride);
            low = reach - low;
            high = (lhs.dims[2 + d] - 1) * stride + reach + 1 - low - out.dims[2 + d];
        } else {
            const int64_t stride = spec.window_strides[d];
            geometry.strides.push_back(stride);
            // The window may stop short of the padded end; oneDNN wants the padding that is really reached.
            high = (out.dims[2 + d] - 1) * stride + reach + 1 - lhs.dims[2 + d] - low;
        }
        if (low < 0 || (geometry.transposed && high < 0)) return {};
        geometry.padding_low.push_back(low);
        geometry.padding_high.push_back(high);
    }
    return geometry;
}

std::string describe(const ConvolutionSpec& spec) {
    return "convolution " + TensorType(spec.lhs, spec.lhs_shape).toString() + " * " +
           TensorType(spec.rhs, spec.rhs_shape).toString() + " -> " +
           TensorType(spec.out, spec.out_shape).toString();
}

float* scratchFloats(ScratchSlot slot, int64_t count) {
    return reinterpret_cast<float*>(threadScratch(slot, static_cast<size_t>(count) * sizeof(float)));
}

}  // namespace optirs::plugin
