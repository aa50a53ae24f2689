// The extensions that tell how values are laid out and divided.
#pragma once

#include <optirs/pjrt_layouts.h>

#include "src/pjrt/blobs.h"
#include "src/pjrt/list.h"

struct optirs_pjrt_executable;
struct optirs_pjrt_topology;

namespace optirs::pjrt {

core::Ref<optirs_pjrt_bytes> defaultLayout(optirs_pjrt_client& client, const optirs_pjrt_array& array);
core::Ref<optirs_pjrt_bytes> defaultLayout(const optirs_pjrt_topology& topology,
                                           const optirs_pjrt_array& array);
core::Ref<optirs_pjrt_bytes> layoutText(const optirs_pjrt_buffer& buffer);
core::Ref<optirs_pjrt_list> layouts(const optirs_pjrt_executable& executable, optirs_pjrt_program_side side);
core::Ref<optirs_pjrt_list> shardings(const optirs_pjrt_executable& executable,
                                      optirs_pjrt_program_side side);
core::Ref<optirs_pjrt_bytes> metadata(const optirs_pjrt_executable& executable);

int64_t numDeviceMemories(const optirs_pjrt_topology& topology, int64_t device);
optirs_pjrt_memory_description deviceMemory(const optirs_pjrt_topology& topology, int64_t device,
                                            int64_t index);

}  // namespace optirs::pjrt
