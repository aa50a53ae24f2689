/**
 * @file
 * Buffers from device to device across hosts: the extension CrossHostTransfers, in the form that PJRT 0.114
 * gave it (earlier versions have other arguments under the same name and are refused).
 */
#ifndef OPTIRS_PJRT_REMOTE_H_
#define OPTIRS_PJRT_REMOTE_H_

#include <optirs/operation.h>
#include <optirs/pjrt_buffer.h>
#include <optirs/pjrt_layouts.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Told once where a peer is to send: one descriptor for each buffer, to be carried to the sender by other
 * means. On any thread; must not block.
 * @param[in] error @owned NULL on success; otherwise the callee releases it, and there are no descriptors.
 * @param[in] descriptors @owned the callee releases it
 * @param[in] context as given
 */
typedef void (*optirs_pjrt_descriptors_ready)(optirs_error* error, optirs_pjrt_list* descriptors,
                                              void* context);

/**
 * Makes buffers that a peer fills. They are ready when it has. Errors: UNIMPLEMENTED, INVALID_ARGUMENT.
 * @fallible
 * @param[in] client
 * @param[in] arrays type, extents and layout; all of one device
 * @param[in] num_arrays @size_of{arrays}
 * @param[in] ready told the descriptors, exactly once unless the function returns an error
 * @param[in] context passed to ready
 * @param[out] inout_buffers num_arrays cells, as in optirs/pjrt.h
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_client_receive_remote(
    optirs_pjrt_client* client, const optirs_pjrt_array* arrays, int64_t num_arrays,
    optirs_pjrt_descriptors_ready ready, void* context, optirs_pjrt_buffer** inout_buffers);

/**
 * Sends a buffer to the peer that made the descriptor. Errors: UNIMPLEMENTED.
 * @fallible
 * @param[in] buffer
 * @param[in] descriptor
 * @param[in] descriptor_size @size_of{descriptor}
 * @param[in] done told when the buffer was sent, or why not
 * @param[in] context passed to done
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_send_remote(optirs_pjrt_buffer* buffer,
                                                           const uint8_t* descriptor,
                                                           uint64_t descriptor_size, optirs_completion done,
                                                           void* context);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_REMOTE_H_ */
