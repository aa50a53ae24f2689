// What a called kernel needs of the machine that it runs on.
#pragma once

#include <optirs/kernel.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace optirs::kernels {

/// A number of a tensor, to the host.
struct CallRead {
    void* to;
    const void* from;
    size_t bytes;
};

/// A machine for the time of one call. Its functions throw what goes wrong.
class CallMachine {
 public:
    /// Where operands and results are.
    virtual optirs_dl_device device() const noexcept = 0;
    /// From one tensor to another, in the order of the machine's work.
    virtual void copy(void* to, const void* from, size_t bytes) = 0;
    /// From tensors to the host; the bytes are there on return.
    virtual void read(std::span<const CallRead> reads) = 0;
    virtual uint64_t workspaceBytes(optirs_kernel kernel, const void* args) = 0;
    /// Memory for the time of the call; NULL if no bytes are asked for.
    virtual void* workspace(uint64_t bytes) = 0;
    /// `args` are checked, and in full size.
    virtual void run(optirs_kernel kernel, const void* args) = 0;

 protected:
    CallMachine() = default;
    CallMachine(const CallMachine&) = default;
    CallMachine& operator=(const CallMachine&) = default;
    ~CallMachine() = default;
};

}  // namespace optirs::kernels
