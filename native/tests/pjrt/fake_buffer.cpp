// The fake plugin: buffers.
#include "tests/pjrt/fake_functions.h"

namespace fake {
namespace {

FAKE_FUNCTION(PJRT_Client_BufferFromHostBuffer) {
    FAKE_ENTER(PJRT_Client_BufferFromHostBuffer)
    control().last_semantics = args->host_buffer_semantics;
    auto buffer = std::make_unique<Buffer>();
    buffer->type = args->type;
    buffer->dims.assign(args->dims, args->dims + args->num_dims);
    auto& client = as<Client>(args->client);
    buffer->device = args->device == nullptr ? client.devices.front() : &as<Device>(args->device);
    buffer->place = args->memory == nullptr ? client.memories.front() : &as<Place>(args->memory);
    const std::size_t bytes = byteSize(buffer->dims);
    if (!Memory::fits(bytes)) {
        return makeError(PJRT_Error_Code_RESOURCE_EXHAUSTED, "the fake device is full");
    }
    buffer->memory = std::make_shared<Memory>(bytes);
    const auto copy = [memory = buffer->memory.get(), data = args->data, bytes] {
        if (bytes != 0) {
            std::memcpy(memory->data.data(), data, bytes);
        }
    };
    if (args->host_buffer_semantics == PJRT_HostBufferSemantics_kImmutableOnlyDuringCall) {
        copy();
        args->done_with_host_buffer = makeEvent();
    } else {
        args->done_with_host_buffer = makeEvent(copy);
    }
    args->buffer = reinterpret_cast<PJRT_Buffer*>(buffer.release());
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_Destroy) {
    FAKE_ENTER(PJRT_Buffer_Destroy)
    delete &as<Buffer>(args->buffer);
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_ElementType) {
    FAKE_ENTER(PJRT_Buffer_ElementType)
    args->type = as<Buffer>(args->buffer).type;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_Dimensions) {
    FAKE_ENTER(PJRT_Buffer_Dimensions)
    args->dims = as<Buffer>(args->buffer).dims.data();
    args->num_dims = as<Buffer>(args->buffer).dims.size();
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_OnDeviceSizeInBytes) {
    FAKE_ENTER(PJRT_Buffer_OnDeviceSizeInBytes)
    const std::shared_ptr<Memory> memory = as<Buffer>(args->buffer).memory.get();
    if (memory == nullptr) {
        return makeError(PJRT_Error_Code_INVALID_ARGUMENT, "the buffer is deleted");
    }
    args->on_device_size_in_bytes = memory->data.size();
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_Device) {
    FAKE_ENTER(PJRT_Buffer_Device)
    args->device = reinterpret_cast<PJRT_Device*>(as<Buffer>(args->buffer).device);
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_Delete) {
    FAKE_ENTER(PJRT_Buffer_Delete)
    as<Buffer>(args->buffer).memory.take();
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_IsDeleted) {
    FAKE_ENTER(PJRT_Buffer_IsDeleted)
    args->is_deleted = as<Buffer>(args->buffer).memory == nullptr;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_CopyToDevice) {
    FAKE_ENTER(PJRT_Buffer_CopyToDevice)
    const Buffer& source = as<Buffer>(args->buffer);
    const std::shared_ptr<Memory> memory = source.memory.get();
    if (memory == nullptr) {
        return makeError(PJRT_Error_Code_INVALID_ARGUMENT, "the buffer is deleted");
    }
    auto copy = std::make_unique<Buffer>();
    copy->type = source.type;
    copy->dims = source.dims;
    copy->device = &as<Device>(args->dst_device);
    copy->place = source.place;
    copy->memory = std::make_shared<Memory>(memory->data.size());
    copy->memory->data = memory->data;
    args->dst_buffer = reinterpret_cast<PJRT_Buffer*>(copy.release());
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_ToHostBuffer) {
    FAKE_ENTER(PJRT_Buffer_ToHostBuffer)
    const Buffer& source = as<Buffer>(args->src);
    const std::shared_ptr<Memory> memory = source.memory.get();
    if (memory == nullptr) {
        return makeError(PJRT_Error_Code_INVALID_ARGUMENT, "the buffer is deleted");
    }
    const PJRT_Buffer_MemoryLayout* layout = args->host_layout;
    if (layout != nullptr && layout->type == PJRT_Buffer_MemoryLayout_Type_Strides &&
        layout->strides.num_byte_strides == 1 && source.dims.size() == 1) {
        args->event = makeEvent([memory, to = args->dst, stride = layout->strides.byte_strides[0]] {
            for (std::size_t i = 0; i < memory->data.size() / 4; ++i) {
                std::memcpy(static_cast<char*>(to) + static_cast<int64_t>(i) * stride,
                            memory->data.data() + 4 * i, 4);
            }
        });
        return nullptr;
    }
    const bool is_row_major = layout != nullptr && layout->type == PJRT_Buffer_MemoryLayout_Type_Tiled &&
                              layout->tiled.num_tiles == 0 &&
                              layout->tiled.minor_to_major_size == source.dims.size();
    if (!is_row_major || args->dst_size < memory->data.size()) {
        return makeError(PJRT_Error_Code_INVALID_ARGUMENT,
                         "the fake plugin was asked for a copy that it cannot make");
    }
    args->event = makeEvent([memory, to = args->dst] {
        if (!memory->data.empty()) {
            std::memcpy(to, memory->data.data(), memory->data.size());
        }
    });
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_ReadyEvent) {
    FAKE_ENTER(PJRT_Buffer_ReadyEvent)
    args->event = makeEvent({}, as<Buffer>(args->buffer).error_code);
    return nullptr;
}

}  // namespace

void addBufferFunctions(PJRT_Api& table) {
    FAKE_ENTRY(PJRT_Client_BufferFromHostBuffer)
    FAKE_ENTRY(PJRT_Buffer_Destroy)
    FAKE_ENTRY(PJRT_Buffer_ElementType)
    FAKE_ENTRY(PJRT_Buffer_Dimensions)
    FAKE_ENTRY(PJRT_Buffer_OnDeviceSizeInBytes)
    FAKE_ENTRY(PJRT_Buffer_Device)
    FAKE_ENTRY(PJRT_Buffer_Delete)
    FAKE_ENTRY(PJRT_Buffer_IsDeleted)
    FAKE_ENTRY(PJRT_Buffer_CopyToDevice)
    FAKE_ENTRY(PJRT_Buffer_ToHostBuffer)
    FAKE_ENTRY(PJRT_Buffer_ReadyEvent)
}

}  // namespace fake
