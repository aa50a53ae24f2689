// Layers of networks one after another, or what is nearly that: products with what follows them, norms and
// softmax over any axis with their parts elsewhere, losses of labels, and gradients of all these.
#include <cmath>

#include "tests/plugin_codegen/random/formula.h"

namespace optirs::plugin::testing {
namespace {

using enum ElementType;

class Layers : Formula {
 public:
    explicit Layers(uint64_t seed) : Formula(seed) {}

    WrittenProgram write() {
        w_.allow(1 << 16);
        element_ = w_.pick(std::vector<ElementType>{kF32, kF32, kF32, kF64, kBF16, kF16});
        program_.tolerance = element_ == kF32 || element_ == kF64 ? 1e-3 : 0.06;
        program_.least_scale = 0.1;
        Dims dims = {w_.pick(Dims{1, 2, 16, 33}), w_.pick(Dims{8, 16, 65, 128})};
        if (w_.oneIn(2)) dims.insert(dims.begin(), w_.pick(Dims{1, 2, 4}));
        x_ = argument({element_, dims});
        for (size_t count = 2 + w_.below(7); count > 0; --count) {
            x_ = layer(x_);
            if (w_.oneIn(4)) results_.push_back(x_);
            // What follows would only see the greatest numbers.
            if (w_.oneIn(3)) x_ = unary("tanh", x_);
        }
        results_.push_back(x_);
        if (w_.oneIn(3)) loss(x_);
        finish(w_, program_, results_);
        return program_;
    }

 private:
    Entry wide(const Entry& x) { return w_.coerced(x, x.type.withElement(element_ == kF64 ? kF64 : kF32)); }
    Entry narrow(const Entry& x) { return w_.coerced(x, x.type.withElement(element_)); }
    int64_t axisOf(const Entry& x) { return w_.oneIn(5) ? w_.between(0, x.rank() - 1) : x.rank() - 1; }
    Entry mean(const Entry& x, int64_t dim) {
        const Entry sum = reduced("add", x, 0, dim);
        const auto count = static_cast<double>(x.type.dim(dim));
        return w_.oneIn(2) ? with("divide", sum, count) : with("multiply", sum, 1 / count);
    }
    Entry perColumn(const Entry& like, const TensorType& type) {
        return broadcast(argument({like.element(), {type.dim(type.rank() - 1)}}), type, {type.rank() - 1});
    }

    Entry activation(const Entry& x) {
        switch (w_.below(6)) {
            case 0:
                return with("maximum", x, 0);
            case 1:
                return binary("multiply", x, unary("logistic", x));
            case 2: {
                const Entry cube = binary("multiply", x, binary("multiply", x, x));
                const Entry inside = with("multiply", binary("add", x, with("multiply", cube, 0.044715)),
                                          oneOf({0.7978845608, 0.8}));
                const Entry half = with("multiply", x, 0.5);
                return binary("multiply", half, with("add", unary("tanh", inside), 1));
            }
            case 3:
                return unary("tanh", x);
            case 4: {
                const Entry positive =
                    w_.operation("compare", {x, splat(x.type, 0)}, x.type.withElement(kI1),
                                 "comparison_direction = #stablehlo<comparison_direction GT>");
                return w_.operation("select", {positive, x, with("multiply", x, 0.1)}, x.type);
            }
            default:
                return unary("logistic", x);
        }
    }

    /// By a matrix, either way around, then a bias, an activation, another value.
    Entry linear(const Entry& x) {
        const int64_t in = x.type.dim(x.rank() - 1);
        const int64_t out = w_.oneIn(2) ? in : w_.pick(Dims{4, 16, 65, 96});
        bool turned = w_.oneIn(2);
        Entry weights = argument({element_, turned ? Dims{out, in} : Dims{in, out}});
        if (turned && w_.oneIn(2)) {
            weights =
                w_.operation("transpose", {weights}, {element_, {in, out}}, "permutation = array<i64: 1, 0>");
            turned = false;
        }
        const int64_t along = turned ? 1 : 0;
        Dims dims = x.dims();
        dims.back() = weights.type.dim(1 - along);
        Entry y = w_.operation("dot_general", {x, weights}, TensorType(element_, dims),
                               "dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [], "
                               "rhs_batching_dimensions = [], lhs_contracting_dimensions = " +
                                   listOf({x.rank() - 1}) +
                                   ", rhs_contracting_dimensions = " + listOf({along}) + ">");
        y = with("multiply", y, oneOf({0.25, 0.1}));
        if (w_.oneIn(6)) results_.push_back(y);
        if (w_.oneIn(2)) y = binary("add", y, perColumn(y, y.type));
        if (w_.oneIn(2)) y = activation(y);
        if (w_.oneIn(3) && y.type == x.type) y = binary("add", y, x);
        return y;
    }

    Entry norm(const Entry& given) {
        const Entry x = wide(given);
        const int64_t dim = axisOf(x);
        Entry centred = x;
        if (!w_.oneIn(3)) {
            const Entry average = mean(x, dim);
            centred = binary("subtract", x, spread(average, x.type, dim));
            if (w_.oneIn(6)) results_.push_back(average);
        }
        Entry variance = mean(binary("multiply", centred, w_.oneIn(6) ? x : centred), dim);
        if (w_.oneIn(8)) variance = unary("abs", variance);
        variance = with("maximum", variance, 0);
        const double epsilon = oneOf({0.1, 0.01, 1e-3});
        const size_t kind = w_.below(4);
        const Entry scale = kind == 0   ? with("add", unary("sqrt", variance), epsilon)
                            : kind == 1 ? unary("sqrt", with("add", variance, epsilon))
                                        : unary("rsqrt", with("add", variance, epsilon));
        Entry y = binary(kind < 2 ? "divide" : "multiply", centred, spread(scale, x.type, dim));
        if (w_.oneIn(2)) y = binary("multiply", y, perColumn(y, y.type));
        if (w_.oneIn(2)) y = binary("add", y, perColumn(y, y.type));
        if (w_.oneIn(6)) results_.push_back(scale);
        if (w_.oneIn(4)) y = normGradient(y, centred, scale, dim);
        return narrow(y);
    }

    /// Of what was centred and scaled, and sums over the rows for its parameters.
    Entry normGradient(const Entry& g, const Entry& centred, const Entry& scale, int64_t dim) {
        const Entry hat = binary("multiply", centred, spread(scale, centred.type, dim));
        const Entry weighted = binary("multiply", g, hat);
        const Entry average = mean(weighted, dim);
        const Entry rest = binary("subtract", g, spread(mean(g, dim), g.type, dim));
        for (Entry sum : {weighted, g}) {
            if (w_.oneIn(3)) continue;
            while (sum.rank() > 1) sum = reduced("add", sum, 0, 0);
            results_.push_back(sum);
        }
        return binary("subtract", rest, binary("multiply", hat, spread(average, g.type, dim)));
    }

    Entry softmax(const Entry& given) {
        const Entry x = wide(given);
        const int64_t dim = axisOf(x);
        const int64_t other = w_.oneIn(8) ? axisOf(x) : dim;
        const Entry greatest = reduced("maximum", x, w_.oneIn(4) ? 0.5 : -INFINITY, dim);
        Entry shifted = w_.oneIn(8) ? x : binary("subtract", x, spread(greatest, x.type, dim));
        if (w_.oneIn(6)) shifted = with("multiply", shifted, oneOf({0.5, -0.5}));
        if (w_.oneIn(8)) shifted = with("add", shifted, 1);
        const Entry e = unary("exponential", shifted);
        Entry sum = reduced("add", w_.oneIn(8) ? shifted : e, w_.oneIn(6) ? 1 : 0, other);
        if (w_.oneIn(6)) sum = with("add", unary("abs", sum), 0.5);
        sum = with("maximum", sum, 0.25);
        if (w_.oneIn(5)) results_.push_back(sum);
        if (w_.oneIn(3)) {
            // Its logarithm.
            return narrow(binary("subtract", shifted, spread(unary("log", sum), x.type, other)));
        }
        const Entry p = binary("divide", e, spread(sum, x.type, other));
        if (w_.oneIn(2)) return narrow(with("multiply", p, static_cast<double>(x.type.dim(dim))));
        const Entry product = binary("multiply", p, x);
        return narrow(
            binary("subtract", product,
                   binary("multiply", p, spread(reduced("add", product, 0, other), x.type, other))));
    }

    /// Of labels, by a mask of one element a row.
    void loss(const Entry& given) {
        const Entry x = wide(given);
        const int64_t dim = x.rank() - 1;
        const Entry greatest = reduced("maximum", x, -INFINITY, dim);
        const Entry shifted = binary("subtract", x, spread(greatest, x.type, dim));
        const Entry sum = reduced("add", unary("exponential", shifted), 0, dim);
        const TensorType numbers(kI32, withoutAt(x.dims(), static_cast<size_t>(dim)));
        const Entry iota = w_.operation("iota", {}, x.type.withElement(kI32),
                                        "iota_dimension = " + std::to_string(dim) + " : i64");
        const Entry labels = w_.operation("iota", {}, numbers, "iota_dimension = 0 : i64");
        const Entry mask =
            w_.operation("compare", {iota, spread(labels, iota.type, dim)}, iota.type.withElement(kI1),
                         "comparison_direction = #stablehlo<comparison_direction EQ>");
        const Entry chosen =
            reduced("add", w_.operation("select", {mask, shifted, splat(x.type, 0)}, x.type), 0, dim);
        results_.push_back(binary("subtract", unary("log", sum), chosen));
        const Entry p = binary("divide", unary("exponential", shifted), spread(sum, x.type, dim));
        const Entry one = w_.coerced(mask, x.type);
        results_.push_back(narrow(binary("subtract", p, one)));
    }

    Entry layer(const Entry& x) {
        switch (w_.below(8)) {
            case 0:
            case 1:
            case 2:
                return linear(x);
            case 3:
            case 4:
                return norm(x);
            case 5:
                return softmax(x);
            case 6: {
                Dims dims = x.dims();
                dims.insert(dims.begin(), 1);
                if (x.rank() == 3) dims = {x.type.dim(0) * x.type.dim(1), x.type.dim(2)};
                return w_.operation("reshape", {x}, x.type.withDims(dims));
            }
            default:
                return binary("multiply", x, activation(x));
        }
    }

    Entry x_;
    ElementType element_ = kF32;
};

}  // namespace

WrittenProgram writeLayers(uint64_t seed) { return Layers(seed).write(); }

}  // namespace optirs::plugin::testing
