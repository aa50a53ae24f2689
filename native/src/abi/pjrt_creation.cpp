// optirs/pjrt_creation.h: validation and translation only.
#include <optirs/pjrt_creation.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/creation.h"
#include "src/pjrt/promise.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

optirs_error* optirs_pjrt_buffer_place(optirs_pjrt_client* client, const optirs_pjrt_array* array,
                                       const void* data, uint64_t data_size, const int64_t* byte_strides,
                                       optirs_pjrt_host_semantics semantics, optirs_completion host_released,
                                       void* context, optirs_pjrt_buffer** inout_buffer) {
    constexpr const char* kOperation = "optirs_pjrt_buffer_place";
    return guard(kOperation, [&] {
        pjrt::ArrayArgument wanted(*required(client, "client"), *required(array, "array"));
        const pjrt::HostArray host{data,         data_size, array->dtype,    wanted.dims(),
                                   byte_strides, semantics, wanted.memory(), wanted.layout()};
        pjrt::bufferFromHost(*client, host, &wanted.place(), kOperation, host_released, context,
                             required(inout_buffer, "inout_buffer"));
    });
}
optirs_error* optirs_pjrt_buffer_uninitialized(optirs_pjrt_client* client, const optirs_pjrt_array* array,
                                               optirs_pjrt_buffer** inout_buffer) {
    return guard("optirs_pjrt_buffer_uninitialized", [&] {
        pjrt::uninitialized(*required(client, "client"), {*client, *required(array, "array")},
                            required(inout_buffer, "inout_buffer"));
    });
}
optirs_error* optirs_pjrt_buffer_failed(optirs_pjrt_client* client, const optirs_pjrt_array* array,
                                        optirs_status code, const char* message, uint64_t message_size,
                                        optirs_pjrt_buffer** inout_buffer) {
    return guard("optirs_pjrt_buffer_failed", [&] {
        const auto text = requiredText(message, message_size, "message");
        pjrt::failedBuffer(*required(client, "client"), {*client, *required(array, "array")}, code, text,
                           required(inout_buffer, "inout_buffer"));
    });
}
optirs_error* optirs_pjrt_buffer_view(optirs_pjrt_client* client, const optirs_pjrt_array* array, void* data,
                                      int64_t stream, optirs_pjrt_released released, void* context,
                                      optirs_pjrt_buffer** inout_buffer) {
    return guard("optirs_pjrt_buffer_view", [&] {
        pjrt::view(*required(client, "client"), {*client, *required(array, "array")},
                   {data, stream, released, context}, required(inout_buffer, "inout_buffer"));
    });
}
optirs_error* optirs_pjrt_buffer_bitcast(optirs_pjrt_buffer* buffer, const optirs_pjrt_array* array,
                                         optirs_pjrt_buffer** inout_buffer) {
    return guard("optirs_pjrt_buffer_bitcast", [&] {
        pjrt::bitcast(*required(buffer, "buffer"), *required(array, "array"),
                      required(inout_buffer, "inout_buffer"));
    });
}
optirs_error* optirs_pjrt_buffer_copy_to_memory(optirs_pjrt_buffer* buffer, optirs_pjrt_memory* memory,
                                                optirs_pjrt_buffer** inout_buffer) {
    return guard("optirs_pjrt_buffer_copy_to_memory", [&] {
        pjrt::copyToMemory(*required(buffer, "buffer"), *required(memory, "memory"),
                           required(inout_buffer, "inout_buffer"));
    });
}
optirs_error* optirs_pjrt_buffer_alias(optirs_pjrt_client* client, const optirs_pjrt_array* array,
                                       optirs_pjrt_buffer** inout_buffer, optirs_pjrt_promise** out_promise) {
    return guard("optirs_pjrt_buffer_alias", [&] {
        Out out(out_promise, "out_promise");
        out = pjrt::aliasBuffer(*required(client, "client"), *required(array, "array"),
                                required(inout_buffer, "inout_buffer"));
    });
}
optirs_error* optirs_pjrt_buffer_donate(optirs_pjrt_buffer* buffer, optirs_pjrt_buffer** inout_buffer,
                                        optirs_pjrt_promise** out_promise) {
    return guard("optirs_pjrt_buffer_donate", [&] {
        Out out(out_promise, "out_promise");
        out = pjrt::donateLater(*required(buffer, "buffer"), required(inout_buffer, "inout_buffer"));
    });
}
