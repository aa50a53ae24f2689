// The calls of buffers and transfers.
#pragma once

#include "tests/pjrt/function_cases.h"

namespace test {

inline std::vector<Case> bufferCases() {
    return {
        {"PJRT_Client_CreateUninitializedBuffer",
         [](World& w) {
             Buffer made;
             return Outcome(optirs_pjrt_buffer_uninitialized(w.client, &w.array, made.out()));
         }},
        {"PJRT_Client_CreateErrorBuffer",
         [](World& w) {
             Buffer made;
             return Outcome(
                 optirs_pjrt_buffer_failed(w.client, &w.array, OPTIRS_DATA_LOSS, "lost", 4, made.out()));
         }},
        {"PJRT_Client_CreateViewOfDeviceBuffer",
         [](World& w) {
             Buffer made;
             return Outcome(optirs_pjrt_buffer_view(w.client, &w.array, w.room.data(), 0, releaseNothing,
                                                    nullptr, made.out()));
         }},
        {"PJRT_Client_CreateAliasBuffer",
         [](World& w) {
             Buffer made;
             Promise promise;
             return Outcome(optirs_pjrt_buffer_alias(w.client, &w.array, made.out(), promise.out()));
         }},
        {"PJRT_Client_FulfillAliasBuffer",
         [](World& w) {
             Buffer made;
             Promise promise;
             NEEDED(optirs_pjrt_buffer_alias(w.client, &w.array, made.out(), promise.out()));
             const Outcome first(optirs_pjrt_promise_buffer(promise.get(), w.buffer.get()));
             return first;
         }},
        {"PJRT_Buffer_Bitcast",
         [](World& w) {
             Buffer made;
             return Outcome(optirs_pjrt_buffer_bitcast(w.buffer.get(), &w.array, made.out()));
         }},
        {"PJRT_Buffer_CopyToMemory",
         [](World& w) {
             Buffer made;
             return Outcome(optirs_pjrt_buffer_copy_to_memory(w.buffer.get(), w.memory(1), made.out()));
         }},
        {"PJRT_Buffer_CopyRawToHost",
         [](World& w) {
             Completion done;
             return waitFor(
                 optirs_pjrt_buffer_raw_to_host(w.buffer.get(), 4, w.room.data(), 8, Completion::done, &done),
                 done);
         }},
        {"PJRT_Buffer_CopyRawToHostFuture",
         [](World& w) {
             Completion done;
             Promise promise;
             NEEDED(optirs_pjrt_buffer_raw_to_host_later(w.buffer.get(), 4, 8, Completion::done, &done,
                                                         promise.out()));
             NEEDED(optirs_pjrt_promise_host(promise.get(), w.room.data(), 8));
             return done.wait();
         }},
        {"PJRT_Buffer_DonateWithControlDependency",
         [](World& w) {
             Buffer made;
             Promise promise;
             NEEDED(optirs_pjrt_buffer_donate(w.buffer.get(), made.out(), promise.out()));
             return Outcome(optirs_pjrt_promise_done(promise.get()));
         }},
        {"PJRT_Buffer_UnpaddedDimensions",
         [](World& w) {
             int64_t dims = 0;
             return Outcome(optirs_pjrt_buffer_unpadded_dims(w.buffer.get(), &dims, 1));
         }},
        {"PJRT_Buffer_DynamicDimensionIndices",
         [](World& w) {
             uint8_t dynamic = 0;
             return Outcome(optirs_pjrt_buffer_dynamic_dims(w.buffer.get(), &dynamic, 1));
         }},
        {"PJRT_Buffer_GetMemoryLayout",
         [](World& w) {
             Layout layout;
             return Outcome(optirs_pjrt_buffer_layout(w.buffer.get(), layout.out()));
         }},
        {"PJRT_Buffer_Memory",
         [](World& w) {
             optirs_pjrt_memory* memory = nullptr;
             return Outcome(optirs_pjrt_buffer_memory(w.buffer.get(), &memory));
         }},
        {"PJRT_Buffer_IsOnCpu",
         [](World& w) {
             uint8_t is_on_cpu = 0;
             return Outcome(optirs_pjrt_buffer_is_on_cpu(w.buffer.get(), &is_on_cpu));
         }},
        {"PJRT_Buffer_UnsafePointer",
         [](World& w) {
             uint64_t address = 0;
             return Outcome(optirs_pjrt_buffer_unsafe_pointer(w.buffer.get(), &address));
         }},
        {"PJRT_Buffer_IncreaseExternalReferenceCount",
         [](World& w) {
             Hold hold;
             return Outcome(optirs_pjrt_buffer_hold(w.buffer.get(), hold.out()));
         }},
        {"PJRT_Buffer_OpaqueDeviceMemoryDataPointer",
         [](World& w) {
             Hold hold;
             return Outcome(optirs_pjrt_buffer_hold(w.buffer.get(), hold.out()));
         }},
        {"PJRT_Client_CreateBuffersForAsyncHostToDevice",
         [](World& w) {
             Transfer transfer;
             return Outcome(optirs_pjrt_transfer_create(w.client, &w.array, 1, transfer.out()));
         }},
        {"PJRT_AsyncHostToDeviceTransferManager_TransferData",
         [](World& w) {
             Transfer transfer;
             Completion done;
             NEEDED(optirs_pjrt_transfer_create(w.client, &w.array, 1, transfer.out()));
             return waitFor(optirs_pjrt_transfer_write(transfer.get(), 0, 8, w.room.data(), 8, 1,
                                                       Completion::done, &done),
                            done);
         }},
        {"PJRT_AsyncHostToDeviceTransferManager_TransferLiteral",
         [](World& w) {
             Transfer transfer;
             Completion done;
             NEEDED(optirs_pjrt_transfer_create(w.client, &w.array, 1, transfer.out()));
             return waitFor(optirs_pjrt_transfer_write_all(transfer.get(), 0, &w.array, w.room.data(), 16,
                                                           Completion::done, &done),
                            done);
         }},
        {"PJRT_AsyncHostToDeviceTransferManager_RetrieveBuffer",
         [](World& w) {
             Transfer transfer;
             Buffer made;
             NEEDED(optirs_pjrt_transfer_create(w.client, &w.array, 1, transfer.out()));
             return Outcome(optirs_pjrt_transfer_buffer(transfer.get(), 0, made.out()));
         }},
        {"PJRT_AsyncHostToDeviceTransferManager_Device",
         [](World& w) {
             Transfer transfer;
             optirs_pjrt_device* device = nullptr;
             NEEDED(optirs_pjrt_transfer_create(w.client, &w.array, 1, transfer.out()));
             return Outcome(optirs_pjrt_transfer_device(transfer.get(), &device));
         }},
        {"PJRT_AsyncHostToDeviceTransferManager_BufferCount",
         [](World& w) {
             Transfer transfer;
             int64_t count = 0;
             NEEDED(optirs_pjrt_transfer_create(w.client, &w.array, 1, transfer.out()));
             return Outcome(optirs_pjrt_transfer_count(transfer.get(), &count));
         }},
        {"PJRT_AsyncHostToDeviceTransferManager_BufferSize",
         [](World& w) {
             Transfer transfer;
             uint64_t size = 0;
             NEEDED(optirs_pjrt_transfer_create(w.client, &w.array, 1, transfer.out()));
             return Outcome(optirs_pjrt_transfer_size(transfer.get(), 0, &size));
         }},
        {"PJRT_AsyncHostToDeviceTransferManager_SetBufferError",
         [](World& w) {
             Transfer transfer;
             NEEDED(optirs_pjrt_transfer_create(w.client, &w.array, 1, transfer.out()));
             return Outcome(optirs_pjrt_transfer_fail(transfer.get(), 0, OPTIRS_ABORTED, "m", 1));
         }},
        {"PJRT_AsyncHostToDeviceTransferManager_AddMetadata",
         [](World& w) {
             Transfer transfer;
             optirs_pjrt_named_value value{};
             value.name = "n";
             value.name_size = 1;
             value.kind = OPTIRS_PJRT_VALUE_BOOL;
             NEEDED(optirs_pjrt_transfer_create(w.client, &w.array, 1, transfer.out()));
             return Outcome(optirs_pjrt_transfer_describe(transfer.get(), &value, 1));
         }},
        {"PJRT_Buffer_CopyToDevice",
         [](World& w) {
             Buffer made;
             return Outcome(optirs_pjrt_buffer_copy_to_device(w.buffer.get(), w.device(), made.out()));
         }},
        {"PJRT_Buffer_ToHostBuffer",
         [](World& w) {
             return Outcome(optirs_pjrt_buffer_to_host_wait(w.buffer.get(), w.room.data(), 16));
         }},
        {"PJRT_Buffer_OnDeviceSizeInBytes",
         [](World& w) {
             uint64_t size = 0;
             return Outcome(optirs_pjrt_buffer_device_size(w.buffer.get(), &size));
         }},
        {"PJRT_Buffer_Delete", [](World& w) { return Outcome(optirs_pjrt_buffer_delete(w.buffer.get())); }},
        {"PJRT_Buffer_ReadyEvent", [](World& w) { return Outcome(optirs_pjrt_buffer_wait(w.buffer.get())); }},
    };
}

}  // namespace test
