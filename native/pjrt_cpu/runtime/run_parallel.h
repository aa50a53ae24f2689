/// @file
/// Programs that run together on a grid of replicas and partitions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pjrt_cpu/runtime/program.h"

namespace optirs::plugin {

/// interpreter.run_parallel.
struct RunParallelSpec {
    int32_t num_replicas = 1;
    int32_t num_partitions = 1;
    /// [replica * num_partitions + partition]; processes may share one.
    std::vector<std::shared_ptr<const Program>> programs;
    /// Allocations of the arguments and results of each process, tensors only.
    std::vector<std::vector<int32_t>> arguments;
    std::vector<std::vector<int32_t>> results;
    /// Programs without arguments; each infeed of any process takes the results of the next one.
    std::vector<std::shared_ptr<const Program>> infeed;
    std::string text;
};

/// Every process runs on a thread of its own, all meet in one Rendezvous. The first failure is thrown.
std::unique_ptr<Step> makeRunParallelStep(RunParallelSpec spec);

}  // namespace optirs::plugin
