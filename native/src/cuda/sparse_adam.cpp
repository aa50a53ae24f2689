#include "src/cuda/sparse_adam.h"

#include "src/core/error.h"
#include "src/core/text.h"

namespace optirs::cuda {
namespace {

int64_t ceilDiv(int64_t count, int64_t unit) { return (count + unit - 1) / unit; }

}  // namespace

uint64_t sparseAdamBytes(int64_t rows) { return static_cast<uint64_t>(rows) * 2 * sizeof(uint32_t); }

void sparseAdam(const Queue& queue, const SparseAdamArguments& arguments) {
    if (arguments.count == 0 || arguments.rows == 0 || arguments.width == 0) {
        return;
    }
    if (arguments.count > int64_t{UINT32_MAX}) {
        throw core::Error(core::Code::kUnimplemented,
                          core::concat("the CUDA backend has no sparse step on ", arguments.count,
                                       " gradients; the most is ", UINT32_MAX),
                          "cuda");
    }
    clearMemory(queue, arguments.ends, sparseAdamBytes(arguments.rows));
    launchKernel(queue, {"sparse_adam", "sparse_ends"}, ceilDiv(arguments.count, kThreads), &arguments);
    const int64_t warps = arguments.count * ceilDiv(arguments.width, kWarpColumns);
    launchKernel(queue, {"sparse_adam", "sparse_adam"}, ceilDiv(warps, kThreads / 32), &arguments);
}

}  // namespace optirs::cuda
