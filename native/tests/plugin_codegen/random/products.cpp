// Random products of small whole numbers, whose sums are exact in any order.
#include <algorithm>

#include "tests/plugin_codegen/random/writer.h"

namespace optirs::plugin::testing {
bool multiplies(ElementType element) { return isInteger(element) || bitWidth(element) >= 16; }

ElementType productType(Writer& w, ElementType element) {
    if (element == ElementType::kBF16 || element == ElementType::kF16)
        return w.oneIn(2) ? ElementType::kF32 : element;
    if (element == ElementType::kI8 && w.oneIn(2)) return ElementType::kI32;
    return element;
}

Arranged arrange(Writer& w, const Dims& sizes) {
    Dims order;
    for (size_t i = 0; i < sizes.size(); ++i) order.push_back(static_cast<int64_t>(i));
    Arranged out{w.shuffled(order), Dims(sizes.size())};
    for (size_t i = 0; i < sizes.size(); ++i) out.dims[static_cast<size_t>(out.places[i])] = sizes[i];
    return out;
}

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

}  // namespace optirs::plugin::testing
