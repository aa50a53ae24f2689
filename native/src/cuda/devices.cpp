#include "src/cuda/devices.h"

#include <cstdio>

#include "src/core/text.h"
#include "src/cuda/collectives.h"
#include "src/cuda/device_call.h"
#include "src/cuda/streams.h"

namespace optirs::cuda {
namespace {

using core::concat;

CUdeviceptr addressOf(const void* memory) { return reinterpret_cast<CUdeviceptr>(memory); }

int32_t attribute(CUdevice device, int32_t which) {
    int32_t value = 0;
    checkDriver(driver().deviceGetAttribute(&value, which, device), "cuDeviceGetAttribute",
                concat("attribute ", which));
    return value;
}

void formatUuid(const CUuuid& uuid, char* text, size_t size) {
    char* end = text + size;
    for (size_t i = 0; i < sizeof(uuid.bytes); ++i) {
        const bool is_after_dash = i == 4 || i == 6 || i == 8 || i == 10;
        text += std::snprintf(text, static_cast<size_t>(end - text), is_after_dash ? "-%02x" : "%02x",
                              static_cast<unsigned char>(uuid.bytes[i]));
    }
}

int32_t deviceCount(void*, int32_t* out_count, optirs_backend_status* status) noexcept {
    return reported(status, [&] { *out_count = startDriver(); });
}

int32_t deviceInfo(void*, int32_t device, optirs_backend_device_info* out,
                   optirs_backend_status* status) noexcept {
    return reported(status, [&] {
        const CUdevice handle = deviceHandle(device);
        *out = {};
        checkDriver(driver().deviceGetName(out->name, sizeof(out->name), handle), "cuDeviceGetName");
        CUuuid uuid{};
        checkDriver(driver().deviceGetUuid(&uuid, handle), "cuDeviceGetUuid");
        formatUuid(uuid, out->uuid, sizeof(out->uuid));
        checkDriver(driver().deviceGetPciBusId(out->address, sizeof(out->address), handle),
                    "cuDeviceGetPCIBusId");
        size_t bytes = 0;
        checkDriver(driver().deviceTotalMem(&bytes, handle), "cuDeviceTotalMem");
        out->memory_bytes = bytes;
        out->capability_major = attribute(handle, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
        out->capability_minor = attribute(handle, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
        out->multiprocessors = attribute(handle, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
        out->clock_khz = attribute(handle, CU_DEVICE_ATTRIBUTE_CLOCK_RATE);
        out->memory_clock_khz = attribute(handle, CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE);
        out->memory_bus_bits = attribute(handle, CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH);
        out->l2_bytes = static_cast<uint64_t>(attribute(handle, CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE));
        out->shared_bytes_per_block =
            static_cast<uint64_t>(attribute(handle, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN));
        out->is_integrated = attribute(handle, CU_DEVICE_ATTRIBUTE_INTEGRATED);
        out->has_ecc = attribute(handle, CU_DEVICE_ATTRIBUTE_ECC_ENABLED);
    });
}

int32_t peerEnable(void*, int32_t device, int32_t peer, uint8_t* out_is_direct,
                   optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] {
        *out_is_direct = 0;
        CUcontext peer_context = primaryContext(peer);
        int32_t can_access = 0;
        checkDriver(driver().deviceCanAccessPeer(&can_access, deviceHandle(device), deviceHandle(peer)),
                    "cuDeviceCanAccessPeer");
        if (can_access == 0 || device == peer) {
            *out_is_direct = device == peer ? 1 : 0;
            return;
        }
        const CUresult result = driver().ctxEnablePeerAccess(peer_context, 0);
        if (result != CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED) {
            checkDriver(result, "cuCtxEnablePeerAccess", concat("device ", peer, " from device ", device));
        }
        *out_is_direct = 1;
    });
}

int32_t memoryInfo(void*, int32_t device, uint64_t* out_free, uint64_t* out_total,
                   optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] {
        size_t free_bytes = 0;
        size_t total_bytes = 0;
        checkDriver(driver().memGetInfo(&free_bytes, &total_bytes), "cuMemGetInfo");
        *out_free = free_bytes;
        *out_total = total_bytes;
    });
}

int32_t memoryAllocate(void*, int32_t device, uint64_t size, void** out_memory,
                       optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] {
        *out_memory = nullptr;
        CUdeviceptr memory = 0;
        checkDriver(driver().memAlloc(&memory, size), "cuMemAlloc",
                    concat(size, " bytes on device ", device));
        // NOLINTNEXTLINE(performance-no-int-to-ptr): the driver's addresses are numbers
        *out_memory = reinterpret_cast<void*>(memory);
    });
}

int32_t memoryFree(void*, int32_t device, void* memory, optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] { checkDriver(driver().memFree(addressOf(memory)), "cuMemFree"); });
}

int32_t hostAllocate(void*, int32_t device, uint64_t size, void** out_memory,
                     optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] {
        *out_memory = nullptr;
        checkDriver(driver().memHostAlloc(out_memory, size, CU_MEMHOSTALLOC_PORTABLE), "cuMemHostAlloc",
                    concat(size, " bytes"));
    });
}

int32_t hostFree(void*, int32_t device, void* memory, optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] { checkDriver(driver().memFreeHost(memory), "cuMemFreeHost"); });
}

int32_t copy(void*, int32_t device, void* destination, const void* source, uint64_t size, void* stream,
             optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] {
        checkDriver(driver().memcpyAsync(addressOf(destination), addressOf(source), size, streamOf(stream)),
                    "cuMemcpyAsync", concat(size, " bytes"));
    });
}

int32_t copyPeer(void*, int32_t device, void* destination, int32_t source_device, const void* source,
                 uint64_t size, void* stream, optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] {
        checkDriver(
            driver().memcpyPeerAsync(addressOf(destination), primaryContext(device), addressOf(source),
                                     primaryContext(source_device), size, streamOf(stream)),
            "cuMemcpyPeerAsync", concat(size, " bytes from device ", source_device, " to ", device));
    });
}

int32_t fill(void*, int32_t device, void* destination, uint8_t value, uint64_t size, void* stream,
             optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] {
        checkDriver(driver().memsetD8Async(addressOf(destination), value, size, streamOf(stream)),
                    "cuMemsetD8Async", concat(size, " bytes"));
    });
}

}  // namespace

const optirs_device_table& deviceTable() noexcept {
    static constexpr optirs_device_table table = {.struct_size = sizeof(optirs_device_table),
                                                  .device_count = deviceCount,
                                                  .device_info = deviceInfo,
                                                  .peer_enable = peerEnable,
                                                  .memory_info = memoryInfo,
                                                  .memory_allocate = memoryAllocate,
                                                  .memory_free = memoryFree,
                                                  .host_allocate = hostAllocate,
                                                  .host_free = hostFree,
                                                  .stream_create = streamCreate,
                                                  .stream_destroy = streamDestroy,
                                                  .stream_query = streamQuery,
                                                  .stream_wait = streamWait,
                                                  .event_create = eventCreate,
                                                  .event_destroy = eventDestroy,
                                                  .event_record = eventRecord,
                                                  .event_query = eventQuery,
                                                  .event_wait = eventWait,
                                                  .event_elapsed = eventElapsed,
                                                  .stream_follow = streamFollow,
                                                  .copy = copy,
                                                  .copy_peer = copyPeer,
                                                  .fill = fill,
                                                  .capture_begin = captureBegin,
                                                  .capture_end = captureEnd,
                                                  .graph_launch = graphLaunch,
                                                  .graph_destroy = graphDestroy,
                                                  .communicator_id = communicatorId,
                                                  .communicator_create = communicatorCreate,
                                                  .communicator_run = communicatorRun,
                                                  .communicator_check = communicatorCheck,
                                                  .communicator_destroy = communicatorDestroy,
                                                  .stream_device = streamDevice};
    return table;
}

}  // namespace optirs::cuda
