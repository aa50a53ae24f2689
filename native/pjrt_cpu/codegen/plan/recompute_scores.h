#pragma once

#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin {

/// Products of matrices much larger than their operands, as attention's scores, and what is computed from
/// them element by element, are computed once more where a use depends on an earlier use: the backward pass
/// then keeps the operands and what was reduced from the rows (their maxima and sums), not the matrix. Does
/// nothing where the processor has no kernels that keep such a matrix in the cache (tiles.h). @returns
/// whether anything changed
bool recomputeScores(Function& function);

}  // namespace optirs::plugin
