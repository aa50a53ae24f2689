/// @file
/// Runs programs of several partitions, each on a thread of its own.
#pragma once

#include <string>
#include <vector>

#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {

/// Arguments and results by partition. The first failure is thrown.
std::vector<std::vector<Bytes>> runPartitions(const Program& program,
                                              const std::vector<std::vector<Bytes>>& arguments,
                                              Donation donation = Donation::kGiven);

using Floats = std::vector<float>;

/// Compiles the program for so many partitions, and runs it.
std::vector<std::vector<Floats>> runPartitions(const std::string& text, int partitions,
                                               const std::vector<std::vector<Floats>>& arguments);

}  // namespace optirs::plugin::testing
