#include "pjrt_cpu/stablehlo/hlo/computation.h"

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/stablehlo/hlo/fields.h"

namespace optirs::plugin::hlo {

Instruction::Instruction(ProtoMessage message)
    : proto(std::move(message)),
      name(proto.text(InstructionField::kName)),
      opcode(proto.text(InstructionField::kOpcode)),
      shape(readShape(proto.message(InstructionField::kShape, "ShapeProto"))),
      id(proto.integer(InstructionField::kId)),
      operands(proto.integers(InstructionField::kOperandIds)),
      called(proto.integers(InstructionField::kCalledComputationIds)) {}

void Instruction::fail(const std::string& what) const {
    throw invalidArgument("HLO instruction " + name + " (" + opcode + "): " + what);
}

void Instruction::failUnimplemented(const std::string& what) const {
    throw unimplemented("HLO instruction " + name + " (" + opcode + "): " + what);
}

int64_t Instruction::dimension() const {
    const std::vector<int64_t> dims = integers(InstructionField::kDimensions);
    if (dims.size() != 1) fail("should name one dimension, got " + listToString(dims));
    return dims[0];
}

Computation::Computation(const ProtoMessage& message)
    : name(message.text(ComputationField::kName)), root(message.integer(ComputationField::kRootId)) {
    for (const ProtoMessage& each : message.messages(ComputationField::kInstructions, "HloInstructionProto"))
        instructions.emplace_back(each);
    for (const Instruction& each : instructions) {
        if (each.opcode != "parameter") continue;
        const int64_t number = each.integer(InstructionField::kParameterNumber);
        if (number < 0 || static_cast<size_t>(number) >= instructions.size())
            each.fail("parameter number " + std::to_string(number));
        if (static_cast<size_t>(number) >= parameters.size())
            parameters.resize(static_cast<size_t>(number) + 1);
        if (parameters[static_cast<size_t>(number)] != nullptr)
            each.fail("another one is parameter " + std::to_string(number));
        parameters[static_cast<size_t>(number)] = &each;
    }
    for (size_t i = 0; i < parameters.size(); ++i) {
        if (parameters[i] == nullptr)
            throw invalidArgument("HLO computation " + name + " has no parameter " + std::to_string(i));
    }
}

const Instruction& Computation::rootInstruction() const {
    for (const Instruction& each : instructions) {
        if (each.id == root) return each;
    }
    throw invalidArgument("HLO computation " + name + ": its root is none of its instructions");
}

Computations readComputations(const ProtoMessage& module) {
    Computations computations;
    for (const ProtoMessage& each : module.messages(ModuleField::kComputations, "HloComputationProto")) {
        const int64_t id = each.integer(ComputationField::kId);
        if (!computations.try_emplace(id, each).second)
            throw invalidArgument("HLO: two computations have the id " + std::to_string(id));
    }
    return computations;
}

}  // namespace optirs::plugin::hlo
