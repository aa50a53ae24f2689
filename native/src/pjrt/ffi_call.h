// One call of XLA's typed FFI as a call of a kernel.
#pragma once

#include "pjrt_abi/xla_ffi.h"
#include "src/kernels/call_targets.h"

namespace optirs::pjrt {

/// What the handler of this target does: says what it is, where it is asked; else queues the kernel in the
/// stream of the call. A scalar field that is an operand is waited for. Errors are the plugin's objects, with
/// this library's texts.
XLA_FFI_Error* answerCall(const kernels::KernelTarget& target, XLA_FFI_CallFrame& frame) noexcept;

}  // namespace optirs::pjrt
