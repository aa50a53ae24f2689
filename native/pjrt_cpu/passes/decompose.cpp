// Operations that others can say.
#include <algorithm>

#include "pjrt_cpu/passes/expand.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {
namespace {

Value* expandDot(Operation& op) {
    DotDimensions numbers;
    numbers.lhs_contracting = {op.operand(0)->tensor().rank() - 1};
    numbers.rhs_contracting = {0};
    NamedAttributes attributes = op.attributes();
    attributes.set("dot_dimension_numbers", std::move(numbers));
    return Builder(op).create(OpKind::kDotGeneral, {op.operand(0), op.operand(1)}, op.result()->type(),
                              std::move(attributes));
}

Value* expandBroadcast(Operation& op) {
    const int64_t rank = op.result()->tensor().rank();
    return Builder(op).broadcastInDim(op.operand(0), dimsOf(op.result()),
                                      iotaList(rank - op.operand(0)->tensor().rank(), rank));
}

// result[batch, before, index, after] = operand[batch, before, index[batch, ...], after]
Value* expandTorchIndexSelect(Operation& op) {
    const TensorType& from = op.operand(0)->tensor();
    const TensorType& index = op.operand(1)->tensor();
    const int64_t dim = integerAttribute(op, "dim");
    const int64_t batch = integerAttribute(op, "batch_dims");
    GatherDimensions numbers;
    numbers.index_vector_dim = index.rank();
    numbers.collapsed_slice_dims = {dim};
    numbers.start_index_map = {dim};
    numbers.operand_batching_dims = iotaList(0, batch);
    numbers.start_indices_batching_dims = iotaList(0, batch);
    const int64_t index_free = index.rank() - batch;
    for (int64_t i = batch; i < dim; ++i) numbers.offset_dims.push_back(i);
    for (int64_t i = dim + index_free; i < op.result()->tensor().rank(); ++i)
        numbers.offset_dims.push_back(i);
    // The batch of the gather's result comes first; when dimensions of the operand lie between, offset
    // dimensions simply take their places.
    std::vector<int64_t> sizes(from.dims().begin(), from.dims().end());
    for (int64_t i = 0; i < batch; ++i) sizes[static_cast<size_t>(i)] = 1;
    sizes[static_cast<size_t>(dim)] = 1;
    NamedAttributes attributes;
    attributes.set("dimension_numbers", std::move(numbers));
    attributes.set("slice_sizes", Attribute::integers(std::move(sizes)));
    return Builder(op).create(OpKind::kGather, {op.operand(0), op.operand(1)}, op.result()->type(),
                              std::move(attributes));
}

ElementType unsignedOf(int bits) {
    switch (bits) {
        case 2:
            return ElementType::kUi2;
        case 4:
            return ElementType::kUi4;
        case 8:
            return ElementType::kUi8;
        case 16:
            return ElementType::kUi16;
        case 32:
            return ElementType::kUi32;
        default:
            return ElementType::kUi64;
    }
}

// Where one element becomes several or several become one, the bytes stay as they are; but not those of
// elements of 2 or 4 bits, each of which has a byte of its own. The first of several has the lowest bits.
std::vector<Value*> expandBitcast(Operation& op) {
    Value* operand = op.operand(0);
    const TensorType& from = operand->tensor();
    const TensorType& to = op.result()->tensor();
    const int from_bits = bitWidth(from.element());
    const int to_bits = bitWidth(to.element());
    if (from.rank() == to.rank() || std::min(from_bits, to_bits) >= 8 || isComplex(from.element()) ||
        isComplex(to.element()))
        return {};
    Builder builder(op);
    const auto bitcast = [&](Value* value, ElementType element) {
        if (value->tensor().element() == element) return value;
        return builder.create(OpKind::kBitcastConvert, {value}, value->tensor().withElement(element));
    };
    const ElementType narrow = unsignedOf(std::min(from_bits, to_bits));
    const ElementType wide = unsignedOf(std::max(from_bits, to_bits));
    const bool splits = to.rank() > from.rank();
    const std::vector<int64_t> dims = dimsOf(splits ? op.result() : operand);
    const TensorType parts(wide, dims);
    NamedAttributes attributes;
    attributes.set("iota_dimension", Attribute::integer(static_cast<int64_t>(dims.size()) - 1));
    Value* number = builder.create(OpKind::kIota, {}, parts, std::move(attributes));
    Value* places =
        builder.binary(OpKind::kMultiply, number, builder.constant(parts, std::min(from_bits, to_bits)));
    if (splits) {
        Value* whole = builder.broadcastInDim(bitcast(operand, wide), dims, iotaList(0, from.rank()));
        Value* moved = builder.binary(OpKind::kShiftRightLogical, whole, places);
        Value* mask = builder.constant(parts, (1 << to_bits) - 1);
        Value* part = builder.binary(OpKind::kAnd, moved, mask);
        return {bitcast(builder.convert(part, narrow), to.element())};
    }
    Value* part = builder.convert(bitcast(operand, narrow), wide);
    Value* moved = builder.binary(OpKind::kShiftLeft, part, places);
    Value* zero = builder.constant(TensorType(wide, {}), 0);
    return {bitcast(builder.reduce(OpKind::kOr, moved, zero, {from.rank() - 1}), to.element())};
}

}  // namespace

std::vector<Value*> decomposed(Operation& op) {
    switch (op.kind()) {
        case OpKind::kDot:
            return {expandDot(op)};
        case OpKind::kBroadcast:
            return {expandBroadcast(op)};
        case OpKind::kTorchIndexSelect:
            return {expandTorchIndexSelect(op)};
        case OpKind::kEinsum:
        case OpKind::kUnaryEinsum:
            return expandEinsum(op);
        case OpKind::kBatchNormGrad:
        case OpKind::kBatchNormInference:
        case OpKind::kBatchNormTraining:
            return expandBatchNorm(op);
        case OpKind::kBitcastConvert:
            return expandBitcast(op);
        case OpKind::kMap:
            return expandMap(op);
        case OpKind::kCholesky:
        case OpKind::kTriangularSolve:
            return expandLinearAlgebra(op);
        default:
            return opKindName(op.kind()).starts_with("chlo.") ? expandChlo(op) : std::vector<Value*>();
    }
}

bool decompose(Function& function) {
    return rewriteAll(function, [](Operation& op) {
        for (const Value* operand : op.operands()) {
            if (!operand->type().isTensor() || !operand->tensor().isStatic() ||
                operand->tensor().quantized() != nullptr) {
                return false;
            }
        }
        const std::vector<Value*> values = decomposed(op);
        if (values.empty()) return false;
        for (size_t i = 0; i < values.size(); ++i) op.result(i)->replaceAllUsesWith(values[i]);
        op.erase();
        return true;
    });
}

}  // namespace optirs::plugin
