/// @file
/// Operations of VHLO, all versions, as the operations of StableHLO today.
#pragma once

#include <string>
#include <string_view>

#include "pjrt_cpu/ir/attribute.h"

namespace optirs::plugin::bytecode {

/// `vhlo.all_reduce_v1` -> `stablehlo.all_reduce`, its attributes put together as StableHLO has them
/// (`channel_id` -> `channel_handle`, four lists -> `dot_dimension_numbers`, ...). What an older version
/// did not have stays absent: its default holds.
/// @throws Error INVALID_ARGUMENT when an attribute is missing or of another kind
std::string upgradeOperation(std::string_view name, NamedAttributes& attributes);

/// The attributes of `vhlo.func_v1`.
void upgradeFunction(NamedAttributes& attributes);

}  // namespace optirs::plugin::bytecode
