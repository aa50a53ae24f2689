#pragma once

#include <memory>

#include "pjrt_cpu/runtime/contraction.h"

namespace optirs::plugin {

/// The step of a contraction that has a dimension of no elements: a sum over nothing is zero, and the
/// epilogue, if any, sees zeros.
std::unique_ptr<Step> makeEmptyContractionStep(const ContractionSpec& spec);

}  // namespace optirs::plugin
