/* Arrays that come in pieces, that come later, and that are given away before they are free. */
#include "walk.h"

static void walkManager(const Walk* walk) {
    const int64_t dims[] = {4};
    PJRT_ShapeSpec shapes[3];
    for (int i = 0; i < 3; ++i) {
        memset(&shapes[i], 0, sizeof shapes[i]);
        shapes[i].struct_size = PJRT_ShapeSpec_STRUCT_SIZE;
        shapes[i].dims = dims;
        shapes[i].num_dims = 1;
        shapes[i].element_type = PJRT_Buffer_Type_F32;
    }
    ARGS(PJRT_Client_CreateBuffersForAsyncHostToDevice_Args, create);
    create.client = walk->client;
    create.shape_specs = shapes;
    create.num_shape_specs = 3;
    create.memory = walk->memory;
    OK(api->PJRT_Client_CreateBuffersForAsyncHostToDevice(&create));
    PJRT_AsyncHostToDeviceTransferManager* manager = create.transfer_manager;

    ARGS(PJRT_AsyncHostToDeviceTransferManager_BufferCount_Args, count);
    count.transfer_manager = manager;
    OK(api->PJRT_AsyncHostToDeviceTransferManager_BufferCount(&count));
    REQUIRE(count.buffer_count == 3);
    ARGS(PJRT_AsyncHostToDeviceTransferManager_BufferSize_Args, size);
    size.transfer_manager = manager;
    OK(api->PJRT_AsyncHostToDeviceTransferManager_BufferSize(&size));
    REQUIRE(size.buffer_size == 16);
    ARGS(PJRT_AsyncHostToDeviceTransferManager_Device_Args, device);
    device.transfer_manager = manager;
    OK(api->PJRT_AsyncHostToDeviceTransferManager_Device(&device));
    REQUIRE(device.device_out == walk->device);
    ARGS(PJRT_NamedValue, value);
    value.name = "origin";
    value.name_size = 6;
    value.type = PJRT_NamedValue_kBool;
    value.bool_value = true;
    value.value_size = 1;
    ARGS(PJRT_AsyncHostToDeviceTransferManager_AddMetadata_Args, metadata);
    metadata.transfer_manager = manager;
    metadata.transfer_metadata = &value;
    metadata.num_metadata = 1;
    OK(api->PJRT_AsyncHostToDeviceTransferManager_AddMetadata(&metadata));

    PJRT_Buffer* buffers[3];
    for (int i = 0; i < 3; ++i) {
        ARGS(PJRT_AsyncHostToDeviceTransferManager_RetrieveBuffer_Args, retrieve);
        retrieve.transfer_manager = manager;
        retrieve.buffer_index = i;
        OK(api->PJRT_AsyncHostToDeviceTransferManager_RetrieveBuffer(&retrieve));
        buffers[i] = retrieve.buffer_out;
        REQUIRE(codeOf(api->PJRT_AsyncHostToDeviceTransferManager_RetrieveBuffer(&retrieve)) ==
                PJRT_Error_Code_FAILED_PRECONDITION);
    }
    ARGS(PJRT_Buffer_ReadyEvent_Args, ready);
    ready.buffer = buffers[0];
    OK(api->PJRT_Buffer_ReadyEvent(&ready));
    ARGS(PJRT_Event_IsReady_Args, is_ready);
    is_ready.event = ready.event;

    /* The second half first. */
    const float values[] = {5, 6, 7, 8};
    for (int half = 1; half >= 0; --half) {
        OK(api->PJRT_Event_IsReady(&is_ready));
        REQUIRE(!is_ready.is_ready);
        ARGS(PJRT_AsyncHostToDeviceTransferManager_TransferData_Args, data);
        data.transfer_manager = manager;
        data.data = values + (half == 1 ? 2 : 0);
        data.offset = half == 1 ? 8 : 0;
        data.transfer_size = 8;
        data.is_last_transfer = half == 0;
        OK(api->PJRT_AsyncHostToDeviceTransferManager_TransferData(&data));
        REQUIRE(awaitEvent(data.done_with_h2d_transfer) == PJRT_Error_Code_OK);
    }
    REQUIRE(awaitEvent(ready.event) == PJRT_Error_Code_OK);
    float back[4];
    download(buffers[0], back, 4);
    REQUIRE(memcmp(back, values, sizeof values) == 0);

    ARGS(PJRT_AsyncHostToDeviceTransferManager_TransferLiteral_Args, literal);
    literal.transfer_manager = manager;
    literal.buffer_index = 1;
    literal.data = values;
    literal.shape_dims = dims;
    literal.shape_num_dims = 1;
    literal.shape_element_type = PJRT_Buffer_Type_F32;
    OK(api->PJRT_AsyncHostToDeviceTransferManager_TransferLiteral(&literal));
    REQUIRE(awaitEvent(literal.done_with_h2d_transfer) == PJRT_Error_Code_OK);
    download(buffers[1], back, 4);
    REQUIRE(memcmp(back, values, sizeof values) == 0);

    ARGS(PJRT_AsyncHostToDeviceTransferManager_SetBufferError_Args, error);
    error.transfer_manager = manager;
    error.buffer_index = 2;
    error.error_code = PJRT_Error_Code_DATA_LOSS;
    error.error_message = "gone";
    error.error_message_size = 4;
    OK(api->PJRT_AsyncHostToDeviceTransferManager_SetBufferError(&error));
    ready.buffer = buffers[2];
    OK(api->PJRT_Buffer_ReadyEvent(&ready));
    REQUIRE(awaitEvent(ready.event) == PJRT_Error_Code_DATA_LOSS);
    ARGS(PJRT_AsyncHostToDeviceTransferManager_Destroy_Args, destroy);
    destroy.transfer_manager = manager;
    OK(api->PJRT_AsyncHostToDeviceTransferManager_Destroy(&destroy));
    for (int i = 0; i < 3; ++i) destroyBuffer(buffers[i]);
}

static void walkAlias(const Walk* walk) {
    const int64_t dims[] = {4};
    ARGS(PJRT_Client_CreateAliasBuffer_Args, create);
    create.client = walk->client;
    create.memory = walk->memory;
    create.shape_dims = dims;
    create.shape_num_dims = 1;
    create.shape_element_type = PJRT_Buffer_Type_F32;
    OK(api->PJRT_Client_CreateAliasBuffer(&create));
    const float values[] = {1, 4, 9, 16};
    PJRT_Buffer* real = upload(walk, values, 4, walk->device);
    ARGS(PJRT_Client_FulfillAliasBuffer_Args, fulfil);
    fulfil.client = walk->client;
    fulfil.buffer = real;
    fulfil.fulfill_alias_buffer_cb = create.fulfill_alias_buffer_cb;
    OK(api->PJRT_Client_FulfillAliasBuffer(&fulfil));
    REQUIRE(codeOf(api->PJRT_Client_FulfillAliasBuffer(&fulfil)) == PJRT_Error_Code_FAILED_PRECONDITION);
    destroyBuffer(real);
    float back[4];
    download(create.alias_buffer, back, 4);
    REQUIRE(memcmp(back, values, sizeof values) == 0);
    destroyBuffer(create.alias_buffer);
}

static void walkDonation(const Walk* walk) {
    const float values[] = {2, 3, 5, 7};
    PJRT_Buffer* buffer = upload(walk, values, 4, walk->device);
    ARGS(PJRT_Buffer_DonateWithControlDependency_Args, donate);
    donate.buffer = buffer;
    OK(api->PJRT_Buffer_DonateWithControlDependency(&donate));
    REQUIRE(isDeleted(buffer));
    ARGS(PJRT_Buffer_ReadyEvent_Args, ready);
    ready.buffer = donate.out_buffer;
    OK(api->PJRT_Buffer_ReadyEvent(&ready));
    ARGS(PJRT_Event_IsReady_Args, is_ready);
    is_ready.event = ready.event;
    OK(api->PJRT_Event_IsReady(&is_ready));
    REQUIRE(!is_ready.is_ready);
    ARGS(PJRT_Buffer_DonateWithControlDependency_Callback_Args, done);
    done.callback_data = donate.callback_data;
    donate.dependency_ready_callback(&done);
    REQUIRE(awaitEvent(ready.event) == PJRT_Error_Code_OK);
    donate.dependency_ready_callback(&done); /* a second time: nothing */
    float back[4];
    download(donate.out_buffer, back, 4);
    REQUIRE(memcmp(back, values, sizeof values) == 0);
    destroyBuffer(donate.out_buffer);
    destroyBuffer(buffer);
}

static void walkFuture(const Walk* walk) {
    const float values[] = {1, 2, 3, 4};
    PJRT_Buffer* buffer = upload(walk, values, 4, walk->device);
    ARGS(PJRT_Buffer_CopyRawToHostFuture_Args, copy);
    copy.buffer = buffer;
    copy.offset = 4;
    copy.transfer_size = 8;
    OK(api->PJRT_Buffer_CopyRawToHostFuture(&copy));
    float two[2] = {0, 0};
    ARGS(PJRT_Buffer_CopyRawToHostFuture_Callback_Args, ready);
    ready.callback_data = copy.callback_data;
    ready.dst = two;
    copy.future_ready_callback(&ready);
    REQUIRE(awaitEvent(copy.event) == PJRT_Error_Code_OK);
    REQUIRE(two[0] == 2 && two[1] == 3);
    destroyBuffer(buffer);
}

static void walkErrorBuffer(const Walk* walk) {
    const int64_t dims[] = {4};
    ARGS(PJRT_Client_CreateErrorBuffer_Args, create);
    create.client = walk->client;
    create.error_code = PJRT_Error_Code_ABORTED;
    create.error_message = "never";
    create.error_message_size = 5;
    create.shape_dims = dims;
    create.shape_num_dims = 1;
    create.shape_element_type = PJRT_Buffer_Type_F32;
    create.memory = walk->memory;
    OK(api->PJRT_Client_CreateErrorBuffer(&create));
    ARGS(PJRT_Buffer_ReadyEvent_Args, ready);
    ready.buffer = create.buffer;
    OK(api->PJRT_Buffer_ReadyEvent(&ready));
    REQUIRE(awaitEvent(ready.event) == PJRT_Error_Code_ABORTED);
    destroyBuffer(create.buffer);
    ARGS(PJRT_Client_CreateUninitializedBuffer_Args, empty);
    empty.client = walk->client;
    empty.shape_dims = dims;
    empty.shape_num_dims = 1;
    empty.shape_element_type = PJRT_Buffer_Type_F32;
    empty.memory = walk->memory;
    OK(api->PJRT_Client_CreateUninitializedBuffer(&empty));
    destroyBuffer(empty.buffer);
}

void walkTransfers(const Walk* walk) {
    walkManager(walk);
    walkAlias(walk);
    walkDonation(walk);
    walkFuture(walk);
    walkErrorBuffer(walk);
}
