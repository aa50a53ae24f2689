// Random operations that move elements.
#include <algorithm>
#include <numeric>

#include "tests/plugin_codegen/random/writer.h"

namespace optirs::plugin::testing {
namespace {

/// A list as a value: what dynamic forms take instead of an attribute.
Entry listValue(Writer& w, const Dims& values) {
    const TensorType type(w.oneIn(2) ? ElementType::kI32 : ElementType::kI64,
                          {static_cast<int64_t>(values.size())});
    std::vector<std::byte> bytes(static_cast<size_t>(type.byteCount()));
    const int width = byteWidth(type.element());
    for (size_t i = 0; i < values.size(); ++i)
        storeInteger(values[i], type.element(), bytes.data() + static_cast<int64_t>(i) * width);
    const Entry list = w.literal(Literal(type, bytes));
    // Perhaps as the result of arithmetic.
    return w.oneIn(2) ? list : w.operation("negate", {w.operation("negate", {list}, type)}, type);
}

bool isDynamic(Writer& w) { return !w.isInBody() && w.oneIn(5); }

void broadcast(Writer& w, const Entry& x) {
    // Each dimension goes somewhere in the result; those of size 1 may grow.
    const int64_t rank = x.rank() + w.between(0, 2);
    Dims places(static_cast<size_t>(rank));
    std::iota(places.begin(), places.end(), 0);
    places = w.shuffled(places);
    places.resize(static_cast<size_t>(x.rank()));
    if (!w.oneIn(4)) std::ranges::sort(places);
    Dims dims(static_cast<size_t>(rank));
    for (int64_t& d : dims) d = w.pick(Dims{1, 2, 3, 5, 8, 17});
    for (size_t i = 0; i < places.size(); ++i) {
        if (x.type.dims()[i] != 1 || w.oneIn(3)) dims[static_cast<size_t>(places[i])] = x.type.dims()[i];
    }
    const TensorType type = x.type.withDims(dims);
    if (w.fits(type)) w.operation("broadcast_in_dim", {x}, type, "broadcast_dimensions = " + arrayOf(places));
}

void transpose(Writer& w, const Entry& x) {
    Dims order(static_cast<size_t>(x.rank()));
    std::iota(order.begin(), order.end(), 0);
    order = w.shuffled(order);
    Dims dims;
    for (const int64_t d : order) dims.push_back(x.type.dim(d));
    w.operation("transpose", {x}, x.type.withDims(dims), "permutation = " + arrayOf(order));
}

void reshape(Writer& w, const Entry& x) {
    int64_t count = x.size();
    Dims dims;
    for (const int64_t factor : {1, 2, 3, 4, 5, 8}) {
        if (count % factor != 0 || !w.oneIn(3) || dims.size() >= 4) continue;
        dims.push_back(factor);
        count /= factor;
    }
    dims.insert(dims.begin() + static_cast<int64_t>(w.below(dims.size() + 1)), count);
    if (x.size() == 1 && w.oneIn(2)) dims = {};
    if (isDynamic(w))
        w.operation("dynamic_reshape", {x, listValue(w, dims)}, x.type.withDims(dims));
    else
        w.operation("reshape", {x}, x.type.withDims(dims));
}

void slice(Writer& w, const Entry& x) {
    Dims start;
    Dims limit;
    Dims stride;
    Dims dims;
    for (const int64_t d : x.type.dims()) {
        const bool whole = w.oneIn(3);
        start.push_back(whole ? 0 : w.between(0, std::max<int64_t>(d - 1, 0)));
        limit.push_back(whole ? d : w.between(std::min(start.back() + (w.oneIn(30) ? 0 : 1), d), d));
        stride.push_back(w.oneIn(2) ? 1 : w.between(1, 3));
        dims.push_back((limit.back() - start.back() + stride.back() - 1) / stride.back());
    }
    if (isDynamic(w)) {
        const Entry first = listValue(w, start);
        // All three have one type.
        const auto list = [&](const Dims& values) { return w.coerced(listValue(w, values), first.type); };
        w.operation("real_dynamic_slice", {x, first, list(limit), list(stride)}, x.type.withDims(dims));
        return;
    }
    w.operation("slice", {x}, x.type.withDims(dims),
                "start_indices = " + arrayOf(start) + ", limit_indices = " + arrayOf(limit) +
                    ", strides = " + arrayOf(stride));
}

void pad(Writer& w, const Entry& x) {
    Dims low;
    Dims high;
    Dims interior;
    Dims dims;
    for (const int64_t d : x.type.dims()) {
        low.push_back(w.oneIn(2) ? 0 : w.between(-std::min<int64_t>(d, 2), 3));
        high.push_back(w.oneIn(2) ? 0 : w.between(-std::min<int64_t>(d, 2), 3));
        interior.push_back(w.oneIn(2) ? 0 : w.between(0, 2));
        dims.push_back(low.back() + high.back() + d + std::max<int64_t>(d - 1, 0) * interior.back());
    }
    const TensorType type = x.type.withDims(dims);
    if (std::ranges::any_of(dims, [](int64_t d) { return d < 0; }) || !w.fits(type)) return;
    const Entry fill = w.anyOf(x.type.withDims({}));
    if (isDynamic(w)) {
        const Entry first = listValue(w, low);
        const auto list = [&](const Dims& values) { return w.coerced(listValue(w, values), first.type); };
        w.operation("dynamic_pad", {x, fill, first, list(high), list(interior)}, type);
        return;
    }
    w.operation("pad", {x, fill}, type,
                "edge_padding_low = " + arrayOf(low) + ", edge_padding_high = " + arrayOf(high) +
                    ", interior_padding = " + arrayOf(interior));
}

void concatenate(Writer& w, const Entry& x) {
    const auto along = w.below(static_cast<size_t>(x.rank()));
    std::vector<Entry> operands;
    Dims dims = x.dims();
    dims[along] = 0;
    for (size_t count = 1 + w.below(4); count > 0; --count) {
        Dims part = x.dims();
        Entry operand = x;
        if (w.oneIn(2)) {
            part[along] = w.between(w.oneIn(20) ? 0 : 1, 4);
            operand = w.anyOf(x.type.withDims(part));
        }
        operands.push_back(operand);
        dims[along] += operand.type.dims()[along];
    }
    const TensorType type = x.type.withDims(dims);
    if (w.fits(type))
        w.operation("concatenate", operands, type, "dimension = " + std::to_string(along) + " : i64");
}

/// Scalars that say where something begins; some outside of where it can.
std::vector<Entry> starts(Writer& w, const Dims& dims) {
    const ElementType element = w.integerElement();
    std::vector<Entry> out;
    for (const int64_t d : dims) {
        const TensorType scalar(element, {});
        out.push_back(w.oneIn(3) ? w.anyOf(scalar)
                                 : w.number(element, static_cast<double>(w.between(-1, d + 1))));
        // Not a constant any more, if the value is not known.
        if (w.oneIn(2)) {
            const Entry unknown = w.anyOf(scalar);
            const Entry one = w.number(element, 1);
            out.back() = w.operation("add", {out.back(), w.operation("and", {unknown, one}, scalar)}, scalar);
        }
    }
    return out;
}

void dynamicSlice(Writer& w, const Entry& x) {
    Dims sizes;
    for (const int64_t d : x.type.dims())
        sizes.push_back(w.oneIn(3) ? d : w.between(std::min<int64_t>(1, d), d));
    std::vector<Entry> operands = starts(w, x.dims());
    operands.insert(operands.begin(), x);
    w.operation("dynamic_slice", operands, x.type.withDims(sizes), "slice_sizes = " + arrayOf(sizes));
}

}  // namespace

void writeMovement(Writer& w) {
    const Entry x = w.any();
    switch (w.below(10)) {
        case 0:
        case 1:
            return broadcast(w, x);
        case 2:
            return transpose(w, x);
        case 3:
            return reshape(w, x);
        case 4:
            return slice(w, x);
        case 5:
            return pad(w, x);
        case 6:
            if (x.rank() > 0) concatenate(w, x);
            return;
        case 7: {
            const Dims dims = w.some(x.rank());
            w.operation("reverse", {x}, x.type, "dimensions = " + arrayOf(dims));
            return;
        }
        case 8:
            w.operation("optimization_barrier", {x}, x.type);
            return;
        default:
            return dynamicSlice(w, x);
    }
}

void writeUpdate(Writer& w) {
    const Entry x = w.any();
    Dims sizes;
    for (const int64_t d : x.type.dims())
        sizes.push_back(w.oneIn(3) ? d : w.between(std::min<int64_t>(1, d), d));
    const Entry part = w.anyOf(x.type.withDims(sizes));
    std::vector<Entry> operands = starts(w, x.dims());
    operands.insert(operands.begin(), {x, part});
    w.operation("dynamic_update_slice", operands, x.type);
}

}  // namespace optirs::plugin::testing
