/// @file
/// StableHLO programs from MLIR text, in pretty and generic form, or from MLIR bytecode.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin {

/// What a hostile program may cost.
struct ParseLimits {
    size_t max_text_bytes = size_t{2} << 30;
    int max_nesting = 160;  ///< operations, regions, attributes, types and literals inside each other
    int max_rank = 64;
};

/// Parses a module, or a list of functions without `module { }` around them. A program that starts
/// with the magic number of MLIR bytecode is read as that (bytecode/bytecode.h), one that starts with
/// kHloMagic as HLO (hlo/hlo.h).
///
/// Accepts the `stablehlo`, `chlo`, `func`, `check`, `interpreter` and (as far as op_kinds.def lists
/// it) `sdy` dialects in both forms; operations of other dialects in the generic form only, as kUnknown.
/// Attributes arrive in the one form that ir/attribute.h gives, whatever their spelling.
/// Types and shapes are not checked here: call verify().
///
/// @throws Error INVALID_ARGUMENT: `line L, column C: what`, the line and a caret.
std::unique_ptr<Module> parseModule(std::string_view text, const ParseLimits& limits = {});

/// One attribute, or one type, that is the whole text. Aliases and resources are not known here.
/// @throws as parseModule
Attribute parseAttributeText(std::string_view text, const ParseLimits& limits = {});
Type parseTypeText(std::string_view text, const ParseLimits& limits = {});

}  // namespace optirs::plugin
