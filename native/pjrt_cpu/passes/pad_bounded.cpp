// Where sizes come from, and the operations that hand them on.
#include "pjrt_cpu/passes/pad_bounded.h"

#include <algorithm>

namespace optirs::plugin {
namespace {

bool hasBound(const Value* value) {
    const TensorType* type = value->type().tensorOrNull();
    if (type == nullptr || type->bounds().empty()) return false;
    for (int64_t d = 0; d < type->rank(); ++d) {
        if (type->dim(d) == kDynamic && type->bounds()[static_cast<size_t>(d)] != kDynamic) return true;
    }
    return false;
}

/// The dimensions of the memory: bounds where the size is not known.
std::vector<int64_t> paddedDims(const Operation& op, const Value* value) {
    std::vector<int64_t> dims = dimsOf(value);
    const auto bounds = value->tensor().bounds();
    for (size_t d = 0; d < dims.size(); ++d) {
        if (dims[d] == kDynamic && !bounds.empty()) dims[d] = bounds[d];
        if (dims[d] == kDynamic) throw unimplementedOperation(op, "a dimension without a bound");
    }
    return dims;
}

}  // namespace

void Padder::give(Value* result, std::vector<int64_t> dims, Sizes sizes) {
    result->setType(TensorType(result->tensor().element(), std::move(dims)));
    if (std::ranges::any_of(sizes, [](const Value* size) { return size != nullptr; }))
        sizes_[result] = std::move(sizes);
}

void Padder::setSize(Operation& op) {
    Value* operand = op.operand(0);
    const auto dim = static_cast<size_t>(dimension(op));
    const std::vector<int64_t> dims = dimsOf(operand);
    const Sizes* before = sizesOf(operand);
    Sizes sizes = before != nullptr ? *before : Sizes(dims.size());
    if (dims[dim] > INT32_MAX) throw unimplementedOperation(op, "a dimension of more than 2^31 elements");
    Builder builder(op);
    const TensorType scalar(ElementType::kI32, {});
    // A size that is none of the dimension is undefined; memory stays what it is.
    Value* bound = builder.constant(Literal::splatInteger(scalar, dims[dim]));
    Value* zero = builder.constant(Literal::splatInteger(scalar, 0));
    sizes[dim] =
        builder.binary(OpKind::kMinimum, builder.binary(OpKind::kMaximum, op.operand(1), zero), bound);
    // A value of its own: the operand has its size still.
    Value* value = builder.create(OpKind::kOptimizationBarrier, {operand}, operand->type());
    give(value, dims, std::move(sizes));
    replaceWith(op, value);
}

void Padder::getSize(Operation& op) {
    const int64_t dim = dimension(op);
    Value* size = sizeOf(op.operand(0), dim);
    Builder builder(op);
    if (size == nullptr)
        size =
            builder.constant(Literal::splatInteger(op.result()->tensor(), op.operand(0)->tensor().dim(dim)));
    replaceWith(op, size);
}

void Padder::elementwise(Operation& op) {
    const int64_t rank = op.result()->tensor().rank();
    std::vector<int64_t> dims;
    Sizes sizes(static_cast<size_t>(rank));
    for (const Value* operand : op.operands()) {
        if (operand->tensor().rank() != rank) continue;  // a predicate, a limit of clamp
        if (dims.empty()) dims = dimsOf(operand);
        if (dims != dimsOf(operand)) throw unimplementedOperation(op, "operands of different bounds");
        for (int64_t d = 0; d < rank; ++d) {
            if (sizes[static_cast<size_t>(d)] == nullptr) sizes[static_cast<size_t>(d)] = sizeOf(operand, d);
        }
    }
    give(op.result(), std::move(dims), std::move(sizes));
}

void Padder::transpose(Operation& op) {
    std::vector<int64_t> dims;
    Sizes sizes;
    for (const int64_t from : permutation(op)) {
        dims.push_back(op.operand(0)->tensor().dim(from));
        sizes.push_back(sizeOf(op.operand(0), from));
    }
    give(op.result(), std::move(dims), std::move(sizes));
}

/// Only what adds and removes dimensions of size 1.
void Padder::reshape(Operation& op) {
    const Value* operand = op.operand(0);
    std::vector<int64_t> dims = paddedDims(op, op.result());
    Sizes sizes(dims.size());
    const bool is_dynamic = op.kind() == OpKind::kDynamicReshape;
    size_t to = 0;
    for (int64_t from = 0; from < operand->tensor().rank(); ++from) {
        Value* size = sizeOf(operand, from);
        const int64_t dim = operand->tensor().dim(from);
        if (dim == 1 && size == nullptr) continue;
        while (to < dims.size() && dims[to] == 1 && op.result()->tensor().dim(static_cast<int64_t>(to)) == 1)
            ++to;
        if (to == dims.size() || dims[to] != dim)
            throw unimplementedOperation(op, "a reshape of such dimensions");
        sizes[to++] = size;
    }
    while (to < dims.size() && dims[to] == 1) ++to;
    if (to != dims.size()) throw unimplementedOperation(op, "a reshape of such dimensions");
    if (!is_dynamic) return give(op.result(), std::move(dims), std::move(sizes));
    Value* value = Builder(op).reshape(op.operand(0), dims);
    if (value == op.operand(0))
        value = Builder(op).create(OpKind::kOptimizationBarrier, {value}, value->type());
    give(value, std::move(dims), std::move(sizes));
    replaceWith(op, value);
}

void Padder::broadcast(Operation& op) {
    std::vector<int64_t> dims = paddedDims(op, op.result());
    Sizes sizes(dims.size());
    const auto mapping = broadcastDimensions(op);
    for (size_t from = 0; from < mapping.size(); ++from)
        sizes[static_cast<size_t>(mapping[from])] = sizeOf(op.operand(0), static_cast<int64_t>(from));
    for (size_t d = 0; d < dims.size(); ++d) {
        if (op.result()->tensor().dim(static_cast<int64_t>(d)) == kDynamic && sizes[d] == nullptr)
            throw unimplementedOperation(op, "a size that no operand has");
    }
    give(op.result(), std::move(dims), std::move(sizes));
}

/// Sizes from a shape operand, for the dimensions that the result's type does not know.
Padder::Sizes Padder::fromShape(Operation& op, Value* shape, std::vector<int64_t>& dims) {
    dims = paddedDims(op, op.result());
    Sizes sizes(dims.size());
    Builder builder(op);
    for (size_t d = 0; d < dims.size(); ++d) {
        if (op.result()->tensor().dim(static_cast<int64_t>(d)) != kDynamic) continue;
        const auto at = static_cast<int64_t>(d);
        NamedAttributes attributes;
        attributes.set("start_indices", Attribute::integers({at}));
        attributes.set("limit_indices", Attribute::integers({at + 1}));
        attributes.set("strides", Attribute::integers({1}));
        Value* one =
            builder.create(OpKind::kSlice, {shape}, shape->tensor().withDims({1}), std::move(attributes));
        Value* size = builder.convert(builder.reshape(one, {}), ElementType::kI32);
        const TensorType scalar(ElementType::kI32, {});
        if (dims[d] > INT32_MAX) throw unimplementedOperation(op, "a dimension of more than 2^31 elements");
        Value* zero = builder.constant(Literal::splatInteger(scalar, 0));
        Value* bound = builder.constant(Literal::splatInteger(scalar, dims[d]));
        sizes[d] = builder.binary(OpKind::kMinimum, builder.binary(OpKind::kMaximum, size, zero), bound);
    }
    return sizes;
}

void Padder::dynamicBroadcast(Operation& op) {
    std::vector<int64_t> dims;
    Sizes sizes = fromShape(op, op.operand(1), dims);
    const auto mapping = broadcastDimensions(op);
    Value* operand = op.operand(0);
    for (size_t from = 0; from < mapping.size(); ++from) {
        const auto dim = static_cast<size_t>(mapping[from]);
        const int64_t size = operand->tensor().dim(static_cast<int64_t>(from));
        if (size != 1 && size != dims[dim]) throw unimplementedOperation(op, "an operand of another bound");
    }
    Value* value = Builder(op).broadcastInDim(operand, dims, {mapping.begin(), mapping.end()});
    give(value, std::move(dims), std::move(sizes));
    replaceWith(op, value);
}

void Padder::dynamicIota(Operation& op) {
    std::vector<int64_t> dims;
    Sizes sizes = fromShape(op, op.operand(0), dims);
    NamedAttributes attributes;
    attributes.set("iota_dimension", Attribute::integer(dimension(op)));
    const TensorType type(op.result()->tensor().element(), dims);
    Value* value = Builder(op).create(OpKind::kIota, {}, type, std::move(attributes));
    give(value, std::move(dims), std::move(sizes));
    replaceWith(op, value);
}

void Padder::concatenate(Operation& op) {
    const auto along = static_cast<size_t>(dimension(op));
    std::vector<int64_t> dims = dimsOf(op.operand(0));
    Sizes sizes(dims.size());
    dims[along] = 0;
    for (const Value* operand : op.operands()) {
        for (size_t d = 0; d < dims.size(); ++d) {
            Value* size = sizeOf(operand, static_cast<int64_t>(d));
            const int64_t dim = operand->tensor().dim(static_cast<int64_t>(d));
            if (d == along) {
                if (size != nullptr) throw unimplementedOperation(op, "a bounded dimension that is joined");
                dims[d] += dim;
            } else {
                if (dims[d] != dim) throw unimplementedOperation(op, "operands of different bounds");
                if (sizes[d] == nullptr) sizes[d] = size;
            }
        }
    }
    give(op.result(), std::move(dims), std::move(sizes));
}

bool Padder::visit(Operation& op) {
    const auto is_padded = [&](const Value* value) { return sizesOf(value) != nullptr; };
    bool concerned = false;
    for (const Value* operand : op.operands()) concerned = concerned || is_padded(operand);
    for (const Value& result : op.results()) concerned = concerned || hasBound(&result);
    if (!concerned) return false;
    for (const Value* operand : op.operands()) {
        if (hasBound(operand))
            throw unimplementedOperation(op, "a bounded dimension that a region or a function is given");
    }
    switch (op.kind()) {
        case OpKind::kSetDimensionSize:
            setSize(op);
            break;
        case OpKind::kGetDimensionSize:
            getSize(op);
            break;
        case OpKind::kTranspose:
            transpose(op);
            break;
        case OpKind::kReshape:
        case OpKind::kDynamicReshape:
            reshape(op);
            break;
        case OpKind::kBroadcastInDim:
            broadcast(op);
            break;
        case OpKind::kDynamicBroadcastInDim:
            dynamicBroadcast(op);
            break;
        case OpKind::kDynamicIota:
            dynamicIota(op);
            break;
        case OpKind::kConcatenate:
            concatenate(op);
            break;
        case OpKind::kReduce:
            reduce(op);
            break;
        case OpKind::kDotGeneral:
            dot(op);
            break;
        default:
            if (!isElementwise(op.kind()))
                throw unimplementedOperation(op, "with a dimension whose size is known only at run time");
            elementwise(op);
    }
    return true;
}

bool padBounded(Function& function) {
    if (function.isDeclaration()) return false;
    for (const auto& argument : function.body().arguments()) {
        // Its shapes are not settled yet.
        if (argument->type().isTensor() && !argument->tensor().isStatic()) return false;
    }
    for (const Value* result : function.returned()) {
        if (hasBound(result) && result->definition() != nullptr)
            throw unimplementedOperation(*result->definition(),
                                         "a result of the program whose size is known only at run time");
    }
    Padder padder;
    return rewriteAll(function, [&](Operation& op) { return padder.visit(op); });
}

}  // namespace optirs::plugin
