#include "src/cuda/launch.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "src/core/text.h"
#include "src/cuda/context.h"
#include "src/cuda/kernel_images.h"
#include "src/cuda/libraries.h"
#include "src/cuda/status.h"

namespace optirs::cuda {
namespace {

constexpr int64_t kMaxBlocks = 0x7fffffff;
constexpr unsigned kSharedUnasked = 48 * 1024;  // more must be asked for

const DriverApi& driver() { return libraries().driver.api; }

/// Modules and functions of each device, loaded when first used and kept for ever.
class LoadedKernels {
 public:
    /// To be called with the device's context current.
    CUfunction find(int32_t device, const KernelName& kernel, unsigned shared_bytes) {
        const std::scoped_lock lock(mutex_);
        const auto key = std::tuple(device, kernel.file, kernel.name);  // literals: their address will do
        if (const auto known = functions_.find(key); known != functions_.end()) {
            return known->second;
        }
        CUfunction function = nullptr;
        checkDriver(driver().moduleGetFunction(&function, module(device, kernel.file), kernel.name),
                    "cuModuleGetFunction", kernel.name);
        if (shared_bytes > kSharedUnasked) {
            checkDriver(driver().funcSetAttribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                                  static_cast<int>(shared_bytes)),
                        "cuFuncSetAttribute", kernel.name);
        }
        return functions_.emplace(key, function).first->second;
    }

 private:
    CUmodule module(int32_t device, const char* file) {
        const auto key = std::tuple(device, std::string(file));
        if (const auto known = modules_.find(key); known != modules_.end()) {
            return known->second;
        }
        const void* image = kernelImage(file);
        if (image == nullptr) {
            throw core::Error(core::Code::kUnimplemented,
                              core::concat("liboptirs_cuda.so was built without the kernels of ", file,
                                           ": build it after ./build.sh cuda"),
                              "cuda");
        }
        CUmodule module = nullptr;
        checkDriver(driver().moduleLoadData(&module, image), "cuModuleLoadData", file);
        modules_.emplace(key, module);
        return module;
    }

    std::mutex mutex_;
    std::map<std::tuple<int32_t, std::string>, CUmodule> modules_;
    std::map<std::tuple<int32_t, const char*, const char*>, CUfunction> functions_;
};

LoadedKernels& loadedKernels() {
    // Never destroyed: kernels may still be launched while the process ends.
    static LoadedKernels& kernels = *new LoadedKernels;
    return kernels;
}

}  // namespace

void launchKernel(const Queue& queue, const KernelName& kernel, int64_t blocks, const void* arguments,
                  const BlockShape& shape) {
    if (blocks == 0) {
        return;
    }
    if (blocks > kMaxBlocks) {
        throw core::Error(core::Code::kInvalidArgument,
                          core::concat(kernel.name, " needs ", blocks, " blocks; the most is ", kMaxBlocks));
    }
    const ContextScope scope(queue.device);
    CUfunction function = loadedKernels().find(queue.device, kernel, shape.shared_bytes);
    void* parameters[] = {const_cast<void*>(arguments)};  // only read
    checkDriver(driver().launchKernel(function, static_cast<unsigned>(blocks), 1, 1, shape.threads, 1, 1,
                                      shape.shared_bytes, queue.stream, parameters, nullptr),
                "cuLaunchKernel", kernel.name);
}

void clearMemory(const Queue& queue, void* memory, uint64_t bytes) {
    const ContextScope scope(queue.device);
    checkDriver(driver().memsetD8Async(reinterpret_cast<CUdeviceptr>(memory), 0, bytes, queue.stream),
                "cuMemsetD8Async");
}

}  // namespace optirs::cuda
