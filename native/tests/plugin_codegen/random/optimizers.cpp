// Optimizers' steps, or what is nearly that, of several parameters at once: epsilon and decay in other
// places, gradients clipped by their common norm, moments in other types, memory that is handed on or is not.
#include "tests/plugin_codegen/random/formula.h"

namespace optirs::plugin::testing {
namespace {

using enum ElementType;

class Optimizer : Formula {
 public:
    explicit Optimizer(uint64_t seed) : Formula(seed) {}

    WrittenProgram write() {
        element_ = w_.pick(std::vector<ElementType>{kF32, kF32, kF32, kF64, kBF16});
        moments_ = element_ == kBF16 && w_.oneIn(2) ? kF32 : element_;
        program_.tolerance = element_ == kBF16 ? 0.04 : 1e-4;
        step_ = argument({kF32, {}});
        std::vector<Entry> gradients;
        const size_t count = w_.oneIn(4) ? 12 + w_.below(20) : 1 + w_.below(5);
        for (size_t i = 0; i < count; ++i) {
            Dims dims = {w_.pick(Dims{1, 3, 16, 64, 65}), w_.pick(Dims{1, 5, 32, 100})};
            if (w_.oneIn(3)) dims.pop_back();
            gradients.push_back(argument({element_, dims}));
        }
        const bool is_clipped = w_.oneIn(3);
        const Entry scale = is_clipped ? clipping(gradients) : Entry{};
        for (Entry gradient : gradients) {
            if (is_clipped)
                gradient =
                    binary("multiply", gradient,
                           broadcast(w_.coerced(scale, gradient.type.withDims({})), gradient.type, {}));
            update(gradient);
        }
        finish(w_, program_, results_, w_.oneIn(2) ? 1 : 3);
        return program_;
    }

 private:
    /// The number that brings the norm of all gradients below one.
    Entry clipping(const std::vector<Entry>& gradients) {
        Entry sum = w_.number(kF32, 0);
        for (const Entry& gradient : gradients) {
            Entry squares = w_.coerced(gradient, gradient.type.withElement(kF32));
            squares = binary("multiply", squares, squares);
            while (squares.rank() > 0)
                squares = reduced("add", squares, 0, w_.between(0, squares.rank() - 1));
            sum = binary("add", sum, squares);
        }
        const Entry norm = unary("sqrt", w_.oneIn(2) ? sum : with("add", sum, 1e-3));
        if (w_.oneIn(3)) results_.push_back(norm);
        return w_.operation("divide", {w_.number(kF32, 1), with("maximum", norm, 1)}, norm.type);
    }

    Entry mixed(const Entry& old, const Entry& added, double rate) {
        const Entry kept = with("multiply", old, rate);
        if (w_.oneIn(4)) return binary("add", kept, added);
        if (w_.oneIn(4))
            return binary("add", old, with("multiply", binary("subtract", added, old), 1 - rate));
        return binary("add", kept, with("multiply", added, 1 - rate));
    }
    /// Divided by 1 - rate^step.
    Entry corrected(const Entry& x, double rate) {
        const Entry steps = with("add", unary("abs", step_), 1);
        const Entry power = w_.operation("power", {w_.number(kF32, rate), steps}, steps.type);
        const Entry rest = w_.operation("subtract", {w_.number(kF32, 1), power}, steps.type);
        return binary("divide", x, broadcast(w_.coerced(rest, x.type.withDims({})), x.type, {}));
    }

    void update(const Entry& given) {
        const Entry parameter = argument(given.type);
        Entry gradient = w_.coerced(given, given.type.withElement(moments_));
        const Entry wide = w_.coerced(parameter, gradient.type);
        if (w_.oneIn(4)) gradient = binary("add", gradient, with("multiply", wide, 0.01));
        if (w_.oneIn(5))
            gradient = w_.operation("clamp", {w_.number(moments_, -0.5), gradient, w_.number(moments_, 0.5)},
                                    gradient.type);
        Entry direction = gradient;
        if (!w_.oneIn(6)) {
            const Entry first = mixed(argument(gradient.type), gradient, 0.9);
            results_.push_back(first);
            direction = first;
            if (w_.oneIn(5)) direction = mixed(first, gradient, 0.9);
            if (w_.oneIn(6)) direction = unary("sign", direction);
        }
        const bool corrects = w_.oneIn(2);
        if (corrects) direction = corrected(direction, 0.9);
        if (!w_.oneIn(4)) {
            Entry second = argument(gradient.type);
            second = mixed(w_.oneIn(2) ? unary("abs", second) : binary("multiply", second, second),
                           binary("multiply", gradient, gradient), oneOf({0.999, 0.95}));
            results_.push_back(second);
            if (corrects) second = corrected(second, 0.95);
            const double epsilon = oneOf({0.1, 0.01});
            if (w_.oneIn(3)) {
                direction = binary("multiply", direction, unary("rsqrt", with("add", second, epsilon)));
            } else {
                direction = binary("divide", direction, with("add", unary("sqrt", second), epsilon));
            }
        }
        if (w_.oneIn(3)) direction = binary("add", direction, with("multiply", wide, 0.1));
        const Entry moved = with("multiply", direction, oneOf({0.5, -0.01, 1}));
        const Entry result = binary(w_.oneIn(4) ? "add" : "subtract", wide, moved);
        results_.push_back(w_.coerced(result, parameter.type));
        if (w_.oneIn(8)) results_.push_back(moved);
        if (w_.oneIn(8)) results_.push_back(parameter);
    }

    Entry step_;
    ElementType element_ = kF32;
    ElementType moments_ = kF32;
};

}  // namespace

WrittenProgram writeOptimizer(uint64_t seed) { return Optimizer(seed).write(); }

}  // namespace optirs::plugin::testing
