// optirs/pjrt_remote.h: validation and translation only.
#include <optirs/pjrt_remote.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/remote.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

optirs_error* optirs_pjrt_client_receive_remote(optirs_pjrt_client* client, const optirs_pjrt_array* arrays,
                                                int64_t num_arrays, optirs_pjrt_descriptors_ready ready,
                                                void* context, optirs_pjrt_buffer** inout_buffers) {
    return guard("optirs_pjrt_client_receive_remote", [&] {
        pjrt::receiveRemote(*required(client, "client"), requiredArray(arrays, num_arrays, "arrays"),
                            {required(ready, "ready"), context}, required(inout_buffers, "inout_buffers"));
    });
}
optirs_error* optirs_pjrt_buffer_send_remote(optirs_pjrt_buffer* buffer, const uint8_t* descriptor,
                                             uint64_t descriptor_size, optirs_completion done,
                                             void* context) {
    return guard("optirs_pjrt_buffer_send_remote", [&] {
        pjrt::sendRemote(
            *required(buffer, "buffer"),
            requiredText(reinterpret_cast<const char*>(descriptor), descriptor_size, "descriptor"),
            required(done, "done"), context);
    });
}
