/// @file
/// One operation on values with sizes, and what its rule needs: arithmetic on sizes, masks, cuts.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "pjrt_cpu/passes/bounded/padder.h"

namespace optirs::plugin {

/// What it creates stands before the operation. Memory past a size holds anything.
class BoundedOp {
 public:
    BoundedOp(Padder& padder, Operation& operation) : op(operation), build(operation), padder_(padder) {}

    Operation& op;
    Builder build;

    // --- sizes --------------------------------------------------------------------------------------------

    Value* sizeOf(const Value* value, int64_t dim) const { return padder_.sizeOf(value, dim); }
    Sizes sizesOf(const Value* value) const { return padder_.sizesOf(value); }
    /// The size, as a value also where the type says it.
    Value* extentOf(const Value* value, int64_t dim);

    Value* number(int64_t value);
    Value* add(Value* a, Value* b) { return build.binary(OpKind::kAdd, a, b); }
    Value* subtract(Value* a, Value* b) { return build.binary(OpKind::kSubtract, a, b); }
    Value* multiply(Value* a, Value* b) { return build.binary(OpKind::kMultiply, a, b); }
    Value* divide(Value* a, Value* b) { return build.binary(OpKind::kDivide, a, b); }
    Value* least(Value* a, Value* b) { return build.binary(OpKind::kMinimum, a, b); }
    Value* greatest(Value* a, Value* b) { return build.binary(OpKind::kMaximum, a, b); }
    /// From 0 to `bound`: a size that is none of the dimension is undefined, memory stays what it is.
    Value* within(Value* size, int64_t bound) { return least(greatest(size, number(0)), number(bound)); }
    /// Integers of any type as i32; those above `limit` become `limit`.
    Value* index(Value* integers, int64_t limit);
    /// Element i of a list.
    Value* pick(Value* list, int64_t i);
    /// Element i of a list of integers, as index() gives it.
    Value* element(Value* list, int64_t i, int64_t limit = INT32_MAX);

    // --- what is declared
    // -----------------------------------------------------------------------------------

    /// Whether the type leaves the size open.
    bool isUnknown(int64_t dim, size_t result = 0) const;
    /// Types are those of memory: they say nothing of sizes.
    bool isExpanding() const { return padder_.isExpanding(); }
    /// The memory of a result as its type says it. @throws Error UNIMPLEMENTED for a dimension without a
    /// bound
    std::vector<int64_t> declaredDims(size_t result = 0) const;
    /// The memory of the result as it follows from that of the operands.
    std::vector<int64_t> inferredDims() const;
    /// Sizes from a list of them, for the dimensions that the result's type does not know.
    Sizes declaredSizes(Value* shape);

    // --- values
    // -----------------------------------------------------------------------------------------------

    Value* operand(size_t i) const { return op.operand(i); }
    std::vector<int64_t> dims(size_t i) const { return dimsOf(op.operand(i)); }
    Value* zero(const Value* like);
    /// 0, 1, 2, ... along a dimension.
    Value* places(const std::vector<int64_t>& dims, int64_t dim);
    Value* spread(Value* scalar, const std::vector<int64_t>& dims) {
        return build.broadcastInDim(scalar, dims, {});
    }
    /// Where the place is below the sizes of the dimensions `along`; null: everywhere.
    Value* inside(const std::vector<int64_t>& dims, const Sizes& sizes, std::span<const int64_t> along);
    /// The value with the scalar `filler` past its sizes.
    Value* masked(Value* value, const Sizes& sizes, std::span<const int64_t> along, Value* filler);
    /// The value in memory of other dimensions, in which its size has room.
    Value* fit(Value* value, const std::vector<int64_t>& dims);
    /// The part of the value that begins at `starts` (null: 0).
    Value* cut(Value* value, const std::vector<Value*>& starts, const std::vector<int64_t>& dims);
    /// Slices of one element along `dim`, at the places that a list of i32 names.
    Value* take(Value* value, int64_t dim, Value* list);
    /// A dimension of `length`: element i comes to place `low` + i * `step`, `filler` is in between and
    /// around.
    Value* place(Value* value, int64_t dim, int64_t length, Value* low, Value* step, Value* size,
                 Value* filler);
    /// The least memory of a dimension among operands that agree in its size, and that size.
    void merge(std::span<const size_t> operands, std::vector<int64_t>& dims, Sizes& sizes);
    /// Brings operands to one memory.
    void fitOperands(std::span<const size_t> operands, const std::vector<int64_t>& dims);

    // --- results
    // ----------------------------------------------------------------------------------------------

    /// Result i has this memory and these sizes; the operation stays.
    void give(std::vector<int64_t> dims, Sizes sizes, size_t result = 0);
    /// Another value takes the place of the only result.
    void replace(Value* value, Sizes sizes);
    /// Other values, that are new, take the place of the results; more may follow them.
    void replaceAll(std::span<Value* const> made, const std::vector<Sizes>& sizes);
    /// @throws Error UNIMPLEMENTED: what cannot be done with the dimension, and what can
    [[noreturn]] void refuse(int64_t dim, const std::string& what, const std::string& instead) const;

 private:
    Padder& padder_;
};

}  // namespace optirs::plugin
