/// @file
/// `func.func` and `builtin.module` as operations with attributes, the generic form.
#pragma once

#include <memory>

#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin {

/// A declaration from `sym_name`, `function_type`, `sym_visibility`, `arg_attrs`, `res_attrs`; what is left
/// are the function's own attributes.
/// @throws Error INVALID_ARGUMENT when name or type are missing, or the attribute lists do not fit the type
std::unique_ptr<Function> functionFromAttributes(NamedAttributes attributes);

/// Gives a module that has been read its name, `sym_name`, and its attributes. A module inside another is
/// read as a part of it, before it: what both say, the outer one says last.
void finishModule(Module& module, const NamedAttributes& attributes);

}  // namespace optirs::plugin
