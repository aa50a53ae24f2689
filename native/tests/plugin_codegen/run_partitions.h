/// @file
/// Runs programs of several partitions, each on a thread of its own.
#pragma once

#include <string>
#include <vector>

#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {

using Floats = std::vector<float>;

/// Runs the program of `partitions` partitions; arguments and results by partition.
std::vector<std::vector<Floats>> runPartitions(const std::string& text, int partitions,
                                               const std::vector<std::vector<Floats>>& arguments);

}  // namespace optirs::plugin::testing
