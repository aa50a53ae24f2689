// The targets of each family of kernels.
#pragma once

#include <array>

#include "src/kernels/call_targets.h"

namespace optirs::kernels {

std::array<KernelTarget, 2> attentionTargets();
std::array<KernelTarget, 7> normTargets();
std::array<KernelTarget, 8> pointwiseTargets();
std::array<KernelTarget, 7> quantizeTargets();
std::array<KernelTarget, 5> matmulTargets();
std::array<KernelTarget, 13> optimizerTargets();

}  // namespace optirs::kernels
