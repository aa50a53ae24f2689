/// @file
/// What attributes and types say by themselves, whatever the operation does with them. Internal to
/// verification.
#pragma once

#include <optional>
#include <string>

#include "pjrt_cpu/stablehlo/shape_rules.h"

namespace optirs::plugin {

/// Precisions, accuracies, algorithms, groups of devices, channels.
/// @throws Error INVALID_ARGUMENT
void checkAttributes(const Rule& rule);

/// What is wrong with a type's quantization; nothing when it is sound, or not quantized.
std::optional<std::string> quantizationError(const Type& type);

/// Whether numbers of type `from` may become numbers of type `to` in a reduction: of the same kind and not
/// narrower.
bool isPromotable(const TensorType& from, const TensorType& to);

}  // namespace optirs::plugin
