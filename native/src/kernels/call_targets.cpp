#include "src/kernels/call_targets.h"

#include <algorithm>

#include "src/kernels/call_families.h"

namespace optirs::kernels {
namespace {

template <size_t... kCounts>
std::array<KernelTarget, (kCounts + ...)> joined(std::array<KernelTarget, kCounts>... families) {
    std::array<KernelTarget, (kCounts + ...)> all;
    auto end = all.begin();
    ((end = std::ranges::move(families, end).out), ...);
    return all;
}

}  // namespace

std::span<const KernelTarget, kKernelTargetCount> kernelTargets() {
    static const std::array<KernelTarget, kKernelTargetCount> targets =
        joined(attentionTargets(), normTargets(), pointwiseTargets(), quantizeTargets(), matmulTargets(),
               optimizerTargets());
    return targets;
}

}  // namespace optirs::kernels
