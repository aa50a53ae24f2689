// The checks of all kernels.
#pragma once

#include <utility>

#include "src/core/text.h"
#include "src/kernels/attention.h"
#include "src/kernels/matmul.h"
#include "src/kernels/mx.h"
#include "src/kernels/norm.h"
#include "src/kernels/optimizer.h"
#include "src/kernels/pointwise.h"
#include "src/kernels/quantize.h"
#include "src/kernels/sparse.h"

namespace optirs::kernels {

/// Arguments that a function checkTensors knows how to check.
template <class Args>
concept TensorArgs = requires(const Args& args) { checkTensors(args); };

template <TensorArgs Args>
struct Call<Args> {
    explicit Call(const Args* given) : args(readStruct(given, "args")), device(checkTensors(args)->device) {}

    Args args;
    optirs_dl_device device;
};

/// Runs the body of a kernel's function. What it throws begins with the kernel's name: the messages know
/// tensors by their names alone.
template <class Body>
auto named(const char* kernel, Body&& body) {
    try {
        return std::forward<Body>(body)();
    } catch (const core::Error& error) {
        throw core::Error(error.code(), core::concat(kernel, ": ", error.message()), error.backend(),
                          error.payloads());
    }
}

/// optirs_kernel_workspace.
uint64_t workspaceOfKernel(optirs_kernel kernel, const void* args);

}  // namespace optirs::kernels
