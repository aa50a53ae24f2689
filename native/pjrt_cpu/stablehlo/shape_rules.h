/// @file
/// What the rules of the single operations share. Internal to inference.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {

/// One operation under inference: its operands' types and the common checks.
class Rule {
 public:
    explicit Rule(const Operation& op) : op_(op) {}

    const Operation& op() const { return op_; }
    /// @throws Error INVALID_ARGUMENT when operand i is no tensor
    const TensorType& operand(size_t i) const;
    /// The declared type of result i.
    const TensorType& result(size_t i = 0) const;

    [[noreturn]] void fail(const std::string& what) const { throw invalidOperation(op_, what); }
    void require(bool holds, const std::string& what) const {
        if (!holds) fail(what);
    }
    void requireRank(size_t operand_index, int64_t rank) const;
    /// Every value in [0, rank), none twice; `name` is for the message.
    void requireDimensions(std::span<const int64_t> values, int64_t rank, const char* name) const;
    void requireSorted(std::span<const int64_t> values, const char* name) const;
    void requireInRange(int64_t value, int64_t begin, int64_t end, const char* name) const;
    void requireCount(std::span<const int64_t> values, int64_t count, const char* name) const;
    /// Equal, or one of them unknown.
    void requireSameSize(int64_t a, int64_t b, const std::string& what) const;
    void requireSameShape(const TensorType& a, const TensorType& b, const char* what) const;
    void requireSameElement(const TensorType& a, const TensorType& b, const char* what) const;
    /// Region i takes `arguments` and returns values of `results` (element types and shapes).
    void requireRegion(size_t region, std::span<const TensorType> arguments,
                       std::span<const TensorType> results, const char* name) const;

    /// The type with the declared element type of result `i` where it is quantized.
    Type typed(TensorType type, size_t i = 0) const;

 private:
    const Operation& op_;
};

/// Unknown if either is, or the one that is known.
inline int64_t mergeSize(int64_t a, int64_t b) { return a == kDynamic ? b : a; }
/// Dimension by dimension; the ranks are equal.
std::vector<int64_t> mergeShapes(std::span<const int64_t> a, std::span<const int64_t> b);
/// Equal but for unknown dimensions.
bool compatibleShapes(std::span<const int64_t> a, std::span<const int64_t> b);
/// Size of a dimension after a window slides over it; kDynamic when `size` is. 0 when it does not fit.
int64_t windowedSize(int64_t size, const WindowDimension& window);

// The rules by subject. Each gives the inferred types, empty when they do not follow.
std::vector<Type> inferElementwise(const Rule& rule);
std::vector<Type> inferMovement(const Rule& rule);       // infer_movement.cpp
std::vector<Type> inferDynamic(const Rule& rule);        // infer_dynamic.cpp
std::vector<Type> inferIndexing(const Rule& rule);       // infer_indexing.cpp
std::vector<Type> inferContraction(const Rule& rule);    // infer_contraction.cpp
std::vector<Type> inferChlo(const Rule& rule);           // infer_chlo.cpp
std::vector<Type> inferRaggedDot(const Rule& rule);      // infer_ragged_dot.cpp
std::vector<Type> inferNormalisation(const Rule& rule);  // infer_contraction.cpp
std::vector<Type> inferReduction(const Rule& rule);      // infer_reduction.cpp
std::vector<Type> inferControl(const Rule& rule);        // infer_control.cpp
std::vector<Type> inferCollective(const Rule& rule);     // infer_control.cpp

}  // namespace optirs::plugin
