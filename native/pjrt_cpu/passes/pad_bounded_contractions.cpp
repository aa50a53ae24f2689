// Reductions and products along bounded dimensions.
#include <algorithm>

#include "pjrt_cpu/ir/reducer.h"
#include "pjrt_cpu/passes/pad_bounded.h"

namespace optirs::plugin {

/// The operand with `filler` past the sizes of `dims`.
Value* Padder::masked(Operation& op, size_t operand, const std::vector<int64_t>& dims,
                      const Literal& filler) {
    Value* value = op.operand(operand);
    Builder builder(op);
    for (const int64_t dim : dims) {
        Value* size = sizeOf(value, dim);
        if (size == nullptr) continue;
        const std::vector<int64_t> shape = dimsOf(value);
        NamedAttributes attributes;
        attributes.set("iota_dimension", Attribute::integer(dim));
        const TensorType counters(ElementType::kI32, shape);
        Value* place = builder.create(OpKind::kIota, {}, counters, std::move(attributes));
        Value* inside = builder.compare("LT", place, builder.broadcastInDim(size, shape, {}));
        Value* rest = builder.broadcastInDim(builder.constant(filler), shape, {});
        Value* cut = builder.select(inside, value, rest);
        sizes_[cut] = sizes_.at(value);
        value = cut;
    }
    return value;
}

void Padder::reduce(Operation& op) {
    const auto along = dimensions(op);
    const size_t count = tupleSize(op);
    const std::vector<int64_t> all = dimsOf(op.operand(0));
    Sizes sizes(all.size());
    for (size_t i = 0; i < count; ++i) {
        for (size_t d = 0; d < all.size(); ++d) {
            if (Value* size = sizeOf(op.operand(i), static_cast<int64_t>(d));
                size != nullptr && sizes[d] == nullptr)
                sizes[d] = size;
        }
    }
    const bool is_cut =
        std::ranges::any_of(along, [&](int64_t d) { return sizes[static_cast<size_t>(d)] != nullptr; });
    if (is_cut) {
        const OpKind reducer = count == 1 ? reducerKind(body(op)) : OpKind::kUnknown;
        const auto filler = reducerIdentity(reducer, op.operand(0)->tensor().withDims({}));
        if (!filler)
            throw unimplementedOperation(
                op, "along a bounded dimension: what leaves a result as it is, is not known");
        op.setOperand(0, masked(op, 0, {along.begin(), along.end()}, *filler));
    }
    std::vector<int64_t> dims;
    Sizes kept;
    for (size_t d = 0; d < all.size(); ++d) {
        if (std::ranges::find(along, static_cast<int64_t>(d)) != along.end()) continue;
        dims.push_back(all[d]);
        kept.push_back(sizes[d]);
    }
    for (Value& result : op.results()) give(&result, dims, kept);
}

void Padder::dot(Operation& op) {
    const DotDimensions numbers = dotDimensions(op);
    const std::vector<int64_t>* const contracting[] = {&numbers.lhs_contracting, &numbers.rhs_contracting};
    const std::vector<int64_t>* const batch[] = {&numbers.lhs_batch, &numbers.rhs_batch};
    for (size_t k = 0; k < numbers.lhs_contracting.size(); ++k) {
        Value* size = sizeOf(op.operand(0), numbers.lhs_contracting[k]);
        if (size == nullptr) size = sizeOf(op.operand(1), numbers.rhs_contracting[k]);
        if (size == nullptr) continue;
        // Zeros on both sides: what lies past the end of one of them may be no number.
        for (size_t side = 0; side < 2; ++side) {
            Value* operand = op.operand(side);
            const int64_t dim = (*contracting[side])[k];
            Sizes& sizes = sizes_.try_emplace(operand, Sizes(dimsOf(operand).size())).first->second;
            Value*& own = sizes[static_cast<size_t>(dim)];
            Value* const before = own;
            own = size;
            Value* cut = masked(op, side, {dim}, Literal::splat(operand->tensor().withDims({}), 0.0));
            own = before;
            if (std::ranges::all_of(sizes, [](const Value* each) { return each == nullptr; }))
                sizes_.erase(operand);
            op.setOperand(side, cut);
        }
    }
    std::vector<int64_t> dims;
    Sizes sizes;
    const auto add = [&](size_t side, int64_t dim) {
        dims.push_back(op.operand(side)->tensor().dim(dim));
        sizes.push_back(sizeOf(op.operand(side), dim));
    };
    for (size_t i = 0; i < numbers.lhs_batch.size(); ++i) {
        add(0, numbers.lhs_batch[i]);
        if (sizes.back() == nullptr) sizes.back() = sizeOf(op.operand(1), numbers.rhs_batch[i]);
    }
    for (size_t side = 0; side < 2; ++side) {
        for (int64_t d = 0; d < op.operand(side)->tensor().rank(); ++d) {
            const bool is_taken = std::ranges::find(*batch[side], d) != batch[side]->end() ||
                                  std::ranges::find(*contracting[side], d) != contracting[side]->end();
            if (!is_taken) add(side, d);
        }
    }
    give(op.result(), std::move(dims), std::move(sizes));
}

}  // namespace optirs::plugin
