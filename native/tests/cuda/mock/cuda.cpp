// A libcuda.so.1 that needs no GPU: devices, contexts, memory, and what tests ask of it.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "cuda_calls.h"

using optirs::mock::Recorder;

namespace {

auto locked() { return std::unique_lock(Recorder::instance().mutex); }

thread_local std::vector<CUctx_st*> context_stack;

}  // namespace

CUctx_st* optirs::mock::currentContext() { return context_stack.empty() ? nullptr : context_stack.back(); }

OPTIRS_MOCK_EXPORT CUresult cuInit(unsigned flags) {
    OPTIRS_MOCK_CALL("cuInit", Named{"flags", flags})
    REQUIRE(flags == 0, CUDA_ERROR_INVALID_VALUE)
    machine().is_started = true;
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuDriverGetVersion(int32_t* version) {
    const char* wanted = std::getenv("OPTIRS_MOCK_DRIVER_VERSION");
    *version = wanted == nullptr ? 12040 : std::atoi(wanted);
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuGetErrorName(CUresult error, const char** text) {
    *text = error == CUDA_ERROR_OUT_OF_MEMORY ? "CUDA_ERROR_OUT_OF_MEMORY"
            : error == 12345                  ? nullptr
                                              : "CUDA_ERROR_MOCK";
    return *text == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuGetErrorString(CUresult, const char** text) {
    *text = "as the test wanted";
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuDeviceGetCount(int32_t* count) {
    CALL("cuDeviceGetCount")
    *count = machine().devices;
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuDeviceGet(CUdevice* device, int32_t ordinal) {
    CALL("cuDeviceGet", Named{"ordinal", ordinal})
    REQUIRE(ordinal >= 0 && ordinal < machine().devices, CUDA_ERROR_INVALID_DEVICE)
    *device = ordinal;
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuDeviceGetName(char* name, int32_t size, CUdevice device) {
    CALL("cuDeviceGetName", Named{"device", device})
    std::snprintf(name, static_cast<size_t>(size), "Mock GPU %d", device);
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice device) {
    CALL("cuDeviceGetUuid_v2", Named{"device", device})
    for (int i = 0; i < 16; ++i) {
        uuid->bytes[i] = static_cast<char>(0xa0 + i);
    }
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuDeviceGetPCIBusId(char* text, int32_t size, CUdevice device) {
    CALL("cuDeviceGetPCIBusId", Named{"device", device})
    REQUIRE(size >= 13, CUDA_ERROR_INVALID_VALUE)
    std::snprintf(text, static_cast<size_t>(size), "0000:%02x:00.0", device + 1);
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuDeviceGetAttribute(int32_t* value, int32_t attribute, CUdevice device) {
    CALL("cuDeviceGetAttribute", Named{"attribute", attribute}, Named{"device", device})
    switch (attribute) {
        case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
            *value = machine().major;
            break;
        case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
            *value = machine().minor;
            break;
        case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
            *value = 132;
            break;
        case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN:
            *value = 227 * 1024;
            break;
        default:
            *value = attribute;
    }
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device) {
    CALL("cuDeviceTotalMem_v2", Named{"device", device})
    *bytes = machine().memory;
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuDeviceCanAccessPeer(int32_t* can, CUdevice device, CUdevice peer) {
    CALL("cuDeviceCanAccessPeer", Named{"device", device}, Named{"peer", peer})
    *can = device != peer ? 1 : 0;
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
    CALL("cuDevicePrimaryCtxRetain", Named{"device", device})
    auto& slot = machine().contexts[device];
    if (slot == nullptr) {
        slot = std::make_unique<CUctx_st>(CUctx_st{device});
    }
    *context = slot.get();
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuCtxPushCurrent_v2(CUcontext context) {
    // Not noted: it surrounds every call. Its failures are those of any call.
    const auto lock = locked();
    REQUIRE(context != nullptr, CUDA_ERROR_INVALID_VALUE)
    context_stack.push_back(context);
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuCtxPopCurrent_v2(CUcontext* context) {
    const auto lock = locked();
    REQUIRE(!context_stack.empty(), CUDA_ERROR_INVALID_VALUE)
    *context = context_stack.back();
    context_stack.pop_back();
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuCtxGetDevice(CUdevice* device) {
    CALL("cuCtxGetDevice")
    REQUIRE(currentContext() != nullptr, CUDA_ERROR_INVALID_VALUE)
    *device = currentContext()->device;
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuCtxEnablePeerAccess(CUcontext peer, unsigned flags) {
    CALL("cuCtxEnablePeerAccess", Named{"peer", peer->device}, Named{"flags", flags})
    REQUIRE(currentContext() != nullptr && currentContext() != peer && flags == 0, CUDA_ERROR_INVALID_VALUE)
    const bool is_new = machine().peers.emplace(currentContext()->device, peer->device).second;
    return is_new ? CUDA_SUCCESS : CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED;
}

OPTIRS_MOCK_EXPORT CUresult cuCtxGetStreamPriorityRange(int32_t* least, int32_t* greatest) {
    CALL("cuCtxGetStreamPriorityRange")
    *least = 0;
    *greatest = -5;
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuMemGetInfo_v2(size_t* free_bytes, size_t* total_bytes) {
    CALL("cuMemGetInfo_v2")
    REQUIRE(currentContext() != nullptr, CUDA_ERROR_INVALID_VALUE)
    *total_bytes = machine().memory;
    *free_bytes = machine().memory - machine().used[currentContext()->device];
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuMemAlloc_v2(CUdeviceptr* pointer, size_t bytes) {
    CALL("cuMemAlloc_v2", Named{"bytes", bytes})
    REQUIRE(machine().allowsUnsafeCalls(), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED)
    REQUIRE(currentContext() != nullptr && bytes > 0, CUDA_ERROR_INVALID_VALUE)
    const int32_t device = currentContext()->device;
    if (machine().used[device] + bytes > machine().memory) {
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
    machine().used[device] += bytes;
    // 512 bytes more: the driver's alignment, on which the allocator relies.
    auto storage = std::make_unique<std::byte[]>(bytes + 512);
    *pointer = (reinterpret_cast<CUdeviceptr>(storage.get()) + 511) / 512 * 512;
    machine().allocations[*pointer] = {bytes, device, std::move(storage)};
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuMemFree_v2(CUdeviceptr pointer) {
    CALL("cuMemFree_v2")
    REQUIRE(machine().allowsUnsafeCalls(), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED)
    const auto found = machine().allocations.find(pointer);
    REQUIRE(found != machine().allocations.end() && found->second.device >= 0, CUDA_ERROR_INVALID_VALUE)
    machine().drain();  // the driver waits too
    machine().used[found->second.device] -= found->second.size;
    machine().allocations.erase(found);
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuMemHostAlloc(void** pointer, size_t bytes, unsigned flags) {
    CALL("cuMemHostAlloc", Named{"bytes", bytes}, Named{"flags", flags})
    REQUIRE(currentContext() != nullptr && bytes > 0 && flags < 8, CUDA_ERROR_INVALID_VALUE)
    auto storage = std::make_unique<std::byte[]>(bytes + 4096);
    const auto address = (reinterpret_cast<CUdeviceptr>(storage.get()) + 4095) / 4096 * 4096;
    machine().allocations[address] = {bytes, -1, std::move(storage)};
    *pointer = bytesAt(address);
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuMemFreeHost(void* pointer) {
    CALL("cuMemFreeHost")
    const auto found = machine().allocations.find(reinterpret_cast<CUdeviceptr>(pointer));
    REQUIRE(found != machine().allocations.end() && found->second.device == -1, CUDA_ERROR_INVALID_VALUE)
    machine().allocations.erase(found);
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
    CALL("cuMemcpyAsync", Named{"bytes", bytes})
    REQUIRE(isStream(stream) && bytes > 0, CUDA_ERROR_INVALID_VALUE)
    REQUIRE(machine().isValid(to, bytes, true) && machine().isValid(from, bytes, true),
            CUDA_ERROR_INVALID_VALUE)
    machine().give(stream, [=] { std::memcpy(bytesAt(to), bytesAt(from), bytes); });
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuMemcpyPeerAsync(CUdeviceptr to, CUcontext to_context, CUdeviceptr from,
                                              CUcontext from_context, size_t bytes, CUstream stream) {
    CALL("cuMemcpyPeerAsync", Named{"to", to_context->device}, Named{"from", from_context->device},
         Named{"bytes", bytes})
    REQUIRE(isStream(stream) && bytes > 0, CUDA_ERROR_INVALID_VALUE)
    REQUIRE(machine().isValid(to, bytes, false) && machine().isValid(from, bytes, false),
            CUDA_ERROR_INVALID_VALUE)
    machine().give(stream, [=] { std::memcpy(bytesAt(to), bytesAt(from), bytes); });
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes,
                                            CUstream stream) {
    CALL("cuMemsetD8Async", Named{"bytes", bytes})
    REQUIRE(isStream(stream) && machine().isValid(to, bytes, false), CUDA_ERROR_INVALID_VALUE)
    machine().give(stream, [=] { std::memset(bytesAt(to), value, bytes); });
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuMemsetD32Async(CUdeviceptr to, uint32_t value, size_t count, CUstream stream) {
    CALL("cuMemsetD32Async", Named{"value", value}, Named{"count", count})
    REQUIRE(isStream(stream) && to % 4 == 0 && machine().isValid(to, count * 4, false),
            CUDA_ERROR_INVALID_VALUE)
    machine().give(stream, [=] { std::fill_n(reinterpret_cast<uint32_t*>(to), count, value); });
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT const optirs::mock::Control* optirs_mock_control() { return &optirs::mock::control(); }

OPTIRS_MOCK_EXPORT const optirs::mock::DriverControl* optirs_mock_driver() {
    static const optirs::mock::DriverControl functions = {
        .set_devices =
            [](int32_t count) {
                const auto lock = locked();
                machine().devices = count;
            },
        .set_capability =
            [](int32_t major, int32_t minor) {
                const auto lock = locked();
                machine().major = major;
                machine().minor = minor;
            },
        .set_memory =
            [](uint64_t bytes) {
                const auto lock = locked();
                machine().memory = bytes;
            },
        .hold =
            [](int32_t is_held) {
                const auto lock = locked();
                machine().is_held = is_held != 0;
                if (is_held == 0) {
                    machine().drain();
                }
            },
        .set_elapsed =
            [](const float* milliseconds, int64_t count) {
                const auto lock = locked();
                machine().elapsed.assign(milliseconds, milliseconds + count);
            },
        .live =
            [](const char* kind) {
                const auto lock = locked();
                const std::string name = kind;
                const size_t count = name == "allocations" ? machine().allocations.size()
                                     : name == "streams"   ? machine().streams.size()
                                     : name == "events"    ? machine().events.size()
                                                           : machine().graphs.size();
                return static_cast<int64_t>(count);
            },
    };
    return &functions;
}
