/**
 * @file
 * What all kernels have in common. A kernel is one fused operation on memory that the caller owns; each is
 * one function `optirs_<kernel>(stream, args)` in a header of its family (kernel_optimizer.h, ...).
 *
 * - **Arguments.** A struct that starts with its size, so that it can grow at its end. Tensors are lent
 *   (`const optirs_dl_tensor*`) and only their elements are written. NULL leaves out a tensor that is
 * optional. `strides` may be NULL; unless a kernel says otherwise, tensors are dense and row-major, and
 * elements aligned to their own size.
 * - **Backend.** The device of the tensors chooses it: OPTIRS_DL_CPU and OPTIRS_DL_CUDA_HOST the backend
 * `cpu`, OPTIRS_DL_CUDA the backend `cuda`. All tensors of a call are on one device.
 * - **Streams.** On host memory `stream` is NULL, and the work is over when the function returns. On a device
 *   the work is queued, and tensors and workspace must stay valid until the stream has come to its end.
 * - **Workspace.** Memory on the same device for the time of the call. optirs_kernel_workspace says how much;
 * most kernels need none.
 * - **Errors.** INVALID_ARGUMENT, before anything is written, for what is wrong with the arguments: it names
 * the tensor, its type and shape, and what was expected. UNAVAILABLE if there is no backend for the device,
 * with the reason. UNIMPLEMENTED if the backend lacks the kernel.
 *
 * Thread-safe: any number of kernels may run at once on different outputs.
 */
#ifndef OPTIRS_KERNEL_H_
#define OPTIRS_KERNEL_H_

#include <optirs/dlpack.h>
#include <optirs/error.h>
#include <optirs/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A kernel; one of the OPTIRS_KERNEL_* constants. */
typedef int32_t optirs_kernel;

enum {
    OPTIRS_KERNEL_ADAMW = 1 /**< optirs_adamw */
};

/**
 * Bytes of workspace that a call with these arguments needs, on the device of their tensors.
 * @fallible INVALID_ARGUMENT as the kernel itself; UNAVAILABLE.
 * @param[in] kernel Which kernel.
 * @param[in] args Its args struct; workspace and workspace_size are not read.
 * @param[out] out_bytes The size; 0 if it needs none.
 */
OPTIRS_EXPORT optirs_error* optirs_kernel_workspace(optirs_kernel kernel, const void* args,
                                                    uint64_t* out_bytes);

#ifdef __cplusplus
}
#endif

#endif
