#pragma once

#include "pjrt_cpu/ir/operation.h"

namespace optirs::plugin {

/// Whether no element of `value` is above zero (a NaN may be among them), as far as it shows: it is a tensor
/// less the maximum over some of its dimensions, as softmax has it.
bool isNeverPositive(const Value& value);

/// Whether `op` divides such exponentials by their sum over the same dimensions, which is softmax: the
/// greatest of them is one, so the sum is at least that (or a NaN).
bool isSoftmaxDivision(const Operation& op);

}  // namespace optirs::plugin
