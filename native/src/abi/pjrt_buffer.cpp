// optirs/pjrt_buffer.h: validation and translation only.
#include <optirs/pjrt_buffer.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/buffer.h"
#include "src/pjrt/hold.h"
#include "src/pjrt/layout.h"
#include "src/pjrt/promise.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

namespace {

/// What a getter without errors says of a buffer: NULL where the cell is empty or the plugin cannot say.
const pjrt::TensorType* typeOrNull(const optirs_pjrt_buffer* buffer) noexcept {
    try {
        const auto held = buffer == nullptr ? optirs_pjrt_buffer::DeviceBufferRef() : buffer->load();
        return held ? &held->type() : nullptr;
    } catch (const std::exception&) {
        return nullptr;
    }
}

}  // namespace

// ----------------------------------------------------------------------------------------------------

optirs_error* optirs_pjrt_buffer_create(optirs_pjrt_client* client, optirs_pjrt_buffer** out_buffer) {
    return guard("optirs_pjrt_buffer_create", [&] {
        Out out(out_buffer, "out_buffer");
        out = optirs::core::makeObject<optirs_pjrt_buffer>(
            Ref<optirs_pjrt_client>::share(required(client, "client")));
    });
}
void optirs_pjrt_buffer_retain(optirs_pjrt_buffer* buffer) { optirs::core::retainHandle(buffer); }
void optirs_pjrt_buffer_release(optirs_pjrt_buffer* buffer) { optirs::core::releaseHandle(buffer); }
optirs_error* optirs_pjrt_buffer_from_host(optirs_pjrt_client* client, const void* data, uint64_t data_size,
                                           optirs_dtype dtype, const int64_t* dims, int64_t rank,
                                           const int64_t* byte_strides, optirs_pjrt_host_semantics semantics,
                                           optirs_pjrt_device* device, optirs_completion host_released,
                                           void* context, optirs_pjrt_buffer** inout_buffer) {
    constexpr const char* kOperation = "optirs_pjrt_buffer_from_host";
    return guard(kOperation, [&] {
        const pjrt::HostArray array{data,         data_size, dtype, requiredArray(dims, rank, "dims"),
                                    byte_strides, semantics};
        pjrt::bufferFromHost(*required(client, "client"), array, device, kOperation, host_released, context,
                             required(inout_buffer, "inout_buffer"));
    });
}
optirs_error* optirs_pjrt_buffer_to_host(optirs_pjrt_buffer* buffer, void* destination,
                                         uint64_t destination_size, optirs_completion done, void* context) {
    constexpr const char* kOperation = "optirs_pjrt_buffer_to_host";
    return guard(kOperation, [&] {
        required(buffer, "buffer")
            ->toHost(destination, destination_size, kOperation, required(done, "done"), context);
    });
}
optirs_error* optirs_pjrt_buffer_to_host_wait(optirs_pjrt_buffer* buffer, void* destination,
                                              uint64_t destination_size) {
    return guard("optirs_pjrt_buffer_to_host_wait",
                 [&] { required(buffer, "buffer")->toHostWait(destination, destination_size); });
}
optirs_error* optirs_pjrt_buffer_copy_to_device(optirs_pjrt_buffer* buffer, optirs_pjrt_device* device,
                                                optirs_pjrt_buffer** inout_buffer) {
    return guard("optirs_pjrt_buffer_copy_to_device", [&] {
        pjrt::copyToDevice(*required(buffer, "buffer"), required(device, "device"),
                           required(inout_buffer, "inout_buffer"));
    });
}
optirs_error* optirs_pjrt_buffer_ready(optirs_pjrt_buffer* buffer, optirs_completion done, void* context) {
    constexpr const char* kOperation = "optirs_pjrt_buffer_ready";
    return guard(kOperation,
                 [&] { required(buffer, "buffer")->ready(kOperation, required(done, "done"), context); });
}
optirs_error* optirs_pjrt_buffer_wait(optirs_pjrt_buffer* buffer) {
    return guard("optirs_pjrt_buffer_wait", [&] { required(buffer, "buffer")->wait(); });
}
optirs_dtype optirs_pjrt_buffer_dtype(const optirs_pjrt_buffer* buffer) {
    const pjrt::TensorType* type = typeOrNull(buffer);
    return type == nullptr ? OPTIRS_DTYPE_INVALID : type->dtype;
}
int64_t optirs_pjrt_buffer_rank(const optirs_pjrt_buffer* buffer) {
    const pjrt::TensorType* type = typeOrNull(buffer);
    return type == nullptr ? 0 : static_cast<int64_t>(type->dims.size());
}
optirs_error* optirs_pjrt_buffer_dims(const optirs_pjrt_buffer* buffer, int64_t* out_dims, int64_t rank) {
    return guard("optirs_pjrt_buffer_dims", [&] {
        const auto held = required(buffer, "buffer")->load();
        if (!held) {
            pjrt::requirePresent(nullptr);
        }
        copyDims(held->type(), out_dims, rank);
    });
}
uint64_t optirs_pjrt_buffer_size(const optirs_pjrt_buffer* buffer) {
    const pjrt::TensorType* type = typeOrNull(buffer);
    return type == nullptr ? 0 : type->bytes;
}
optirs_error* optirs_pjrt_buffer_device_size(const optirs_pjrt_buffer* buffer, uint64_t* out_size) {
    return guard("optirs_pjrt_buffer_device_size", [&] {
        Out out(out_size, "out_size");
        out = required(buffer, "buffer")->deviceSize();
    });
}
optirs_pjrt_device* optirs_pjrt_buffer_device(const optirs_pjrt_buffer* buffer) {
    const auto held = buffer == nullptr ? optirs_pjrt_buffer::DeviceBufferRef() : buffer->load();
    return held ? held->device() : nullptr;
}
uint8_t optirs_pjrt_buffer_is_deleted(const optirs_pjrt_buffer* buffer) {
    try {
        return buffer == nullptr || buffer->isDeleted() ? 1 : 0;
    } catch (const std::exception&) {
        return 0;  // a plugin that cannot tell has not deleted it
    }
}
optirs_error* optirs_pjrt_buffer_delete(optirs_pjrt_buffer* buffer) {
    return guard("optirs_pjrt_buffer_delete", [&] { required(buffer, "buffer")->deleteData(); });
}

// ---- Other ways to read a buffer

optirs_error* optirs_pjrt_buffer_to_host_layout(optirs_pjrt_buffer* buffer,
                                                const optirs_pjrt_layout_view* layout, void* destination,
                                                uint64_t destination_size, optirs_completion done,
                                                void* context) {
    constexpr const char* kOperation = "optirs_pjrt_buffer_to_host_layout";
    return guard(kOperation, [&] {
        required(buffer, "buffer")
            ->toHostLayout(*required(layout, "layout"), destination, destination_size, kOperation,
                           required(done, "done"), context);
    });
}
optirs_error* optirs_pjrt_buffer_raw_to_host(optirs_pjrt_buffer* buffer, uint64_t offset, void* destination,
                                             uint64_t size, optirs_completion done, void* context) {
    constexpr const char* kOperation = "optirs_pjrt_buffer_raw_to_host";
    return guard(kOperation, [&] {
        required(buffer, "buffer")
            ->rawToHost(offset, size == 0 ? destination : required(destination, "destination"), size,
                        kOperation, required(done, "done"), context);
    });
}
optirs_error* optirs_pjrt_buffer_raw_to_host_later(optirs_pjrt_buffer* buffer, uint64_t offset, uint64_t size,
                                                   optirs_completion done, void* context,
                                                   optirs_pjrt_promise** out_promise) {
    constexpr const char* kOperation = "optirs_pjrt_buffer_raw_to_host_later";
    return guard(kOperation, [&] {
        Out out(out_promise, "out_promise");
        out = pjrt::rawToHostLater(*required(buffer, "buffer"), offset, size, kOperation,
                                   required(done, "done"), context);
    });
}

// ---- More about a buffer

optirs_error* optirs_pjrt_buffer_unpadded_dims(const optirs_pjrt_buffer* buffer, int64_t* out_dims,
                                               int64_t rank) {
    return guard("optirs_pjrt_buffer_unpadded_dims", [&] {
        copyList(required(buffer, "buffer")->unpaddedDims(), requiredArray(out_dims, rank, "out_dims"));
    });
}
optirs_error* optirs_pjrt_buffer_dynamic_dims(const optirs_pjrt_buffer* buffer, uint8_t* out_is_dynamic,
                                              int64_t rank) {
    return guard("optirs_pjrt_buffer_dynamic_dims", [&] {
        copyList(required(buffer, "buffer")->dynamicDims(),
                 requiredArray(out_is_dynamic, rank, "out_is_dynamic"));
    });
}
optirs_error* optirs_pjrt_buffer_layout(const optirs_pjrt_buffer* buffer, optirs_pjrt_layout** out_layout) {
    return guard("optirs_pjrt_buffer_layout", [&] {
        Out out(out_layout, "out_layout");
        out = required(buffer, "buffer")->layout();
    });
}
optirs_error* optirs_pjrt_buffer_memory(const optirs_pjrt_buffer* buffer, optirs_pjrt_memory** out_memory) {
    return guard("optirs_pjrt_buffer_memory", [&] {
        Out out(out_memory, "out_memory");
        out = &required(buffer, "buffer")->memory();
    });
}
optirs_error* optirs_pjrt_buffer_is_on_cpu(const optirs_pjrt_buffer* buffer, uint8_t* out_is_on_cpu) {
    return guard("optirs_pjrt_buffer_is_on_cpu", [&] {
        Out out(out_is_on_cpu, "out_is_on_cpu");
        out = required(buffer, "buffer")->isOnCpu() ? 1 : 0;
    });
}
optirs_error* optirs_pjrt_buffer_unsafe_pointer(const optirs_pjrt_buffer* buffer, uint64_t* out_address) {
    return guard("optirs_pjrt_buffer_unsafe_pointer", [&] {
        Out out(out_address, "out_address");
        out = required(buffer, "buffer")->unsafePointer();
    });
}
optirs_error* optirs_pjrt_buffer_hold(optirs_pjrt_buffer* buffer, optirs_pjrt_hold** out_hold) {
    return guard("optirs_pjrt_buffer_hold", [&] {
        Out out(out_hold, "out_hold");
        out = optirs::core::makeObject<optirs_pjrt_hold>(
            Ref<optirs_pjrt_client>::share(&required(buffer, "buffer")->client()), buffer->require());
    });
}
void* optirs_pjrt_hold_data(const optirs_pjrt_hold* hold) { return hold->data(); }
void optirs_pjrt_hold_retain(optirs_pjrt_hold* hold) { optirs::core::retainHandle(hold); }
void optirs_pjrt_hold_release(optirs_pjrt_hold* hold) { optirs::core::releaseHandle(hold); }
