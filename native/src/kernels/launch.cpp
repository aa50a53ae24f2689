#include "src/kernels/launch.h"

#include <array>
#include <atomic>

#include "src/core/device/stream.h"
#include "src/core/faults.h"
#include "src/core/registry.h"

namespace optirs::kernels {

using core::BackendEntry;
using core::Code;
using core::concat;
using core::Error;

namespace {

const BackendEntry& load(std::atomic<const BackendEntry*>& known, const char* name) {
    const BackendEntry* entry = known.load(std::memory_order_acquire);
    if (entry == nullptr) {
        entry = &core::Registry::global().load(name);
        known.store(entry, std::memory_order_release);
    }
    return *entry;
}

const BackendEntry& backendOf(optirs_dl_device device) {
    static std::atomic<const BackendEntry*> cpu;
    static std::atomic<const BackendEntry*> cuda;
    switch (device.device_type) {
        case OPTIRS_DL_CPU:
        case OPTIRS_DL_CUDA_HOST:
            return load(cpu, "cpu");
        case OPTIRS_DL_CUDA:
            return load(cuda, "cuda");
        default:
            throw Error(Code::kInvalidArgument,
                        concat("there are no kernels for DLPack device type ", device.device_type,
                               "; host memory (1, 3) and CUDA (2) are supported"));
    }
}

/// The backend's own queue for tensors on this device; NULL for host memory.
void* queueOf(const BackendEntry& backend, optirs_dl_device device, const optirs_stream* stream) {
    if (device.device_type != OPTIRS_DL_CUDA) {
        if (stream != nullptr) {
            throw Error(
                Code::kInvalidArgument,
                "stream must be NULL for tensors in host memory: their kernels run on the calling thread");
        }
        return nullptr;
    }
    if (stream == nullptr) {
        throw Error(Code::kInvalidArgument, concat("stream is NULL; tensors on CUDA device ",
                                                   device.device_id, " need a stream of that device"));
    }
    const core::DeviceCalls& calls = stream->device().calls;
    if (&calls.backend() != &backend || calls.index() != device.device_id) {
        throw Error(Code::kInvalidArgument,
                    concat("the stream belongs to device ", calls.index(), " of the backend ",
                           calls.backend().name, ", the tensors are on CUDA device ", device.device_id));
    }
    return stream->native();
}

}  // namespace

uint64_t workspaceSize(optirs_kernel kernel, optirs_dl_device device, const void* args) {
    const BackendEntry& backend = backendOf(device);
    const auto function = core::optionalFunction(*backend.table, &optirs_backend_table::kernel_workspace);
    if (function == nullptr) {
        return 0;
    }
    uint64_t bytes = 0;
    optirs_backend_status status{};
    if (function(backend.table->self, kernel, args, &bytes, &status) != OPTIRS_OK) {
        core::throwStatus(status, backend.name);
    }
    return bytes;
}

void launch(optirs_kernel kernel, optirs_dl_device device, optirs_stream* stream, const void* args,
            const void* workspace, uint64_t workspace_size) {
    void* queue = queueOf(backendOf(device), device, stream);
    const uint64_t needed = workspaceSize(kernel, device, args);
    if (needed > workspace_size || (needed > 0 && workspace == nullptr)) {
        throw Error(Code::kInvalidArgument,
                    concat("the workspace has ", workspace == nullptr ? 0 : workspace_size, " bytes; ",
                           needed, " are needed: ask optirs_kernel_workspace"));
    }
    launchInQueue(kernel, device, queue, args);
}

void launchInQueue(optirs_kernel kernel, optirs_dl_device device, void* queue, const void* args) {
    const BackendEntry& backend = backendOf(device);
    const auto function = core::optionalFunction(*backend.table, &optirs_backend_table::kernel);
    if (function == nullptr) {
        throw Error(Code::kUnimplemented, concat("the backend ", backend.name, " has no kernels"),
                    backend.name);
    }
    core::callFaultPoint(backend.name);
    optirs_backend_status status{};
    if (function(backend.table->self, kernel, args, queue, &status) != OPTIRS_OK) {
        core::throwStatus(status, backend.name);
    }
}

}  // namespace optirs::kernels
