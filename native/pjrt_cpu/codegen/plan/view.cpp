#include <optional>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/codegen/plan/group.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

View dense(Value* value) {
    View view{value, 0, std::vector<int64_t>(static_cast<size_t>(value->tensor().rank()))};
    int64_t stride = 1;
    for (size_t d = view.strides.size(); d-- > 0;) {
        view.strides[d] = stride;
        stride *= value->tensor().dim(static_cast<int64_t>(d));
    }
    return view;
}

/// Strides of the same elements under another shape, when that needs no copy.
std::optional<std::vector<int64_t>> reshapedStrides(const std::vector<int64_t>& from,
                                                    const std::vector<int64_t>& strides,
                                                    const std::vector<int64_t>& to) {
    std::vector<int64_t> result(to.size(), 0);
    size_t i = from.size();
    size_t j = to.size();
    while (i > 0 || j > 0) {
        // The smallest trailing groups of dimensions with as many elements.
        size_t i_begin = i;
        size_t j_begin = j;
        int64_t from_count = 1;
        int64_t to_count = 1;
        if (i_begin > 0) from_count *= from[--i_begin];
        if (j_begin > 0) to_count *= to[--j_begin];
        while (from_count != to_count) {
            if (from_count < to_count && i_begin > 0)
                from_count *= from[--i_begin];
            else if (j_begin > 0)
                to_count *= to[--j_begin];
            else
                return std::nullopt;
        }
        // Within a group the old dimensions must follow each other in memory.
        int64_t innermost = 0;
        int64_t expected = -1;
        for (size_t d = i; d-- > i_begin;) {
            if (from[d] == 1) continue;
            if (expected < 0)
                innermost = strides[d];
            else if (strides[d] != expected)
                return std::nullopt;
            expected = strides[d] * from[d];
        }
        int64_t stride = innermost;
        for (size_t d = j; d-- > j_begin;) {
            result[d] = stride;
            stride *= to[d];
        }
        i = i_begin;
        j = j_begin;
    }
    return result;
}

}  // namespace

View viewOf(Value* value) {
    const Operation* op = value->definition();
    if (op == nullptr || value->tensor().elementCount() == 0) return dense(value);
    switch (op->kind()) {
        case OpKind::kOptimizationBarrier:
            return viewOf(op->operand(value->index()));
        case OpKind::kReshape: {
            View inner = viewOf(op->operand(0));
            auto strides = reshapedStrides(dimsOf(*op->operand(0)), inner.strides, dimsOf(*value));
            if (!strides) return dense(value);
            inner.strides = std::move(*strides);
            return inner;
        }
        case OpKind::kTranspose: {
            const View inner = viewOf(op->operand(0));
            View result = inner;
            const auto order = permutation(*op);
            for (size_t d = 0; d < order.size(); ++d)
                result.strides[d] = inner.strides[static_cast<size_t>(order[d])];
            return result;
        }
        case OpKind::kSlice: {
            View inner = viewOf(op->operand(0));
            const SliceAttributes slice = sliceAttributes(*op);
            for (size_t d = 0; d < inner.strides.size(); ++d) {
                inner.offset += slice.start[d] * inner.strides[d];
                inner.strides[d] *= slice.strides[d];
            }
            return inner;
        }
        default:
            return dense(value);
    }
}

bool isLibraryContraction(const Operation& op) {
    if (op.kind() != OpKind::kDotGeneral) return false;
    const ElementType lhs = op.operand(0)->tensor().element();
    const ElementType rhs = op.operand(1)->tensor().element();
    const ElementType out = op.result()->tensor().element();
    if (lhs != rhs || op.result()->tensor().elementCount() == 0 ||
        op.operand(0)->tensor().elementCount() == 0)
        return false;
    if (lhs == ElementType::kF32) return out == ElementType::kF32;
    return (lhs == ElementType::kBF16 || lhs == ElementType::kF16) &&
           (out == lhs || out == ElementType::kF32);
}

}  // namespace optirs::plugin
