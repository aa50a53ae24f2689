#pragma once

#include <string_view>

namespace optirs::plugin {

/// LLVM bitcode of the functions in this folder (`optirs_<function>_<type>`).
std::string_view mathBitcode();

}  // namespace optirs::plugin
