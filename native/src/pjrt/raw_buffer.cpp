#include "src/pjrt/raw_buffer.h"

#include "src/core/text.h"

using optirs::core::Code;
using optirs::core::concat;
using optirs::core::Error;
using optirs::core::Ref;
using Table = PJRT_RawBuffer_Extension;
namespace pjrt = optirs::pjrt;

optirs_pjrt_raw_buffer::optirs_pjrt_raw_buffer(const optirs_pjrt_buffer& buffer)
    : Object(OPTIRS_OBJECT_PJRT_RAW_BUFFER),
      client_(Ref<optirs_pjrt_client>::share(&buffer.client())),
      extension_(client_->library(), client_->api()) {
    const auto held = buffer.require();
    auto args = pjrt::extensionArgs<PJRT_RawBuffer_CreateRawAliasOfBuffer_Args>();
    args.buffer = held->get();
    OPTIRS_CALL(extension_, Table, PJRT_RawBuffer_CreateRawAliasOfBuffer, args);
    handle_ = args.raw_buffer;
}

optirs_pjrt_raw_buffer::~optirs_pjrt_raw_buffer() {
    auto args = pjrt::extensionArgs<PJRT_RawBuffer_Destroy_Args>();
    args.buffer = handle_;
    extension_.callQuietly(&Table::PJRT_RawBuffer_Destroy, args);
}

uint64_t optirs_pjrt_raw_buffer::size() const {
    auto args = pjrt::extensionArgs<PJRT_RawBuffer_GetOnDeviceSizeInBytes_Args>();
    args.buffer = handle_;
    OPTIRS_CALL(extension_, Table, PJRT_RawBuffer_GetOnDeviceSizeInBytes, args);
    return args.on_device_size_in_bytes;
}

optirs_pjrt_memory& optirs_pjrt_raw_buffer::memory() const {
    auto args = pjrt::extensionArgs<PJRT_RawBuffer_GetMemorySpace_Args>();
    args.buffer = handle_;
    OPTIRS_CALL(extension_, Table, PJRT_RawBuffer_GetMemorySpace, args);
    optirs_pjrt_memory* memory = client_->findMemory(args.memory_space);
    if (memory == nullptr) {
        throw Error(Code::kInternal, "the plugin names a memory that is none of its client's",
                    client_->platformName());
    }
    return *memory;
}

void* optirs_pjrt_raw_buffer::hostAddress() const {
    auto args = pjrt::extensionArgs<PJRT_RawBuffer_GetHostPointer_Args>();
    args.buffer = handle_;
    OPTIRS_CALL(extension_, Table, PJRT_RawBuffer_GetHostPointer, args);
    return args.host_pointer;
}

void optirs_pjrt_raw_buffer::checkRange(uint64_t offset, uint64_t size) const {
    const uint64_t available = this->size();
    if (offset > available || size > available - offset) {
        throw Error(Code::kOutOfRange,
                    concat("bytes ", offset, " to ", offset + size, " of a buffer that has ", available));
    }
}

void optirs_pjrt_raw_buffer::read(uint64_t offset, void* destination, uint64_t size, const char* operation,
                                  optirs_completion done, void* context) {
    checkRange(offset, size);
    client_->startOperation(operation, done, context, self(), [&] {
        auto args = pjrt::extensionArgs<PJRT_RawBuffer_CopyRawDeviceToHost_Args>();
        args.buffer = handle_;
        args.dst = destination;
        args.offset = static_cast<int64_t>(offset);
        args.transfer_size = static_cast<int64_t>(size);
        OPTIRS_CALL(extension_, Table, PJRT_RawBuffer_CopyRawDeviceToHost, args);
        return args.event;
    });
}

void optirs_pjrt_raw_buffer::write(uint64_t offset, const void* source, uint64_t size, const char* operation,
                                   optirs_completion done, void* context) {
    checkRange(offset, size);
    client_->startOperation(operation, done, context, self(), [&] {
        auto args = pjrt::extensionArgs<PJRT_RawBuffer_CopyRawHostToDevice_Args>();
        args.buffer = handle_;
        args.src = source;
        args.offset = static_cast<int64_t>(offset);
        args.transfer_size = static_cast<int64_t>(size);
        OPTIRS_CALL(extension_, Table, PJRT_RawBuffer_CopyRawHostToDevice, args);
        return args.event;
    });
}

namespace optirs::pjrt {

int64_t streamOf(const optirs_pjrt_device& device) {
    const Extension<PJRT_Stream_Extension> extension(device.client->library(), device.client->api());
    auto args = extensionArgs<PJRT_Get_Stream_For_External_Ready_Events_Args>();
    args.device = device.handle;
    extension.call(&PJRT_Stream_Extension::get_stream, "PJRT_Get_Stream_For_External_Ready_Events", args);
    return args.stream;
}

void waitOnStream(const optirs_pjrt_buffer& buffer, int64_t stream) {
    const Extension<PJRT_Stream_Extension> extension(buffer.client().library(), buffer.client().api());
    const auto held = buffer.require();
    auto args = extensionArgs<PJRT_Wait_Until_Buffer_Ready_On_Stream_Args>();
    args.buffer = held->get();
    args.stream = static_cast<intptr_t>(stream);
    extension.call(&PJRT_Stream_Extension::wait_stream, "PJRT_Wait_Until_Buffer_Ready_On_Stream", args);
}

}  // namespace optirs::pjrt
