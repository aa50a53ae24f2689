// Calls of the C ABI, one for each function of the plugins' table.
#pragma once

#include <functional>

#include "tests/pjrt/support.h"

namespace test {

inline void releaseNothing(void* /*data*/, void* /*context*/) {}

using Bytes = Handle<optirs_pjrt_bytes, optirs_pjrt_bytes_release>;
using Values = Handle<optirs_pjrt_values, optirs_pjrt_values_release>;
using Layout = Handle<optirs_pjrt_layout, optirs_pjrt_layout_release>;
using Hold = Handle<optirs_pjrt_hold, optirs_pjrt_hold_release>;
using Promise = Handle<optirs_pjrt_promise, optirs_pjrt_promise_release>;
using Event = Handle<optirs_pjrt_event, optirs_pjrt_event_release>;
using Transfer = Handle<optirs_pjrt_transfer, optirs_pjrt_transfer_release>;
using Topology = Handle<optirs_pjrt_topology, optirs_pjrt_topology_release>;
using Context = Handle<optirs_pjrt_context, optirs_pjrt_context_release>;
using Tracking = Handle<optirs_pjrt_tracking, optirs_pjrt_tracking_release>;

inline optirs_pjrt_array intsOf(const int64_t* extent) {
    optirs_pjrt_array array{};
    array.struct_size = sizeof array;
    array.dims = extent;
    array.rank = 1;
    array.dtype = OPTIRS_DTYPE_S32;
    return array;
}

/// What the calls work on; made anew for each of them.
struct World {
    optirs_pjrt_plugin* plugin;
    optirs_pjrt_client* client;
    Buffer buffer;
    Executable executable;
    int64_t four = 4;
    optirs_pjrt_array array = intsOf(&four);
    std::vector<int32_t> room = std::vector<int32_t>(4);

    optirs_pjrt_device* device() const { return optirs_pjrt_client_device(client, 0); }
    optirs_pjrt_memory* memory(int64_t i) const { return optirs_pjrt_client_memory(client, i); }
};

struct Case {
    const char* function;
    std::function<Outcome(World&)> call;
};

// Setting up what a call needs must succeed.
#define NEEDED(expression)                             \
    if (Outcome setup = (expression); !setup.isOk()) { \
        return setup;                                  \
    }

inline Outcome waitFor(optirs_error* started, Completion& completion) {
    const Outcome outcome(started);
    return outcome.isOk() ? completion.wait() : outcome;
}

}  // namespace test
