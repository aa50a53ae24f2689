#pragma once

#include <cstdint>
#include <string>

namespace optirs::plugin::testing {

/// Runs one random program compiled, and by the reference evaluator. @returns where they differ, with the
/// program; empty when they do not
std::string compareRandomProgram(uint64_t seed);

}  // namespace optirs::plugin::testing
