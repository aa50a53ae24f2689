// Adam of the rows of a table that have gradients. The first kernel finds where the gradients of each row
// begin and end; in the second the warps of a row's first gradient add them up in their order and update the
// row.
#include "elements.cuh"
#include "optimizer_arguments.h"
#include "optimizer_rules.cuh"

namespace optirs::cuda {
namespace {

__device__ __forceinline__ bool isRow(const SparseAdamArguments& a, int64_t index) {
    return index >= 0 && index < a.rows;
}

/// A thread for each gradient.
__device__ __forceinline__ void sparseEnds(const SparseAdamArguments& a) {
    const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    if (i >= a.count) {
        return;
    }
    const int64_t row = indexAt(a.indices, i);
    if (isRow(a, row)) {
        atomicMax(a.ends + 2 * row, static_cast<uint32_t>(a.count - i));
        atomicMax(a.ends + 2 * row + 1, static_cast<uint32_t>(i + 1));
    }
}

/// A warp for each gradient and kWarpColumns columns; it has nothing to do unless the gradient is its row's
/// first.
__device__ __forceinline__ void sparseAdam(const SparseAdamArguments& a) {
    const int64_t parts = (a.width + kWarpColumns - 1) / kWarpColumns;
    const int64_t item = static_cast<int64_t>(blockIdx.x) * (kThreads / kWarp) + threadIdx.x / kWarp;
    const int64_t own = item / parts;
    const int64_t row = own < a.count ? indexAt(a.indices, own) : -1;
    if (!isRow(a, row) || own != a.count - a.ends[2 * row]) {
        return;
    }
    const int64_t end = a.ends[2 * row + 1];
    const auto thread = static_cast<int64_t>(threadIdx.x % kWarp);
    const int64_t column = item % parts * kWarpColumns + thread * kLane;
    const auto lane_of = [&](int64_t of_row, bool is_aligned) {
        return Lane(of_row * a.width + column, (of_row + 1) * a.width, is_aligned && a.width % kLane == 0);
    };

    float g[kLane] = {};
    const bool has_aligned_grads = isLaneAligned(a.grads, a.grad_type);
    for (int64_t first = own; first < end; first += kWarp) {
        const bool is_ours = first + thread < end && indexAt(a.indices, first + thread) == row;
        for (uint32_t left = __ballot_sync(kAllLanes, is_ours ? 1 : 0); left != 0; left &= left - 1) {
            float x[kLane] = {};
            loadLane(a.grad_type, a.grads,
                     lane_of(first + __ffs(static_cast<int>(left)) - 1, has_aligned_grads), x);
#pragma unroll
            for (int k = 0; k < kLane; ++k) {
                g[k] += x[k];
            }
        }
    }

    const float scale = a.grad_scale == nullptr ? 1.0F : *a.grad_scale;
    const Lane param_lane = lane_of(row, isLaneAligned(a.param, a.param_type));
    const Lane state_lane =
        lane_of(row, isLaneAligned(a.exp_avg, Element::kF32) && isLaneAligned(a.exp_avg_sq, Element::kF32));
    float p[kLane] = {};
    float m[kLane];
    float v[kLane];
    loadLane(a.param_type, a.param, param_lane, p);
    loadLane<F32>(a.exp_avg, state_lane, m);
    loadLane<F32>(a.exp_avg_sq, state_lane, v);
#pragma unroll
    for (int k = 0; k < kLane; ++k) {
        AdamRule::step(a.c, p[k], g[k] * scale, m[k], v[k]);
    }
    storeLane(a.param_type, a.param, param_lane, p);
    storeLane<F32>(a.exp_avg, state_lane, m);
    storeLane<F32>(a.exp_avg_sq, state_lane, v);
}

}  // namespace

OPTIRS_KERNEL(sparse_ends, kThreads, SparseAdamArguments, sparseEnds);
OPTIRS_KERNEL(sparse_adam, kThreads, SparseAdamArguments, sparseAdam);

}  // namespace optirs::cuda
