// Attention with a mask and a softmax, and its gradient; or nearly that: another mask, a softmax over another
// axis or without its maximum, another scale, results that are used elsewhere too.
#include <cmath>

#include "tests/plugin_codegen/random/writer.h"

namespace optirs::plugin::testing {
namespace {

using enum ElementType;

class Attention {
 public:
    explicit Attention(uint64_t seed) : w_(seed) {}

    WrittenProgram write() {
        static const std::vector<ElementType> kTypes = {kF32, kF32, kF32, kBF16, kF16};
        element_ = w_.pick(kTypes);
        program_.tolerance = element_ == kF32 ? 1e-4 : 0.04;
        batch_ = w_.oneIn(3) ? Dims{2, 2} : Dims{4};
        rows_ = w_.pick(Dims{64, 64, 66, 100});
        columns_ = w_.oneIn(2) ? rows_ : w_.pick(Dims{64, 70, 100});
        width_ = w_.pick(Dims{8, 16});
        rows_first_ = w_.oneIn(2);
        const Entry q = argument(rows_, width_);
        const Entry k = argument(columns_, width_);
        const Entry v = argument(columns_, width_);
        const Entry s = masked(scores(q, k));
        const Entry p = probabilities(s);
        const Entry narrow = w_.coerced(p, p.type.withElement(element_));
        const Entry o = dot(narrow, v, rank() - 1, rank() - 2);
        give(o);
        if (w_.oneIn(4)) results_.push_back(p);
        if (w_.oneIn(6)) results_.push_back(s);
        if (w_.oneIn(2)) backward(q, k, v, p, o);
        finish(w_, program_, results_);
        return program_;
    }

 private:
    int64_t rank() const { return static_cast<int64_t>(batch_.size()) + 2; }
    TensorType shaped(ElementType element, int64_t rows, int64_t columns) const {
        Dims dims = batch_;
        dims.insert(dims.end(), {rows, columns});
        return {element, dims};
    }

    /// Multiples of 1/16 between -1 and 1.
    Entry argument(int64_t rows, int64_t columns) {
        const TensorType type = shaped(element_, rows, columns);
        std::vector<std::byte> values(static_cast<size_t>(type.byteCount()));
        const auto width = static_cast<size_t>(byteWidth(element_));
        for (size_t i = 0; i < values.size(); i += width)
            storeReal(static_cast<double>(w_.between(-16, 16)) / 16, element_, &values[i]);
        if (!rows_first_) return addArgument(w_, program_, type, values);
        Dims dims = type.dims().size() == 3 ? Dims{rows, batch_[0], columns}
                                            : Dims{batch_[0], rows, batch_[1], columns};
        return moved(addArgument(w_, program_, type.withDims(dims), values));
    }

    /// The rows before the last dimension of the batch, or back.
    Entry moved(const Entry& x) {
        Dims dims = x.dims();
        const size_t rows = dims.size() - 2;
        std::swap(dims[rows], dims[rows - 1]);
        return w_.operation(
            "transpose", {x}, x.type.withDims(dims),
            rank() == 3 ? "permutation = array<i64: 1, 0, 2>" : "permutation = array<i64: 0, 2, 1, 3>");
    }

    void give(const Entry& result) {
        results_.push_back(rows_first_ && w_.oneIn(2) ? moved(result) : result);
    }

    Entry dot(const Entry& x, const Entry& y, int64_t x_dim, int64_t y_dim) {
        Dims dims = batch_;
        dims.push_back(x.type.dim(2 * rank() - 3 - x_dim));
        dims.push_back(y.type.dim(2 * rank() - 3 - y_dim));
        Dims batch;
        for (int64_t d = 0; d < rank() - 2; ++d) batch.push_back(d);
        return w_.operation("dot_general", {x, y}, x.type.withDims(dims),
                            "dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = " +
                                listOf(batch) + ", rhs_batching_dimensions = " + listOf(batch) +
                                ", lhs_contracting_dimensions = " + listOf({x_dim}) +
                                ", rhs_contracting_dimensions = " + listOf({y_dim}) + ">");
    }

    Entry binary(const char* name, const Entry& x, const Entry& y) {
        return w_.operation(name, {x, y}, x.type);
    }
    Entry splat(const TensorType& type, double value) { return w_.literal(Literal::splat(type, value)); }
    Entry scaled(const Entry& x, double factor) { return binary("multiply", x, splat(x.type, factor)); }

    Entry broadcast(const Entry& x, const TensorType& type, const Dims& mapping) {
        return w_.operation("broadcast_in_dim", {x}, type, "broadcast_dimensions = " + arrayOf(mapping));
    }

    Entry scores(const Entry& q, const Entry& k) {
        Entry s = dot(q, k, rank() - 1, rank() - 1);
        s = w_.coerced(s, s.type.withElement(kF32));
        s = scaled(s, w_.pick(std::vector<double>{0.25, 0.3, 1, -0.5}));
        if (!w_.oneIn(3)) return s;
        // A bias of columns, of which some are far below all others, or of everything.
        const bool of_columns = w_.oneIn(2);
        const TensorType type(kF32, of_columns ? Dims{batch_[0], columns_} : Dims{rows_, columns_});
        std::vector<std::byte> values(static_cast<size_t>(type.byteCount()));
        for (size_t i = 0; i < values.size(); i += 4) storeReal(w_.oneIn(2) ? -1e9 : 0.5, kF32, &values[i]);
        const Entry bias = addArgument(w_, program_, type, values);
        return binary(
            "add", s,
            broadcast(bias, s.type, of_columns ? Dims{0, rank() - 1} : Dims{rank() - 2, rank() - 1}));
    }

    /// Numbers of a row or a column, perhaps shifted.
    Entry position(ElementType element, int64_t dim) {
        const TensorType type(element, {rows_, columns_});
        const Entry iota =
            w_.operation("iota", {}, type, "iota_dimension = " + std::to_string(dim) + " : i64");
        if (!w_.oneIn(3)) return iota;
        return binary(w_.oneIn(2) ? "add" : "subtract", iota,
                      splat(type, static_cast<double>(w_.between(0, 70))));
    }

    Entry compared(Entry x, Entry y) {
        static const std::vector<const char*> kDirections = {"GE", "GE", "GT", "LT", "LE", "EQ", "NE"};
        return w_.operation("compare", {x, y}, x.type.withElement(kI1),
                            std::string("comparison_direction = #stablehlo<comparison_direction ") +
                                w_.pick(kDirections) + ">");
    }

    Entry mask(const TensorType& type) {
        static const std::vector<ElementType> kTypes = {kI32, kI32, kI64, kUi32, kF32, kI16, kUi8, kI8};
        const ElementType element = w_.pick(kTypes);
        Entry x = position(element, w_.oneIn(5) ? 1 : 0);
        Entry y = position(element, w_.oneIn(5) ? 0 : 1);
        if (w_.oneIn(4)) std::swap(x, y);
        if (w_.oneIn(4)) {
            x = binary("subtract", x, y);
            y = splat(x.type, static_cast<double>(w_.between(0, 3)));
        }
        Entry m = compared(x, y);
        if (w_.oneIn(4)) m = w_.operation("not", {m}, m.type);
        if (w_.oneIn(4))
            m = binary(w_.oneIn(3) ? "or" : "and", m, compared(position(element, 0), position(element, 1)));
        return broadcast(m, type, {rank() - 2, rank() - 1});
    }

    Entry masked(const Entry& scores) {
        if (w_.oneIn(5)) return scores;
        static const std::vector<double> kLow = {-1e9, -INFINITY, -1e30, -1e4, 0, -3e38};
        mask_ = mask(scores.type.withElement(kI1));
        const Entry low = splat(scores.type, w_.pick(kLow));
        const bool swapped = w_.oneIn(3);
        Entry s =
            w_.operation("select", {*mask_, swapped ? low : scores, swapped ? scores : low}, scores.type);
        if (w_.oneIn(4)) s = scaled(s, w_.pick(std::vector<double>{0.5, 0.001, -1}));
        return s;
    }

    Entry reduced(const char* name, const Entry& x, double start, int64_t dim) {
        const TensorType scalar(kF32, {});
        const std::string body = w_.region({scalar, scalar}, [&](const std::vector<Entry>& a) {
            return std::vector<Entry>{binary(name, a[0], a[1])};
        });
        return w_.operation("reduce", {x, w_.number(kF32, start)},
                            x.type.withDims(withoutAt(x.dims(), static_cast<size_t>(dim))),
                            "dimensions = array<i64: " + std::to_string(dim) + ">", body);
    }

    Entry spread(const Entry& x, const TensorType& type, int64_t dim) {
        Dims mapping;
        for (int64_t d = 0; d < rank(); ++d) {
            if (d != dim) mapping.push_back(d);
        }
        return broadcast(x, type, mapping);
    }

    Entry probabilities(const Entry& s) {
        const int64_t dim = w_.oneIn(8) ? rank() - 2 : rank() - 1;
        Entry greatest = reduced("maximum", s, -INFINITY, dim);
        if (w_.oneIn(8)) greatest = scaled(greatest, 0.5);
        Entry shifted = w_.oneIn(8) ? s : binary("subtract", s, spread(greatest, s.type, dim));
        if (w_.oneIn(8)) shifted = scaled(shifted, 0.5);
        const Entry e = w_.operation("exponential", {shifted}, s.type);
        Entry sum = reduced("add", e, 0, dim);
        if (w_.oneIn(6)) sum = binary("add", sum, splat(sum.type, 1));
        if (w_.oneIn(6)) results_.push_back(sum);
        if (w_.oneIn(6)) results_.push_back(greatest);
        Entry p = binary("divide", e, spread(sum, s.type, dim));
        if (w_.oneIn(8) && mask_)
            p = w_.operation("select", {*mask_, p, splat(p.type, w_.oneIn(2) ? 0 : 1)}, p.type);
        if (w_.oneIn(6)) p = scaled(p, 1.25);
        if (w_.oneIn(8)) p = binary("add", p, splat(p.type, 0.01));
        return p;
    }

    void backward(const Entry& q, const Entry& k, const Entry& v, const Entry& p, const Entry& o) {
        const Entry given = argument(rows_, width_);
        const Entry g = w_.oneIn(2) ? given : binary("add", given, o);
        const Entry narrow = w_.coerced(p, p.type.withElement(element_));
        give(dot(narrow, g, rank() - 2, rank() - 2));
        Entry dp = dot(g, v, rank() - 1, rank() - 1);
        dp = w_.coerced(dp, p.type);
        const Entry weighted = binary("multiply", dp, p);
        const Entry sum = reduced("add", weighted, 0, rank() - 1);
        Entry ds = binary("subtract", weighted, binary("multiply", p, spread(sum, p.type, rank() - 1)));
        if (w_.oneIn(8)) ds = binary("multiply", binary("subtract", dp, spread(sum, p.type, rank() - 1)), p);
        if (mask_ && w_.oneIn(3)) ds = w_.operation("select", {*mask_, ds, splat(ds.type, 0)}, ds.type);
        ds = scaled(ds, 0.25);
        if (w_.oneIn(6)) results_.push_back(ds);
        ds = w_.coerced(ds, ds.type.withElement(element_));
        give(dot(ds, k, rank() - 1, rank() - 2));
        give(dot(ds, q, rank() - 2, rank() - 2));
    }

    Writer w_;
    WrittenProgram program_;
    std::vector<Entry> results_;
    std::optional<Entry> mask_;
    ElementType element_ = kF32;
    Dims batch_;
    int64_t rows_ = 0;
    int64_t columns_ = 0;
    int64_t width_ = 0;
    bool rows_first_ = false;
};

}  // namespace

WrittenProgram writeAttention(uint64_t seed) { return Attention(seed).write(); }

}  // namespace optirs::plugin::testing
