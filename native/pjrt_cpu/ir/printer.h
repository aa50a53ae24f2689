/// @file
/// Text of a module as StableHLO programs are usually written: the pretty form of every operation that has
/// one and fits it, the generic form of the others. parse(print(m)) gives m again (locations apart).
#pragma once

#include <string>

#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin {

std::string print(const Module& module);
std::string print(const Function& function);
/// One operation with its regions; values from outside show as %<number>.
std::string print(const Operation& op);

}  // namespace optirs::plugin
