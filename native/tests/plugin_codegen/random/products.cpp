// Random products and convolutions of small whole numbers, whose sums are exact in any order.
#include <algorithm>

#include "tests/plugin_codegen/random/writer.h"

namespace optirs::plugin::testing {
namespace {

std::string arrayOf(const Dims& values) {
    const std::string text = listOf(values);
    return "array<i64" + (values.empty() ? "" : ": " + text.substr(1, text.size() - 2)) + ">";
}

bool multiplies(ElementType element) { return isInteger(element) || bitWidth(element) >= 16; }

ElementType productType(Writer& w, ElementType element) {
    if (element == ElementType::kBF16 || element == ElementType::kF16)
        return w.oneIn(2) ? ElementType::kF32 : element;
    if (element == ElementType::kI8 && w.oneIn(2)) return ElementType::kI32;
    return element;
}

int64_t groupsOf(Writer& w, int64_t limit) { return w.oneIn(2) ? 1 : w.between(1, limit); }

/// The dimensions in an order, with the sizes of the given meaning there.
struct Arranged {
    Dims places;  ///< of each meaning
    Dims dims;
};
Arranged arrange(Writer& w, const Dims& sizes) {
    Dims order;
    for (size_t i = 0; i < sizes.size(); ++i) order.push_back(static_cast<int64_t>(i));
    Arranged out{w.shuffled(order), Dims(sizes.size())};
    for (size_t i = 0; i < sizes.size(); ++i) out.dims[static_cast<size_t>(out.places[i])] = sizes[i];
    return out;
}

std::string layoutOf(const Dims& places, const char* first, const char* second) {
    std::vector<std::string> names(places.size());
    names[static_cast<size_t>(places[0])] = first;
    names[static_cast<size_t>(places[1])] = second;
    for (size_t i = 2; i < places.size(); ++i) names[static_cast<size_t>(places[i])] = std::to_string(i - 2);
    std::string text = "[";
    for (size_t i = 0; i < names.size(); ++i) text += (i == 0 ? "" : ", ") + names[i];
    return text + "]";
}

}  // namespace

void writeProduct(Writer& w) {
    const Entry x = w.any();
    if (!multiplies(x.element()) || x.rank() > 4) return;
    Dims batch;
    Dims contracting;
    Dims free;
    for (int64_t d = 0; d < x.rank(); ++d) {
        const size_t kind = w.below(5);
        (kind == 0 ? batch : kind <= 2 ? contracting : free).push_back(d);
    }
    batch = w.shuffled(batch);
    contracting = w.shuffled(contracting);
    Dims sizes;
    for (const int64_t d : batch) sizes.push_back(x.type.dim(d));
    for (const int64_t d : contracting) sizes.push_back(x.type.dim(d));
    for (size_t more = w.below(3); more > 0; --more) sizes.push_back(w.pick(Dims{1, 2, 3, 7, 16, 33}));
    const Arranged rhs = arrange(w, sizes);
    const TensorType rhs_type = x.type.withDims(rhs.dims);
    Dims dims;
    int64_t products = 1;
    for (const int64_t d : batch) dims.push_back(x.type.dim(d));
    for (const int64_t d : free) dims.push_back(x.type.dim(d));
    // What is free of the other operand comes in the order of its dimensions.
    Dims rhs_free(rhs.places.begin() + static_cast<int64_t>(batch.size() + contracting.size()),
                  rhs.places.end());
    std::ranges::sort(rhs_free);
    for (const int64_t d : rhs_free) dims.push_back(rhs_type.dim(d));
    for (const int64_t d : contracting) products *= x.type.dim(d);
    const TensorType type(productType(w, x.element()), dims);
    if (!w.fits(rhs_type) || !w.fits(type) || type.elementCount() * products > 200000) return;
    // Sums of the narrow floats are exact up to 256 only.
    if (isFloat(x.element()) && bitWidth(type.element()) == 16 && products > 60) return;
    const auto begin = rhs.places.begin();
    const auto middle = begin + static_cast<int64_t>(batch.size());
    const Dims rhs_batch(begin, middle);
    const Dims rhs_contracting(middle, middle + static_cast<int64_t>(contracting.size()));
    w.operation("dot_general", {w.summable(x), w.summable(w.anyOf(rhs_type))}, type,
                "dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = " + listOf(batch) +
                    ", rhs_batching_dimensions = " + listOf(rhs_batch) + ", lhs_contracting_dimensions = " +
                    listOf(contracting) + ", rhs_contracting_dimensions = " + listOf(rhs_contracting) + ">");
}

void writeConvolution(Writer& w) {
    const ElementType element = w.oneIn(2) ? ElementType::kF32 : w.element();
    if (!multiplies(element)) return;
    const size_t spatial = w.below(4);
    const int64_t groups = groupsOf(w, 3);
    const int64_t batch_groups = groups > 1 ? 1 : groupsOf(w, 2);
    const int64_t channels = w.between(1, 3);
    const int64_t features = groups * batch_groups * w.between(1, 3);
    const int64_t batch = w.between(1, 3);
    Dims input = {batch * batch_groups, channels * groups};
    Dims kernel = {channels, features};
    Dims output = {batch, features};
    Dims strides;
    Dims padding;
    Dims base;
    Dims dilation;
    std::string reversal;
    for (size_t s = 0; s < spatial; ++s) {
        input.push_back(w.between(1, 9));
        kernel.push_back(w.between(1, 4));
        strides.push_back(w.oneIn(2) ? 1 : w.between(1, 3));
        base.push_back(w.oneIn(4) ? 2 : 1);
        dilation.push_back(w.oneIn(4) ? 2 : 1);
        padding.push_back(w.oneIn(2) ? 1 : w.between(-1, 3));
        padding.push_back(w.oneIn(2) ? 1 : w.between(-1, 3));
        reversal += std::string(s == 0 ? ": " : ", ") + (w.oneIn(4) ? "true" : "false");
        const int64_t padded = padding[2 * s] + padding[2 * s + 1] + (input.back() - 1) * base.back() + 1;
        const int64_t reach = (kernel.back() - 1) * dilation.back() + 1;
        if (padded < 0) return;
        output.push_back(padded < reach ? 0 : (padded - reach) / strides.back() + 1);
    }
    const Arranged x = arrange(w, input);
    const Arranged k = arrange(w, kernel);
    const Arranged y = arrange(w, output);
    const TensorType type(productType(w, element), y.dims);
    const TensorType x_type(element, x.dims);
    if (!w.fits(x_type) || !w.fits(type)) return;
    std::vector<std::byte> bytes(padding.size() * 8);
    if (!bytes.empty()) std::memcpy(bytes.data(), padding.data(), bytes.size());
    const Literal paddings(TensorType(ElementType::kI64, {static_cast<int64_t>(spatial), 2}), bytes);
    // Where the window meets padding the kernel is multiplied by zeros, or not at all.
    const Entry kernel_values = w.summable(w.withoutNan(w.anyOf({element, k.dims})));
    w.operation("convolution", {w.summable(w.anyOf(x_type)), kernel_values}, type,
                "window_strides = " + arrayOf(strides) +
                    (spatial == 0 ? "" : ", padding = " + paddings.toString()) +
                    ", lhs_dilation = " + arrayOf(base) + ", rhs_dilation = " + arrayOf(dilation) +
                    ", window_reversal = array<i1" + reversal + ">, dimension_numbers = #stablehlo.conv<" +
                    layoutOf(x.places, "b", "f") + "x" + layoutOf(k.places, "i", "o") + "->" +
                    layoutOf(y.places, "b", "f") + ">, feature_group_count = " + std::to_string(groups) +
                    " : i64, batch_group_count = " + std::to_string(batch_groups) + " : i64");
}

}  // namespace optirs::plugin::testing
