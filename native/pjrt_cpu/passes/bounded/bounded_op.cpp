#include "pjrt_cpu/passes/bounded/bounded_op.h"

#include <algorithm>

#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin {

// --- sizes ------------------------------------------------------------------------------------------------

Value* BoundedOp::extentOf(const Value* value, int64_t dim) {
    Value* size = sizeOf(value, dim);
    return size != nullptr ? size : number(value->tensor().dim(dim));
}

Value* BoundedOp::number(int64_t value) {
    if (value > INT32_MAX) throw unimplementedOperation(op, "a dimension of more than 2^31 elements");
    return build.constant(Literal::splatInteger(TensorType(ElementType::kI32, {}), value));
}

Value* BoundedOp::index(Value* integers, int64_t limit) {
    const TensorType type = integers->tensor();
    const auto constant = [&](int64_t value) { return build.constant(Literal::splatInteger(type, value)); };
    if (bitWidth(type.element()) >= 32) {
        integers = least(integers, constant(limit));
        if (isSignedInteger(type.element())) integers = greatest(integers, constant(-INT32_MAX));
    }
    return build.convert(integers, ElementType::kI32);
}

Value* BoundedOp::pick(Value* list, int64_t i) {
    NamedAttributes attributes;
    attributes.set("start_indices", Attribute::integers({i}));
    attributes.set("limit_indices", Attribute::integers({i + 1}));
    attributes.set("strides", Attribute::integers({1}));
    Value* one = build.create(OpKind::kSlice, {list}, list->tensor().withDims({1}), std::move(attributes));
    return build.reshape(one, {});
}

Value* BoundedOp::element(Value* list, int64_t i, int64_t limit) { return index(pick(list, i), limit); }

// --- what is declared
// ---------------------------------------------------------------------------------------

bool BoundedOp::isUnknown(int64_t dim, size_t result) const {
    return padder_.isExpanding() || op.result(result)->tensor().dim(dim) == kDynamic;
}

std::vector<int64_t> BoundedOp::declaredDims(size_t result) const {
    std::vector<int64_t> dims = boundsOf(op.result(result)->tensor());
    for (size_t d = 0; d < dims.size(); ++d) {
        if (dims[d] == kDynamic)
            refuse(static_cast<int64_t>(d), "has no bound", "give its type one with #stablehlo.bounds");
    }
    return dims;
}

std::vector<int64_t> BoundedOp::inferredDims() const {
    const std::vector<Type> types = inferTypes(op);
    const auto dims = types.front().tensor().dims();
    return {dims.begin(), dims.end()};
}

Sizes BoundedOp::declaredSizes(Value* shape) {
    const std::vector<int64_t> dims = declaredDims();
    Sizes sizes(dims.size());
    for (size_t d = 0; d < dims.size(); ++d) {
        const auto dim = static_cast<int64_t>(d);
        if (isUnknown(dim)) sizes[d] = within(element(shape, dim), dims[d]);
    }
    return sizes;
}

// --- values
// -------------------------------------------------------------------------------------------------

Value* BoundedOp::zero(const Value* like) { return build.constant(like->tensor().withDims({}), 0.0); }

Value* BoundedOp::places(const std::vector<int64_t>& dims, int64_t dim) {
    NamedAttributes attributes;
    attributes.set("iota_dimension", Attribute::integer(dim));
    return build.create(OpKind::kIota, {}, TensorType(ElementType::kI32, dims), std::move(attributes));
}

Value* BoundedOp::inside(const std::vector<int64_t>& dims, const Sizes& sizes,
                         std::span<const int64_t> along) {
    Value* all = nullptr;
    for (const int64_t dim : along) {
        Value* size = sizes[static_cast<size_t>(dim)];
        if (size == nullptr) continue;
        Value* one = build.compare("LT", places(dims, dim), spread(size, dims));
        all = all == nullptr ? one : build.binary(OpKind::kAnd, all, one);
    }
    return all;
}

Value* BoundedOp::masked(Value* value, const Sizes& sizes, std::span<const int64_t> along, Value* filler) {
    const std::vector<int64_t> dims = dimsOf(value);
    Value* is_inside = inside(dims, sizes, along);
    return is_inside == nullptr ? value : build.select(is_inside, value, spread(filler, dims));
}

Value* BoundedOp::fit(Value* value, const std::vector<int64_t>& dims) {
    const std::vector<int64_t> before = dimsOf(value);
    if (dims == before) return value;
    const std::vector<int64_t> none(dims.size(), 0);
    std::vector<int64_t> high = none;
    for (size_t d = 0; d < dims.size(); ++d) high[d] = dims[d] - before[d];
    NamedAttributes attributes;
    attributes.set("edge_padding_low", Attribute::integers(none));
    attributes.set("edge_padding_high", Attribute::integers(std::move(high)));
    attributes.set("interior_padding", Attribute::integers(none));
    return build.create(OpKind::kPad, {value, zero(value)}, value->tensor().withDims(dims),
                        std::move(attributes));
}

Value* BoundedOp::cut(Value* value, const std::vector<Value*>& starts, const std::vector<int64_t>& dims) {
    std::vector<Value*> operands = {value};
    for (Value* start : starts) operands.push_back(start != nullptr ? start : number(0));
    NamedAttributes attributes;
    attributes.set("slice_sizes", Attribute::integers(dims));
    const Type type = value->tensor().withDims(dims);
    return build.create(OpKind::kDynamicSlice, operands, {&type, 1}, std::move(attributes))->result();
}

Value* BoundedOp::take(Value* value, int64_t dim, Value* list) {
    const auto at = static_cast<size_t>(dim);
    std::vector<int64_t> dims = dimsOf(value);
    if (dims[at] == 0) {  // nothing to take: anything will do
        dims[at] = 1;
        value = fit(value, dims);
    }
    GatherDimensions numbers;
    for (int64_t d = 0; d < static_cast<int64_t>(dims.size()); ++d) {
        if (d != dim) numbers.offset_dims.push_back(d);
    }
    numbers.collapsed_slice_dims = {dim};
    numbers.start_index_map = {dim};
    numbers.index_vector_dim = 1;
    std::vector<int64_t> slices = dims;
    slices[at] = 1;
    dims[at] = list->tensor().dim(0);
    NamedAttributes attributes;
    attributes.set("dimension_numbers", std::move(numbers));
    attributes.set("slice_sizes", Attribute::integers(std::move(slices)));
    return build.create(OpKind::kGather, {value, list}, value->tensor().withDims(std::move(dims)),
                        std::move(attributes));
}

Value* BoundedOp::place(Value* value, int64_t dim, int64_t length, Value* low, Value* step, Value* size,
                        Value* filler) {
    const std::vector<int64_t> line = {length};
    Value* offset = subtract(places(line, 0), spread(low, line));
    Value* wide_step = spread(step, line);
    Value* from = divide(offset, wide_step);
    Value* nothing = spread(number(0), line);
    Value* is_there = build.compare("GE", offset, nothing);
    is_there =
        build.binary(OpKind::kAnd, is_there,
                     build.compare("EQ", build.binary(OpKind::kRemainder, offset, wide_step), nothing));
    is_there = build.binary(OpKind::kAnd, is_there, build.compare("LT", from, spread(size, line)));
    Value* taken = take(value, dim, from);
    const std::vector<int64_t> dims = dimsOf(taken);
    return build.select(build.broadcastInDim(is_there, dims, {dim}), taken, spread(filler, dims));
}

void BoundedOp::merge(std::span<const size_t> operands, std::vector<int64_t>& dims, Sizes& sizes) {
    dims = this->dims(operands.front());
    sizes = Sizes(dims.size());
    for (const size_t i : operands) {
        for (size_t d = 0; d < dims.size(); ++d) {
            const auto dim = static_cast<int64_t>(d);
            dims[d] = std::min(dims[d], operand(i)->tensor().dim(dim));
            if (sizes[d] == nullptr) sizes[d] = sizeOf(operand(i), dim);
        }
    }
}

void BoundedOp::fitOperands(std::span<const size_t> operands, const std::vector<int64_t>& dims) {
    for (const size_t i : operands) op.setOperand(i, fit(operand(i), dims));
}

// --- results
// ------------------------------------------------------------------------------------------------

void BoundedOp::give(std::vector<int64_t> dims, Sizes sizes, size_t result) {
    Value* value = op.result(result);
    value->setType(TensorType(value->tensor().element(), std::move(dims)));
    padder_.setSizes(value, std::move(sizes));
}

void BoundedOp::replace(Value* value, Sizes sizes) {
    // A value of its own where it is one that has its size already.
    const std::vector<Value*> operands = op.operands();
    if (value->definition() == nullptr || std::ranges::find(operands, value) != operands.end())
        value = build.create(OpKind::kOptimizationBarrier, {value}, value->type());
    padder_.setSizes(value, std::move(sizes));
    padder_.forget(op);
    replaceWith(op, value);
}

void BoundedOp::replaceAll(std::span<Value* const> made, const std::vector<Sizes>& sizes) {
    for (size_t i = 0; i < op.resultCount(); ++i) {
        padder_.setSizes(made[i], sizes[i]);
        op.result(i)->replaceAllUsesWith(made[i]);
    }
    padder_.forget(op);
    op.erase();
}

void BoundedOp::refuse(int64_t dim, const std::string& what, const std::string& instead) const {
    throw unimplementedOperation(op, "dimension " + std::to_string(dim) +
                                         ", whose size is known only at run time, " + what + "; " + instead);
}

}  // namespace optirs::plugin
