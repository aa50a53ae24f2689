// optirs/pjrt_dlpack.h: validation and translation only.
#include <optirs/pjrt_dlpack.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/dlpack.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

optirs_error* optirs_pjrt_buffer_to_dlpack(optirs_pjrt_buffer* buffer,
                                           optirs_dl_managed_tensor** out_tensor) {
    return guard("optirs_pjrt_buffer_to_dlpack", [&] {
        Out out(out_tensor, "out_tensor");
        out = pjrt::lendTensor(*required(buffer, "buffer")).release();
    });
}
optirs_error* optirs_pjrt_buffer_from_dlpack(optirs_pjrt_client* client, optirs_dl_managed_tensor* tensor,
                                             optirs_pjrt_device* device, optirs_pjrt_buffer** inout_buffer) {
    return guard("optirs_pjrt_buffer_from_dlpack", [&] {
        pjrt::viewTensor(*required(client, "client"), *required(tensor, "tensor"), device,
                         required(inout_buffer, "inout_buffer"));
    });
}
