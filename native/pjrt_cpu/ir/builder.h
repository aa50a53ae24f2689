/// @file
/// Creates operations at a place in a block.
#pragma once

#include <functional>
#include <initializer_list>
#include <span>

#include "pjrt_cpu/ir/operation.h"

namespace optirs::plugin {

/// Inserts what it creates before an operation, or at the end of a block.
class Builder {
 public:
    /// At the end of `block`.
    explicit Builder(Block& block) : block_(&block) {}
    /// Before `op`, with its location.
    explicit Builder(Operation& op) : block_(op.block()), before_(&op), location_(op.location()) {}

    void setLocation(Location location) { location_ = std::move(location); }
    const Location& location() const { return location_; }

    Operation* create(OpKind kind, std::span<Value* const> operands, std::span<const Type> types,
                      NamedAttributes attributes = {}, size_t regions = 0);
    /// An operation with one result.
    Value* create(OpKind kind, std::initializer_list<Value*> operands, Type type,
                  NamedAttributes attributes = {});

    Value* constant(Literal literal);
    /// A constant with every element `value`.
    Value* constant(const TensorType& type, double value);
    /// Unary or binary element-wise operation of the type of its first operand.
    Value* unary(OpKind kind, Value* operand);
    Value* binary(OpKind kind, Value* lhs, Value* rhs);
    Value* select(Value* predicate, Value* on_true, Value* on_false);
    /// `direction` EQ, NE, GE, GT, LE or LT; the comparison type follows from the element type.
    Value* compare(std::string_view direction, Value* lhs, Value* rhs);
    Value* convert(Value* operand, ElementType element);
    Value* reshape(Value* operand, std::vector<int64_t> dims);
    Value* transpose(Value* operand, std::vector<int64_t> permutation);
    Value* broadcastInDim(Value* operand, std::vector<int64_t> dims, std::vector<int64_t> mapping);
    /// Sum, maximum, ... of one operand over `dims`; `combine` is the body's operation.
    Value* reduce(OpKind combine, Value* operand, Value* init, std::vector<int64_t> dims);

 private:
    Block* block_;
    Operation* before_ = nullptr;
    Location location_;
};

/// Copies an operation with its regions. Operands are looked up with `mapped(Value*) -> Value*`;
/// `define(Value* old_value, Value* new_value)` is told of every copied result and block argument.
std::unique_ptr<Operation> cloneOperation(const Operation& op, const std::function<Value*(Value*)>& mapped,
                                          const std::function<void(Value*, Value*)>& define);

/// Copies the arguments and operations of a block into an empty one, in the same way.
void cloneBlock(const Block& from, Block& to, const std::function<Value*(Value*)>& mapped,
                const std::function<void(Value*, Value*)>& define);

}  // namespace optirs::plugin
