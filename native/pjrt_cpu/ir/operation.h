/// @file
/// Values, operations, blocks and regions: an SSA program as a tree of owned nodes.
///
/// Ownership: a Region owns its Blocks, a Block its Operations and arguments, an Operation its
/// results and Regions. Every Value keeps the list of its uses, so that replacing it takes time
/// proportional to its uses. Addresses of all of these are stable.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pjrt_cpu/ir/attribute.h"
#include "pjrt_cpu/ir/location.h"
#include "pjrt_cpu/ir/op_kind.h"
#include "pjrt_cpu/ir/type.h"

namespace optirs::plugin {

class Block;
class Operation;
class Region;
class Value;

/// One operand slot of an operation, linked into the use list of the value it holds.
class Use {
 public:
    Use() = default;
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() { unlink(); }

    Value* value() const { return value_; }
    Operation* owner() const { return owner_; }
    size_t index() const { return index_; }  ///< operand number in the owner
    Use* next() const { return next_; }      ///< next use of the same value
    void set(Value* value);

 private:
    friend class Operation;
    void unlink();

    Value* value_ = nullptr;
    Operation* owner_ = nullptr;
    size_t index_ = 0;
    Use* next_ = nullptr;
    Use** link_ = nullptr;  // what points at this use
};

/// A result of an operation, or an argument of a block.
class Value {
 public:
    Value() = default;
    Value(const Value&) = delete;
    Value& operator=(const Value&) = delete;

    const Type& type() const { return type_; }
    void setType(Type type) { type_ = std::move(type); }
    /// The tensor type. @throws Error INTERNAL for tokens and tuples.
    const TensorType& tensor() const { return type_.tensor(); }

    /// The operation of which this is a result; null for a block argument.
    Operation* definition() const { return definition_; }
    /// The block of which this is an argument; null for a result.
    Block* block() const { return block_; }
    /// Result or argument number.
    size_t index() const { return index_; }

    Use* firstUse() const { return first_use_; }
    bool hasUses() const { return first_use_ != nullptr; }
    bool hasOneUse() const { return first_use_ != nullptr && first_use_->next() == nullptr; }
    void replaceAllUsesWith(Value* other);

 private:
    friend class Block;
    friend class Operation;
    friend class Use;

    Type type_;
    Operation* definition_ = nullptr;
    Block* block_ = nullptr;
    size_t index_ = 0;
    Use* first_use_ = nullptr;
};

/// A list of blocks. All of StableHLO's regions have one.
class Region {
 public:
    Region() = default;
    Region(const Region&) = delete;
    Region& operator=(const Region&) = delete;
    ~Region();

    bool empty() const { return blocks_.empty(); }
    size_t size() const { return blocks_.size(); }
    Block& front() const { return *blocks_.front(); }
    std::span<const std::unique_ptr<Block>> blocks() const { return blocks_; }
    Block& addBlock();
    /// Moves the blocks out, for another region to adopt.
    std::vector<std::unique_ptr<Block>> takeBlocks() { return std::exchange(blocks_, {}); }
    void adopt(std::unique_ptr<Block> block);
    void clear();
    /// The operation this region belongs to; null for a function body.
    Operation* parent() const { return parent_; }

 private:
    friend class Operation;
    std::vector<std::unique_ptr<Block>> blocks_;
    Operation* parent_ = nullptr;
};

/// An operation. Create it with Operation::create or a Builder.
class Operation {
 public:
    static std::unique_ptr<Operation> create(OpKind kind, std::span<Value* const> operands,
                                             std::span<const Type> result_types,
                                             NamedAttributes attributes = {}, size_t region_count = 0,
                                             Location location = {});
    ~Operation();
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;

    OpKind kind() const { return kind_; }
    /// `stablehlo.add`, also of unknown operations.
    std::string_view name() const;
    /// Name of an operation of kind kUnknown.
    void setUnknownName(std::string name) { unknown_name_ = std::move(name); }
    const Location& location() const { return location_; }

    size_t operandCount() const { return operand_count_; }
    Value* operand(size_t i) const { return operands_[i].value(); }
    Use& operandUse(size_t i) const { return operands_[i]; }
    void setOperand(size_t i, Value* value) { operands_[i].set(value); }
    /// Replaces the whole operand list.
    void setOperands(std::span<Value* const> operands);
    std::vector<Value*> operands() const;

    size_t resultCount() const { return result_count_; }
    Value* result(size_t i = 0) const { return &results_[i]; }
    std::span<Value> results() const { return {results_.get(), result_count_}; }
    std::vector<Type> resultTypes() const;
    bool hasUses() const;

    const NamedAttributes& attributes() const { return attributes_; }
    const Attribute* attribute(std::string_view name) const { return attributes_.find(name); }
    void setAttribute(std::string_view name, Attribute value) { attributes_.set(name, std::move(value)); }
    void eraseAttribute(std::string_view name) { attributes_.erase(name); }

    size_t regionCount() const { return regions_.size(); }
    Region& region(size_t i) const { return *regions_[i]; }
    Region& addRegion();

    Block* block() const { return block_; }
    Operation* next() const { return next_; }
    Operation* previous() const { return previous_; }
    /// The operation around this one; null directly in a function.
    Operation* parentOperation() const;

    /// Takes this operation out of its block.
    std::unique_ptr<Operation> detach();
    /// Removes and destroys it. @pre its results have no uses
    void erase();
    void dropAllUses();

 private:
    friend class Block;
    Operation() = default;

    OpKind kind_ = OpKind::kUnknown;
    std::string unknown_name_;
    Location location_;
    size_t operand_count_ = 0;
    std::unique_ptr<Use[]> operands_;
    size_t result_count_ = 0;
    std::unique_ptr<Value[]> results_;
    NamedAttributes attributes_;
    std::vector<std::unique_ptr<Region>> regions_;
    Block* block_ = nullptr;
    Operation* next_ = nullptr;
    Operation* previous_ = nullptr;
};

/// Arguments, then operations of which the last is a terminator.
class Block {
 public:
    explicit Block(Region* parent) : parent_(parent) {}
    ~Block();
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;

    Region* parent() const { return parent_; }

    size_t argumentCount() const { return arguments_.size(); }
    Value* argument(size_t i) const { return arguments_[i].get(); }
    std::span<const std::unique_ptr<Value>> arguments() const { return arguments_; }
    Value* addArgument(Type type);
    /// @pre the argument has no uses
    void eraseArgument(size_t i);

    /// Iterates over Operation&. Stays valid when other operations are inserted or erased.
    class Iterator {
     public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = Operation;
        using difference_type = std::ptrdiff_t;
        using pointer = Operation*;
        using reference = Operation&;
        Iterator() = default;
        explicit Iterator(Operation* op) : op_(op) {}
        Operation& operator*() const { return *op_; }
        Operation* operator->() const { return op_; }
        Iterator& operator++() {
            op_ = op_->next();
            return *this;
        }
        Iterator operator++(int) {
            Iterator old = *this;
            ++*this;
            return old;
        }
        bool operator==(const Iterator&) const = default;

     private:
        Operation* op_ = nullptr;
    };
    Iterator begin() const { return Iterator(first_); }
    Iterator end() const { return Iterator(); }
    bool empty() const { return first_ == nullptr; }
    Operation* first() const { return first_; }
    Operation* last() const { return last_; }
    /// The last operation when it is a terminator, else null.
    Operation* terminator() const;
    /// Number of operations; linear.
    size_t operationCount() const;

    /// Inserts before `before`; at the end when it is null.
    Operation* insert(std::unique_ptr<Operation> op, Operation* before = nullptr);

 private:
    friend class Operation;
    friend class Region;
    Region* parent_;
    std::vector<std::unique_ptr<Value>> arguments_;
    Operation* first_ = nullptr;
    Operation* last_ = nullptr;
};

/// Whether the operation may not be removed when unused, nor merged with an equal one.
/// custom_call: when its attribute has_side_effect says so. Operations with regions: when anything
/// inside has one.
bool hasSideEffect(const Operation& op);

/// Calls `visit(Operation&)` for the operations of a block and of all regions inside, inner ones
/// before the operation that holds them. `visit` may erase the operation it is given.
template <typename Visit>
void walk(const Block& block, const Visit& visit) {
    for (Operation* op = block.first(); op != nullptr;) {
        Operation* next = op->next();
        for (size_t i = 0; i < op->regionCount(); ++i) {
            for (const auto& inner : op->region(i).blocks()) walk(*inner, visit);
        }
        visit(*op);
        op = next;
    }
}

}  // namespace optirs::plugin
