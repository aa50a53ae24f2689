/// @file
/// StableHLO programs from MLIR bytecode: portable artifacts (VHLO) and bytecode of the dialects themselves.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "pjrt_cpu/ir/module.h"
#include "pjrt_cpu/stablehlo/parser.h"

namespace optirs::plugin {

/// Whether the program starts as MLIR bytecode does.
bool isBytecode(std::string_view program);

/// Reads a module from MLIR bytecode of versions 0 to 6. VHLO of versions 0.9.0 to 1.20 becomes the
/// StableHLO of today; attributes that say what holds without them are left out (withoutDefaults).
/// Locations are positions in the program, and what the program itself says.
///
/// @throws Error INVALID_ARGUMENT: `bytecode, byte N: what was expected`, and for a program newer than
///         this reader its version. UNIMPLEMENTED for sparse and string constants.
std::unique_ptr<Module> parseBytecode(std::string_view program, const ParseLimits& limits = {});

}  // namespace optirs::plugin
