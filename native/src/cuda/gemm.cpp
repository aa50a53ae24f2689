#include "src/cuda/gemm.h"

#include "src/cuda/context.h"
#include "src/cuda/gemm_check.h"
#include "src/cuda/gemm_choice.h"
#include "src/cuda/libraries.h"

namespace optirs::cuda {
namespace {

constexpr uint64_t kHopperWorkspace = 32 << 20;
constexpr uint64_t kWorkspace = 4 << 20;

}  // namespace

uint64_t gemmWorkspaceBytes(int32_t device) {
    return computeCapability(device) >= 90 ? kHopperWorkspace : kWorkspace;
}

bool prefersHopper(const Gemm& p) {
    const auto& cublaslt = libraries().cublaslt;
    const auto has = [&](ScaleMode mode) { return p.a.scale_mode == mode || p.b.scale_mode == mode; };
    const bool has_late_scales = has(ScaleMode::kRow) && cublaslt.version < kCublasLtRowScales;
    const bool has_mixed_scales = (p.a.scale_mode == ScaleMode::kRow) != (p.b.scale_mode == ScaleMode::kRow);
    const bool is_e5m2 = p.a.type == MatrixType::kE5M2 && p.b.type == MatrixType::kE5M2;
    const bool is_odd = p.m % 16 != 0 || p.n % 16 != 0 || reinterpret_cast<uintptr_t>(p.d) % 16 != 0;
    return !cublaslt.is_loaded || has(ScaleMode::kBlock128) || has(ScaleMode::kTile128) || has_late_scales ||
           has_mixed_scales || is_e5m2 || is_odd;
}

void gemm(const Queue& queue, const Gemm& problem, void* workspace, uint64_t workspace_bytes) {
    if (isForHopper(computeCapability(queue.device), problem) &&
        (prefersHopper(problem) || isMeasuredOwn(keyOf(queue.device, problem, workspace_bytes)))) {
        gemmHopper(queue, problem);
        return;
    }
    gemmCublasLt(queue, problem, workspace, workspace_bytes);
}

}  // namespace optirs::cuda
