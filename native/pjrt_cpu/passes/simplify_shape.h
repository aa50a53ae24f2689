/// @file
/// Identities of operations that only move elements.
#pragma once

#include "pjrt_cpu/ir/operation.h"

namespace optirs::plugin {

/// A value equal to the only result of `op` and simpler to get (new operations go before `op`), or null.
Value* simplifyShape(Operation& op);

}  // namespace optirs::plugin
