#include "pjrt_cpu/ir/builder.h"

#include <algorithm>
#include <utility>

namespace optirs::plugin {

Operation* Builder::create(OpKind kind, std::span<Value* const> operands, std::span<const Type> types,
                           NamedAttributes attributes, size_t regions) {
    return block_->insert(Operation::create(kind, operands, types, std::move(attributes), regions, location_),
                          before_);
}

Value* Builder::create(OpKind kind, std::initializer_list<Value*> operands, Type type,
                       NamedAttributes attributes) {
    const std::span<Value* const> span(operands.begin(), operands.size());
    return create(kind, span, std::span<const Type>(&type, 1), std::move(attributes))->result();
}

Value* Builder::constant(Literal literal) {
    NamedAttributes attributes;
    Type type = literal.type();
    attributes.set("value", std::move(literal));
    return create(OpKind::kConstant, {}, std::move(type), std::move(attributes));
}

Value* Builder::constant(const TensorType& type, double value) {
    return constant(Literal::splat(type, value));
}

Value* Builder::unary(OpKind kind, Value* operand) { return create(kind, {operand}, operand->type()); }

Value* Builder::binary(OpKind kind, Value* lhs, Value* rhs) { return create(kind, {lhs, rhs}, lhs->type()); }

Value* Builder::select(Value* predicate, Value* on_true, Value* on_false) {
    return create(OpKind::kSelect, {predicate, on_true, on_false}, on_true->type());
}

Value* Builder::compare(std::string_view direction, Value* lhs, Value* rhs) {
    const ElementType element = lhs->tensor().element();
    const bool is_float = isFloat(element) || isComplex(element);
    const bool is_unsigned = isUnsignedInteger(element) || isBoolean(element);
    NamedAttributes attributes;
    attributes.set("comparison_direction", EnumAttribute{"comparison_direction", std::string(direction)});
    attributes.set("compare_type", EnumAttribute{"comparison_type", is_float      ? "FLOAT"
                                                                    : is_unsigned ? "UNSIGNED"
                                                                                  : "SIGNED"});
    return create(OpKind::kCompare, {lhs, rhs}, lhs->tensor().withElement(ElementType::kI1),
                  std::move(attributes));
}

Value* Builder::convert(Value* operand, ElementType element) {
    if (operand->tensor().element() == element) return operand;
    return create(OpKind::kConvert, {operand}, operand->tensor().withElement(element));
}

Value* Builder::reshape(Value* operand, std::vector<int64_t> dims) {
    if (std::ranges::equal(operand->tensor().dims(), dims)) return operand;
    return create(OpKind::kReshape, {operand}, operand->tensor().withDims(std::move(dims)));
}

Value* Builder::transpose(Value* operand, std::vector<int64_t> permutation) {
    if (std::is_sorted(permutation.begin(), permutation.end())) return operand;
    std::vector<int64_t> dims;
    dims.reserve(permutation.size());
    for (int64_t from : permutation) dims.push_back(operand->tensor().dim(from));
    NamedAttributes attributes;
    attributes.set("permutation", Attribute::integers(std::move(permutation)));
    return create(OpKind::kTranspose, {operand}, operand->tensor().withDims(std::move(dims)),
                  std::move(attributes));
}

Value* Builder::broadcastInDim(Value* operand, std::vector<int64_t> dims, std::vector<int64_t> mapping) {
    NamedAttributes attributes;
    attributes.set("broadcast_dimensions", Attribute::integers(std::move(mapping)));
    return create(OpKind::kBroadcastInDim, {operand}, operand->tensor().withDims(std::move(dims)),
                  std::move(attributes));
}

Value* Builder::reduce(OpKind combine, Value* operand, Value* init, std::vector<int64_t> dims) {
    const TensorType& type = operand->tensor();
    std::vector<int64_t> kept;
    for (int64_t i = 0; i < type.rank(); ++i) {
        if (std::find(dims.begin(), dims.end(), i) == dims.end()) kept.push_back(type.dim(i));
    }
    NamedAttributes attributes;
    attributes.set("dimensions", Attribute::integers(std::move(dims)));
    Value* operands[] = {operand, init};
    const Type result = type.withDims(std::move(kept));
    Operation* op = create(OpKind::kReduce, operands, {&result, 1}, std::move(attributes), 1);
    Block& body = op->region(0).addBlock();
    Value* lhs = body.addArgument(init->type());
    Value* rhs = body.addArgument(init->type());
    Builder inner(body);
    inner.setLocation(location_);
    Value* combined = inner.binary(combine, lhs, rhs);
    inner.create(OpKind::kReturn, std::span<Value* const>(&combined, 1), {});
    return op->result();
}

std::unique_ptr<Operation> cloneOperation(const Operation& op, const std::function<Value*(Value*)>& mapped,
                                          const std::function<void(Value*, Value*)>& define) {
    std::vector<Value*> operands = op.operands();
    for (Value*& operand : operands) operand = mapped(operand);
    const std::vector<Type> types = op.resultTypes();
    auto copy =
        Operation::create(op.kind(), operands, types, op.attributes(), op.regionCount(), op.location());
    if (op.kind() == OpKind::kUnknown) copy->setUnknownName(std::string(op.name()));
    for (size_t i = 0; i < op.resultCount(); ++i) define(op.result(i), copy->result(i));
    for (size_t r = 0; r < op.regionCount(); ++r) {
        for (const auto& block : op.region(r).blocks())
            cloneBlock(*block, copy->region(r).addBlock(), mapped, define);
    }
    return copy;
}

void cloneBlock(const Block& from, Block& to, const std::function<Value*(Value*)>& mapped,
                const std::function<void(Value*, Value*)>& define) {
    for (const auto& argument : from.arguments()) define(argument.get(), to.addArgument(argument->type()));
    for (const Operation& op : from) to.insert(cloneOperation(op, mapped, define));
}

}  // namespace optirs::plugin
