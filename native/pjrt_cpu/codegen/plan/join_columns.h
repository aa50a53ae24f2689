/// @file
/// Sums of columns that a loop nest takes on its way over the rows: of gradients of biases and of the scales
/// of normalisations, above all.
#pragma once

#include "pjrt_cpu/codegen/index/index_expr.h"
#include "pjrt_cpu/codegen/plan/group.h"

namespace optirs::plugin {

/// Lets loop nests take the sums of columns of groups that read what the nests read or make, so that it is
/// read once. Group::columns of the nests receive them.
void joinColumns(Plan& plan, const Block& block);

/// An element of a nest's shape, when `finer` is one of Group::finer.
Index coarserIndex(IndexContext& context, const Group& group, const Index& finer);
/// The inverse.
Index finerIndex(IndexContext& context, const Group& group, const Index& index);

}  // namespace optirs::plugin
