#include "src/pjrt/ffi_machine.h"

#include "src/core/text.h"
#include "src/kernels/launch.h"

namespace optirs::pjrt {

using core::Code;
using core::concat;

namespace {

constexpr size_t kOfferedAlignment = 16;  // what plugins take at most
constexpr size_t kWantedAlignment = 256;  // of the workspace of vendor libraries

template <class Args>
Args ffiArgs() {
    Args args{};
    args.struct_size = sizeof(args);
    return args;
}

void destroy(const XLA_FFI_Api& api, XLA_FFI_Error* error) noexcept {
    auto args = ffiArgs<XLA_FFI_Error_Destroy_Args>();
    args.error = error;
    api.XLA_FFI_Error_Destroy(&args);
}

/// Throws what the plugin reports. XLA's FFI tells the text of its errors, not the code.
void checkCall(const XLA_FFI_Api& api, XLA_FFI_Error* error, Code code, const char* function) {
    if (error == nullptr) {
        return;
    }
    auto args = ffiArgs<XLA_FFI_Error_GetMessage_Args>();
    args.error = error;
    api.XLA_FFI_Error_GetMessage(&args);
    std::string text = concat(function, " failed: ", args.message);
    destroy(api, error);
    throw core::Error(code, std::move(text));
}

void* streamOf(const XLA_FFI_CallFrame& frame) {
    auto args = ffiArgs<XLA_FFI_Stream_Get_Args>();
    args.ctx = frame.ctx;
    checkCall(*frame.api, frame.api->XLA_FFI_Stream_Get(&args), Code::kFailedPrecondition,
              "XLA_FFI_Stream_Get");
    return args.stream;
}

const core::DeviceCalls& deviceOf(void* stream) {
    return core::deviceOfStream(core::Registry::global().load("cuda"), stream).calls;
}

}  // namespace

FfiMachine::FfiMachine(const XLA_FFI_CallFrame& frame)
    : api_(*frame.api), context_(frame.ctx), stream_(streamOf(frame)), device_(deviceOf(stream_)) {}

FfiMachine::~FfiMachine() {
    if (scratch_ == nullptr) {
        return;
    }
    auto args = ffiArgs<XLA_FFI_DeviceMemory_Free_Args>();
    args.ctx = context_;
    args.size = scratch_bytes_;
    args.data = scratch_;
    if (XLA_FFI_Error* error = api_.XLA_FFI_DeviceMemory_Free(&args); error != nullptr) {
        destroy(api_, error);  // nobody is there to hear it
    }
}

optirs_dl_device FfiMachine::device() const noexcept { return {OPTIRS_DL_CUDA, device_.index()}; }

void FfiMachine::copy(void* to, const void* from, size_t bytes) {
    device_(&optirs_device_table::copy, to, from, uint64_t{bytes}, stream_);
}

void FfiMachine::read(std::span<const kernels::CallRead> reads) {
    for (const kernels::CallRead& one : reads) {
        copy(one.to, one.from, one.bytes);
    }
    device_(&optirs_device_table::stream_wait, stream_);
}

uint64_t FfiMachine::workspaceBytes(optirs_kernel kernel, const void* args) {
    return kernels::workspaceSize(kernel, device(), args);
}

void* FfiMachine::workspace(uint64_t bytes) {
    if (bytes == 0) {
        return nullptr;
    }
    auto args = ffiArgs<XLA_FFI_DeviceMemory_Allocate_Args>();
    args.ctx = context_;
    args.size = bytes + kWantedAlignment - kOfferedAlignment;
    args.alignment = kOfferedAlignment;
    checkCall(api_, api_.XLA_FFI_DeviceMemory_Allocate(&args), Code::kResourceExhausted,
              "XLA_FFI_DeviceMemory_Allocate");
    scratch_ = args.data;
    scratch_bytes_ = args.size;
    const auto address = reinterpret_cast<uintptr_t>(scratch_);
    return static_cast<std::byte*>(scratch_) +
           (kWantedAlignment - address % kWantedAlignment) % kWantedAlignment;
}

void FfiMachine::run(optirs_kernel kernel, const void* args) {
    kernels::launchInQueue(kernel, device(), stream_, args);
}

}  // namespace optirs::pjrt
