/// @file
/// One spelling for each attribute, whatever form and version of the program it comes from.
#pragma once

#include "pjrt_cpu/ir/operation.h"

namespace optirs::plugin {

/// Lists of integers that were dense tensors until StableHLO 0.15 become lists; a comparison type
/// NOTYPE goes.
void canonicaliseAttributes(NamedAttributes& attributes);

/// Removes the attributes of `op` that say what holds without them: strides of one, padding of zero,
/// precision DEFAULT, `is_stable = false` and so on, by the defaults of the operation's definition.
void withoutDefaults(Operation& op);

}  // namespace optirs::plugin
