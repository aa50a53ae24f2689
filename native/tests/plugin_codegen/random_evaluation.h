#pragma once

#include <cstdint>
#include <string>

namespace optirs::plugin::testing {

/// Runs one random program compiled, and by the reference evaluator. @returns where they differ, with the
/// program; empty when they do not
std::string compareRandomProgram(uint64_t seed);

/// The same for a program of operations of every kind, on tensors of any type and shape.
std::string compareWrittenProgram(uint64_t seed);

/// The same for attention, or what is nearly that.
std::string compareAttention(uint64_t seed);

/// The same for what norms, losses and their gradients are made of.
std::string compareRows(uint64_t seed);

/// The same for one convolution of many channels.
std::string compareImages(uint64_t seed);

/// The same for a given program, with arguments in which edges are likely.
std::string compareText(const std::string& text);

}  // namespace optirs::plugin::testing
