// The export of liboptirs_cuda.so: the backend's table.
#include <algorithm>
#include <cstdio>
#include <mutex>
#include <set>
#include <string>

#include "src/core/backend_table.h"
#include "src/core/text.h"
#include "src/cuda/context.h"
#include "src/cuda/devices.h"
#include "src/cuda/kernel_images.h"
#include "src/cuda/kernels.h"
#include "src/cuda/libraries.h"
#include "src/cuda/status.h"

namespace optirs::cuda {
namespace {

int32_t score(void* self, optirs_backend_status* status) noexcept;
const char* reason(void* self) noexcept;

int32_t kernel(void*, int32_t number, const void* args, void* stream,
               optirs_backend_status* status) noexcept {
    return reported(status, [&] { runKernel(number, args, static_cast<CUstream>(stream)); });
}

int32_t workspace(void*, int32_t number, const void* args, uint64_t* out_bytes,
                  optirs_backend_status* status) noexcept {
    return reported(status, [&] { *out_bytes = kernelWorkspace(number, args); });
}

int32_t tune(void*, int32_t number, const void* const* args, int32_t count, void* stream,
             optirs_timing* timings, int32_t* out_count, optirs_backend_status* status) noexcept {
    return reported(status, [&] {
        const std::vector<optirs_timing> found =
            tuneKernel(number, std::span(args, static_cast<size_t>(count)), static_cast<CUstream>(stream));
        std::ranges::copy(found, timings);
        *out_count = static_cast<int32_t>(found.size());
    });
}

constinit optirs_backend_table table = {.struct_size = sizeof(optirs_backend_table),
                                        .abi = kOptirsBackendAbi,
                                        .reserved = 0,
                                        .name = "cuda",
                                        .version = "cuda: not loaded",
                                        .self = nullptr,
                                        .score = score,
                                        .copy_start = nullptr,
                                        .operation_resume = nullptr,
                                        .operation_cancel = nullptr,
                                        .operation_release = nullptr,
                                        .kernel = kernel,
                                        .kernel_workspace = workspace,
                                        .devices = nullptr,
                                        .reason = reason,
                                        .kernel_tune = tune};

/// Texts that are lent for ever.
const char* lend(std::string text) {
    static std::set<std::string> texts;
    return texts.insert(std::move(text)).first->c_str();
}

constinit std::mutex mutex;  // guards `missing`, `table` and the loading of libraries
constinit const char* missing = "";

/// 100 for a machine with a GPU, less 10 for each library that is missing; 0, with the reason, if the driver
/// or a GPU is.
int32_t score(void*, optirs_backend_status* status) noexcept {
    int32_t value = 0;
    reported(status, [&] {
        const std::scoped_lock lock(mutex);
        Libraries& all = libraries();
        loadLibraries(all);
        std::string text = missingLibraries(all);
        int32_t count = 0;
        if (all.driver.is_loaded) {
            try {
                count = startDriver();
                if (count == 0) {
                    text = "no NVIDIA GPU is visible: check CUDA_VISIBLE_DEVICES. " + text;
                }
            } catch (const core::Error& error) {
                text = error.message() + ". " + text;
            }
        }
        missing = lend(text);
        if (count == 0) {
            throw core::Error(core::Code::kUnavailable, std::move(text));
        }
        const int32_t absent =
            (all.cublaslt.is_loaded ? 0 : 1) + (all.cudnn.is_loaded ? 0 : 1) + (all.nccl.is_loaded ? 0 : 1);
        table.version = lend(core::concat("cuda: ", foundLibraries(all), "; ", kernelImagesText()));
        table.devices = &deviceTable();
        value = 100 - 10 * absent;
    });
    return value;
}

const char* reason(void*) noexcept {
    const std::scoped_lock lock(mutex);
    return missing;
}

}  // namespace
}  // namespace optirs::cuda

extern "C" __attribute__((visibility("default"))) const optirs_backend_table* optirs_backend_get(
    uint32_t host_abi) {
    return host_abi == kOptirsBackendAbi ? &optirs::cuda::table : nullptr;
}
