/// @file
/// Which properties an operation has in bytecode, and in what order.
#pragma once

#include <string_view>

#include "pjrt_cpu/stablehlo/bytecode/entities.h"

namespace optirs::plugin::bytecode {

/// Whether `vhlo.<name>` (`add_v1`) is an operation of a VHLO version this reader knows.
bool isVhloOperation(std::string_view name);

/// Reads the properties of an operation into `attributes`. `content` is all of them.
/// @throws Error INVALID_ARGUMENT when operation or layout are unknown
void readProperties(Entities& entities, const OpName& op, ByteReader content, NamedAttributes& attributes);

}  // namespace optirs::plugin::bytecode
