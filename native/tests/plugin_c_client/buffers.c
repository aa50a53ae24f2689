/* Arrays: in with every semantics and with strides, out with layouts, copies, views. */
#include "walk.h"

PJRT_Buffer* upload(const Walk* walk, const float* values, int64_t count, PJRT_Device* device) {
    ARGS(PJRT_Client_BufferFromHostBuffer_Args, from);
    from.client = walk->client;
    from.data = values;
    from.type = PJRT_Buffer_Type_F32;
    from.dims = &count;
    from.num_dims = 1;
    from.device = device;
    from.host_buffer_semantics = PJRT_HostBufferSemantics_kImmutableOnlyDuringCall;
    OK(api->PJRT_Client_BufferFromHostBuffer(&from));
    REQUIRE(awaitEvent(from.done_with_host_buffer) == PJRT_Error_Code_OK);
    return from.buffer;
}

void download(PJRT_Buffer* buffer, float* values, size_t count) {
    ARGS(PJRT_Buffer_ToHostBuffer_Args, to);
    to.src = buffer;
    OK(api->PJRT_Buffer_ToHostBuffer(&to));
    REQUIRE(to.dst_size == count * sizeof(float) && to.event == NULL);
    to.dst = values;
    OK(api->PJRT_Buffer_ToHostBuffer(&to));
    REQUIRE(awaitEvent(to.event) == PJRT_Error_Code_OK);
}

void destroyBuffer(PJRT_Buffer* buffer) {
    ARGS(PJRT_Buffer_Destroy_Args, destroy);
    destroy.buffer = buffer;
    OK(api->PJRT_Buffer_Destroy(&destroy));
}

bool isDeleted(PJRT_Buffer* buffer) {
    ARGS(PJRT_Buffer_IsDeleted_Args, deleted);
    deleted.buffer = buffer;
    OK(api->PJRT_Buffer_IsDeleted(&deleted));
    return deleted.is_deleted;
}

static void requireValues(PJRT_Buffer* buffer, const float* expected, size_t count) {
    float values[16];
    REQUIRE(count <= 16);
    download(buffer, values, count);
    for (size_t i = 0; i < count; ++i) REQUIRE(values[i] == expected[i]);
}

static void walkSemantics(const Walk* walk) {
    static _Alignas(64) float source[16];
    const PJRT_HostBufferSemantics all[] = {PJRT_HostBufferSemantics_kImmutableOnlyDuringCall,
                                            PJRT_HostBufferSemantics_kImmutableUntilTransferCompletes,
                                            PJRT_HostBufferSemantics_kImmutableZeroCopy,
                                            PJRT_HostBufferSemantics_kMutableZeroCopy};
    const int64_t dims[] = {4, 4};
    for (size_t i = 0; i < 4; ++i) {
        for (int k = 0; k < 16; ++k) source[k] = (float)k + (float)i;
        ARGS(PJRT_Client_BufferFromHostBuffer_Args, from);
        from.client = walk->client;
        from.data = source;
        from.type = PJRT_Buffer_Type_F32;
        from.dims = dims;
        from.num_dims = 2;
        from.memory = walk->memory;
        from.host_buffer_semantics = all[i];
        OK(api->PJRT_Client_BufferFromHostBuffer(&from));
        requireValues(from.buffer, source, 16);
        destroyBuffer(from.buffer);
        REQUIRE(awaitEvent(from.done_with_host_buffer) == PJRT_Error_Code_OK);
    }
    /* Negative strides: data points at the first element, the others lie before it. */
    const int64_t backwards[] = {-16, -4};
    ARGS(PJRT_Client_BufferFromHostBuffer_Args, from);
    from.client = walk->client;
    from.data = source + 15;
    from.type = PJRT_Buffer_Type_F32;
    from.dims = dims;
    from.num_dims = 2;
    from.byte_strides = backwards;
    from.num_byte_strides = 2;
    OK(api->PJRT_Client_BufferFromHostBuffer(&from));
    REQUIRE(awaitEvent(from.done_with_host_buffer) == PJRT_Error_Code_OK);
    float reversed[16];
    for (int k = 0; k < 16; ++k) reversed[k] = source[15 - k];
    requireValues(from.buffer, reversed, 16);
    destroyBuffer(from.buffer);
}

/* Types of less than a byte take one byte an element, in host memory and in the device's. */
static void walkSmallTypes(const Walk* walk) {
    const PJRT_Buffer_Type types[] = {PJRT_Buffer_Type_S4, PJRT_Buffer_Type_U4, PJRT_Buffer_Type_S2,
                                      PJRT_Buffer_Type_U2, PJRT_Buffer_Type_F4E2M1FN};
    const int64_t count = 3;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; ++i) {
        const unsigned char bytes[] = {0, 1, 1};
        ARGS(PJRT_Client_BufferFromHostBuffer_Args, from);
        from.client = walk->client;
        from.data = bytes;
        from.type = types[i];
        from.dims = &count;
        from.num_dims = 1;
        OK(api->PJRT_Client_BufferFromHostBuffer(&from));
        REQUIRE(awaitEvent(from.done_with_host_buffer) == PJRT_Error_Code_OK);
        unsigned char back[3] = {9, 9, 9};
        ARGS(PJRT_Buffer_ToHostBuffer_Args, to);
        to.src = from.buffer;
        OK(api->PJRT_Buffer_ToHostBuffer(&to));
        REQUIRE(to.dst_size == 3);
        to.dst = back;
        OK(api->PJRT_Buffer_ToHostBuffer(&to));
        REQUIRE(awaitEvent(to.event) == PJRT_Error_Code_OK);
        REQUIRE(memcmp(bytes, back, 3) == 0);
        destroyBuffer(from.buffer);
    }
}

static void walkProperties(PJRT_Buffer* buffer, PJRT_Device* device, PJRT_Memory* memory) {
    ARGS(PJRT_Buffer_ElementType_Args, type);
    type.buffer = buffer;
    OK(api->PJRT_Buffer_ElementType(&type));
    REQUIRE(type.type == PJRT_Buffer_Type_F32);
    ARGS(PJRT_Buffer_Dimensions_Args, dims);
    dims.buffer = buffer;
    OK(api->PJRT_Buffer_Dimensions(&dims));
    REQUIRE(dims.num_dims == 1 && dims.dims[0] == 4);
    ARGS(PJRT_Buffer_UnpaddedDimensions_Args, unpadded);
    unpadded.buffer = buffer;
    OK(api->PJRT_Buffer_UnpaddedDimensions(&unpadded));
    REQUIRE(unpadded.num_dims == 1 && unpadded.unpadded_dims[0] == 4);
    ARGS(PJRT_Buffer_DynamicDimensionIndices_Args, dynamic);
    dynamic.buffer = buffer;
    OK(api->PJRT_Buffer_DynamicDimensionIndices(&dynamic));
    REQUIRE(dynamic.num_dynamic_dims == 0);
    ARGS(PJRT_Buffer_OnDeviceSizeInBytes_Args, size);
    size.buffer = buffer;
    OK(api->PJRT_Buffer_OnDeviceSizeInBytes(&size));
    REQUIRE(size.on_device_size_in_bytes == 16);
    ARGS(PJRT_Buffer_Device_Args, of_device);
    of_device.buffer = buffer;
    OK(api->PJRT_Buffer_Device(&of_device));
    REQUIRE(of_device.device == device);
    ARGS(PJRT_Buffer_Memory_Args, of_memory);
    of_memory.buffer = buffer;
    OK(api->PJRT_Buffer_Memory(&of_memory));
    REQUIRE(of_memory.memory == memory);
    ARGS(PJRT_Buffer_IsOnCpu_Args, on_cpu);
    on_cpu.buffer = buffer;
    OK(api->PJRT_Buffer_IsOnCpu(&on_cpu));
    REQUIRE(on_cpu.is_on_cpu);
    ARGS(PJRT_Buffer_ReadyEvent_Args, ready);
    ready.buffer = buffer;
    OK(api->PJRT_Buffer_ReadyEvent(&ready));
    REQUIRE(awaitEvent(ready.event) == PJRT_Error_Code_OK);
    ARGS(PJRT_Buffer_GetMemoryLayout_Args, layout);
    layout.buffer = buffer;
    OK(api->PJRT_Buffer_GetMemoryLayout(&layout));
    REQUIRE(layout.layout.type == PJRT_Buffer_MemoryLayout_Type_Tiled);
    REQUIRE(layout.layout.tiled.minor_to_major_size == 1 && layout.layout.tiled.num_tiles == 0);
    const PJRT_Layouts_Extension* layouts =
        (const PJRT_Layouts_Extension*)findExtension(PJRT_Extension_Type_Layouts);
    ARGS(PJRT_Layouts_PJRT_Buffer_MemoryLayout_Args, of_layout);
    of_layout.buffer = buffer;
    OK(layouts->PJRT_Layouts_PJRT_Buffer_MemoryLayout(&of_layout));
    ARGS(PJRT_Layouts_MemoryLayout_Serialize_Args, text);
    text.layout = of_layout.layout;
    OK(layouts->PJRT_Layouts_MemoryLayout_Serialize(&text));
    REQUIRE(sameText(text.serialized_bytes, text.serialized_bytes_size, "{0}"));
    text.serialized_layout_deleter(text.serialized_layout);
    ARGS(PJRT_Layouts_MemoryLayout_Destroy_Args, destroy);
    destroy.layout = of_layout.layout;
    OK(layouts->PJRT_Layouts_MemoryLayout_Destroy(&destroy));
}

static void walkPointers(PJRT_Buffer* buffer) {
    ARGS(PJRT_Buffer_UnsafePointer_Args, unsafe);
    unsafe.buffer = buffer;
    OK(api->PJRT_Buffer_UnsafePointer(&unsafe));
    ARGS(PJRT_Buffer_OpaqueDeviceMemoryDataPointer_Args, opaque);
    opaque.buffer = buffer;
    OK(api->PJRT_Buffer_OpaqueDeviceMemoryDataPointer(&opaque));
    REQUIRE((uintptr_t)opaque.device_memory_ptr == unsafe.buffer_pointer && unsafe.buffer_pointer % 64 == 0);
    ARGS(PJRT_Buffer_IncreaseExternalReferenceCount_Args, increase);
    increase.buffer = buffer;
    OK(api->PJRT_Buffer_IncreaseExternalReferenceCount(&increase));
    ARGS(PJRT_Buffer_DecreaseExternalReferenceCount_Args, decrease);
    decrease.buffer = buffer;
    OK(api->PJRT_Buffer_DecreaseExternalReferenceCount(&decrease));
}

static void walkCopies(const Walk* walk, PJRT_Buffer* buffer, const float* values) {
    ARGS(PJRT_Buffer_CopyToDevice_Args, copy);
    copy.buffer = buffer;
    copy.dst_device = walk->other_device;
    OK(api->PJRT_Buffer_CopyToDevice(&copy));
    requireValues(copy.dst_buffer, values, 4);
    ARGS(PJRT_Buffer_CopyToMemory_Args, back);
    back.buffer = copy.dst_buffer;
    back.dst_memory = walk->memory;
    OK(api->PJRT_Buffer_CopyToMemory(&back));
    requireValues(back.dst_buffer, values, 4);
    float two[2] = {0, 0};
    ARGS(PJRT_Buffer_CopyRawToHost_Args, raw);
    raw.buffer = back.dst_buffer;
    raw.dst = two;
    raw.offset = 4;
    raw.transfer_size = 8;
    OK(api->PJRT_Buffer_CopyRawToHost(&raw));
    REQUIRE(awaitEvent(raw.event) == PJRT_Error_Code_OK);
    REQUIRE(two[0] == values[1] && two[1] == values[2]);
    ARGS(PJRT_Buffer_Delete_Args, delete_it);
    delete_it.buffer = back.dst_buffer;
    OK(api->PJRT_Buffer_Delete(&delete_it));
    REQUIRE(isDeleted(back.dst_buffer));
    destroyBuffer(back.dst_buffer);
    destroyBuffer(copy.dst_buffer);
}

static void walkDma(const Walk* walk) {
    char page[64];
    ARGS(PJRT_Client_DmaMap_Args, map);
    map.client = walk->client;
    map.data = page;
    map.size = sizeof page;
    OK(api->PJRT_Client_DmaMap(&map));
    ARGS(PJRT_Client_DmaUnmap_Args, unmap);
    unmap.client = walk->client;
    unmap.data = page;
    OK(api->PJRT_Client_DmaUnmap(&unmap));
}

void walkBuffers(const Walk* walk) {
    const float values[] = {1, 2, 3, 4};
    walkSemantics(walk);
    walkSmallTypes(walk);
    PJRT_Buffer* buffer = upload(walk, values, 4, walk->device);
    walkProperties(buffer, walk->device, walk->memory);
    walkPointers(buffer);
    walkCopies(walk, buffer, values);
    walkDma(walk);
    const int64_t dims[] = {2, 2};
    ARGS(PJRT_Buffer_Bitcast_Args, cast);
    cast.buffer = buffer;
    cast.element_type = PJRT_Buffer_Type_S32;
    cast.dims = dims;
    cast.num_dims = 2;
    OK(api->PJRT_Buffer_Bitcast(&cast));
    destroyBuffer(cast.out_buffer);
    destroyBuffer(buffer);
}
