// The fake plugin: the rarer ways to make and to read buffers, and transfers in parts.
#include "tests/pjrt/fake_functions.h"

namespace fake {
namespace {

std::unique_ptr<Buffer> makeBuffer(PJRT_Buffer_Type type, const int64_t* dims, std::size_t rank,
                                   Device* device, Place* place, std::size_t bytes) {
    auto buffer = std::make_unique<Buffer>();
    buffer->type = type;
    buffer->dims.assign(dims, dims + rank);
    buffer->device = device;
    buffer->place = place;
    buffer->memory = std::make_shared<Memory>(bytes);
    return buffer;
}
std::unique_ptr<Buffer> makeBuffer(PJRT_Buffer_Type type, const int64_t* dims, std::size_t rank,
                                   Device* device, Place* place) {
    return makeBuffer(type, dims, rank, device, place, byteSize({dims, dims + rank}));
}

PJRT_Buffer* handle(std::unique_ptr<Buffer> buffer) {
    return reinterpret_cast<PJRT_Buffer*>(buffer.release());
}

/// What holds nothing: an error, or a promise that is not kept yet. Its shape may be larger than any memory.
template <class Args>
std::unique_ptr<Buffer> makeEmpty(const Args& args) {
    Place* place = reinterpret_cast<Place*>(args.memory);
    return makeBuffer(args.shape_element_type, args.shape_dims, args.shape_num_dims,
                      place->client->devices.front(), place, 0);
}

FAKE_FUNCTION(PJRT_Client_CreateUninitializedBuffer) {
    FAKE_ENTER(PJRT_Client_CreateUninitializedBuffer)
    const std::size_t bytes = byteSize({args->shape_dims, args->shape_dims + args->shape_num_dims});
    if (!Memory::fits(bytes)) {
        return makeError(PJRT_Error_Code_RESOURCE_EXHAUSTED, "the fake device is full");
    }
    auto& client = as<Client>(args->client);
    args->buffer =
        handle(makeBuffer(args->shape_element_type, args->shape_dims, args->shape_num_dims,
                          args->device == nullptr ? client.devices.front() : &as<Device>(args->device),
                          args->memory == nullptr ? client.memories.front() : &as<Place>(args->memory)));
    return nullptr;
}
FAKE_FUNCTION(PJRT_Client_CreateErrorBuffer) {
    FAKE_ENTER(PJRT_Client_CreateErrorBuffer)
    auto buffer = makeEmpty(*args);
    buffer->error_code = args->error_code;
    args->buffer = handle(std::move(buffer));
    return nullptr;
}
FAKE_FUNCTION(PJRT_Client_CreateViewOfDeviceBuffer) {
    FAKE_ENTER(PJRT_Client_CreateViewOfDeviceBuffer)
    auto& client = as<Client>(args->client);
    auto buffer = makeBuffer(args->element_type, args->dims, args->num_dims, &as<Device>(args->device),
                             client.memories.front());
    const std::size_t bytes = buffer->memory->data.size();
    std::memcpy(buffer->memory->data.data(), args->device_buffer_ptr, bytes);
    buffer->on_delete = [data = args->device_buffer_ptr, call = args->on_delete_callback,
                         user = args->on_delete_callback_arg] { call(data, user); };
    args->buffer = handle(std::move(buffer));
    return nullptr;
}
FAKE_FUNCTION(PJRT_Client_CreateAliasBuffer) {
    FAKE_ENTER(PJRT_Client_CreateAliasBuffer)
    auto buffer = makeEmpty(*args);
    args->fulfill_alias_buffer_cb =
        reinterpret_cast<PJRT_FulfillAliasBufferCallback*>(new Promise{buffer->memory.get(), {}});
    args->alias_buffer = handle(std::move(buffer));
    return nullptr;
}
FAKE_FUNCTION(PJRT_Client_FulfillAliasBuffer) {
    FAKE_ENTER(PJRT_Client_FulfillAliasBuffer)
    const std::unique_ptr<Promise> promise(&as<Promise>(args->fulfill_alias_buffer_cb));
    control().promise_code = args->status_code;
    if (args->buffer != nullptr) {
        promise->memory->data = as<Buffer>(args->buffer).memory->data;
        control().bytes += static_cast<int64_t>(promise->memory->data.size());
    }
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_Bitcast) {
    FAKE_ENTER(PJRT_Buffer_Bitcast)
    const Buffer& source = as<Buffer>(args->buffer);
    if (byteSize({args->dims, args->dims + args->num_dims}) != source.memory->data.size()) {
        return makeError(PJRT_Error_Code_INVALID_ARGUMENT, "another size");
    }
    auto cast = makeBuffer(args->element_type, args->dims, args->num_dims, source.device, source.place);
    cast->memory = source.memory.get();
    args->out_buffer = handle(std::move(cast));
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_CopyToMemory) {
    FAKE_ENTER(PJRT_Buffer_CopyToMemory)
    const Buffer& source = as<Buffer>(args->buffer);
    auto copy = makeBuffer(source.type, source.dims.data(), source.dims.size(), source.device,
                           &as<Place>(args->dst_memory));
    copy->memory->data = source.memory->data;
    args->dst_buffer = handle(std::move(copy));
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_CopyRawToHost) {
    FAKE_ENTER(PJRT_Buffer_CopyRawToHost)
    args->event = makeEvent([memory = as<Buffer>(args->buffer).memory.get(), to = args->dst,
                             from = args->offset, size = args->transfer_size] {
        std::memcpy(to, memory->data.data() + from, static_cast<std::size_t>(size));
    });
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_CopyRawToHostFuture) {
    FAKE_ENTER(PJRT_Buffer_CopyRawToHostFuture)
    auto state = std::make_shared<EventState>(nullptr);
    args->event = reinterpret_cast<PJRT_Event*>(new Event(state));
    const auto from = static_cast<std::ptrdiff_t>(args->offset);
    args->callback_data =
        new Promise{as<Buffer>(args->buffer).memory.get(),
                    [state, from, size = args->transfer_size](Memory& memory, int code, void* to) {
                        control().promise_code = code;
                        if (to != nullptr) {
                            std::memcpy(to, memory.data.data() + from, static_cast<std::size_t>(size));
                        }
                        state->endWith(code);
                    }};
    args->future_ready_callback = [](PJRT_Buffer_CopyRawToHostFuture_Callback_Args* call) {
        const std::unique_ptr<Promise> promise(static_cast<Promise*>(call->callback_data));
        promise->keep(*promise->memory, call->error_code, call->dst);
    };
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_DonateWithControlDependency) {
    FAKE_ENTER(PJRT_Buffer_DonateWithControlDependency)
    Buffer& source = as<Buffer>(args->buffer);
    auto taken = makeBuffer(source.type, source.dims.data(), source.dims.size(), source.device, source.place);
    taken->memory = source.memory.take();
    args->callback_data = new Promise{taken->memory.get(), {}};
    args->dependency_ready_callback = [](PJRT_Buffer_DonateWithControlDependency_Callback_Args* call) {
        const std::unique_ptr<Promise> promise(static_cast<Promise*>(call->callback_data));
        control().promise_code = call->error_code;
    };
    args->out_buffer = handle(std::move(taken));
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_UnpaddedDimensions) {
    FAKE_ENTER(PJRT_Buffer_UnpaddedDimensions)
    args->unpadded_dims = as<Buffer>(args->buffer).dims.data();
    args->num_dims = as<Buffer>(args->buffer).dims.size();
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_DynamicDimensionIndices) {
    FAKE_ENTER(PJRT_Buffer_DynamicDimensionIndices)
    static constexpr std::size_t kFirst = 0;
    args->dynamic_dim_indices = &kFirst;
    const Buffer& buffer = as<Buffer>(args->buffer);
    args->num_dynamic_dims = buffer.is_dynamic && !buffer.dims.empty() ? 1 : 0;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_GetMemoryLayout) {
    FAKE_ENTER(PJRT_Buffer_GetMemoryLayout)
    static constexpr int64_t kOrder[] = {3, 2, 1, 0};
    static constexpr int64_t kTiles[] = {8, 128, 2};
    static constexpr std::size_t kRanks[] = {2, 1};
    const std::size_t rank = as<Buffer>(args->buffer).dims.size();
    args->layout = {};
    args->layout.type = PJRT_Buffer_MemoryLayout_Type_Tiled;
    args->layout.tiled.minor_to_major = kOrder + 4 - rank;
    args->layout.tiled.minor_to_major_size = rank;
    args->layout.tiled.tile_dims = kTiles;
    args->layout.tiled.tile_dim_sizes = kRanks;
    args->layout.tiled.num_tiles = rank == 1 ? 0 : 2;  // vectors lie as the host has them
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_Memory) {
    FAKE_ENTER(PJRT_Buffer_Memory)
    args->memory = reinterpret_cast<PJRT_Memory*>(as<Buffer>(args->buffer).place);
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_IsOnCpu) {
    FAKE_ENTER(PJRT_Buffer_IsOnCpu)
    args->is_on_cpu = true;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_UnsafePointer) {
    FAKE_ENTER(PJRT_Buffer_UnsafePointer)
    args->buffer_pointer = reinterpret_cast<uintptr_t>(as<Buffer>(args->buffer).memory->data.data());
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_IncreaseExternalReferenceCount) {
    FAKE_ENTER(PJRT_Buffer_IncreaseExternalReferenceCount)
    ++control().others;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_DecreaseExternalReferenceCount) {
    FAKE_ENTER(PJRT_Buffer_DecreaseExternalReferenceCount)
    --control().others;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Buffer_OpaqueDeviceMemoryDataPointer) {
    FAKE_ENTER(PJRT_Buffer_OpaqueDeviceMemoryDataPointer)
    args->device_memory_ptr = as<Buffer>(args->buffer).memory->data.data();
    return nullptr;
}
FAKE_FUNCTION(PJRT_Client_CreateBuffersForAsyncHostToDevice) {
    FAKE_ENTER(PJRT_Client_CreateBuffersForAsyncHostToDevice)
    auto transfer = std::make_unique<Transfer>();
    Place& place = as<Place>(args->memory);
    transfer->device = place.client->devices.front();
    for (std::size_t i = 0; i < args->num_shape_specs; ++i) {
        const PJRT_ShapeSpec& spec = args->shape_specs[i];
        transfer->buffers.push_back(
            makeBuffer(spec.element_type, spec.dims, spec.num_dims, transfer->device, &place));
        transfer->memories.push_back(transfer->buffers.back()->memory.get());
    }
    args->transfer_manager = reinterpret_cast<PJRT_AsyncHostToDeviceTransferManager*>(transfer.release());
    return nullptr;
}
FAKE_FUNCTION(PJRT_AsyncHostToDeviceTransferManager_Destroy) {
    FAKE_ENTER(PJRT_AsyncHostToDeviceTransferManager_Destroy)
    delete &as<Transfer>(args->transfer_manager);
    return nullptr;
}
FAKE_FUNCTION(PJRT_AsyncHostToDeviceTransferManager_TransferData) {
    FAKE_ENTER(PJRT_AsyncHostToDeviceTransferManager_TransferData)
    const auto& memory =
        as<Transfer>(args->transfer_manager).memories[static_cast<std::size_t>(args->buffer_index)];
    args->done_with_h2d_transfer =
        makeEvent([memory, data = args->data, at = args->offset, size = args->transfer_size] {
            std::memcpy(memory->data.data() + at, data, static_cast<std::size_t>(size));
        });
    return nullptr;
}
FAKE_FUNCTION(PJRT_AsyncHostToDeviceTransferManager_TransferLiteral) {
    FAKE_ENTER(PJRT_AsyncHostToDeviceTransferManager_TransferLiteral)
    const auto& memory =
        as<Transfer>(args->transfer_manager).memories[static_cast<std::size_t>(args->buffer_index)];
    args->done_with_h2d_transfer = makeEvent(
        [memory, data = args->data] { std::memcpy(memory->data.data(), data, memory->data.size()); });
    return nullptr;
}
FAKE_FUNCTION(PJRT_AsyncHostToDeviceTransferManager_RetrieveBuffer) {
    FAKE_ENTER(PJRT_AsyncHostToDeviceTransferManager_RetrieveBuffer)
    auto& buffer = as<Transfer>(args->transfer_manager).buffers[static_cast<std::size_t>(args->buffer_index)];
    if (buffer == nullptr) {
        return makeError(PJRT_Error_Code_FAILED_PRECONDITION, "the buffer was taken");
    }
    args->buffer_out = handle(std::move(buffer));
    return nullptr;
}
FAKE_FUNCTION(PJRT_AsyncHostToDeviceTransferManager_Device) {
    FAKE_ENTER(PJRT_AsyncHostToDeviceTransferManager_Device)
    args->device_out = reinterpret_cast<PJRT_Device*>(as<Transfer>(args->transfer_manager).device);
    return nullptr;
}
FAKE_FUNCTION(PJRT_AsyncHostToDeviceTransferManager_BufferCount) {
    FAKE_ENTER(PJRT_AsyncHostToDeviceTransferManager_BufferCount)
    args->buffer_count = as<Transfer>(args->transfer_manager).memories.size();
    return nullptr;
}
FAKE_FUNCTION(PJRT_AsyncHostToDeviceTransferManager_BufferSize) {
    FAKE_ENTER(PJRT_AsyncHostToDeviceTransferManager_BufferSize)
    args->buffer_size = as<Transfer>(args->transfer_manager)
                            .memories[static_cast<std::size_t>(args->buffer_index)]
                            ->data.size();
    return nullptr;
}
FAKE_FUNCTION(PJRT_AsyncHostToDeviceTransferManager_SetBufferError) {
    FAKE_ENTER(PJRT_AsyncHostToDeviceTransferManager_SetBufferError)
    control().note.assign(args->error_message, args->error_message_size);
    return nullptr;
}
FAKE_FUNCTION(PJRT_AsyncHostToDeviceTransferManager_AddMetadata) {
    FAKE_ENTER(PJRT_AsyncHostToDeviceTransferManager_AddMetadata)
    control().note.assign(args->transfer_metadata[0].name, args->transfer_metadata[0].name_size);
    return nullptr;
}

}  // namespace

void addCreationFunctions(PJRT_Api& table) {
    FAKE_ENTRY(PJRT_Client_CreateUninitializedBuffer)
    FAKE_ENTRY(PJRT_Client_CreateErrorBuffer)
    FAKE_ENTRY(PJRT_Client_CreateViewOfDeviceBuffer)
    FAKE_ENTRY(PJRT_Client_CreateAliasBuffer)
    FAKE_ENTRY(PJRT_Client_FulfillAliasBuffer)
    FAKE_ENTRY(PJRT_Buffer_Bitcast)
    FAKE_ENTRY(PJRT_Buffer_CopyToMemory)
    FAKE_ENTRY(PJRT_Buffer_CopyRawToHost)
    FAKE_ENTRY(PJRT_Buffer_CopyRawToHostFuture)
    FAKE_ENTRY(PJRT_Buffer_DonateWithControlDependency)
    FAKE_ENTRY(PJRT_Buffer_UnpaddedDimensions)
    FAKE_ENTRY(PJRT_Buffer_DynamicDimensionIndices)
    FAKE_ENTRY(PJRT_Buffer_GetMemoryLayout)
    FAKE_ENTRY(PJRT_Buffer_Memory)
    FAKE_ENTRY(PJRT_Buffer_IsOnCpu)
    FAKE_ENTRY(PJRT_Buffer_UnsafePointer)
    FAKE_ENTRY(PJRT_Buffer_IncreaseExternalReferenceCount)
    FAKE_ENTRY(PJRT_Buffer_DecreaseExternalReferenceCount)
    FAKE_ENTRY(PJRT_Buffer_OpaqueDeviceMemoryDataPointer)
    FAKE_ENTRY(PJRT_Client_CreateBuffersForAsyncHostToDevice)
    FAKE_ENTRY(PJRT_AsyncHostToDeviceTransferManager_Destroy)
    FAKE_ENTRY(PJRT_AsyncHostToDeviceTransferManager_TransferData)
    FAKE_ENTRY(PJRT_AsyncHostToDeviceTransferManager_TransferLiteral)
    FAKE_ENTRY(PJRT_AsyncHostToDeviceTransferManager_RetrieveBuffer)
    FAKE_ENTRY(PJRT_AsyncHostToDeviceTransferManager_Device)
    FAKE_ENTRY(PJRT_AsyncHostToDeviceTransferManager_BufferCount)
    FAKE_ENTRY(PJRT_AsyncHostToDeviceTransferManager_BufferSize)
    FAKE_ENTRY(PJRT_AsyncHostToDeviceTransferManager_SetBufferError)
    FAKE_ENTRY(PJRT_AsyncHostToDeviceTransferManager_AddMetadata)
}

}  // namespace fake
