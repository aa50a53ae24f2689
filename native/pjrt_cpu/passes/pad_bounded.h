/// @file
/// Dimensions whose size is known only at run time, below a bound.
#pragma once

#include <unordered_map>
#include <vector>

#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {

/// Values with such dimensions become values of the size of the bounds, with the sizes beside them as values
/// of the program. What lies past a size is never part of a result: operations that work along such a
/// dimension see something there that leaves what they give as it is.
/// @throws Error UNIMPLEMENTED for operations that cannot keep a size, and for results of the function
/// @returns whether anything changed
bool padBounded(Function& function);

/// The work of padBounded, operation by operation.
class Padder {
 public:
    /// Operations whose operands and results have no such dimension stay as they are.
    bool visit(Operation& op);

 private:
    /// By dimension: an i32 scalar, or null where the size is what the type says.
    using Sizes = std::vector<Value*>;

    const Sizes* sizesOf(const Value* value) const {
        const auto found = sizes_.find(value);
        return found == sizes_.end() ? nullptr : &found->second;
    }
    Value* sizeOf(const Value* value, int64_t dim) const {
        const Sizes* sizes = sizesOf(value);
        return sizes == nullptr ? nullptr : (*sizes)[static_cast<size_t>(dim)];
    }
    void give(Value* result, std::vector<int64_t> dims, Sizes sizes);
    Value* masked(Operation& op, size_t operand, const std::vector<int64_t>& dims, const Literal& filler);

    void setSize(Operation& op);
    void getSize(Operation& op);
    void elementwise(Operation& op);
    void transpose(Operation& op);
    void reshape(Operation& op);
    void broadcast(Operation& op);
    void dynamicBroadcast(Operation& op);
    void dynamicIota(Operation& op);
    void concatenate(Operation& op);
    void reduce(Operation& op);
    void dot(Operation& op);
    Sizes fromShape(Operation& op, Value* shape, std::vector<int64_t>& dims);

    std::unordered_map<const Value*, Sizes> sizes_;
};

}  // namespace optirs::plugin
