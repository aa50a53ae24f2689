#pragma once

#include <cstdint>
#include <string>

#include "tests/plugin_codegen/random/writer.h"

namespace optirs::plugin::testing {

/// Each runs a program compiled, and by the reference evaluator. @returns where they differ, with the
/// program; empty when they do not
std::string compareWritten(const WrittenProgram& program);
std::string compareRandomProgram(uint64_t seed);

/// The same for a given program of one partition, with arguments in which edges are likely.
std::string compareText(const std::string& text);

}  // namespace optirs::plugin::testing
