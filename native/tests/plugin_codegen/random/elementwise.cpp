// Random element-wise operations and conversions.
#include "tests/plugin_codegen/random/writer.h"

namespace optirs::plugin::testing {
namespace {

using Names = std::vector<const char*>;

const char* unaryOf(Writer& w, ElementType element) {
    static const Names kReal = {
        "abs", "negate", "sqrt", "floor", "ceil", "sign", "round_nearest_afz", "round_nearest_even"};
    static const Names kSigned = {"not", "negate", "abs", "sign", "popcnt", "count_leading_zeros"};
    static const Names kUnsigned = {"not", "negate", "popcnt", "count_leading_zeros"};
    static const Names kBoolean = {"not"};
    return w.pick(isFloat(element)             ? kReal
                  : isBoolean(element)         ? kBoolean
                  : isUnsignedInteger(element) ? kUnsigned
                                               : kSigned);
}

const char* binaryOf(Writer& w, ElementType element) {
    static const Names kReal = {"add", "subtract", "multiply", "divide", "maximum", "minimum", "remainder"};
    static const Names kIntegers = {"add",
                                    "subtract",
                                    "multiply",
                                    "and",
                                    "or",
                                    "xor",
                                    "maximum",
                                    "minimum",
                                    "shift_left",
                                    "power",
                                    "shift_right_logical",
                                    "shift_right_arithmetic",
                                    "divide",
                                    "remainder"};
    static const Names kBoolean = {"and", "or", "xor", "add", "multiply", "maximum", "minimum"};
    return w.pick(isFloat(element) ? kReal : isBoolean(element) ? kBoolean : kIntegers);
}

Entry compared(Writer& w, Entry x, Entry y) {
    static const Names kDirections = {"EQ", "NE", "LT", "LE", "GT", "GE"};
    return w.operation(
        "compare", {x, y}, x.type.withElement(ElementType::kI1),
        std::string("comparison_direction = #stablehlo<comparison_direction ") + w.pick(kDirections) + ">");
}

ElementType anotherOfWidth(Writer& w, int bits, ElementType otherwise) {
    using enum ElementType;
    static const std::vector<ElementType> kTypes = {kI2,  kUi2,  kI4,  kUi4,  kI8,       kUi8,
                                                    kI16, kUi16, kI32, kUi32, kI64,      kUi64,
                                                    kF16, kBF16, kF32, kF64,  kF8E4M3FN, kF8E5M2};
    std::vector<ElementType> fitting;
    for (const ElementType each : kTypes) {
        if (bitWidth(each) == bits) fitting.push_back(each);
    }
    return fitting.empty() ? otherwise : w.pick(fitting);
}

void writeBitcast(Writer& w) {
    const Entry x = w.any();
    if (isBoolean(x.element()) || isComplex(x.element())) return;
    const int bits = bitWidth(x.element());
    const size_t kind = w.isInBody() ? 2 : w.below(4);
    const int64_t ratio = w.oneIn(2) ? 2 : 4;
    Dims dims = x.dims();
    int wanted = bits;
    if (kind == 0 && bits / ratio >= 2) {
        dims.push_back(ratio);
        wanted = static_cast<int>(bits / ratio);
    } else if (kind == 1 && !dims.empty() && dims.back() == ratio && bits * ratio <= 64) {
        dims.pop_back();
        wanted = static_cast<int>(bits * ratio);
    }
    const TensorType type(anotherOfWidth(w, wanted, x.element()), dims);
    if (!w.fits(type) || type.element() == x.element()) return;
    w.operation("bitcast_convert", {w.withoutNan(x)}, type);
}

void writeComplex(Writer& w, const Entry& x) {
    const TensorType part = x.type.withElement(realType(x.element()));
    switch (w.below(7)) {
        case 0:
            w.operation("real", {x}, part);
            return;
        case 1:
            w.operation("imag", {x}, part);
            return;
        case 2:
            w.operation("complex", {w.anyOf(part), w.anyOf(part)}, x.type);
            return;
        case 3:
            w.operation("negate", {x}, x.type);
            return;
        case 4:
            w.operation("compare", {x, w.anyOf(x.type)}, x.type.withElement(ElementType::kI1),
                        w.oneIn(2) ? "comparison_direction = #stablehlo<comparison_direction EQ>"
                                   : "comparison_direction = #stablehlo<comparison_direction NE>");
            return;
        case 5:
            // Parts of the product are exact.
            w.operation("multiply", {w.summable(x), w.summable(w.anyOf(x.type))}, x.type);
            return;
        default:
            w.operation(w.oneIn(2) ? "add" : "subtract", {x, w.anyOf(x.type)}, x.type);
    }
}

}  // namespace

void writeElementwise(Writer& w) {
    const Entry x = w.any();
    const ElementType element = x.element();
    if (isComplex(element)) return writeComplex(w, x);
    switch (w.below(8)) {
        case 0:
            w.operation(unaryOf(w, element), {x}, x.type);
            return;
        case 1: {
            const Entry y = w.anyOf(x.type);
            const Entry predicate = compared(w, x, y);
            if (w.oneIn(2)) w.operation("select", {predicate, x, w.anyOf(x.type)}, x.type);
            return;
        }
        case 2: {
            const TensorType boolean(ElementType::kI1, w.oneIn(4) ? Dims{} : x.dims());
            w.operation("select", {w.anyOf(boolean), x, w.anyOf(x.type)}, x.type);
            return;
        }
        case 3: {
            if (isBoolean(element)) return;
            const TensorType bound = x.type.withDims(w.oneIn(2) ? Dims{} : x.dims());
            w.operation("clamp", {w.anyOf(bound), x, w.anyOf(bound)}, x.type);
            return;
        }
        case 4: {
            // What simplifications look for: constants, and an operand twice.
            const Entry y = w.oneIn(4) ? x : w.constant(x.type);
            const bool swapped = w.oneIn(3);
            w.operation(binaryOf(w, element), {swapped ? y : x, swapped ? x : y}, x.type);
            return;
        }
        case 5: {
            // Of numbers along a dimension.
            if (x.rank() == 0 || isBoolean(element)) return;
            const Entry i = w.operation(
                "iota", {}, x.type,
                "iota_dimension = " + std::to_string(w.below(static_cast<size_t>(x.rank()))) + " : i64");
            w.operation(binaryOf(w, element), {x, i}, x.type);
            return;
        }
        default:
            w.operation(binaryOf(w, element), {x, w.anyOf(x.type)}, x.type);
    }
}

void writeConversion(Writer& w) {
    if (w.oneIn(3)) return writeBitcast(w);
    const Entry x = w.any();
    const Entry y = w.coerced(x, x.type.withElement(w.element()));
    if (w.oneIn(2)) w.coerced(y, x.type.withElement(w.element()));
}

}  // namespace optirs::plugin::testing
