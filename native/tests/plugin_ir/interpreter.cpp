#include "interpreter.h"

#include <cmath>
#include <stdexcept>
#include <string>
#include <unordered_map>

#include "interpreter_tensor.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin::testing {
namespace {

class Machine {
 public:
    std::vector<Tensor> run(const Block& block, const std::vector<Tensor>& arguments) {
        for (size_t i = 0; i < arguments.size(); ++i) values_[block.argument(i)] = arguments[i];
        for (const Operation& op : block) {
            std::vector<Tensor> operands;
            for (const Value* operand : op.operands()) operands.push_back(values_.at(operand));
            if (op.kind() == OpKind::kReturn) return operands;
            std::vector<Tensor> results = evaluate(op, operands);
            for (size_t i = 0; i < results.size(); ++i) values_[op.result(i)] = std::move(results[i]);
        }
        throw std::runtime_error("no return");
    }

 private:
    std::vector<Tensor> evaluate(const Operation& op, const std::vector<Tensor>& in) {
        using enum OpKind;
        const auto inside = [this](const Block& block, const std::vector<Tensor>& arguments) {
            return run(block, arguments);
        };
        switch (op.kind()) {
            case kConstant:
                return {tensorOf(constantValue(op))};
            case kOptimizationBarrier:
                return in;
            case kCustomCall:
                // Says where a value is, not what it is.
                if (callee(op) == "Sharding") return in;
                throw std::runtime_error("custom call of " + callee(op));
            case kReduce:
                return reduce(op, in, inside);
            case kReduceWindow:
                return reduceWindow(op, in, inside);
            case kSelectAndScatter:
                return {selectAndScatter(op, in, inside)};
            case kSort:
                return sort(op, in, inside);
            case kMap:
                return {map(op, in, inside)};
            case kGather:
                return {gather(op, in)};
            case kScatter:
                return scatter(op, in, inside);
            case kDotGeneral:
                return {dotGeneral(op, in)};
            case kConvolution:
                return {convolution(op, in)};
            case kBitcastConvert:
                return {bitcast(op, in[0])};
            case kGetDimensionSize: {
                Tensor size = make(op.result()->tensor());
                size.integers[0] = in[0].type.dim(integerAttributeOr(op, "dimension", 0));
                return {size};
            }
            case kIf:
                return run(body(op, in[0].integers[0] != 0 ? 0 : 1), {});
            case kCase: {
                const int64_t branch = in[0].integers[0];
                const auto last = static_cast<int64_t>(op.regionCount()) - 1;
                return run(body(op, static_cast<size_t>(branch < 0 || branch > last ? last : branch)), {});
            }
            case kWhile: {
                std::vector<Tensor> state = in;
                while (run(body(op, 0), state)[0].integers[0] != 0) state = run(body(op, 1), state);
                return state;
            }
            default:
                break;
        }
        Tensor out = make(op.result()->tensor());
        for (int64_t i = 0; i < out.size(); ++i)
            isMovement(op) ? move(op, in, out, i) : element(op, in, out, static_cast<size_t>(i));
        return {out};
    }

    static void element(const Operation& op, const std::vector<Tensor>& in, Tensor& out, size_t i) {
        using enum OpKind;
        const auto at = [i](const Tensor& tensor) { return tensor.type.isScalar() ? 0 : i; };
        const auto linear = static_cast<int64_t>(i);
        const bool is_complex = isComplex(out.type.element()) || isComplex(in[0].type.element());
        if (is_complex && op.kind() != kSelect) return complexElement(op, in, out, linear);
        switch (op.kind()) {
            case kSelect:
                return copyElement(in[in[0].integers[at(in[0])] != 0 ? 1 : 2], linear, out, linear);
            case kClamp:
                if (isReal(out.type)) {
                    const double above = realOf(kMaximum, in[0].reals[at(in[0])], in[1].reals[i]);
                    out.reals[i] = realOf(kMinimum, above, in[2].reals[at(in[2])]);
                } else {
                    const ElementType type = out.type.element();
                    const int64_t above =
                        integerOf(kMaximum, in[0].integers[at(in[0])], in[1].integers[i], type);
                    out.integers[i] = integerOf(kMinimum, above, in[2].integers[at(in[2])], type);
                }
                return;
            case kCompare:
                out.integers[i] = compare(op, in, i) ? 1 : 0;
                return;
            case kIsFinite:
                out.integers[i] = std::isfinite(in[0].reals[i]) ? 1 : 0;
                return;
            case kConvert:
                return convert(in[0], out, i);
            default:
                break;
        }
        const ElementType type = out.type.element();
        if (isReal(out.type)) {
            out.reals[i] = roundTo(in.size() == 1 ? realOf(op.kind(), in[0].reals[i])
                                                  : realOf(op.kind(), in[0].reals[i], in[1].reals[i]),
                                   type);
        } else if (in.size() == 1) {
            out.integers[i] = wrapTo(integerOf(op.kind(), in[0].integers[i], type), type);
        } else if (isBoolean(type)) {
            const bool either = op.kind() == kOr || op.kind() == kAdd || op.kind() == kMaximum;
            const int64_t x = in[0].integers[i];
            const int64_t y = in[1].integers[i];
            out.integers[i] = either ? x | y : op.kind() == kXor ? x ^ y : x & y;
        } else {
            out.integers[i] = wrapTo(integerOf(op.kind(), in[0].integers[i], in[1].integers[i], type), type);
        }
    }

    std::unordered_map<const Value*, Tensor> values_;
};

}  // namespace

Tensor tensorOf(const Literal& literal) {
    Tensor out = make(literal.type());
    for (int64_t i = 0; i < out.size(); ++i) {
        if (isComplex(out.type.element())) {
            setComplex(out, i, literal.complex(i).real(), literal.complex(i).imag());
        } else if (isReal(out.type)) {
            out.reals[static_cast<size_t>(i)] = literal.real(i);
        } else {
            out.integers[static_cast<size_t>(i)] = literal.integer(i);
        }
    }
    return out;
}

Tensor realTensor(ElementType element, std::vector<int64_t> dims, std::vector<double> values) {
    Tensor out{TensorType(element, std::move(dims)), std::move(values), {}};
    for (double& value : out.reals) value = roundTo(value, element);
    return out;
}

std::vector<Tensor> interpret(const Function& function, const std::vector<Tensor>& arguments) {
    return Machine().run(function.body(), arguments);
}

}  // namespace optirs::plugin::testing
