#include "tests/plugin_codegen/random/writer.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace optirs::plugin::testing {
namespace {

using enum ElementType;

const std::vector<ElementType> kCommon = {kI32, kF32, kF32, kI32, kI1, kI64, kUi8, kBF16, kF64};
// Not those of 4 and 6 bits: they have no NaN, and what becomes of one is not defined.
const std::vector<ElementType> kRare = {kF8E3M4, kF8E4M3, kF8E4M3FNUZ, kF8E4M3B11FNUZ, kF8E5M2FNUZ, kC64,
                                        kC128,   kC64,    kC64};
const std::vector<ElementType> kAll = {kI1,   kI2,   kI4,   kI8,   kI16, kI32, kI64, kUi2,      kUi4,   kUi8,
                                       kUi16, kUi32, kUi64, kBF16, kF16, kF32, kF64, kF8E4M3FN, kF8E5M2};

std::string commaSeparated(const std::vector<Entry>& entries, bool types) {
    std::string out;
    for (const Entry& entry : entries) {
        if (!out.empty()) out += ", ";
        out += types ? entry.type.toString() : entry.name;
    }
    return out;
}

}  // namespace

std::string listOf(const Dims& values) {
    std::string text = "[";
    for (size_t i = 0; i < values.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(values[i]);
    return text + "]";
}

std::string arrayOf(const Dims& values) {
    const std::string text = listOf(values);
    return "array<i64" + (values.empty() ? "" : ": " + text.substr(1, text.size() - 2)) + ">";
}

Dims withoutAt(Dims dims, size_t at) {
    dims.erase(dims.begin() + static_cast<int64_t>(at));
    return dims;
}

Writer::Writer(uint64_t seed) : random_(seed) {
    // A few types and sizes, so that values fit each other.
    const size_t types = 2 + below(3);
    for (size_t i = 0; i < types; ++i)
        elements_.push_back(pick(oneIn(20) ? kRare : oneIn(3) ? kAll : kCommon));
    // What is computed in pairs, and what is held in bytes.
    if (oneIn(10)) elements_ = {kBF16, kF32, kBF16};
    if (oneIn(20)) elements_ = {kUi4, kI2, kI4, kUi2, kI32};
    static const std::vector<int64_t> kSizes = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65, 130};
    for (size_t i = 0; i < 3; ++i) sizes_.push_back(pick(kSizes));
    if (oneIn(10)) sizes_.push_back(0);
    if (oneIn(2)) sizes_.push_back(1);
    // One in twenty is large enough for several tasks.
    max_elements_ = oneIn(15) ? 140000 : 2500;
    if (max_elements_ > 2500) sizes_ = {1, pick(kSizes), 64, 130, 300};
    // What rows and columns of norms and their gradients are like.
    if (oneIn(6)) sizes_ = {8, 64, 2, 16};
}

Dims Writer::some(int64_t n) {
    Dims out;
    for (int64_t i = 0; i < n; ++i) {
        if (oneIn(2)) out.push_back(i);
    }
    return out;
}

Dims Writer::shuffled(Dims list) {
    for (size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[below(i)]);
    return list;
}

ElementType Writer::integerElement() {
    static const std::vector<ElementType> kIndices = {kI32, kI32, kI64, kUi8, kI8, kUi32, kI16, kUi64, kUi16};
    return pick(kIndices);
}

Dims Writer::shape() {
    Dims dims(below(5));
    for (int64_t& d : dims) d = pick(sizes_);
    while (!fits({kI8, dims})) dims.pop_back();
    return dims;
}

Entry Writer::any() {
    const size_t count = values_.size();
    return values_[oneIn(2) ? count - 1 - below(std::min<size_t>(count, 4)) : below(count)];
}

Entry Writer::anyWhere(const std::function<bool(const Entry&)>& wanted) {
    std::vector<Entry> found;
    for (const Entry& entry : values_) {
        if (wanted(entry)) found.push_back(entry);
    }
    if (found.empty()) return {};
    return found[oneIn(2) ? found.size() - 1 - below(std::min<size_t>(found.size(), 3))
                          : below(found.size())];
}

Entry Writer::anyOf(const TensorType& type) {
    Entry same = anyWhere([&](const Entry& entry) { return entry.type == type; });
    if (!same.name.empty() && !oneIn(5)) return same;
    return oneIn(3) ? constant(type) : coerced(any(), type);
}

std::vector<Entry> Writer::operation(std::string_view name, const std::vector<Entry>& operands,
                                     const std::vector<TensorType>& results, const std::string& attributes,
                                     const std::string& regions) {
    std::vector<Entry> made;
    const std::string base = "%v" + std::to_string(next_name_++);
    for (size_t i = 0; i < results.size(); ++i) {
        made.push_back({results.size() == 1 ? base : base + "#" + std::to_string(i), results[i]});
    }
    text_ +=
        "  " + base + (results.size() == 1 ? "" : ":" + std::to_string(results.size())) + " = \"stablehlo.";
    text_ += std::string(name) + "\"(" + commaSeparated(operands, false) + ")";
    if (!regions.empty()) text_ += " (" + regions + ")";
    if (!attributes.empty()) text_ += " {" + attributes + "}";
    text_ += " : (" + commaSeparated(operands, true) + ") -> (" + commaSeparated(made, true) + ")\n";
    values_.insert(values_.end(), made.begin(), made.end());
    return made;
}

std::string Writer::region(const std::vector<TensorType>& arguments, const Fill& fill) {
    std::string outside = std::move(text_);
    text_ = "{\n";
    const size_t known = values_.size();
    std::vector<Entry> made;
    for (const TensorType& type : arguments) {
        made.push_back({"%a" + std::to_string(next_name_++), type});
        text_ += (made.size() == 1 ? " ^bb0(" : ", ") + made.back().name + ": " + type.toString();
    }
    if (!made.empty()) text_ += "):\n";
    const std::vector<Entry> returned = fill(made);
    text_ += "  \"stablehlo.return\"(" + commaSeparated(returned, false) + ") : (" +
             commaSeparated(returned, true) + ") -> ()\n }";
    values_.resize(known);
    return std::exchange(text_, std::move(outside));
}

Entry Writer::literal(const Literal& literal) {
    return operation("constant", {}, literal.type(), "value = " + literal.toString());
}

Entry Writer::number(ElementType element, double value) {
    return literal(Literal::splat(TensorType(element, {}), value));
}

void Writer::randomElement(ElementType element, std::byte* out) {
    static const std::vector<double> kReals = {0.0,      -0.0,      1.0, 2.0,   -1.0, -3.5, 0.25,   0.5,
                                               INFINITY, -INFINITY, NAN, 1e-42, 3e38, 1e5,  -127.5, 255.5};
    static const std::vector<int64_t> kIntegers = {0, 1, -1, 2, 3, 7, INT32_MIN, INT32_MAX, 31, 64, 127, 255};
    if (isComplex(element)) {
        randomElement(realType(element), out);
        return randomElement(realType(element), out + byteWidth(element) / 2);
    }
    if (isFloat(element)) {
        const double quarter = static_cast<double>(between(-80, 80)) / 4;
        return storeReal(oneIn(4) ? pick(kReals) : quarter, element, out);
    }
    const size_t kind = below(4);
    int64_t value = kind == 0   ? pick(kIntegers)
                    : kind == 1 ? static_cast<int64_t>(random_())
                                : between(-9, 40);
    if (kind == 0 && oneIn(8)) value = int64_t{1} << (bitWidth(element) - 1);
    const int width = bitWidth(element);
    if (width < 64) {
        value = static_cast<int64_t>(static_cast<uint64_t>(value) << (64 - width));
        value = isSignedInteger(element) ? value >> (64 - width)
                                         : static_cast<int64_t>(static_cast<uint64_t>(value) >> (64 - width));
    }
    storeInteger(value, element, out);
}

std::vector<std::byte> Writer::randomBytes(const TensorType& type) {
    std::vector<std::byte> bytes(static_cast<size_t>(type.byteCount()));
    const auto width = static_cast<size_t>(byteWidth(type.element()));
    for (size_t i = 0; i < bytes.size(); i += width) randomElement(type.element(), &bytes[i]);
    return bytes;
}

Entry Writer::constant(const TensorType& type) {
    if (type.elementCount() > 200 || oneIn(2)) {
        std::vector<std::byte> one(static_cast<size_t>(byteWidth(type.element())));
        randomElement(type.element(), one.data());
        return literal(Literal::splat(type, one));
    }
    return literal(Literal(type, randomBytes(type)));
}

Entry Writer::ofParts(const Entry& value, const std::function<Entry(const Entry&)>& change) {
    const TensorType part = value.type.withElement(realType(value.element()));
    const Entry re = change(operation("real", {value}, part));
    return operation("complex", {re, change(operation("imag", {value}, part))}, value.type);
}

Entry Writer::summable(const Entry& value) {
    if (isComplex(value.element()))
        return ofParts(value, [this](const Entry& part) { return summable(withoutNan(part)); });
    if (!isFloat(value.element())) return value;
    const Entry whole = operation("round_nearest_even", {value}, value.type);
    return operation("clamp", {number(value.element(), -2), whole, number(value.element(), 2)}, value.type);
}

void Writer::withOnly(const std::vector<Entry>& values, const std::function<void()>& write) {
    std::vector<Entry> others = std::exchange(values_, values);
    const int64_t limit = std::exchange(max_elements_, 12);
    const bool is_in_body = std::exchange(is_in_body_, true);
    write();
    is_in_body_ = is_in_body;
    values_ = std::move(others);
    max_elements_ = limit;
}

Entry Writer::withoutNan(const Entry& value) {
    if (isComplex(value.element()))
        return ofParts(value, [this](const Entry& part) { return withoutNan(part); });
    if (!isFloat(value.element())) return value;
    const Entry is_finite = operation("is_finite", {value}, value.type.withElement(kI1));
    return operation("select", {is_finite, value, coerced(number(value.element(), 1), value.type)},
                     value.type);
}

Entry Writer::coerced(Entry value, const TensorType& type) {
    if (isComplex(value.element()) && !isComplex(type.element()))
        value =
            operation(oneIn(2) ? "real" : "imag", {value}, value.type.withElement(realType(value.element())));
    if (value.element() != type.element())
        value = operation("convert", {value}, value.type.withElement(type.element()));
    if (value.type == type) return value;
    if (value.size() == type.elementCount()) return operation("reshape", {value}, type);
    const Dims dims(type.dims().begin(), type.dims().end());
    if (value.rank() == 0)
        return operation("broadcast_in_dim", {value}, type, "broadcast_dimensions = array<i64>");
    // A row as long as is needed: its beginning, or itself and then a constant.
    const Entry row = operation("reshape", {value}, value.type.withDims({value.size()}));
    const int64_t missing = type.elementCount() - value.size();
    const Entry fill = constant(value.type.withDims({}));
    const Entry cut =
        operation("pad", {row, fill}, value.type.withDims({type.elementCount()}),
                  "edge_padding_low = array<i64: 0>, interior_padding = array<i64: 0>, edge_padding_high = "
                  "array<i64: " +
                      std::to_string(missing) + ">");
    return operation("reshape", {cut}, type);
}

}  // namespace optirs::plugin::testing
