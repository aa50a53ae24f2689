/// @file
/// The computations of an HLO module, read but not yet converted.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "pjrt_cpu/stablehlo/hlo/proto_message.h"
#include "pjrt_cpu/stablehlo/hlo/shape.h"

namespace optirs::plugin::hlo {

struct Instruction {
    explicit Instruction(ProtoMessage message);

    ProtoMessage proto;
    std::string name;
    std::string opcode;
    Shape shape;
    int64_t id;
    std::vector<int64_t> operands;
    std::vector<int64_t> called;

    /// INVALID_ARGUMENT: `HLO instruction NAME (OPCODE): what`.
    [[noreturn]] void fail(const std::string& what) const;
    [[noreturn]] void failUnimplemented(const std::string& what) const;
    int64_t integer(uint32_t field) const { return proto.integer(field); }
    std::vector<int64_t> integers(uint32_t field) const { return proto.integers(field); }
    /// The only entry of `dimensions`.
    int64_t dimension() const;
};

struct Computation {
    explicit Computation(const ProtoMessage& message);

    std::string name;
    std::vector<Instruction> instructions;
    int64_t root;
    /// By parameter number.
    std::vector<const Instruction*> parameters;

    const Instruction& rootInstruction() const;
};

/// By id. Throws INVALID_ARGUMENT when two have one.
using Computations = std::unordered_map<int64_t, Computation>;
Computations readComputations(const ProtoMessage& module);

}  // namespace optirs::plugin::hlo
