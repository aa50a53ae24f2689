// Random convolutions, in any layout: small ones among other operations, and ones like those of networks.
#include <algorithm>
#include <cstring>

#include "tests/plugin_codegen/random/writer.h"

namespace optirs::plugin::testing {
namespace {

int64_t groupsOf(Writer& w, int64_t limit) { return w.oneIn(2) ? 1 : w.between(1, limit); }

std::string layoutOf(const Dims& places, const char* first, const char* second) {
    std::vector<std::string> names(places.size());
    names[static_cast<size_t>(places[0])] = first;
    names[static_cast<size_t>(places[1])] = second;
    for (size_t i = 2; i < places.size(); ++i) names[static_cast<size_t>(places[i])] = std::to_string(i - 2);
    std::string text = "[";
    for (size_t i = 0; i < names.size(); ++i) text += (i == 0 ? "" : ", ") + names[i];
    return text + "]";
}

/// A convolution's sizes, of batch, features and then what is spatial, and its window.
struct Shapes {
    Dims input, kernel, output;
    Dims strides, padding, base, dilation;
    std::string reversal;
    int64_t groups = 1, batch_groups = 1;

    /// @returns whether the output has a size there
    bool add(int64_t size, int64_t window, int64_t stride, int64_t low, int64_t high, int64_t base_dilation,
             int64_t window_dilation, bool reversed) {
        reversal += std::string(strides.empty() ? ": " : ", ") + (reversed ? "true" : "false");
        input.push_back(size);
        kernel.push_back(window);
        strides.push_back(stride);
        padding.insert(padding.end(), {low, high});
        base.push_back(base_dilation);
        dilation.push_back(window_dilation);
        const int64_t padded = low + high + (size - 1) * base_dilation + 1;
        const int64_t reach = (window - 1) * window_dilation + 1;
        output.push_back(padded < reach ? 0 : (padded - reach) / stride + 1);
        return padded >= 0;
    }
};

/// `operand` makes the values of an operand of a shape.
void convolve(Writer& w, const Shapes& s, ElementType element,
              const std::function<Entry(const TensorType&, bool is_kernel)>& operand) {
    const Arranged x = arrange(w, s.input);
    const Arranged k = arrange(w, s.kernel);
    const Arranged y = arrange(w, s.output);
    const TensorType type(productType(w, element), y.dims);
    const TensorType x_type(element, x.dims);
    if (!w.fits(x_type) || !w.fits(type)) return;
    std::vector<std::byte> bytes(s.padding.size() * sizeof(int64_t));
    if (!bytes.empty()) std::memcpy(bytes.data(), s.padding.data(), bytes.size());
    const auto spatial = static_cast<int64_t>(s.strides.size());
    const Literal paddings(TensorType(ElementType::kI64, {spatial, 2}), bytes);
    const Entry kernel = operand({element, k.dims}, true);
    w.operation("convolution", {operand(x_type, false), kernel}, type,
                "window_strides = " + arrayOf(s.strides) +
                    (spatial == 0 ? "" : ", padding = " + paddings.toString()) +
                    ", lhs_dilation = " + arrayOf(s.base) + ", rhs_dilation = " + arrayOf(s.dilation) +
                    ", window_reversal = array<i1" + s.reversal + ">, dimension_numbers = #stablehlo.conv<" +
                    layoutOf(x.places, "b", "f") + "x" + layoutOf(k.places, "i", "o") + "->" +
                    layoutOf(y.places, "b", "f") + ">, feature_group_count = " + std::to_string(s.groups) +
                    " : i64, batch_group_count = " + std::to_string(s.batch_groups) + " : i64");
}

}  // namespace

void writeConvolution(Writer& w) {
    const ElementType element = w.oneIn(2) ? ElementType::kF32 : w.element();
    if (!multiplies(element)) return;
    Shapes s;
    s.groups = groupsOf(w, 3);
    s.batch_groups = s.groups > 1 ? 1 : groupsOf(w, 2);
    const int64_t channels = w.between(1, 3);
    const int64_t features = s.groups * s.batch_groups * w.between(1, 3);
    const int64_t batch = w.between(1, 3);
    s.input = {batch * s.batch_groups, channels * s.groups};
    s.kernel = {channels, features};
    s.output = {batch, features};
    const auto padding = [&] { return w.oneIn(2) ? 1 : w.between(-1, 3); };
    for (size_t spatial = w.below(4); spatial > 0; --spatial) {
        const int64_t size = w.between(1, 9);
        const int64_t window = w.between(1, 4);
        const int64_t stride = w.oneIn(2) ? 1 : w.between(1, 3);
        const int64_t low = padding();
        const int64_t high = padding();
        const int64_t base = w.oneIn(4) ? 2 : 1;
        const int64_t dilation = w.oneIn(4) ? 2 : 1;
        if (!s.add(size, window, stride, low, high, base, dilation, w.oneIn(4))) return;
    }
    convolve(w, s, element, [&](const TensorType& type, bool is_kernel) {
        // Where the window meets padding the kernel is multiplied by zeros, or not at all.
        const Entry any = w.anyOf(type);
        return w.summable(is_kernel ? w.withoutNan(any) : any);
    });
}

WrittenProgram writeImages(uint64_t seed) {
    Writer w(seed);
    w.allow(int64_t{1} << 20);
    WrittenProgram program;
    const ElementType element = w.oneIn(4)   ? ElementType::kBF16
                                : w.oneIn(8) ? ElementType::kF16
                                             : ElementType::kF32;
    program.tolerance = element == ElementType::kF32 ? 1e-4 : 0.02;
    Shapes s;
    const bool is_gradient = w.oneIn(2);
    // Each channel by itself, now and then.
    const bool is_depthwise = w.oneIn(8);
    s.groups = is_depthwise ? w.pick(Dims{8, 16, 17}) : w.oneIn(6) ? 2 : 1;
    s.batch_groups = s.groups == 1 && w.oneIn(8) ? w.pick(Dims{2, 4}) : 1;
    const int64_t channels = is_depthwise  ? 1
                             : is_gradient ? w.pick(Dims{1, 2, 4})
                                           : w.pick(Dims{16, 17, 32, 64});
    const int64_t features =
        s.groups * s.batch_groups * (is_depthwise ? w.between(1, 2) : w.pick(Dims{16, 20, 32}));
    const int64_t batch = is_gradient ? w.pick(Dims{16, 17, 32}) : w.pick(Dims{1, 2, 3});
    s.input = {batch * s.batch_groups, channels * s.groups};
    s.kernel = {channels, features};
    s.output = {batch, features};
    const bool is_plain = w.oneIn(2);
    const int64_t usual = w.pick(Dims{3, 3, 5, 1, 2});
    const size_t rank = w.oneIn(6) ? 1 : w.oneIn(10) ? 3 : 2;
    for (size_t spatial = 0; spatial < rank; ++spatial) {
        const int64_t size = rank == 3 ? w.between(3, 6) : w.between(7, 16);
        const int64_t low = is_plain ? 1 : w.between(-1, 2);
        const int64_t high = is_plain ? 1 : w.between(-1, 2);
        // The kernel of a gradient is nearly as large as the image.
        const int64_t window =
            is_gradient ? std::max<int64_t>(1, size + low + high - w.between(0, 3)) : usual;
        const bool dilated = !is_plain && w.oneIn(4);
        const int64_t stride = is_plain ? 1 : w.between(1, 2);
        const int64_t base = !is_plain && w.oneIn(5) ? 2 : 1;
        const bool reversed = !is_plain && w.oneIn(4);
        s.add(size, dilated && is_gradient ? (window + 1) / 2 : window, stride, low, high, base,
              dilated ? 2 : 1, reversed);
    }
    convolve(w, s, element, [&](const TensorType& type, bool) {
        std::vector<std::byte> values(static_cast<size_t>(type.byteCount()));
        const auto width = static_cast<size_t>(byteWidth(element));
        for (size_t i = 0; i < values.size(); i += width)
            storeReal(static_cast<double>(w.between(-16, 16)) / 16, element, &values[i]);
        return addArgument(w, program, type, values);
    });
    finish(w, program, {w.values().back()});
    return program;
}

}  // namespace optirs::plugin::testing
