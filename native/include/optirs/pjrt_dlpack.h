/**
 * @file
 * Device memory exchanged with other libraries as DLPack tensors, without a copy.
 */
#ifndef OPTIRS_PJRT_DLPACK_H_
#define OPTIRS_PJRT_DLPACK_H_

#include <optirs/dlpack.h>
#include <optirs/pjrt_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Lends the device memory of a buffer, for reading. It stays where it is until the tensor's deleter has been
 * called, which may happen on any thread. Wait for the buffer first (optirs_pjrt_buffer_ready).
 * Errors: UNIMPLEMENTED (a platform or an element type that DLPack has no name for, a layout that is not
 * row-major, or a plugin that does not tell addresses), FAILED_PRECONDITION (empty, deleted or donated).
 * @fallible
 * @param[in] buffer
 * @param[out] out_tensor @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_to_dlpack(optirs_pjrt_buffer* buffer,
                                                         optirs_dl_managed_tensor** out_tensor);

/**
 * A buffer over the memory of a tensor. On success the tensor belongs to the buffer, and its deleter is
 * called when the plugin is done with the memory; on failure it stays the caller's. Errors: INVALID_ARGUMENT
 * (another major version of DLPack, memory that is not the device's, no row-major order), UNIMPLEMENTED (an
 * element type without an optirs_dtype, or a plugin without views).
 * @fallible
 * @param[in] client
 * @param[in] tensor @owned its memory must be ready to be read
 * @param[in] device NULL takes the one that the tensor is on
 * @param[in,out] inout_buffer @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_from_dlpack(optirs_pjrt_client* client,
                                                           optirs_dl_managed_tensor* tensor,
                                                           optirs_pjrt_device* device,
                                                           optirs_pjrt_buffer** inout_buffer);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_DLPACK_H_ */
