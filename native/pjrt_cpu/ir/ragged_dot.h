/// @file
/// The parameters of chlo.ragged_dot; like Shardy's they stay text in the attribute.
#pragma once

#include <cstdint>
#include <vector>

#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {

/// `#chlo.ragged_dot<...>`: the dimension numbers of a dot, and which dimensions the groups divide.
struct RaggedDotDimensions {
    DotDimensions dot;
    std::vector<int64_t> lhs_ragged;
    std::vector<int64_t> rhs_group;
};

/// @throws Error INVALID_ARGUMENT when the attribute is missing or says something else
RaggedDotDimensions raggedDotDimensions(const Operation& op);

}  // namespace optirs::plugin
