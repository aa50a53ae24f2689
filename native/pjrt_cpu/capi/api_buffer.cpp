#include "pjrt_cpu/capi/api.h"
#include "pjrt_cpu/capi/buffer.h"
#include "pjrt_cpu/capi/element_types.h"
#include "pjrt_cpu/capi/error_object.h"

namespace optirs::plugin {
namespace {

PJRT_Buffer& bufferOf(PJRT_Buffer* buffer) { return deref(buffer, "buffer"); }
PJRT_Event* eventOf(std::shared_ptr<Completion> completion) { return new PJRT_Event{std::move(completion)}; }

PJRT_Error* bufferDestroy(PJRT_Buffer_Destroy_Args* args) {
    return guarded("PJRT_Buffer_Destroy", args, [](auto& a) { delete a.buffer; });
}

PJRT_Error* bufferElementType(PJRT_Buffer_ElementType_Args* args) {
    return guarded("PJRT_Buffer_ElementType", args,
                   [](auto& a) { a.type = bufferType(bufferOf(a.buffer).type.element()); });
}

PJRT_Error* bufferDimensions(PJRT_Buffer_Dimensions_Args* args) {
    return guarded("PJRT_Buffer_Dimensions", args, [](auto& a) {
        const PJRT_Buffer& buffer = bufferOf(a.buffer);
        a.dims = buffer.type.dims().data();
        a.num_dims = buffer.type.dims().size();
    });
}

PJRT_Error* bufferUnpaddedDimensions(PJRT_Buffer_UnpaddedDimensions_Args* args) {
    return guarded("PJRT_Buffer_UnpaddedDimensions", args, [](auto& a) {
        const PJRT_Buffer& buffer = bufferOf(a.buffer);
        const TensorType& unpadded = buffer.unpadded();
        a.unpadded_dims = unpadded.dims().data();
        a.num_dims = unpadded.dims().size();
    });
}

PJRT_Error* bufferDynamicDimensionIndices(PJRT_Buffer_DynamicDimensionIndices_Args* args) {
    return guarded("PJRT_Buffer_DynamicDimensionIndices", args, [](auto& a) {
        const std::vector<size_t>& dims = bufferOf(a.buffer).array->dynamic_dims;
        a.dynamic_dim_indices = dims.data();
        a.num_dynamic_dims = dims.size();
    });
}

PJRT_Error* bufferGetMemoryLayout(PJRT_Buffer_GetMemoryLayout_Args* args) {
    return guarded("PJRT_Buffer_GetMemoryLayout", args, [](auto& a) {
        const PJRT_Buffer& buffer = bufferOf(a.buffer);
        a.layout = {};
        a.layout.struct_size = PJRT_Buffer_MemoryLayout_STRUCT_SIZE;
        a.layout.type = PJRT_Buffer_MemoryLayout_Type_Tiled;
        a.layout.tiled.struct_size = PJRT_Buffer_MemoryLayout_Tiled_STRUCT_SIZE;
        a.layout.tiled.minor_to_major = buffer.array->minor_to_major.data();
        a.layout.tiled.minor_to_major_size = buffer.array->minor_to_major.size();
    });
}

PJRT_Error* bufferOnDeviceSize(PJRT_Buffer_OnDeviceSizeInBytes_Args* args) {
    return guarded("PJRT_Buffer_OnDeviceSizeInBytes", args, [](auto& a) {
        a.on_device_size_in_bytes = static_cast<size_t>(bufferOf(a.buffer).bytes);
    });
}

PJRT_Error* bufferDevice(PJRT_Buffer_Device_Args* args) {
    return guarded("PJRT_Buffer_Device", args, [](auto& a) { a.device = &bufferOf(a.buffer).device; });
}

PJRT_Error* bufferMemory(PJRT_Buffer_Memory_Args* args) {
    return guarded("PJRT_Buffer_Memory", args, [](auto& a) { a.memory = &bufferOf(a.buffer).device.memory; });
}

PJRT_Error* bufferDelete(PJRT_Buffer_Delete_Args* args) {
    return guarded("PJRT_Buffer_Delete", args, [](auto& a) { bufferOf(a.buffer).take({"deleted"}); });
}

PJRT_Error* bufferIsDeleted(PJRT_Buffer_IsDeleted_Args* args) {
    return guarded("PJRT_Buffer_IsDeleted", args,
                   [](auto& a) { a.is_deleted = bufferOf(a.buffer).isDeleted(); });
}

PJRT_Error* bufferCopyToDevice(PJRT_Buffer_CopyToDevice_Args* args) {
    return guarded("PJRT_Buffer_CopyToDevice", args, [](auto& a) {
        a.dst_buffer = nullptr;
        const PJRT_Buffer& buffer = bufferOf(a.buffer);
        a.dst_buffer = copyToDevice(buffer, deref(a.dst_device, "dst_device"), buffer.client).release();
    });
}

PJRT_Error* bufferCopyToMemory(PJRT_Buffer_CopyToMemory_Args* args) {
    return guarded("PJRT_Buffer_CopyToMemory", args, [](auto& a) {
        a.dst_buffer = nullptr;
        const PJRT_Buffer& buffer = bufferOf(a.buffer);
        auto& memory = static_cast<MemorySpace&>(deref(a.dst_memory, "dst_memory"));
        a.dst_buffer = copyToDevice(buffer, memory.device, buffer.client).release();
    });
}

PJRT_Error* bufferToHost(PJRT_Buffer_ToHostBuffer_Args* args) {
    return guarded("PJRT_Buffer_ToHostBuffer", args, [](auto& a) {
        a.event = nullptr;
        const PJRT_Buffer& buffer = deref(a.src, "src");
        const TensorType& type = buffer.unpadded();
        const auto needed = static_cast<size_t>(type.byteCount());
        std::optional<std::vector<int64_t>> strides = layoutStrides(type, a.host_layout);
        if (a.dst == nullptr) {
            a.dst_size = needed;
            return;
        }
        if (a.dst_size < needed) {
            throw invalidArgument("dst_size is " + std::to_string(a.dst_size) + " bytes, " + shortName(type) +
                                  " needs " + std::to_string(needed));
        }
        auto event = std::make_unique<PJRT_Event>();
        event->completion = copyToHost(buffer, std::move(strides), a.dst);
        a.event = event.release();
    });
}

PJRT_Error* bufferCopyRawToHost(PJRT_Buffer_CopyRawToHost_Args* args) {
    return guarded("PJRT_Buffer_CopyRawToHost", args, [](auto& a) {
        a.event = nullptr;
        a.event = eventOf(copyRawToHost(bufferOf(a.buffer), a.dst, a.offset, a.transfer_size));
    });
}

PJRT_Error* bufferIsOnCpu(PJRT_Buffer_IsOnCpu_Args* args) {
    return guarded("PJRT_Buffer_IsOnCpu", args, [](auto& a) {
        bufferOf(a.buffer);
        a.is_on_cpu = true;
    });
}

PJRT_Error* bufferReadyEvent(PJRT_Buffer_ReadyEvent_Args* args) {
    return guarded("PJRT_Buffer_ReadyEvent", args, [](auto& a) {
        a.event = nullptr;
        a.event = eventOf(bufferOf(a.buffer).value()->ready);
    });
}

PJRT_Error* bufferUnsafePointer(PJRT_Buffer_UnsafePointer_Args* args) {
    return guarded("PJRT_Buffer_UnsafePointer", args, [](auto& a) {
        a.buffer_pointer = reinterpret_cast<uintptr_t>(bufferOf(a.buffer).awaitValue()->storage->data());
    });
}

PJRT_Error* bufferOpaquePointer(PJRT_Buffer_OpaqueDeviceMemoryDataPointer_Args* args) {
    return guarded("PJRT_Buffer_OpaqueDeviceMemoryDataPointer", args,
                   [](auto& a) { a.device_memory_ptr = bufferOf(a.buffer).awaitValue()->storage->data(); });
}

PJRT_Error* bufferIncreaseExternal(PJRT_Buffer_IncreaseExternalReferenceCount_Args* args) {
    return guarded("PJRT_Buffer_IncreaseExternalReferenceCount", args,
                   [](auto& a) { bufferOf(a.buffer).addExternalReference(); });
}

PJRT_Error* bufferDecreaseExternal(PJRT_Buffer_DecreaseExternalReferenceCount_Args* args) {
    return guarded("PJRT_Buffer_DecreaseExternalReferenceCount", args,
                   [](auto& a) { bufferOf(a.buffer).dropExternalReference(); });
}

PJRT_Error* bufferBitcast(PJRT_Buffer_Bitcast_Args* args) {
    return guarded("PJRT_Buffer_Bitcast", args, [](auto& a) {
        a.out_buffer = nullptr;
        const PJRT_Buffer& buffer = bufferOf(a.buffer);
        TensorType type = tensorType(numberOf(a.element_type), a.dims, a.num_dims);
        requireRowMajor(type, a.device_layout);
        const TensorType& from = buffer.unpadded();
        if (type.byteCount() != from.byteCount()) {
            throw invalidArgument("from " + shortName(from) + " of " + std::to_string(from.byteCount()) +
                                  " bytes to " + shortName(type) + " of " + std::to_string(type.byteCount()));
        }
        Ref<Storage> storage = buffer.awaitValue()->storage;
        a.out_buffer =
            makeBuffer(buffer.device, buffer.client, shared(std::move(type)), std::move(storage)).release();
    });
}

}  // namespace

void fillBuffer(PJRT_Api& api) {
    api.PJRT_Buffer_Destroy = bufferDestroy;
    api.PJRT_Buffer_ElementType = bufferElementType;
    api.PJRT_Buffer_Dimensions = bufferDimensions;
    api.PJRT_Buffer_UnpaddedDimensions = bufferUnpaddedDimensions;
    api.PJRT_Buffer_DynamicDimensionIndices = bufferDynamicDimensionIndices;
    api.PJRT_Buffer_GetMemoryLayout = bufferGetMemoryLayout;
    api.PJRT_Buffer_OnDeviceSizeInBytes = bufferOnDeviceSize;
    api.PJRT_Buffer_Device = bufferDevice;
    api.PJRT_Buffer_Memory = bufferMemory;
    api.PJRT_Buffer_Delete = bufferDelete;
    api.PJRT_Buffer_IsDeleted = bufferIsDeleted;
    api.PJRT_Buffer_CopyToDevice = bufferCopyToDevice;
    api.PJRT_Buffer_CopyToMemory = bufferCopyToMemory;
    api.PJRT_Buffer_ToHostBuffer = bufferToHost;
    api.PJRT_Buffer_CopyRawToHost = bufferCopyRawToHost;
    api.PJRT_Buffer_IsOnCpu = bufferIsOnCpu;
    api.PJRT_Buffer_ReadyEvent = bufferReadyEvent;
    api.PJRT_Buffer_UnsafePointer = bufferUnsafePointer;
    api.PJRT_Buffer_OpaqueDeviceMemoryDataPointer = bufferOpaquePointer;
    api.PJRT_Buffer_IncreaseExternalReferenceCount = bufferIncreaseExternal;
    api.PJRT_Buffer_DecreaseExternalReferenceCount = bufferDecreaseExternal;
    api.PJRT_Buffer_Bitcast = bufferBitcast;
}

}  // namespace optirs::plugin
