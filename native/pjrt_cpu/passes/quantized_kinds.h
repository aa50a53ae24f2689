/// @file
/// What operations do with quantized elements.
#pragma once

#include "pjrt_cpu/ir/op_kind.h"
#include "pjrt_cpu/ir/type.h"

namespace optirs::plugin {

/// Operations that need not know what the integers mean.
bool worksOnStorage(OpKind kind);
/// Operations whose result has the meaning of their first operand's integers.
bool keepsMeaning(OpKind kind);
/// The same scales for the same integers, whichever dimension they belong to.
bool sameMeaning(const QuantizedType& a, const QuantizedType& b);

}  // namespace optirs::plugin
