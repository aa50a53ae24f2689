// The window of a reduction or convolution, defaults filled in.
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {

std::vector<WindowDimension> window(const Operation& op) {
    const bool convolution = op.kind() == OpKind::kConvolution || op.kind() == OpKind::kDynamicConv;
    std::vector<WindowDimension> out;
    if (convolution) {
        const ConvolutionDimensions& numbers = convolutionDimensions(op);
        for (int64_t dim : numbers.kernel_spatial) {
            out.push_back({.size = op.operand(1)->tensor().dim(dim)});
        }
    } else if (op.attribute("window_dimensions") == nullptr) {
        out.resize(static_cast<size_t>(op.operand(0)->tensor().rank()));
    } else {
        for (int64_t size : integersAttribute(op, "window_dimensions")) out.push_back({.size = size});
    }
    const auto fill = [&](std::string_view name, auto WindowDimension::* field) {
        const std::span<const int64_t> values = integersAttributeOrEmpty(op, name);
        if (!values.empty() && values.size() != out.size()) {
            throw invalidOperation(op, "attribute " + std::string(name) + " " + listToString(values) +
                                           " needs one value for each of " + std::to_string(out.size()) +
                                           " window dimensions");
        }
        for (size_t i = 0; i < values.size(); ++i) {
            out[i].*field = static_cast<std::remove_reference_t<decltype(out[i].*field)>>(values[i]);
        }
    };
    fill("window_strides", &WindowDimension::stride);
    fill(convolution ? "lhs_dilation" : "base_dilations", &WindowDimension::base_dilation);
    fill(convolution ? "rhs_dilation" : "window_dilations", &WindowDimension::window_dilation);
    if (convolution) fill("window_reversal", &WindowDimension::reversal);
    if (op.attribute("padding") != nullptr) {
        const Literal& padding = literalAttribute(op, "padding");
        if (padding.elementCount() != 2 * static_cast<int64_t>(out.size())) {
            throw invalidOperation(op, "attribute padding of " + padding.type().toString() +
                                           " needs two values for each of " + std::to_string(out.size()) +
                                           " window dimensions");
        }
        for (size_t i = 0; i < out.size(); ++i) {
            out[i].padding_low = padding.integer(static_cast<int64_t>(2 * i));
            out[i].padding_high = padding.integer(static_cast<int64_t>(2 * i + 1));
        }
    }
    return out;
}

}  // namespace optirs::plugin
