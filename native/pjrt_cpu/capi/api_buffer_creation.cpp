#include "pjrt_cpu/capi/api.h"
#include "pjrt_cpu/capi/buffer.h"
#include "pjrt_cpu/capi/element_types.h"
#include "pjrt_cpu/capi/error_object.h"

namespace optirs::plugin {
namespace {

PJRT_Error* bufferFromHostBuffer(PJRT_Client_BufferFromHostBuffer_Args* args) {
    return guarded("PJRT_Client_BufferFromHostBuffer", args, [](auto& a) {
        a.buffer = nullptr;
        a.done_with_host_buffer = nullptr;
        const std::shared_ptr<ClientState> client = deref(a.client, "client").state;
        TensorType type = tensorType(numberOf(a.type), a.dims, a.num_dims);
        requireRowMajor(type, a.device_layout);
        auto event = std::make_unique<PJRT_Event>();
        a.buffer = bufferFromHost(client, targetDevice(*client, a.device, a.memory), std::move(type), a.data,
                                  a.byte_strides, a.num_byte_strides, numberOf(a.host_buffer_semantics),
                                  event->completion)
                       .release();
        a.done_with_host_buffer = event.release();
    });
}

PJRT_Error* createViewOfDeviceBuffer(PJRT_Client_CreateViewOfDeviceBuffer_Args* args) {
    return guarded("PJRT_Client_CreateViewOfDeviceBuffer", args, [](auto& a) {
        a.buffer = nullptr;
        const std::shared_ptr<ClientState> client = deref(a.client, "client").state;
        TensorType type = tensorType(numberOf(a.element_type), a.dims, a.num_dims);
        requireRowMajor(type, a.layout);
        const int64_t bytes = type.byteCount();
        if (a.device_buffer_ptr == nullptr && bytes > 0) throw invalidArgument("device_buffer_ptr is null");
        if (reinterpret_cast<uintptr_t>(a.device_buffer_ptr) % 64 != 0) {
            throw invalidArgument(
                "device_buffer_ptr is not aligned to 64 bytes; copy the data "
                "(PJRT_Client_BufferFromHostBuffer)");
        }
        PJRT_Memory* memory = OPTIRS_HAS_FIELD(&a, memory) ? a.memory : nullptr;
        std::function<void()> release;
        if (a.on_delete_callback != nullptr) {
            release = [callback = a.on_delete_callback, pointer = a.device_buffer_ptr,
                       user = a.on_delete_callback_arg] { callback(pointer, user); };
        }
        // What a program that is given the buffer makes goes elsewhere: the memory is its owner's.
        constexpr bool kWritable = false;
        auto storage = Ref<Storage>::make(static_cast<std::byte*>(a.device_buffer_ptr), bytes, kWritable,
                                          std::move(release));
        a.buffer = makeBuffer(targetDevice(*client, a.device, memory), client, shared(std::move(type)),
                              std::move(storage))
                       .release();
    });
}

PJRT_Error* createUninitializedBuffer(PJRT_Client_CreateUninitializedBuffer_Args* args) {
    return guarded("PJRT_Client_CreateUninitializedBuffer", args, [](auto& a) {
        a.buffer = nullptr;
        const std::shared_ptr<ClientState> client = deref(a.client, "client").state;
        TensorType type = tensorType(numberOf(a.shape_element_type), a.shape_dims, a.shape_num_dims);
        requireRowMajor(type, a.shape_layout);
        PJRT_Device& device = targetDevice(*client, a.device, a.memory);
        const SharedType array = shared(std::move(type));
        a.buffer = makeBuffer(device, client, array, allocateFor(device, array)).release();
    });
}

PJRT_Error* createErrorBuffer(PJRT_Client_CreateErrorBuffer_Args* args) {
    return guarded("PJRT_Client_CreateErrorBuffer", args, [](auto& a) {
        a.buffer = nullptr;
        const std::shared_ptr<ClientState> client = deref(a.client, "client").state;
        TensorType type = tensorType(numberOf(a.shape_element_type), a.shape_dims, a.shape_num_dims);
        requireRowMajor(type, a.shape_layout);
        auto ready = std::make_shared<Completion>();
        ready->complete(errorFrom(numberOf(a.error_code), a.error_message, a.error_message_size));
        auto value = Ref<BufferValue>::make(shared(std::move(type)), std::move(ready));
        a.buffer = new PJRT_Buffer(client, targetDevice(*client, nullptr, a.memory), std::move(value));
    });
}

}  // namespace

void fillBufferCreation(PJRT_Api& api) {
    api.PJRT_Client_BufferFromHostBuffer = bufferFromHostBuffer;
    api.PJRT_Client_CreateViewOfDeviceBuffer = createViewOfDeviceBuffer;
    api.PJRT_Client_CreateUninitializedBuffer = createUninitializedBuffer;
    api.PJRT_Client_CreateErrorBuffer = createErrorBuffer;
}

}  // namespace optirs::plugin
