/// @file
/// Text of a module in MLIR's generic form. parse(print(m)) gives m again (locations apart).
#pragma once

#include <string>

#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin {

std::string print(const Module& module);
std::string print(const Function& function);
/// One operation with its regions; values from outside show as %<number>.
std::string print(const Operation& op);

}  // namespace optirs::plugin
