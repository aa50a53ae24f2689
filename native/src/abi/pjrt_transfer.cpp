// optirs/pjrt_transfer.h: validation and translation only.
#include <optirs/pjrt_transfer.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/transfer.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

optirs_error* optirs_pjrt_transfer_create(optirs_pjrt_client* client, const optirs_pjrt_array* arrays,
                                          int64_t num_arrays, optirs_pjrt_transfer** out_transfer) {
    return guard("optirs_pjrt_transfer_create", [&] {
        Out out(out_transfer, "out_transfer");
        out = optirs::core::makeObject<optirs_pjrt_transfer>(
            Ref<optirs_pjrt_client>::share(required(client, "client")),
            requiredArray(arrays, num_arrays, "arrays"));
    });
}
void optirs_pjrt_transfer_retain(optirs_pjrt_transfer* transfer) { optirs::core::retainHandle(transfer); }
void optirs_pjrt_transfer_release(optirs_pjrt_transfer* transfer) { optirs::core::releaseHandle(transfer); }
optirs_error* optirs_pjrt_transfer_count(const optirs_pjrt_transfer* transfer, int64_t* out_count) {
    return guard("optirs_pjrt_transfer_count", [&] {
        Out out(out_count, "out_count");
        out = required(transfer, "transfer")->count();
    });
}
optirs_error* optirs_pjrt_transfer_size(const optirs_pjrt_transfer* transfer, int64_t index,
                                        uint64_t* out_size) {
    return guard("optirs_pjrt_transfer_size", [&] {
        Out out(out_size, "out_size");
        out = required(transfer, "transfer")->size(index);
    });
}
optirs_error* optirs_pjrt_transfer_device(const optirs_pjrt_transfer* transfer,
                                          optirs_pjrt_device** out_device) {
    return guard("optirs_pjrt_transfer_device", [&] {
        Out out(out_device, "out_device");
        out = &required(transfer, "transfer")->device();
    });
}
optirs_error* optirs_pjrt_transfer_buffer(optirs_pjrt_transfer* transfer, int64_t index,
                                          optirs_pjrt_buffer** inout_buffer) {
    return guard("optirs_pjrt_transfer_buffer", [&] {
        required(transfer, "transfer")->takeBuffer(index, required(inout_buffer, "inout_buffer"));
    });
}
optirs_error* optirs_pjrt_transfer_write(optirs_pjrt_transfer* transfer, int64_t index, uint64_t offset,
                                         const void* data, uint64_t size, uint8_t is_last,
                                         optirs_completion done, void* context) {
    constexpr const char* kOperation = "optirs_pjrt_transfer_write";
    return guard(kOperation, [&] {
        required(transfer, "transfer")
            ->write(index, {offset, size == 0 ? data : required(data, "data"), size, is_last != 0},
                    kOperation, required(done, "done"), context);
    });
}
optirs_error* optirs_pjrt_transfer_write_all(optirs_pjrt_transfer* transfer, int64_t index,
                                             const optirs_pjrt_array* array, const void* data, uint64_t size,
                                             optirs_completion done, void* context) {
    constexpr const char* kOperation = "optirs_pjrt_transfer_write_all";
    return guard(kOperation, [&] {
        const auto* bytes = static_cast<const std::byte*>(size == 0 ? data : required(data, "data"));
        required(transfer, "transfer")
            ->writeAll(index, *required(array, "array"), {bytes, size}, kOperation, required(done, "done"),
                       context);
    });
}
optirs_error* optirs_pjrt_transfer_fail(optirs_pjrt_transfer* transfer, int64_t index, optirs_status code,
                                        const char* message, uint64_t message_size) {
    return guard("optirs_pjrt_transfer_fail", [&] {
        required(transfer, "transfer")->fail(index, code, requiredText(message, message_size, "message"));
    });
}
optirs_error* optirs_pjrt_transfer_describe(optirs_pjrt_transfer* transfer,
                                            const optirs_pjrt_named_value* values, int64_t num_values) {
    return guard("optirs_pjrt_transfer_describe", [&] {
        required(transfer, "transfer")->describe(requiredArray(values, num_values, "values"));
    });
}
