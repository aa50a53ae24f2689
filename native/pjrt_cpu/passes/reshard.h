#pragma once

#include <vector>

#include "pjrt_cpu/ir/builder.h"
#include "pjrt_cpu/passes/tiling.h"

namespace optirs::plugin {

/// A value of which each partition holds its tile under `from` (its type is that of a tile), held under `to`
/// instead: all_gathers along what is cut otherwise, then each partition takes its tile.
/// @pre tiles of `to` divide the whole value
Value* reshard(Builder& builder, Value* value, const Tiling& from, const Tiling& to, int32_t num_replicas);

}  // namespace optirs::plugin
