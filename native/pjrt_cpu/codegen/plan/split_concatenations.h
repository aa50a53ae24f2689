#pragma once

#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin {

/// The most values that one kernel chooses between for an element.
inline constexpr size_t kMostAlternatives = 32;

/// Cuts concatenations of more operands than that into a tree: the code of a kernel that chooses between n
/// operands, and the time it takes to compile, would grow faster than n.
void splitWideConcatenations(Function& function);

}  // namespace optirs::plugin
