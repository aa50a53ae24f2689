/// @file
/// `func.func` as an operation with attributes, the generic form.
#pragma once

#include <memory>

#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin {

/// A declaration from `sym_name`, `function_type`, `sym_visibility`, `arg_attrs`, `res_attrs`; what is left
/// are the function's own attributes.
/// @throws Error INVALID_ARGUMENT when name or type are missing, or the attribute lists do not fit the type
std::unique_ptr<Function> functionFromAttributes(NamedAttributes attributes);

}  // namespace optirs::plugin
