// Buffers from host to host.
#pragma once

#include <optirs/pjrt_remote.h>

#include <span>

#include "src/pjrt/buffer.h"

namespace optirs::pjrt {

struct DescriptorsReceiver {
    optirs_pjrt_descriptors_ready ready;
    void* context;
};

void receiveRemote(optirs_pjrt_client& client, std::span<const optirs_pjrt_array> arrays,
                   const DescriptorsReceiver& receiver, optirs_pjrt_buffer** inout);
void sendRemote(const optirs_pjrt_buffer& buffer, std::string_view descriptor, optirs_completion done,
                void* context);

}  // namespace optirs::pjrt
