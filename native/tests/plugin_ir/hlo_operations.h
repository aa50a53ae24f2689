/// @file
/// An HLO module for every opcode that the reader takes, for every element type of a constant, and for every
/// kind of sharding.
#pragma once

#include <string>
#include <vector>

#include "hlo_writer.h"

namespace optirs::plugin::testing {

struct HloOperation {
    std::string program;
    std::string text;  ///< a part of the module as StableHLO has it
};

using Protos = std::vector<Proto>;

/// A computation whose result is that of one instruction, of which the operands are its parameters;
/// computations that the instruction calls are in the module already.
HloOperation operationIn(HloModule& module, const std::string& text, const std::string& opcode,
                         const Protos& arguments, const Proto& result, const Proto& more = {});
HloOperation operationOf(const std::string& text, const std::string& opcode, const Protos& arguments,
                         const Proto& result, const Proto& more = {});
/// Of an instruction that calls a sum of two scalars.
HloOperation summingOperation(const std::string& text, const std::string& opcode, const Protos& arguments,
                              const Proto& result, Proto more);

std::vector<HloOperation> hloElementwise();
std::vector<HloOperation> hloMovement();
std::vector<HloOperation> hloNumeric();
std::vector<HloOperation> hloStructure();
std::vector<HloOperation> hloExchange();
std::vector<HloOperation> hloConstants();
std::vector<HloOperation> hloShardings();

/// All of these.
std::vector<HloOperation> hloOperations();

}  // namespace optirs::plugin::testing
