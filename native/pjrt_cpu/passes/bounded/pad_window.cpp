// Windows over bounded dimensions: reduce_window, select_and_scatter.
#include <algorithm>

#include "pjrt_cpu/ir/reducer.h"
#include "pjrt_cpu/passes/bounded/bounded_op.h"
#include "pjrt_cpu/passes/bounded/rules.h"
#include "pjrt_cpu/stablehlo/shape_rules.h"

namespace optirs::plugin {
namespace {

bool isTrivial(const WindowDimension& w) {
    return w.size == 1 && w.stride == 1 && w.padding_low == 0 && w.padding_high == 0 && w.base_dilation == 1;
}

}  // namespace

int64_t extentOf(const BoundedOp& op, const WindowDimension& w) {
    int64_t extent = 0;
    if (__builtin_mul_overflow(w.size - 1, w.window_dilation, &extent) || extent >= INT32_MAX)
        throw unimplementedOperation(op.op, "a window of more than 2^31 elements");
    return extent + 1;
}

Value* windowed(BoundedOp& op, Value* size, Value* padding, const WindowDimension& w, int64_t bound) {
    const int64_t extent = extentOf(op, w);
    Value* gaps = op.greatest(op.subtract(size, op.number(1)), op.number(0));
    Value* dilated = op.add(size, op.multiply(gaps, op.number(w.base_dilation - 1)));
    Value* room = op.subtract(op.add(dilated, padding), op.number(extent - w.stride));
    return op.within(op.divide(room, op.number(w.stride)), bound);
}

Value* windowed(BoundedOp& op, Value* size, const WindowDimension& w, int64_t bound) {
    return isTrivial(w) ? size : windowed(op, size, op.number(w.padding_low + w.padding_high), w, bound);
}

namespace {

/// The dimensions in which a window may see what is behind the last element.
std::vector<int64_t> paddedBehind(const std::vector<WindowDimension>& windows) {
    std::vector<int64_t> out;
    for (size_t d = 0; d < windows.size(); ++d) {
        if (windows[d].padding_high > 0) out.push_back(static_cast<int64_t>(d));
    }
    return out;
}

/// What the select function never takes when there is another.
Literal leastSelected(const BoundedOp& op, int64_t dim) {
    const Block& select = body(op.op, 0);
    const TensorType type = op.operand(0)->tensor().withDims({});
    const Operation* compare = select.last()->operand(0)->definition();
    if (compare != nullptr && compare->kind() == OpKind::kCompare) {
        const bool is_swapped = compare->operand(0) == select.argument(1);
        const bool is_plain =
            compare->operand(0) == select.argument(0) && compare->operand(1) == select.argument(1);
        const ComparisonDirection direction = comparisonDirection(*compare);
        const bool is_greater =
            direction == ComparisonDirection::kGe || direction == ComparisonDirection::kGt;
        const bool is_less = direction == ComparisonDirection::kLe || direction == ComparisonDirection::kLt;
        const bool takes_largest = is_swapped ? is_less : is_greater;
        const auto identity = reducerIdentity(takes_largest ? OpKind::kMaximum : OpKind::kMinimum, type);
        if ((is_plain || (is_swapped && compare->operand(1) == select.argument(0))) &&
            (is_greater || is_less) && identity)
            return *identity;
    }
    op.refuse(dim, "is padded, and the select function is no comparison",
              "compare the two with GE, GT, LE or LT");
}

}  // namespace

/// Past its size the operand is its padding.
void padReduceWindow(BoundedOp& op) {
    const size_t count = tupleSize(op.op);
    const std::vector<WindowDimension> windows = window(op.op);
    std::vector<size_t> inputs;
    for (size_t i = 0; i < count; ++i) inputs.push_back(i);
    std::vector<int64_t> dims;
    Sizes sizes;
    op.merge(inputs, dims, sizes);
    op.fitOperands(inputs, dims);
    for (const size_t i : inputs)
        op.op.setOperand(i, op.masked(op.operand(i), sizes, paddedBehind(windows), op.operand(count + i)));
    dims = op.inferredDims();
    for (size_t d = 0; d < dims.size(); ++d) {
        if (sizes[d] != nullptr) sizes[d] = windowed(op, sizes[d], windows[d], dims[d]);
    }
    for (const size_t i : inputs) op.give(dims, sizes, i);
}

/// The windows that are not there scatter what changes nothing.
void padSelectAndScatter(BoundedOp& op) {
    const std::vector<WindowDimension> windows = window(op.op);
    const Sizes sizes = op.sizesOf(op.operand(0));
    const std::vector<int64_t> behind = paddedBehind(windows);
    for (const int64_t dim : behind) {
        if (sizes[static_cast<size_t>(dim)] == nullptr) continue;
        Value* least = op.build.constant(leastSelected(op, dim));
        op.op.setOperand(0, op.masked(op.operand(0), sizes, std::span(&dim, 1), least));
    }
    std::vector<int64_t> places = op.dims(0);
    for (size_t d = 0; d < places.size(); ++d) places[d] = windowedSize(places[d], windows[d]);
    Sizes source = op.sizesOf(op.operand(1));
    for (size_t d = 0; d < source.size(); ++d) {
        const auto dim = static_cast<int64_t>(d);
        if (source[d] == nullptr && places[d] > op.dims(1)[d]) source[d] = op.extentOf(op.operand(1), dim);
    }
    op.op.setOperand(1, op.fit(op.operand(1), places));
    const OpKind reducer = reducerKind(body(op.op, 1));
    const auto identity = reducerIdentity(reducer, op.operand(1)->tensor().withDims({}));
    Value* filler = identity ? op.build.constant(*identity) : op.operand(2);
    const std::vector<int64_t> all = iotaList(0, static_cast<int64_t>(places.size()));
    op.op.setOperand(1, op.masked(op.operand(1), source, all, filler));
    op.give(op.dims(0), sizes);
}

}  // namespace optirs::plugin
