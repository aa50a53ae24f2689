#pragma once

#include <vector>

#include "src/pjrt/buffer.h"
#include "src/pjrt/callbacks.h"
#include "src/pjrt/executable.h"
#include "src/pjrt/execution.h"

namespace optirs::pjrt {

/// The arrays of one call.
struct Execution::Call {
    explicit Call(optirs_pjrt_client& client) noexcept : completion(nullptr, {&client}) {}

    ReservedCompletion completion;                // NULL, or for the next execution that is not over at once
    std::vector<core::Ref<DeviceBuffer>> pinned;  // arguments, alive until the plugin has them
    std::vector<PJRT_Buffer*> arguments;          // the same, as the plugin sees them
    std::vector<PJRT_Buffer*> outputs;            // what the plugin gave
    std::vector<PJRT_Buffer* const*> argument_lists;   // by device
    std::vector<PJRT_Buffer**> output_lists;           // by device
    std::vector<PJRT_Event*> events;                   // by device
    std::vector<core::Ref<DeviceBuffer>> fresh;        // for the outputs
    std::vector<core::Ref<optirs_pjrt_buffer>> cells;  // new cells, for results that are NULL
    core::Ref<ChannelCalls> channels;                  // NULL: the program sends and receives nothing

    void reserveCompletion(optirs_pjrt_client& client, std::size_t devices) {
        if (completion == nullptr) {
            completion = client.reserveCompletion(devices);
        } else {
            completion->reserve(devices);
        }
    }

    void clear() noexcept {
        pinned.clear();
        fresh.clear();
        cells.clear();
        channels = {};
    }
};

}  // namespace optirs::pjrt
