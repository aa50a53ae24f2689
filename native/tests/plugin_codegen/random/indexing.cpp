// Random gathers and scatters: any dimension numbers, indices of any type, some out of range.
#include <algorithm>

#include "tests/plugin_codegen/random/writer.h"

namespace optirs::plugin::testing {
namespace {

/// Which dimensions of an operand are indexed how, and the indices.
struct Indexing {
    Dims batching;   ///< of the operand
    Dims collapsed;  ///< of the operand: windows have size 1 there, and results do not have them
    Dims map;
    Dims sizes;             ///< of the window, in the operand
    Dims window;            ///< those that are kept
    Dims indices_batching;  ///< of the indices
    Dims batch;             ///< the shape of the indices without their vector
    int64_t vector_dim = 0;
    Entry indices;
};

Indexing indexing(Writer& w, const Entry& x) {
    Indexing out;
    Dims free;
    for (int64_t d = 0; d < x.rank(); ++d) {
        const int64_t size = x.type.dim(d);
        const size_t kind = w.below(6);
        if (kind == 0) {
            out.batching.push_back(d);
            out.sizes.push_back(std::min<int64_t>(1, size));
            out.indices_batching.push_back(static_cast<int64_t>(out.batch.size()));
            out.batch.push_back(size);
            continue;
        }
        free.push_back(d);
        if (kind <= 2 && size > 0) {
            out.collapsed.push_back(d);
            out.sizes.push_back(1);
            continue;
        }
        out.sizes.push_back(w.oneIn(3) ? size : w.between(std::min<int64_t>(1, size), size));
        out.window.push_back(out.sizes.back());
    }
    for (size_t extra = w.below(3); extra > 0; --extra) {
        const auto place = static_cast<int64_t>(w.below(out.batch.size() + 1));
        out.batch.insert(out.batch.begin() + place, w.pick(Dims{1, 2, 3, 5, 9}));
        for (int64_t& d : out.indices_batching) d += d >= place ? 1 : 0;
    }
    for (const int64_t d : w.shuffled(free)) {
        if (!w.oneIn(3)) out.map.push_back(d);
    }
    Dims shape = out.batch;
    out.vector_dim = static_cast<int64_t>(w.below(shape.size() + 1));
    if (out.map.size() == 1 && w.oneIn(2)) {
        out.vector_dim = static_cast<int64_t>(shape.size());
    } else {
        const auto count = static_cast<int64_t>(out.map.size());
        for (int64_t& d : out.indices_batching) d += d >= out.vector_dim ? 1 : 0;
        shape.insert(shape.begin() + out.vector_dim, count);
    }
    const TensorType type(w.integerElement(), shape);
    if (type.elementCount() > 2000) return out;
    // Positions that mostly lie inside, constant or not.
    const Entry any = w.oneIn(2) ? w.anyOf(type) : w.constant(type);
    const Entry mask = w.coerced(w.number(type.element(), w.oneIn(4) ? 31 : w.oneIn(2) ? 3 : 7), type);
    out.indices = w.oneIn(5) ? any : w.operation("and", {any, mask}, type);
    return out;
}

/// Where in a result of `batch` and `window` dimensions the window's are; and the shape.
std::pair<Dims, Dims> mixed(Writer& w, const Dims& batch, const Dims& window) {
    Dims places;
    Dims shape;
    size_t b = 0;
    size_t k = 0;
    while (b < batch.size() || k < window.size()) {
        if (k < window.size() && (b == batch.size() || w.oneIn(2))) {
            places.push_back(static_cast<int64_t>(shape.size()));
            shape.push_back(window[k++]);
        } else {
            shape.push_back(batch[b++]);
        }
    }
    return {places, shape};
}

}  // namespace

void writeGather(Writer& w) {
    const Entry x = w.any();
    const Indexing i = indexing(w, x);
    if (i.indices.name.empty()) return;
    const auto [offset, shape] = mixed(w, i.batch, i.window);
    const TensorType type = x.type.withDims(shape);
    if (!w.fits(type)) return;
    w.operation("gather", {x, i.indices}, type,
                "dimension_numbers = #stablehlo.gather<offset_dims = " + listOf(offset) +
                    ", collapsed_slice_dims = " + listOf(i.collapsed) + ", operand_batching_dims = " +
                    listOf(i.batching) + ", start_indices_batching_dims = " + listOf(i.indices_batching) +
                    ", start_index_map = " + listOf(i.map) +
                    ", index_vector_dim = " + std::to_string(i.vector_dim) +
                    ">, slice_sizes = " + arrayOf(i.sizes) + ", indices_are_sorted = false");
}

void writeScatter(Writer& w) {
    if (w.isInBody()) return;  // is not compiled there
    const Entry x = w.any();
    const Indexing i = indexing(w, x);
    if (i.indices.name.empty()) return;
    const auto [places, shape] = mixed(w, i.batch, i.window);
    std::vector<Entry> inputs = {x};
    const ElementType other = w.element();
    if (isComplex(x.element()) || isComplex(other)) return;
    if (w.oneIn(4)) inputs.push_back(w.anyOf(x.type.withElement(other)));
    std::vector<Entry> operands = inputs;
    std::vector<TensorType> scalars;
    std::vector<TensorType> results;
    std::vector<Combiner> combiners;
    operands.push_back(i.indices);
    for (const Entry& input : inputs) {
        const TensorType updates = input.type.withDims(shape);
        if (!w.fits(updates)) return;
        combiners.push_back(randomCombiner(w, input.element()));
        operands.push_back(w.anyOf(updates));
        scalars.push_back(input.type.withDims({}));
        results.push_back(input.type);
    }
    const size_t count = inputs.size();
    scalars.insert(scalars.end(), scalars.begin(), scalars.end());
    // With one window only, the order does not matter.
    const bool alone = std::ranges::all_of(i.batch, [](int64_t size) { return size == 1; });
    const size_t kind = alone ? w.below(3) : 2;
    const std::string body = w.region(scalars, [&](const std::vector<Entry>& arguments) {
        if (kind == 0)
            return anyFunction(w, arguments,
                               {scalars.begin(), scalars.begin() + static_cast<int64_t>(count)});
        std::vector<Entry> combined;
        for (size_t k = 0; k < count; ++k) {
            combined.push_back(kind == 1 ? arguments[count + k]
                                         : combiners[k].combine(w, arguments[k], arguments[count + k]));
        }
        return combined;
    });
    w.operation("scatter", operands, results,
                "scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = " + listOf(places) +
                    ", inserted_window_dims = " + listOf(i.collapsed) + ", input_batching_dims = " +
                    listOf(i.batching) + ", scatter_indices_batching_dims = " + listOf(i.indices_batching) +
                    ", scatter_dims_to_operand_dims = " + listOf(i.map) +
                    ", index_vector_dim = " + std::to_string(i.vector_dim) + ">",
                body);
}

}  // namespace optirs::plugin::testing
