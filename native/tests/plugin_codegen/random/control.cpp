// Random branches, loops and maps.
#include <algorithm>

#include "tests/plugin_codegen/random/writer.h"

namespace optirs::plugin::testing {
namespace {

/// A few operations of a region, then values of these types.
std::vector<Entry> steps(Writer& w, const std::vector<TensorType>& wanted, int depth) {
    for (size_t count = 1 + w.below(5); count > 0; --count) writeStep(w, depth);
    std::vector<Entry> out;
    for (const TensorType& type : wanted)
        out.push_back(w.oneIn(6) ? w.coerced(w.any(), type) : w.anyOf(type));
    return out;
}

std::vector<TensorType> someTypes(Writer& w) {
    std::vector<TensorType> types;
    for (size_t count = 1 + w.below(3); count > 0; --count) types.push_back(w.any().type);
    return types;
}

void writeBranch(Writer& w, int depth) {
    const std::vector<TensorType> types = someTypes(w);
    const auto branch = [&] {
        return w.region({}, [&](const std::vector<Entry>&) { return steps(w, types, depth); });
    };
    if (w.oneIn(2)) {
        const Entry predicate = w.anyOf(TensorType(ElementType::kI1, {}));
        const std::string yes = branch();
        w.operation("if", {predicate}, types, "", yes + ", " + branch());
        return;
    }
    const Entry index = w.anyOf(TensorType(ElementType::kI32, {}));
    std::string branches = branch();
    for (size_t more = w.below(3); more > 0; --more) branches += ", " + branch();
    w.operation("case", {index}, types, "", branches);
}

void writeLoop(Writer& w, int depth) {
    // A counter, and values that mostly start as known ones.
    const ElementType counter = w.oneIn(2) ? ElementType::kI32 : w.integerElement();
    const Entry last = w.number(counter, static_cast<double>(w.between(0, 4)));
    const Entry one = w.number(counter, 1);
    std::vector<Entry> carried = {w.number(counter, 0)};
    for (const TensorType& type : someTypes(w))
        carried.push_back(w.oneIn(4) ? w.constant(type) : w.anyOf(type));
    std::vector<TensorType> types;
    for (const Entry& entry : carried) types.push_back(entry.type);
    const std::string condition = w.region(types, [&](const std::vector<Entry>& a) -> std::vector<Entry> {
        return {w.operation("compare", {a[0], last}, TensorType(ElementType::kI1, {}),
                            "comparison_direction = #stablehlo<comparison_direction LT>")};
    });
    const std::string body = w.region(types, [&](const std::vector<Entry>& a) {
        for (const Entry& argument : a) w.add(argument);
        std::vector<Entry> next = steps(w, {types.begin() + 1, types.end()}, depth);
        next.insert(next.begin(), w.operation("add", {a[0], one}, a[0].type));
        return next;
    });
    w.operation("while", carried, types, "", condition + ", " + body);
}

void writeMap(Writer& w) {
    const Entry x = w.any();
    const Entry y = w.anyOf(x.type.withElement(w.element()));
    std::vector<TensorType> scalars = {x.type.withDims({}), y.type.withDims({})};
    const TensorType result = x.type.withElement(w.element());
    const std::string body = w.region(
        scalars, [&](const std::vector<Entry>& a) { return anyFunction(w, a, {result.withDims({})}); });
    Dims dims;
    for (int64_t d = 0; d < x.rank(); ++d) dims.push_back(d);
    w.operation("map", {x, y}, result, "dimensions = " + arrayOf(dims), body);
}

void writeControl(Writer& w, int depth) {
    switch (w.below(5)) {
        case 0:
            return writeMap(w);
        case 1:
        case 2:
            return writeBranch(w, depth - 1);
        default:
            return writeLoop(w, depth - 1);
    }
}

void writeAny(Writer& w, int depth) {
    const size_t kind = w.below(30);
    if (kind < 11) return writeElementwise(w);
    if (kind < 13) return writeConversion(w);
    if (kind < 18) return writeMovement(w);
    if (kind < 20) return writeUpdate(w);
    if (kind < 21) return writeGather(w);
    if (kind < 22) return writeScatter(w);
    if (kind < 25) return writeReduction(w);
    if (kind < 26) return writeWindow(w);
    if (kind < 27) return writeSort(w);
    if (kind < 28) return w.oneIn(3) ? writeConvolution(w) : writeProduct(w);
    if (depth > 0) writeControl(w, depth);
}

}  // namespace

void writeStep(Writer& w, int depth) {
    writeAny(w, depth);
    w.endStep();
}

std::vector<Entry> anyFunction(Writer& w, const std::vector<Entry>& arguments,
                               const std::vector<TensorType>& results) {
    std::vector<Entry> out;
    std::vector<Entry> known = arguments;
    // And of something small from outside.
    const Entry captured =
        w.anyWhere([](const Entry& entry) { return entry.size() > 0 && entry.size() <= 12; });
    if (!captured.name.empty() && w.oneIn(2)) known.push_back(captured);
    w.withOnly(known, [&] {
        for (size_t count = 1 + w.below(6); count > 0; --count) writeStep(w, 1);
        for (const TensorType& type : results) out.push_back(w.coerced(w.any(), type));
    });
    return out;
}

}  // namespace optirs::plugin::testing
