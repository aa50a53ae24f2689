// What tests ask of the mock libraries: every mock exports these functions under its own prefix.
#pragma once

#include <cstdint>

namespace optirs::mock {

/// The control of one mock library, found by `optirs_mock_control`.
struct Control {
    /// Forgets recorded calls, violations and failures to inject.
    void (*reset)();
    /// Lets the call number `k` from now on of `function`, or of any function if NULL, return `code`.
    void (*fail)(const char* function, int64_t k, int32_t code);
    /// How many injected failures have happened.
    int64_t (*failed)();
    /// The calls so far, one a line: `cuMemAlloc_v2(bytes=512)`.
    const char* (*calls)();
    /// Where the library was used against its documented contract, one a line; empty if nowhere.
    const char* (*violations)();
};

/// What only the driver has.
struct DriverControl {
    /// Number of devices from now on.
    void (*set_devices)(int32_t count);
    /// The compute capability of the devices.
    void (*set_capability)(int32_t major, int32_t minor);
    /// Memory of each device in bytes.
    void (*set_memory)(uint64_t bytes);
    /// 1: work waits in its stream until it is waited for, or held is set to 0.
    void (*hold)(int32_t is_held);
    /// The next answers of cuEventElapsedTime, in milliseconds; without, each event is a millisecond later
    /// than the one before.
    void (*set_elapsed)(const float* milliseconds, int64_t count);
    /// Allocations, streams, events, graphs that are alive.
    int64_t (*live)(const char* kind);
};

}  // namespace optirs::mock
