// What computes a product of a shape: the project's own kernel or an algorithm of cuBLASLt, as it was
// measured.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "src/cuda/gemm.h"
#include "src/cuda/tuning.h"

namespace optirs::cuda {

/// All that the choice depends on.
using GemmKey = std::array<int64_t, 24>;
GemmKey keyOf(int32_t device, const Gemm& problem, uint64_t workspace_bytes);
/// The same in the cache of tunings.
std::string tuningKeyOf(const GemmKey& key);

/// The greatest power of two, up to 256, that divides an address.
uint32_t alignmentOf(const void* address);

/// Whether the own kernel was measured to be the fastest, in this process or an earlier one.
bool isMeasuredOwn(const GemmKey& key);

/// The first `most` algorithms of cuBLASLt's heuristic for problems that differ in their memory alone.
/// `keep(rank)` makes calls of the shape take that one, and returns how the cache of tunings has it.
struct CublasLtCandidates {
    std::vector<TuningCandidate> candidates;
    std::function<std::string(size_t rank)> keep;
};
CublasLtCandidates cublasLtCandidates(const Queue& queue, std::span<const Gemm> problems, void* workspace,
                                      uint64_t workspace_bytes, size_t most);

}  // namespace optirs::cuda
