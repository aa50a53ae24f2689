/// @file
/// The loops of a kernel: how the dimensions of its shape are merged, split, cut into parallel pieces.
#pragma once

#include <vector>

#include "pjrt_cpu/codegen/index/index_expr.h"
#include "pjrt_cpu/codegen/plan/reads.h"

namespace optirs::plugin {

struct Schedule {
    IndexContext context;
    /// Of an element of the group's shape, in terms of the variables.
    Index index;
    /// With Group::columns: of the same element in Group::finer.
    Index finer;
    /// kLoop: all loops, outermost first; rows before columns. kColumns: the kept ones. Sizes above 1 only.
    std::vector<IndexExpr> variables;
    /// kColumns: the reduced ones. kLoop with reductions: the columns.
    std::vector<IndexExpr> inner;
    /// Leading variables that the parallel range counts.
    size_t parallel = 0;
    /// Above 0: the parallel range also counts blocks of this many values of the last variable.
    int64_t block = 0;
    /// Length of the parallel range.
    int64_t extent = 1;
    /// Work of one step of the parallel range, in simple operations.
    double cost = 1;
};

Schedule makeSchedule(const Group& group, const InMemory& in_memory);

}  // namespace optirs::plugin
