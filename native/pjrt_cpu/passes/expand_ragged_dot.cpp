// chlo.ragged_dot, one group after the other: a dot_general of the group's part, in a loop over the groups.
// Rows of no group are zero. (jax.lax.ragged_dot_general defines the three modes.)
#include <algorithm>

#include "pjrt_cpu/ir/ragged_dot.h"
#include "pjrt_cpu/passes/counted_loop.h"
#include "pjrt_cpu/passes/expand.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {
namespace {

const TensorType counter_type(ElementType::kI64, {});

class RaggedDot {
 public:
    explicit RaggedDot(Operation& op) : op_(op), numbers_(raggedDotDimensions(op)) {
        const int64_t ragged = numbers_.lhs_ragged[0];
        is_batch_ = std::ranges::count(numbers_.dot.lhs_batch, ragged) > 0;
        is_contracting_ = std::ranges::count(numbers_.dot.lhs_contracting, ragged) > 0;
        groups_ = dimsOf(op.operand(2)).back();
    }

    Value* expand() {
        Builder builder(op_);
        // Groups of batches: each batch has its own product anyhow.
        if (is_batch_)
            return product(builder, op_.operand(0), op_.operand(1), numbers_.dot, op_.result()->tensor());
        Value* sizes = builder.convert(op_.operand(2), ElementType::kI64);
        std::vector<int64_t> prefix = dimsOf(sizes);
        prefix.pop_back();
        const TensorType bound = sizes->tensor().withDims(prefix);
        // Carried: where the group starts, the result so far.
        Value* start[] = {builder.constant(bound, 0), builder.constant(op_.result()->tensor(), 0)};
        return countedLoop(
            builder, builder.constant(counter_type, static_cast<double>(groups_)), start,
            [&](Builder& inner, Block& /*block*/, Value* number, std::span<Value* const> carried) {
                return group(inner, sizes, number, carried[0], carried[1]);
            })[1];
    }

 private:
    std::vector<Value*> group(Builder& inner, Value* sizes, Value* number, Value* begin, Value* so_far) {
        Value* size = inner.reshape(sliceAt(inner, sizes, sizes->tensor().rank() - 1, number), dimsOf(begin));
        Value* end = inner.binary(OpKind::kAdd, begin, size);
        Value* result = is_contracting_ ? contracting(inner, number, begin, end, so_far)
                                        : nonContracting(inner, number, begin, end, so_far);
        return {end, result};
    }

    /// lhs [b, m, k], rhs [g, b, k, n] -> [b, m, n]: rows of the group get their product.
    Value* nonContracting(Builder& inner, Value* number, Value* begin, Value* end, Value* so_far) {
        const int64_t group_dim = numbers_.rhs_group[0];
        Value* rhs = sliceAt(inner, op_.operand(1), group_dim, number);
        std::vector<int64_t> dims = dimsOf(rhs);
        dims.erase(dims.begin() + group_dim);
        rhs = inner.reshape(rhs, dims);
        DotDimensions dot = numbers_.dot;
        for (auto* list : {&dot.rhs_batch, &dot.rhs_contracting}) {
            for (int64_t& dim : *list) dim -= dim > group_dim ? 1 : 0;
        }
        Value* rows = product(inner, op_.operand(0), rhs, dot, so_far->tensor());
        // The result's dimensions before the ragged one are those that the sizes are given for.
        const auto before = std::ranges::count_if(iotaList(0, numbers_.lhs_ragged[0]), [&](int64_t dim) {
            return std::ranges::count(numbers_.dot.lhs_batch, dim) == 0 &&
                   std::ranges::count(numbers_.dot.lhs_contracting, dim) == 0;
        });
        const int64_t row = static_cast<int64_t>(numbers_.dot.lhs_batch.size()) + before;
        Value* mask = inside(inner, dimsOf(so_far), row, begin, end, iotaList(0, row));
        return inner.select(mask, rows, so_far);
    }

    /// lhs [b, m, k], rhs [b, k, n] -> [g, b, m, n]: the group's part of the contraction.
    Value* contracting(Builder& inner, Value* number, Value* begin, Value* end, Value* so_far) {
        const auto part = [&](size_t operand, const std::vector<int64_t>& batch,
                              const std::vector<int64_t>& contracted) {
            Value* whole = op_.operand(operand);
            const auto at = std::ranges::find(numbers_.dot.lhs_contracting, numbers_.lhs_ragged[0]) -
                            numbers_.dot.lhs_contracting.begin();
            std::vector<int64_t> before = batch;
            before.insert(before.end(), contracted.begin(), contracted.begin() + at);
            Value* mask =
                inside(inner, dimsOf(whole), contracted[static_cast<size_t>(at)], begin, end, before);
            return inner.select(mask, whole, inner.constant(whole->tensor(), 0));
        };
        Value* lhs = part(0, numbers_.dot.lhs_batch, numbers_.dot.lhs_contracting);
        Value* rhs = part(1, numbers_.dot.rhs_batch, numbers_.dot.rhs_contracting);
        std::vector<int64_t> dims = dimsOf(so_far);
        dims.erase(dims.begin());
        Value* one = product(inner, lhs, rhs, numbers_.dot, so_far->tensor().withDims(dims));
        dims.insert(dims.begin(), 1);
        std::vector<Value*> operands = {so_far, inner.reshape(one, dims), number};
        Value* zero = inner.constant(counter_type, 0);
        operands.resize(2 + dims.size(), zero);
        const Type type = so_far->type();
        return inner.create(OpKind::kDynamicUpdateSlice, operands, {&type, 1})->result();
    }

    /// begin <= position along `dim` < end; bounds of rank > 0 belong to the dimensions `before`.
    static Value* inside(Builder& inner, const std::vector<int64_t>& dims, int64_t dim, Value* begin,
                         Value* end, std::vector<int64_t> before) {
        if (begin->tensor().rank() == 0) before.clear();
        NamedAttributes attributes;
        attributes.set("iota_dimension", Attribute::integer(dim));
        const TensorType positions(ElementType::kI64, dims);
        Value* at = inner.create(OpKind::kIota, {}, positions, std::move(attributes));
        return inner.binary(OpKind::kAnd, inner.compare("GE", at, inner.broadcastInDim(begin, dims, before)),
                            inner.compare("LT", at, inner.broadcastInDim(end, dims, before)));
    }

    Value* product(Builder& builder, Value* lhs, Value* rhs, const DotDimensions& dot,
                   const TensorType& type) {
        NamedAttributes attributes;
        attributes.set("dot_dimension_numbers", dot);
        if (const Attribute* precision = op_.attribute("precision_config"))
            attributes.set("precision_config", *precision);
        return builder.create(OpKind::kDotGeneral, {lhs, rhs}, type, std::move(attributes));
    }

    Operation& op_;
    const RaggedDotDimensions numbers_;
    bool is_batch_ = false, is_contracting_ = false;
    int64_t groups_ = 0;
};

}  // namespace

Value* expandRaggedDot(Operation& op) { return RaggedDot(op).expand(); }

}  // namespace optirs::plugin
