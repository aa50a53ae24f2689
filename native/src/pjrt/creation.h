// Ways to make a buffer other than from host data.
#pragma once

#include <optirs/pjrt_creation.h>

#include "src/pjrt/array.h"
#include "src/pjrt/buffer.h"

namespace optirs::pjrt {

/// Device memory of another owner.
struct ForeignMemory {
    void* data;
    int64_t stream;
    optirs_pjrt_released released;
    void* context;
};

void uninitialized(optirs_pjrt_client& client, ArrayArgument array, optirs_pjrt_buffer** inout);
void failedBuffer(optirs_pjrt_client& client, ArrayArgument array, optirs_status code,
                  std::string_view message, optirs_pjrt_buffer** inout);
void view(optirs_pjrt_client& client, ArrayArgument array, const ForeignMemory& foreign,
          optirs_pjrt_buffer** inout);
void bitcast(const optirs_pjrt_buffer& source, const optirs_pjrt_array& array, optirs_pjrt_buffer** inout);
void copyToMemory(const optirs_pjrt_buffer& source, optirs_pjrt_memory& memory, optirs_pjrt_buffer** inout);

}  // namespace optirs::pjrt
