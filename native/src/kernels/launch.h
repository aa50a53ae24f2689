// From a checked argument struct to the backend that runs it.
#pragma once

#include <optirs/kernel.h>

#include <algorithm>
#include <cstring>

#include "src/core/error.h"
#include "src/core/guard.h"
#include "src/kernels/operand.h"

namespace optirs::kernels {

/// A struct in full size: the caller's may be older and shorter, its missing fields are 0.
template <class Struct>
Struct readStruct(const Struct* given, const char* name) {
    core::required(given, name);
    // No struct ends within a pointer.
    const size_t size = given->struct_size;
    if (size < sizeof(size_t) || size > 4096 || size % alignof(Struct) != 0) {
        throw core::Error(core::Code::kInvalidArgument,
                          core::concat(name, "->struct_size is ", size,
                                       "; set it to the size of the struct as you know it"));
    }
    Struct read{};
    std::memcpy(static_cast<void*>(&read), given, std::min(size, sizeof(Struct)));
    read.struct_size = sizeof(Struct);
    return read;
}

/// Runs a kernel on the backend of this device. `args` starts as every args struct does: struct_size,
/// workspace, workspace_size.
void launch(optirs_kernel kernel, optirs_dl_device device, optirs_stream* stream, const void* args,
            const void* workspace, uint64_t workspace_size);

/// The same in the backend's own queue (NULL for host memory), with checked arguments that have their
/// workspace.
void launchInQueue(optirs_kernel kernel, optirs_dl_device device, void* queue, const void* args);

/// The workspace that the backend asks for.
uint64_t workspaceSize(optirs_kernel kernel, optirs_dl_device device, const void* args);

/// A call that has passed every check: its arguments in full size, with what their pointers lead to, and the
/// device.
template <class Args>
struct Call;

/// Checks the arguments and runs the kernel; `Call<Args>` is what knows how to check them.
template <class Args>
void run(optirs_kernel kernel, optirs_stream* stream, const Args* args) {
    const Call<Args> call(args);
    launch(kernel, call.device, stream, &call.args, call.args.workspace, call.args.workspace_size);
}

template <class Args>
uint64_t workspaceOf(optirs_kernel kernel, const void* args) {
    const Call<Args> call(static_cast<const Args*>(args));
    return workspaceSize(kernel, call.device, &call.args);
}

}  // namespace optirs::kernels
