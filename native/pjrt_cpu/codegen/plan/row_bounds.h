/// @file
/// How large numbers of the rows of a matrix [batch..., rows, columns] can be where what products made of it
/// is of ordinary size: whoever runs them looks at their operands (RowTileOperands::areTame).
#pragma once

#include <limits>
#include <set>
#include <vector>

#include "pjrt_cpu/ir/operation.h"

namespace optirs::plugin {

class RowBounds {
 public:
    static constexpr double kUnknown = std::numeric_limits<double>::infinity();

    /// `tiles`: values among which the products' results are.
    RowBounds(const std::vector<int64_t>& shape, const std::set<const Value*>& tiles);

    /// Where the matrix's dimensions lie, counted from its last one.
    const std::vector<int64_t>& dims() const { return dims_; }
    /// Whether it is a broadcast of one number a row.
    bool isPerRow(const Value* value) const;
    /// Below every element of a broadcast of one number a row, which is the row's greatest or follows from
    /// that; minus infinity when nothing is known.
    double leastPerRow(const Value* value) const;
    /// Below the greatest element of any row; minus infinity when nothing is known.
    double leastGreatest(const Value* value) const;
    /// Whether numbers far below zero stay what they are in its type, or become minus infinity.
    static bool isWide(const Value* value);

 private:
    double leastOfRow(const Value* number) const;
    double greatestSize(const Value* value) const;
    bool isProduct(const Value* value) const;

    const std::vector<int64_t>& shape_;
    const std::set<const Value*>& tiles_;
    std::vector<int64_t> dims_;
};

}  // namespace optirs::plugin
