// What norms, losses and their gradients are made of, in any order: element-wise arithmetic on rows, numbers
// of rows and of columns, and sums over either.
#include <algorithm>
#include <string_view>

#include "tests/plugin_codegen/random/writer.h"

namespace optirs::plugin::testing {
namespace {

using enum ElementType;

class Rows {
 public:
    explicit Rows(uint64_t seed) : w_(seed) {}

    WrittenProgram write() {
        parts_ = w_.pick(Dims{8, 8, 16, 9});
        rows_ = w_.pick(Dims{2, 4, 6, 1});
        columns_ = w_.pick(Dims{64, 72, 128, 65});
        element_ = w_.pick(std::vector<ElementType>{kF32, kF32, kBF16, kI32, kF64});
        // Sums of bf16 are less exact in the reference, which rounds each.
        is_smooth_ = (element_ == kF32 || element_ == kF64) && w_.oneIn(2);
        if (is_smooth_) program_.tolerance = 1e-3;
        whole_ = {TensorType(element_, {parts_, rows_, columns_}),
                  TensorType(element_, {parts_ * rows_, columns_})};
        for (size_t i = 0; i < 4; ++i) argument(w_.pick(whole_));
        argument({element_, {columns_}});
        argument({element_, {parts_, rows_}});
        for (size_t count = 6 + w_.below(14); count > 0; --count) step();
        std::vector<Entry> results = {w_.values().back()};
        for (size_t more = w_.below(6); more > 0; --more) results.push_back(w_.any());
        finish(w_, program_, results);
        return program_;
    }

 private:
    void argument(const TensorType& type) {
        std::vector<std::byte> values(static_cast<size_t>(type.byteCount()));
        const auto width = static_cast<size_t>(byteWidth(element_));
        for (size_t i = 0; i < values.size(); i += width)
            storeReal(static_cast<double>(w_.between(-12, 12)) / (isFloat(element_) ? 4 : 1), element_,
                      &values[i]);
        addArgument(w_, program_, type, values);
    }

    bool isWhole(const Entry& entry) const { return entry.size() == parts_ * rows_ * columns_; }
    Entry whole() {
        return w_.anyWhere([&](const Entry& entry) { return isWhole(entry); });
    }
    Entry another(const TensorType& type) {
        return w_.anyWhere([&](const Entry& entry) { return entry.type == type; });
    }

    Entry binary(const Entry& x, const Entry& y) {
        static const std::vector<const char*> kNames = {"add", "subtract", "multiply", "maximum", "minimum"};
        return w_.operation(w_.pick(kNames), {x, y}, x.type);
    }

    Entry broadcast(const Entry& x, const TensorType& type, const Dims& mapping) {
        return w_.operation("broadcast_in_dim", {x}, type, "broadcast_dimensions = " + arrayOf(mapping));
    }

    Entry reduced(Entry x, const Dims& dims) {
        const bool sums = w_.oneIn(2);
        if (sums && is_smooth_) {
            x = bounded(x);
        } else if (sums && isFloat(x.element())) {
            x = w_.summable(x);
        }
        Dims kept;
        for (int64_t d = 0; d < x.rank(); ++d) {
            if (std::ranges::find(dims, d) == dims.end()) kept.push_back(x.type.dim(d));
        }
        const TensorType scalar = x.type.withDims({});
        const std::string body = w_.region({scalar, scalar}, [&](const std::vector<Entry>& a) {
            return std::vector<Entry>{w_.operation(sums ? "add" : "maximum", {a[0], a[1]}, scalar)};
        });
        return w_.operation("reduce", {x, w_.number(x.element(), sums ? 0 : -100)}, x.type.withDims(kept),
                            "dimensions = " + arrayOf(dims), body);
    }

    /// Between 0 and 1.
    Entry bounded(const Entry& x) { return w_.operation("logistic", {x}, x.type); }

    /// A function where it is neither steep nor large.
    void function(const Entry& x) {
        static const std::vector<const char*> kNames = {"exponential", "exponential_minus_one",
                                                        "log",         "log_plus_one",
                                                        "logistic",    "tanh",
                                                        "sine",        "cosine",
                                                        "tan",         "sqrt",
                                                        "rsqrt",       "cbrt",
                                                        "power",       "atan2",
                                                        "divide"};
        const char* name = w_.pick(kNames);
        const Entry half = w_.coerced(w_.number(x.element(), 0.5), x.type);
        const Entry y = w_.operation("add", {bounded(x), half}, x.type);
        std::vector<Entry> operands = {y};
        if (std::string_view(name) == "power" || std::string_view(name) == "atan2" ||
            std::string_view(name) == "divide")
            operands.push_back(w_.operation("add", {bounded(another(x.type)), half}, x.type));
        w_.operation(name, operands, x.type);
    }

    void step() {
        const Entry x = whole();
        if (is_smooth_ && w_.oneIn(3)) return function(x);
        const int64_t last = x.rank() - 1;
        switch (w_.below(9)) {
            case 0: {
                // A row's number, and back to the row.
                const Entry number = reduced(x, {last});
                const Entry spread = broadcast(number, x.type, last == 1 ? Dims{0} : Dims{0, 1});
                binary(x, spread);
                return;
            }
            case 1:
                reduced(x, {last});
                return;
            case 2:
                // A column's sums, whole or of parts.
                reduced(x, last == 1 ? Dims{0} : w_.oneIn(2) ? Dims{1} : Dims{0, 1});
                return;
            case 3:
                w_.operation("reshape", {x}, whole_[last == 1 ? 0 : 1].withElement(x.element()));
                return;
            case 4: {
                const Entry of_columns = another(x.type.withDims({columns_}));
                if (!of_columns.name.empty()) binary(x, broadcast(of_columns, x.type, {last}));
                return;
            }
            case 5: {
                const Entry of_rows =
                    another(x.type.withDims(withoutAt(x.dims(), static_cast<size_t>(last))));
                if (!of_rows.name.empty())
                    binary(x, broadcast(of_rows, x.type, last == 1 ? Dims{0} : Dims{0, 1}));
                return;
            }
            case 6:
                if (!is_smooth_ && (element_ == kBF16 || element_ == kF32))
                    w_.operation("convert", {x}, x.type.withElement(x.element() == kF32 ? kBF16 : kF32));
                return;
            default:
                binary(x, another(x.type));
        }
    }

    Writer w_;
    WrittenProgram program_;
    int64_t parts_ = 0;
    int64_t rows_ = 0;
    int64_t columns_ = 0;
    ElementType element_ = kF32;
    bool is_smooth_ = false;  ///< functions and sums that are not exact, but no steps
    std::vector<TensorType> whole_;
};

}  // namespace

WrittenProgram writeRows(uint64_t seed) { return Rows(seed).write(); }

}  // namespace optirs::plugin::testing
