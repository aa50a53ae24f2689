/// @file
/// What the bodies of reductions leave as it is.
#pragma once

#include <optional>

#include "pjrt_cpu/ir/literal.h"
#include "pjrt_cpu/ir/operation.h"

namespace optirs::plugin {

/// The identity of a reducer of one operation, a scalar; nothing when it is not known. `type` is the
/// scalar's.
std::optional<Literal> reducerIdentity(OpKind reducer, const TensorType& type);

/// Whether it is known that the initial values of a reduce or reduce_window change no result, however often
/// they are taken in.
bool startsAtIdentity(const Operation& op);

}  // namespace optirs::plugin
