// Random programs of arrays with a size that is known at run time only, below a bound, beside the same
// programs with that size written into them.
#include <algorithm>
#include <regex>

#include "tests/plugin_codegen/random/formula.h"

namespace optirs::plugin::testing {
namespace {

using enum ElementType;

// What stands for the size, twice the size, and three more than it, while the program is written. No other
// dimension is as large.
constexpr int64_t kSize = 13;
constexpr int64_t kTwice = 26;
constexpr int64_t kMore = 16;

bool isSized(int64_t dim) { return dim == kSize || dim == kTwice || dim == kMore; }
bool isSized(const Entry& entry) {
    return std::ranges::any_of(entry.dims(), [](int64_t d) { return isSized(d); });
}

int64_t at(int64_t dim, int64_t size) {
    return dim == kSize ? size : dim == kTwice ? 2 * size : dim == kMore ? size + 3 : dim;
}

TensorType typeAt(const TensorType& type, int64_t size) {
    Dims dims(type.dims().begin(), type.dims().end());
    for (int64_t& dim : dims) dim = at(dim, size);
    return type.withDims(dims);
}

/// The program with each type written anew.
std::string rewritten(const std::string& text,
                      const std::function<std::string(const Dims&, const std::string&)>& write) {
    static const std::regex kType(R"(tensor<((?:\d+x)*)([a-z]\w*)>)");
    std::string out;
    auto rest = text.begin();
    for (std::sregex_iterator found(text.begin(), text.end(), kType), end; found != end; ++found) {
        out.append(rest, (*found)[0].first);
        Dims dims;
        const std::string list = (*found)[1];
        for (size_t i = 0; i < list.size(); i = list.find('x', i) + 1)
            dims.push_back(std::stoll(list.substr(i)));
        out += write(dims, (*found)[2]);
        rest = (*found)[0].second;
    }
    return out.append(rest, text.end());
}

std::string withSize(const std::string& text, int64_t size) {
    return rewritten(text, [&](const Dims& dims, const std::string& element) {
        std::string type = "tensor<";
        for (const int64_t dim : dims) type += std::to_string(at(dim, size)) + "x";
        return type + element + ">";
    });
}

std::string withBound(const std::string& text, int64_t bound) {
    return rewritten(text, [&](const Dims& dims, const std::string& element) {
        std::string type = "tensor<";
        std::string bounds;
        bool any = false;
        for (const int64_t dim : dims) {
            any = any || isSized(dim);
            type += (isSized(dim) ? "?" : std::to_string(dim)) + "x";
            bounds += (bounds.empty() ? "" : ", ") + (isSized(dim) ? std::to_string(at(dim, bound)) : "?");
        }
        return type + element + (any ? ", #stablehlo.bounds<" + bounds + ">>" : ">");
    });
}

class Bounded : Formula {
 public:
    explicit Bounded(uint64_t seed) : Formula(seed) {}

    WrittenProgram write() {
        element_ = w_.pick(std::vector<ElementType>{kF32, kF32, kI32, kI64, kBF16});
        const int64_t columns = w_.pick(Dims{1, 3, 4, 8});
        argument({element_, {kSize, columns}});
        argument({element_, {kSize, columns}});
        if (w_.oneIn(2)) argument({element_, {kSize}});
        argument({element_, {columns, w_.pick(Dims{2, 5})}});
        for (size_t count = 3 + w_.below(12); count > 0; --count) step(1);
        results_ = {w_.values().back()};
        for (size_t more = w_.below(4); more > 0; --more) results_.push_back(w_.any());
        finish(w_, program_, results_);
        const int64_t size = w_.pick(Dims{0, 1, 2, 5, 7, 8});
        program_.bounded_text =
            withBound(program_.text, size + w_.pick(Dims{0, 1, 3, 9}) + (size == 0 ? 1 : 0));
        program_.text = withSize(program_.text, size);
        for (size_t i = 0; i < program_.arguments.size(); ++i) {
            TensorType& type = program_.arguments[i];
            type = typeAt(type, size);
            program_.values[i].resize(static_cast<size_t>(type.byteCount()));
            const auto width = static_cast<size_t>(byteWidth(element_));
            for (size_t k = 0; k < program_.values[i].size(); k += width)
                storeReal(static_cast<double>(w_.between(-4, 4)), element_, &program_.values[i][k]);
        }
        return program_;
    }

 private:
    Entry sized() {
        return w_.anyWhere([](const Entry& entry) { return isSized(entry); });
    }
    Entry like(const Entry& x) {
        return w_.anyWhere([&](const Entry& entry) { return entry.type == x.type; });
    }

    void dot(const Entry& x) {
        const Entry y = w_.anyWhere([&](const Entry& entry) {
            return entry.rank() > 0 && entry.rank() < 3 && entry.element() == x.element();
        });
        for (int64_t i = 0; i < x.rank(); ++i) {
            for (int64_t k = 0; k < y.rank(); ++k) {
                if (x.type.dim(i) != y.type.dim(k) || w_.oneIn(3)) continue;
                Dims dims = withoutAt(x.dims(), static_cast<size_t>(i));
                for (const int64_t d : withoutAt(y.dims(), static_cast<size_t>(k))) dims.push_back(d);
                w_.operation("dot_general", {w_.summable(x), w_.summable(y)}, x.type.withDims(dims),
                             "dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [], "
                             "rhs_batching_dimensions = [], lhs_contracting_dimensions = " +
                                 listOf({i}) + ", rhs_contracting_dimensions = " + listOf({k}) + ">");
                return;
            }
        }
    }

    void lengthened(const Entry& x, int64_t dim) {
        Dims dims = x.dims();
        if (x.type.dim(dim) != kSize) return;
        if (w_.oneIn(2)) {
            dims[static_cast<size_t>(dim)] = kTwice;
            w_.operation("concatenate", {x, like(x)}, x.type.withDims(dims),
                         "dimension = " + std::to_string(dim) + " : i64");
            return;
        }
        const int64_t low = w_.between(0, 3);
        Dims lows(dims.size());
        Dims highs(dims.size());
        lows[static_cast<size_t>(dim)] = low;
        highs[static_cast<size_t>(dim)] = 3 - low;
        dims[static_cast<size_t>(dim)] = kMore;
        w_.operation("pad", {x, w_.number(x.element(), static_cast<double>(w_.between(-1, 1)))},
                     x.type.withDims(dims),
                     "edge_padding_low = " + arrayOf(lows) + ", edge_padding_high = " + arrayOf(highs) +
                         ", interior_padding = " + arrayOf(Dims(dims.size())));
    }

    void sorted(const Entry& x, int64_t dim) {
        const Entry y = like(x);
        const TensorType scalar = x.type.withDims({});
        const std::string body = w_.region(
            {scalar, scalar, scalar, scalar},
            [&](const std::vector<Entry>& a) -> std::vector<Entry> { return {compared(a[0], a[1], "GT")}; });
        w_.operation("sort", {x, y}, {x.type, y.type},
                     "dimension = " + std::to_string(dim) + " : i64, is_stable = true", body);
    }

    Entry compared(const Entry& x, const Entry& y, const char* direction) {
        return w_.operation(
            "compare", {x, y}, x.type.withElement(kI1),
            std::string("comparison_direction = #stablehlo<comparison_direction ") + direction + ">");
    }

    void loop(const Entry& x, size_t depth) {
        const TensorType number(kI32, {});
        const Entry last = w_.oneIn(3)
                               ? w_.operation("get_dimension_size", {x}, number, "dimension = 0 : i64")
                               : w_.number(kI32, static_cast<double>(w_.between(0, 3)));
        const std::vector<TensorType> types = {number, x.type};
        const std::string condition = w_.region(
            types,
            [&](const std::vector<Entry>& a) -> std::vector<Entry> { return {compared(a[0], last, "LT")}; });
        const std::string body = w_.region(types, [&](const std::vector<Entry>& a) -> std::vector<Entry> {
            w_.add(a[1]);
            for (size_t count = 1 + w_.below(3); count > 0; --count) step(depth - 1);
            return {with("add", a[0], 1), like(x)};
        });
        w_.operation("while", {w_.number(kI32, 0), x}, types, "", condition + ", " + body);
    }

    void step(size_t depth) {
        const Entry x = sized();
        const int64_t dim = w_.between(0, x.rank() - 1);
        if (x.element() != element_) return;
        switch (w_.below(depth > 0 ? 12 : 11)) {
            case 0: {
                Dims order = {0, 1, 2, 3};
                order.resize(static_cast<size_t>(x.rank()));
                order = w_.shuffled(order);
                Dims dims;
                for (const int64_t d : order) dims.push_back(x.type.dim(d));
                w_.operation("transpose", {x}, x.type.withDims(dims), "permutation = " + arrayOf(order));
                return;
            }
            case 1:
                w_.operation("reverse", {x}, x.type, "dimensions = " + arrayOf({dim}));
                return;
            case 2:
                reduced("add", w_.summable(x), 0, dim);
                return;
            case 3: {
                const Entry greatest = reduced("maximum", x, -50, dim);
                if (isSized(x.type.dim(dim))) return;
                binary("subtract", x, spread(greatest, x.type, dim));
                return;
            }
            case 4:
                return lengthened(x, dim);
            case 5:
                return dot(x);
            case 6:
                return sorted(x, dim);
            case 7: {
                const Entry predicate = compared(x, like(x), "LT");
                w_.operation("select", {predicate, x, like(x)}, x.type);
                return;
            }
            case 8:
                w_.operation("clamp", {w_.number(element_, -2), x, w_.number(element_, 3)}, x.type);
                return;
            case 11:
                return loop(x, depth);
            default:
                binary(w_.pick(std::vector<const char*>{"add", "subtract", "maximum", "minimum"}), x,
                       like(x));
        }
    }

    ElementType element_ = kF32;
};

}  // namespace

WrittenProgram writeBounded(uint64_t seed) { return Bounded(seed).write(); }

}  // namespace optirs::plugin::testing
