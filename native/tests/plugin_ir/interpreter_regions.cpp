// Operations that apply their region to elements.
#include "interpreter_tensor.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin::testing {
namespace {

/// Combines element `source` of the operands, or their initial values where there is none, into element
/// `target` of the results.
void combine(const Operation& op, std::vector<Tensor>& results, int64_t target, const std::vector<Tensor>& in,
             int64_t source, const RunBlock& run) {
    std::vector<Tensor> arguments;
    for (const Tensor& result : results) arguments.push_back(scalarAt(result, target));
    for (size_t i = 0; i < results.size(); ++i)
        arguments.push_back(source < 0 ? in[results.size() + i] : scalarAt(in[i], source));
    const auto combined = run(body(op), arguments);
    for (size_t i = 0; i < results.size(); ++i) copyElement(combined[i], 0, results[i], target);
}

std::vector<Tensor> initialised(const Operation& op, const std::vector<Tensor>& in) {
    std::vector<Tensor> results;
    for (size_t k = 0; k < op.resultCount(); ++k) {
        results.push_back(make(op.result(k)->tensor()));
        for (int64_t i = 0; i < results[k].size(); ++i)
            copyElement(in[op.resultCount() + k], 0, results[k], i);
    }
    return results;
}

/// Calls visit(position in the operand) for each element of the window at `output`; -1: it is padding.
template <typename Visit>
void visitWindow(const std::vector<WindowDimension>& window, const Position& output,
                 std::span<const int64_t> dims, const Visit& visit) {
    Position sizes;
    int64_t count = 1;
    for (const WindowDimension& each : window) {
        sizes.push_back(each.size);
        count *= each.size;
    }
    for (int64_t w = 0; w < count; ++w) {
        const Position offset = unravel(w, sizes);
        Position at(offset.size());
        bool inside = true;
        for (size_t d = 0; d < at.size() && inside; ++d) {
            const int64_t position =
                output[d] * window[d].stride + offset[d] * window[d].window_dilation - window[d].padding_low;
            at[d] = position / window[d].base_dilation;
            inside = position >= 0 && position % window[d].base_dilation == 0 && at[d] < dims[d];
        }
        visit(inside ? ravel(at, dims) : -1);
    }
}

}  // namespace

std::vector<Tensor> reduce(const Operation& op, const std::vector<Tensor>& in, const RunBlock& run) {
    std::vector<Tensor> results = initialised(op, in);
    const Position kept = others(in[0].type.rank(), {dimensions(op)});
    for (int64_t i = 0; i < in[0].size(); ++i) {
        const Position index = unravel(i, in[0].type.dims());
        Position target;
        for (const int64_t d : kept) target.push_back(index[static_cast<size_t>(d)]);
        combine(op, results, ravel(target, results[0].type.dims()), in, i, run);
    }
    return results;
}

std::vector<Tensor> reduceWindow(const Operation& op, const std::vector<Tensor>& in, const RunBlock& run) {
    std::vector<Tensor> results = initialised(op, in);
    for (int64_t i = 0; i < results[0].size(); ++i) {
        visitWindow(window(op), unravel(i, results[0].type.dims()), in[0].type.dims(),
                    [&](int64_t source) { combine(op, results, i, in, source, run); });
    }
    return results;
}

Tensor selectAndScatter(const Operation& op, const std::vector<Tensor>& in, const RunBlock& run) {
    Tensor out = make(op.result()->tensor());
    for (int64_t i = 0; i < out.size(); ++i) copyElement(in[2], 0, out, i);
    for (int64_t i = 0; i < in[1].size(); ++i) {
        int64_t selected = -1;
        visitWindow(window(op), unravel(i, in[1].type.dims()), in[0].type.dims(), [&](int64_t source) {
            if (source < 0) return;
            const bool stays =
                selected >= 0 &&
                run(body(op, 0), {scalarAt(in[0], selected), scalarAt(in[0], source)})[0].integers[0] != 0;
            if (!stays) selected = source;
        });
        if (selected < 0) continue;
        copyElement(run(body(op, 1), {scalarAt(out, selected), scalarAt(in[1], i)})[0], 0, out, selected);
    }
    return out;
}

std::vector<Tensor> sort(const Operation& op, const std::vector<Tensor>& in, const RunBlock& run) {
    std::vector<Tensor> out;
    for (const Tensor& each : in) out.push_back(make(each.type));
    const auto dims = in[0].type.dims();
    if (dims.empty()) return in;
    const int64_t given = integerAttributeOr(op, "dimension", -1);
    const auto along = static_cast<size_t>(given < 0 ? given + in[0].type.rank() : given);
    const auto less = [&](int64_t a, int64_t b) {
        std::vector<Tensor> arguments;
        for (const Tensor& each : in) {
            for (const int64_t at : {a, b}) arguments.push_back(scalarAt(each, at));
        }
        return run(body(op), arguments)[0].integers[0] != 0;
    };
    for (int64_t i = 0; i < in[0].size(); ++i) {
        Position line = unravel(i, dims);
        if (line[along] != 0) continue;
        std::vector<int64_t> order;
        for (; line[along] < dims[along]; ++line[along]) order.push_back(ravel(line, dims));
        const std::vector<int64_t> places = order;
        std::ranges::stable_sort(order, less);
        for (size_t k = 0; k < in.size(); ++k) {
            for (size_t j = 0; j < order.size(); ++j) copyElement(in[k], order[j], out[k], places[j]);
        }
    }
    return out;
}

Tensor map(const Operation& op, const std::vector<Tensor>& in, const RunBlock& run) {
    Tensor out = make(op.result()->tensor());
    for (int64_t i = 0; i < out.size(); ++i) {
        std::vector<Tensor> arguments;
        for (const Tensor& each : in) arguments.push_back(scalarAt(each, i));
        copyElement(run(body(op), arguments)[0], 0, out, i);
    }
    return out;
}

}  // namespace optirs::plugin::testing
