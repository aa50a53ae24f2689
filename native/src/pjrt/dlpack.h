// Device memory as DLPack tensors.
#pragma once

#include <optirs/pjrt_dlpack.h>

#include "src/core/dlpack.h"
#include "src/pjrt/buffer.h"

namespace optirs::pjrt {

/// optirs_pjrt_buffer_to_dlpack.
core::ManagedTensor lendTensor(optirs_pjrt_buffer& buffer);

/// optirs_pjrt_buffer_from_dlpack. Takes the tensor over on success only.
void viewTensor(optirs_pjrt_client& client, optirs_dl_managed_tensor& tensor, optirs_pjrt_device* device,
                optirs_pjrt_buffer** inout);

}  // namespace optirs::pjrt
