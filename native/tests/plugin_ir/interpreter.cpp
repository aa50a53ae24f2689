#include "interpreter.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>
#include <unordered_map>

#include "interpreter_scalar.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin::testing {
namespace {

Tensor make(const TensorType& type) {
    Tensor out{type, {}, {}};
    if (isReal(type)) {
        out.reals.resize(static_cast<size_t>(type.elementCount()));
    } else {
        out.integers.resize(static_cast<size_t>(type.elementCount()));
    }
    return out;
}

std::vector<int64_t> unravel(int64_t linear, std::span<const int64_t> dims) {
    std::vector<int64_t> index(dims.size());
    for (size_t i = dims.size(); i-- > 0;) {
        index[i] = linear % dims[i];
        linear /= dims[i];
    }
    return index;
}

int64_t ravel(std::span<const int64_t> index, std::span<const int64_t> dims) {
    int64_t linear = 0;
    for (size_t i = 0; i < dims.size(); ++i) linear = linear * dims[i] + index[i];
    return linear;
}

void copyElement(const Tensor& from, int64_t source, Tensor& to, int64_t target) {
    if (isReal(to.type)) {
        to.reals[static_cast<size_t>(target)] = from.reals[static_cast<size_t>(source)];
    } else {
        to.integers[static_cast<size_t>(target)] = from.integers[static_cast<size_t>(source)];
    }
}

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
        if (op.kind() == OpKind::kConstant) return {tensorOf(constantValue(op))};
        if (op.kind() == OpKind::kReduce) return reduce(op, in);
        if (op.kind() == OpKind::kSort) return sort(op, in);
        if (op.kind() == OpKind::kOptimizationBarrier) return in;
        if (op.kind() == OpKind::kIf) return run(body(op, in[0].integers[0] != 0 ? 0 : 1), {});
        if (op.kind() == OpKind::kWhile) {
            std::vector<Tensor> state = in;
            while (run(body(op, 0), state)[0].integers[0] != 0) state = run(body(op, 1), state);
            return state;
        }
        Tensor out = make(op.result()->tensor());
        for (int64_t i = 0; i < out.size(); ++i) element(op, in, out, i);
        return {out};
    }

    std::vector<Tensor> reduce(const Operation& op, const std::vector<Tensor>& in) {
        Tensor out = make(op.result()->tensor());
        const auto reduced = dimensions(op);
        for (int64_t i = 0; i < out.size(); ++i) copyElement(in[1], 0, out, i);
        for (int64_t i = 0; i < in[0].size(); ++i) {
            const auto index = unravel(i, in[0].type.dims());
            std::vector<int64_t> kept;
            for (size_t d = 0; d < index.size(); ++d) {
                if (std::find(reduced.begin(), reduced.end(), static_cast<int64_t>(d)) == reduced.end())
                    kept.push_back(index[d]);
            }
            const int64_t target = ravel(kept, out.type.dims());
            Tensor lhs = make(out.type.withDims({}));
            Tensor rhs = lhs;
            copyElement(out, target, lhs, 0);
            copyElement(in[0], i, rhs, 0);
            copyElement(run(body(op), {lhs, rhs})[0], 0, out, target);
        }
        return {out};
    }

    std::vector<Tensor> sort(const Operation& op, const std::vector<Tensor>& in) {
        // One dimension is all that the tests need.
        std::vector<int64_t> order(static_cast<size_t>(in[0].size()));
        for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
        const auto less = [&](int64_t a, int64_t b) {
            std::vector<Tensor> arguments;
            for (const Tensor& each : in) {
                for (const int64_t at : {a, b}) {
                    Tensor scalar = make(each.type.withDims({}));
                    copyElement(each, at, scalar, 0);
                    arguments.push_back(scalar);
                }
            }
            return run(body(op), arguments)[0].integers[0] != 0;
        };
        // Stable: of equals the earlier comes first.
        std::sort(order.begin(), order.end(),
                  [&](int64_t a, int64_t b) { return less(a, b) || (!less(b, a) && a < b); });
        std::vector<Tensor> out;
        for (const Tensor& each : in) {
            out.push_back(make(each.type));
            for (size_t i = 0; i < order.size(); ++i)
                copyElement(each, order[i], out.back(), static_cast<int64_t>(i));
        }
        return out;
    }

    static void dot(const Operation& op, const std::vector<Tensor>& in, Tensor& out, int64_t linear) {
        const DotDimensions& d = dotDimensions(op);
        const auto index = unravel(linear, out.type.dims());
        const auto has = [](const std::vector<int64_t>& list, int64_t value) {
            return std::find(list.begin(), list.end(), value) != list.end();
        };
        std::vector<int64_t> lhs(in[0].type.dims().size());
        std::vector<int64_t> rhs(in[1].type.dims().size());
        size_t next = 0;
        for (size_t i = 0; i < d.lhs_batch.size(); ++i, ++next) {
            lhs[static_cast<size_t>(d.lhs_batch[i])] = index[next];
            rhs[static_cast<size_t>(d.rhs_batch[i])] = index[next];
        }
        for (size_t i = 0; i < lhs.size(); ++i) {
            const auto dim = static_cast<int64_t>(i);
            if (!has(d.lhs_batch, dim) && !has(d.lhs_contracting, dim)) lhs[i] = index[next++];
        }
        for (size_t i = 0; i < rhs.size(); ++i) {
            const auto dim = static_cast<int64_t>(i);
            if (!has(d.rhs_batch, dim) && !has(d.rhs_contracting, dim)) rhs[i] = index[next++];
        }
        std::vector<int64_t> sizes;
        int64_t count = 1;
        for (const int64_t dim : d.lhs_contracting) {
            sizes.push_back(in[0].type.dim(dim));
            count *= sizes.back();
        }
        double sum = 0;
        for (int64_t k = 0; k < count; ++k) {
            const auto inner = unravel(k, sizes);
            for (size_t i = 0; i < inner.size(); ++i) {
                lhs[static_cast<size_t>(d.lhs_contracting[i])] = inner[i];
                rhs[static_cast<size_t>(d.rhs_contracting[i])] = inner[i];
            }
            sum += in[0].reals[static_cast<size_t>(ravel(lhs, in[0].type.dims()))] *
                   in[1].reals[static_cast<size_t>(ravel(rhs, in[1].type.dims()))];
        }
        out.reals[static_cast<size_t>(linear)] = roundTo(sum, out.type.element());
    }

    static void element(const Operation& op, const std::vector<Tensor>& in, Tensor& out, int64_t linear) {
        using enum OpKind;
        const auto i = static_cast<size_t>(linear);
        const auto dims = out.type.dims();
        std::vector<int64_t> index = unravel(linear, dims);
        std::vector<int64_t> source;
        switch (op.kind()) {
            case kReshape:
                copyElement(in[0], linear, out, linear);
                return;
            case kIota: {
                const int64_t value = index[static_cast<size_t>(dimension(op))];
                isReal(out.type) ? void(out.reals[i] = static_cast<double>(value))
                                 : void(out.integers[i] = value);
                return;
            }
            case kBroadcastInDim:
                for (size_t d = 0; d < in[0].type.dims().size(); ++d) {
                    source.push_back(in[0].type.dims()[d] == 1
                                         ? 0
                                         : index[static_cast<size_t>(broadcastDimensions(op)[d])]);
                }
                copyElement(in[0], ravel(source, in[0].type.dims()), out, linear);
                return;
            case kTranspose:
                source.resize(index.size());
                for (size_t d = 0; d < index.size(); ++d)
                    source[static_cast<size_t>(permutation(op)[d])] = index[d];
                copyElement(in[0], ravel(source, in[0].type.dims()), out, linear);
                return;
            case kReverse:
                for (const int64_t d : dimensions(op))
                    index[static_cast<size_t>(d)] =
                        dims[static_cast<size_t>(d)] - 1 - index[static_cast<size_t>(d)];
                copyElement(in[0], ravel(index, dims), out, linear);
                return;
            case kSlice:
                for (size_t d = 0; d < index.size(); ++d)
                    index[d] = sliceAttributes(op).start[d] + index[d] * sliceAttributes(op).strides[d];
                copyElement(in[0], ravel(index, in[0].type.dims()), out, linear);
                return;
            case kDynamicSlice:
                for (size_t d = 0; d < index.size(); ++d) {
                    const int64_t last = in[0].type.dims()[d] - dims[d];
                    index[d] += std::clamp<int64_t>(in[d + 1].integers[0], 0, last);
                }
                copyElement(in[0], ravel(index, in[0].type.dims()), out, linear);
                return;
            case kConcatenate: {
                const auto along = static_cast<size_t>(dimension(op));
                size_t part = 0;
                while (index[along] >= in[part].type.dims()[along])
                    index[along] -= in[part++].type.dims()[along];
                copyElement(in[part], ravel(index, in[part].type.dims()), out, linear);
                return;
            }
            case kPad: {
                const PadAttributes pad = padAttributes(op);
                for (size_t d = 0; d < index.size(); ++d) {
                    const int64_t at = index[d] - pad.low[d];
                    if (at < 0 || at % (pad.interior[d] + 1) != 0 ||
                        at / (pad.interior[d] + 1) >= in[0].type.dims()[d]) {
                        copyElement(in[1], 0, out, linear);
                        return;
                    }
                    index[d] = at / (pad.interior[d] + 1);
                }
                copyElement(in[0], ravel(index, in[0].type.dims()), out, linear);
                return;
            }
            case kDotGeneral:
                dot(op, in, out, linear);
                return;
            case kGather: {
                // Rows of dimension start_index_map[0], as torch_index_select makes it.
                const GatherDimensions& g = gatherDimensions(op);
                std::vector<int64_t> batch;
                std::vector<int64_t> offset;
                for (size_t d = 0; d < index.size(); ++d) {
                    const bool is_offset = std::find(g.offset_dims.begin(), g.offset_dims.end(),
                                                     static_cast<int64_t>(d)) != g.offset_dims.end();
                    (is_offset ? offset : batch).push_back(index[d]);
                }
                const int64_t row = in[1].integers[static_cast<size_t>(ravel(batch, in[1].type.dims()))];
                size_t next = 0;
                for (int64_t d = 0; d < in[0].type.rank(); ++d) {
                    const auto batching =
                        std::find(g.operand_batching_dims.begin(), g.operand_batching_dims.end(), d);
                    if (d == g.start_index_map[0]) {
                        source.push_back(std::clamp<int64_t>(row, 0, in[0].type.dim(d) - 1));
                    } else if (batching != g.operand_batching_dims.end()) {
                        source.push_back(
                            batch[static_cast<size_t>(batching - g.operand_batching_dims.begin())]);
                    } else {
                        source.push_back(offset[next++]);
                    }
                }
                copyElement(in[0], ravel(source, in[0].type.dims()), out, linear);
                return;
            }
            case kSelect:
                copyElement(in[in[0].integers[in[0].type.isScalar() ? 0 : i] != 0 ? 1 : 2], linear, out,
                            linear);
                return;
            case kCompare:
                out.integers[i] = compare(op, in, i) ? 1 : 0;
                return;
            case kConvert:
                convert(in[0], out, i);
                return;
            case kBitcastConvert:
                bitcast(in[0], out, i);
                return;
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
        if (isReal(out.type)) {
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
