// optirs/pjrt_raw_buffer.h: validation and translation only.
#include <optirs/pjrt_raw_buffer.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/raw_buffer.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

optirs_error* optirs_pjrt_raw_buffer_create(optirs_pjrt_buffer* buffer, optirs_pjrt_raw_buffer** out_raw) {
    return guard("optirs_pjrt_raw_buffer_create", [&] {
        Out out(out_raw, "out_raw");
        out = optirs::core::makeObject<optirs_pjrt_raw_buffer>(*required(buffer, "buffer"));
    });
}
void optirs_pjrt_raw_buffer_retain(optirs_pjrt_raw_buffer* raw) { optirs::core::retainHandle(raw); }
void optirs_pjrt_raw_buffer_release(optirs_pjrt_raw_buffer* raw) { optirs::core::releaseHandle(raw); }
optirs_error* optirs_pjrt_raw_buffer_size(const optirs_pjrt_raw_buffer* raw, uint64_t* out_size) {
    return guard("optirs_pjrt_raw_buffer_size", [&] {
        Out out(out_size, "out_size");
        out = required(raw, "raw")->size();
    });
}
optirs_error* optirs_pjrt_raw_buffer_memory(const optirs_pjrt_raw_buffer* raw,
                                            optirs_pjrt_memory** out_memory) {
    return guard("optirs_pjrt_raw_buffer_memory", [&] {
        Out out(out_memory, "out_memory");
        out = &required(raw, "raw")->memory();
    });
}
optirs_error* optirs_pjrt_raw_buffer_host_address(const optirs_pjrt_raw_buffer* raw, uint64_t* out_address) {
    return guard("optirs_pjrt_raw_buffer_host_address", [&] {
        Out out(out_address, "out_address");
        out = reinterpret_cast<uint64_t>(required(raw, "raw")->hostAddress());
    });
}
optirs_error* optirs_pjrt_raw_buffer_read(optirs_pjrt_raw_buffer* raw, uint64_t offset, void* destination,
                                          uint64_t size, optirs_completion done, void* context) {
    constexpr const char* kOperation = "optirs_pjrt_raw_buffer_read";
    return guard(kOperation, [&] {
        void* room = size == 0 ? destination : required(destination, "destination");
        required(raw, "raw")->read(offset, room, size, kOperation, done, context);
    });
}
optirs_error* optirs_pjrt_raw_buffer_write(optirs_pjrt_raw_buffer* raw, uint64_t offset, const void* source,
                                           uint64_t size, optirs_completion done, void* context) {
    constexpr const char* kOperation = "optirs_pjrt_raw_buffer_write";
    return guard(kOperation, [&] {
        const void* bytes = size == 0 ? source : required(source, "source");
        required(raw, "raw")->write(offset, bytes, size, kOperation, done, context);
    });
}
optirs_error* optirs_pjrt_device_stream(const optirs_pjrt_device* device, int64_t* out_stream) {
    return guard("optirs_pjrt_device_stream", [&] {
        Out out(out_stream, "out_stream");
        out = pjrt::streamOf(*required(device, "device"));
    });
}
optirs_error* optirs_pjrt_buffer_wait_on_stream(const optirs_pjrt_buffer* buffer, int64_t stream) {
    return guard("optirs_pjrt_buffer_wait_on_stream",
                 [&] { pjrt::waitOnStream(*required(buffer, "buffer"), stream); });
}
