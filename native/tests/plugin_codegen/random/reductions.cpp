// Random reductions, window reductions and sorts, whose regions compute more than one operation would.
#include <algorithm>
#include <cmath>

#include "tests/plugin_codegen/random/writer.h"

namespace optirs::plugin::testing {
namespace {

double least(ElementType element) {
    if (isFloat(element)) return element == ElementType::kF8E4M3FN ? -448 : -INFINITY;
    return isSignedInteger(element) ? -std::ldexp(1.0, bitWidth(element) - 1) : 0;
}

/// One of several constants of a list, as a scalar.
Entry oneOfList(Writer& w, ElementType element, const std::vector<double>& numbers, int64_t which) {
    const auto count = static_cast<int64_t>(numbers.size());
    std::vector<std::byte> bytes(numbers.size() * static_cast<size_t>(byteWidth(element)));
    for (size_t i = 0; i < numbers.size(); ++i)
        storeReal(numbers[i], element, &bytes[i * static_cast<size_t>(byteWidth(element))]);
    const Entry list = w.literal(Literal(TensorType(element, {count}), bytes));
    const Entry part =
        w.operation("slice", {list}, TensorType(element, {1}),
                    "start_indices = " + arrayOf({which}) + ", limit_indices = " + arrayOf({which + 1}) +
                        ", strides = array<i64: 1>");
    return w.operation("reshape", {part}, TensorType(element, {}));
}

Entry compared(Writer& w, const char* direction, const Entry& x, const Entry& y, bool total = false) {
    return w.operation("compare", {x, y}, x.type.withElement(ElementType::kI1),
                       std::string("comparison_direction = #stablehlo<comparison_direction ") + direction +
                           ">" + (total ? ", compare_type = #stablehlo<comparison_type TOTALORDER>" : ""));
}

/// The larger key wins, the smaller number among equals; operands are keys and numbers of another type.
void argumentOfMaximum(Writer& w) {
    const Entry keys = w.any();
    if (keys.rank() == 0 || isFloat(keys.element()) || isComplex(keys.element())) return;
    const int64_t along = w.between(0, keys.rank() - 1);
    const ElementType number = w.oneIn(2) ? ElementType::kI32 : ElementType::kI64;
    const Entry iota = w.operation("iota", {}, keys.type.withElement(number),
                                   "iota_dimension = " + std::to_string(along) + " : i64");
    const TensorType key_type = keys.type.withDims({});
    const TensorType number_type(number, {});
    const Entry lowest = w.number(keys.element(), least(keys.element()));
    const Entry none = w.number(number, 100000);
    const std::string body = w.region({key_type, number_type, key_type, number_type},
                                      [&](const std::vector<Entry>& a) -> std::vector<Entry> {
                                          const Entry greater = compared(w, "GT", a[0], a[2]);
                                          const Entry equal = compared(w, "EQ", a[0], a[2]);
                                          const Entry earlier = compared(w, "LT", a[1], a[3]);
                                          const Entry tie = w.operation("and", {equal, earlier}, equal.type);
                                          const Entry keep = w.operation("or", {greater, tie}, equal.type);
                                          return {w.operation("select", {keep, a[0], a[2]}, key_type),
                                                  w.operation("select", {keep, a[1], a[3]}, number_type)};
                                      });
    const Dims dims = withoutAt(keys.dims(), static_cast<size_t>(along));
    w.operation("reduce", {keys, iota, lowest, none}, {keys.type.withDims(dims), iota.type.withDims(dims)},
                "dimensions = " + arrayOf({along}), body);
}

}  // namespace

Combiner randomCombiner(Writer& w, ElementType element) {
    const auto simple = [&w, element](const char* name, double start) {
        return Combiner{w.number(element, start), [name](Writer& inner, const Entry& x, const Entry& y) {
                            return inner.operation(name, {x, y}, x.type);
                        }};
    };
    if (isBoolean(element))
        return w.oneIn(2) ? simple("and", 1) : w.oneIn(2) ? simple("xor", 0) : simple("or", 0);
    if (w.oneIn(3)) return simple("maximum", least(element));
    if (isFloat(element)) {
        return {w.number(element, least(element)), [](Writer& inner, const Entry& x, const Entry& y) {
                    // A NaN stays, as in a maximum.
                    const Entry is_nan = compared(inner, "NE", x, x);
                    const Entry greater = compared(inner, "GT", x, y);
                    const Entry largest = inner.operation("maximum", {x, y}, x.type);
                    const Entry one = inner.operation("select", {greater, x, largest}, x.type);
                    return inner.operation("select", {is_nan, x, one}, x.type);
                }};
    }
    switch (w.below(7)) {
        case 0:
            return simple("add", 0);
        case 1:
            return simple("multiply", 1);
        case 2:
            return simple("xor", 0);
        case 3:
            return simple("or", 0);
        case 4: {
            // x + y + c, which -c starts; c is one of a list.
            const auto which = static_cast<int64_t>(w.below(3));
            static const std::vector<double> kNumbers = {1, 0, 1};
            const bool captured = w.oneIn(2);
            const Entry outside = captured && w.oneIn(2)
                                      ? w.anyOf(TensorType(element, {}))
                                      : w.number(element, kNumbers[static_cast<size_t>(which)]);
            const Entry start = w.operation("negate", {outside}, outside.type);
            return {start, [=](Writer& inner, const Entry& x, const Entry& y) {
                        const Entry c = captured ? outside : oneOfList(inner, element, kNumbers, which);
                        return inner.operation("add", {inner.operation("add", {x, y}, x.type), c}, x.type);
                    }};
        }
        case 5: {
            // The larger, by comparing and selecting.
            return {w.number(element, least(element)), [](Writer& inner, const Entry& x, const Entry& y) {
                        return inner.operation("select", {compared(inner, "GE", x, y), x, y}, x.type);
                    }};
        }
        default: {
            // Through a wider type and back.
            return {w.number(element, 0), [](Writer& inner, const Entry& x, const Entry& y) {
                        const TensorType wide(ElementType::kI64, {});
                        const Entry sum = inner.operation(
                            "add",
                            {inner.operation("convert", {x}, wide), inner.operation("convert", {y}, wide)},
                            wide);
                        return inner.operation("convert", {sum}, x.type);
                    }};
        }
    }
}

void writeReduction(Writer& w) {
    if (w.oneIn(4)) return argumentOfMaximum(w);
    Entry x = w.any();
    const Dims reduced = w.some(x.rank());
    Dims kept;
    int64_t each = 1;
    for (int64_t d = 0; d < x.rank(); ++d) {
        if (std::ranges::find(reduced, d) == reduced.end()) {
            kept.push_back(x.type.dim(d));
        } else {
            each *= x.type.dim(d);
        }
    }
    const bool wide = x.element() == ElementType::kF32 || x.element() == ElementType::kF64;
    const bool is_exact = wide || (each <= 64 && bitWidth(x.element()) == 16);
    const bool summed = isComplex(x.element()) || (isFloat(x.element()) && w.oneIn(2) && is_exact);
    if (summed) x = w.summable(x);
    std::vector<Entry> operands = {x};
    const ElementType other = w.element();
    if (!summed && !isComplex(other) && w.oneIn(4)) operands.push_back(w.anyOf(x.type.withElement(other)));
    std::vector<Combiner> combiners;
    for (const Entry& operand : operands) {
        combiners.push_back(summed ? Combiner{w.number(x.element(), 0),
                                              [](Writer& inner, const Entry& a, const Entry& b) {
                                                  return inner.operation("add", {a, b}, a.type);
                                              }}
                                   : randomCombiner(w, operand.element()));
    }
    const size_t count = operands.size();
    std::vector<TensorType> results;
    std::vector<TensorType> scalars;
    for (size_t i = 0; i < count; ++i) {
        results.push_back(operands[i].type.withDims(kept));
        scalars.push_back(operands[i].type.withDims({}));
    }
    for (const Combiner& combiner : combiners)
        operands.push_back(w.oneIn(4) ? w.startOf(combiner.identity.type) : combiner.identity);
    scalars.insert(scalars.end(), scalars.begin(), scalars.end());
    const std::string body = w.region(scalars, [&](const std::vector<Entry>& a) {
        std::vector<Entry> out;
        for (size_t i = 0; i < count; ++i) out.push_back(combiners[i].combine(w, a[i], a[count + i]));
        return out;
    });
    const Entry result =
        w.operation("reduce", operands, results, "dimensions = " + arrayOf(reduced), body)[0];
    if (w.oneIn(2) || reduced.size() == static_cast<size_t>(x.rank())) return;
    // Back to the shape it came from, to meet its own operand: what normalisations do.
    Dims mapping;
    for (int64_t d = 0; d < x.rank(); ++d) {
        if (std::ranges::find(reduced, d) == reduced.end()) mapping.push_back(d);
    }
    const Entry spread =
        w.operation("broadcast_in_dim", {result}, x.type, "broadcast_dimensions = " + arrayOf(mapping));
    w.operation(isBoolean(x.element()) ? "xor" : "subtract", {x, spread}, x.type);
}

void writeWindow(Writer& w) {
    Entry x = w.any();
    if (x.rank() == 0 || x.rank() > 4 || x.size() == 0 || isComplex(x.element())) return;
    Dims sizes;
    Dims strides;
    Dims padding;
    Dims base;
    Dims dilation;
    Dims dims;
    const bool is_wide = x.element() == ElementType::kF32 || x.element() == ElementType::kF64;
    const bool selects = w.oneIn(3) && (isInteger(x.element()) || is_wide);
    // Sums of floats, of averages and of gradients of greatest elements.
    const bool sums = is_wide && (selects || w.oneIn(2));
    for (const int64_t d : x.type.dims()) {
        sizes.push_back(w.between(1, 3));
        strides.push_back(w.between(1, 3));
        base.push_back(selects || !w.oneIn(3) ? 1 : 2);
        dilation.push_back(selects || !w.oneIn(3) ? 1 : 2);
        padding.push_back(w.oneIn(2) ? 0 : w.between(selects ? 0 : -1, 2));
        padding.push_back(w.oneIn(2) ? 0 : w.between(selects ? 0 : -1, 2));
        const int64_t padded = padding[padding.size() - 2] + padding.back() + (d - 1) * base.back() + 1;
        const int64_t reach = (sizes.back() - 1) * dilation.back() + 1;
        if (padded < 0) return;
        dims.push_back(padded < reach ? 0 : (padded - reach) / strides.back() + 1);
    }
    const TensorType type = x.type.withDims(dims);
    if (!w.fits(type)) return;
    Literal paddings(TensorType(ElementType::kI64, {x.rank(), 2}), [&] {
        std::vector<std::byte> bytes(padding.size() * 8);
        std::memcpy(bytes.data(), padding.data(), bytes.size());
        return bytes;
    }());
    const std::string attributes = "window_dimensions = " + arrayOf(sizes) +
                                   ", window_strides = " + arrayOf(strides) +
                                   ", padding = " + paddings.toString();
    const TensorType scalar = x.type.withDims({});
    if (sums) x = w.summable(w.withoutNan(x));
    Combiner combiner = sums ? Combiner{w.number(x.element(), 0),
                                        [](Writer& inner, const Entry& a, const Entry& b) {
                                            return inner.operation("add", {a, b}, a.type);
                                        }}
                             : randomCombiner(w, x.element());
    if (w.oneIn(4)) combiner.identity = w.startOf(scalar);
    if (!selects) {
        std::vector<Entry> operands = {x};
        std::vector<Combiner> combiners = {combiner};
        if (w.oneIn(5)) {
            operands.push_back(w.oneIn(2) ? x : w.anyOf(x.type));
            combiners.push_back(sums || isComplex(x.element()) ? combiner : randomCombiner(w, x.element()));
            if (sums) operands.back() = w.summable(w.withoutNan(operands.back()));
        }
        const size_t count = operands.size();
        for (const Combiner& each : combiners) operands.push_back(each.identity);
        const std::string body =
            w.region(std::vector<TensorType>(2 * count, scalar), [&](const std::vector<Entry>& a) {
                std::vector<Entry> out;
                for (size_t i = 0; i < count; ++i) out.push_back(combiners[i].combine(w, a[i], a[count + i]));
                return out;
            });
        w.operation(
            "reduce_window", operands, std::vector<TensorType>(count, type),
            attributes + ", base_dilations = " + arrayOf(base) + ", window_dilations = " + arrayOf(dilation),
            body);
        return;
    }
    const std::string select =
        w.region({scalar, scalar}, [&](const std::vector<Entry>& a) -> std::vector<Entry> {
            return {compared(w, w.oneIn(2) ? "GE" : "LE", a[0], a[1])};
        });
    const std::string body = w.region({scalar, scalar}, [&](const std::vector<Entry>& a) {
        return std::vector<Entry>{combiner.combine(w, a[0], a[1])};
    });
    const Entry source = w.anyOf(type);
    w.operation("select_and_scatter", {x, sums ? w.summable(source) : source, combiner.identity}, x.type,
                attributes, select + ", " + body);
}

void writeSort(Writer& w) {
    const Entry x = w.any();
    if (x.rank() == 0 || isComplex(x.element())) return;
    std::vector<Entry> operands = {w.withoutNan(x)};
    for (size_t more = w.below(3); more > 0; --more)
        operands.push_back(w.withoutNan(w.anyOf(x.type.withElement(w.element()))));
    std::vector<TensorType> results;
    std::vector<TensorType> scalars;
    for (const Entry& operand : operands) {
        results.push_back(operand.type);
        scalars.insert(scalars.end(), 2, operand.type.withDims({}));
    }
    // Complex numbers are not ordered.
    const auto any_key = [&] {
        const size_t key = w.below(operands.size());
        return isComplex(operands[key].element()) ? 0 : key;
    };
    const size_t key = any_key();
    const size_t second = any_key();
    const std::string body = w.region(scalars, [&](const std::vector<Entry>& a) -> std::vector<Entry> {
        const auto less = [&](size_t k, const char* direction) {
            return compared(w, direction, a[2 * k], a[2 * k + 1], isFloat(a[2 * k].element()));
        };
        const Entry first = less(key, w.oneIn(2) ? "LT" : "GT");
        if (second == key || w.oneIn(2)) return {first};
        const Entry tie =
            w.operation("and", {less(key, "EQ"), less(second, w.oneIn(2) ? "LT" : "GT")}, first.type);
        return {w.operation("or", {first, tie}, first.type)};
    });
    w.operation("sort", operands, results,
                "dimension = " + std::to_string(w.between(0, x.rank() - 1)) + " : i64, is_stable = true",
                body);
}

}  // namespace optirs::plugin::testing
