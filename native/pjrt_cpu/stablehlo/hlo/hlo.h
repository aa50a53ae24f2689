/// @file
/// HLO programs: a serialized xla.HloModuleProto.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin {

/// HloModuleProto has no magic number: this is put in front of it, so that a program tells what it is. No
/// text and no bytecode starts so.
inline constexpr std::string_view kHloMagic{"\xFFHLO\0\1", 6};

inline bool isHlo(std::string_view program) { return program.starts_with(kHloMagic); }

/// The StableHLO module that computes what an HLO module does. Computations that are called, fused ones
/// among them, are written where they are used; tuples are taken apart, so that @main takes and gives the
/// leaves of what the entry computation does. Layouts have no say, but in literals, whose bytes are in the
/// order of theirs. Types and shapes are not checked here: call verify().
///
/// `program`: kHloMagic and a serialized HloModuleProto.
/// @throws Error INVALID_ARGUMENT for what is no such message or no well-formed module; UNIMPLEMENTED naming
///         the instruction and its opcode for what StableHLO has nothing for.
std::unique_ptr<Module> parseHlo(std::string_view program);

}  // namespace optirs::plugin
