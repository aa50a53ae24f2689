// The GPU that a call of XLA's typed FFI runs on.
#pragma once

#include "pjrt_abi/xla_ffi.h"
#include "src/core/device/device.h"
#include "src/kernels/call_machine.h"

namespace optirs::pjrt {

/// The backend `cuda` on the stream of the call; workspace is scratch memory of the plugin.
class FfiMachine final : public kernels::CallMachine {
 public:
    explicit FfiMachine(const XLA_FFI_CallFrame& frame);
    ~FfiMachine();
    FfiMachine(const FfiMachine&) = delete;
    FfiMachine& operator=(const FfiMachine&) = delete;

    optirs_dl_device device() const noexcept override;
    void copy(void* to, const void* from, size_t bytes) override;
    /// Waits for the stream.
    void read(std::span<const kernels::CallRead> reads) override;
    uint64_t workspaceBytes(optirs_kernel kernel, const void* args) override;
    void* workspace(uint64_t bytes) override;
    void run(optirs_kernel kernel, const void* args) override;

 private:
    const XLA_FFI_Api& api_;
    XLA_FFI_ExecutionContext* context_;
    void* stream_;
    const core::DeviceCalls& device_;
    void* scratch_ = nullptr;
    size_t scratch_bytes_ = 0;
};

}  // namespace optirs::pjrt
