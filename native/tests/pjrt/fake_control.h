// What tests steer and read in the fake plugin. The plugin exports a pointer to it beside GetPjrtApi.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>

namespace fake {

enum class Events {
    kReady,   // over when they are made; callbacks run inside OnReady
    kThread,  // over a little later, on a thread of the plugin
    kManual,  // over when fire() is called, or the client is destroyed
};

struct Control {
    // Set by tests, before the calls that they are about.
    Events events = Events::kReady;
    int event_code = 0;                // events end with this code; 0: well
    std::string failing_function;      // this function fails ...
    int failing_code = 0;              // ... with this code ...
    int failing_times = 0;             // ... so many times
    int64_t memory_limit = INT64_MAX;  // bytes of all buffers
    bool deletes_arguments_on_failure = false;
    bool has_output_types = true;

    // Read by tests.
    std::atomic<int> clients{0};
    std::atomic<int> buffers{0};
    std::atomic<int> executables{0};
    std::atomic<int> events_alive{0};
    std::atomic<int> errors{0};
    std::atomic<int> others{0};         // holders, promises, transfers, topologies, external references
    std::atomic<int> mapped{0};         // bytes
    std::atomic<int> promise_code{-1};  // what the last promise ended with
    std::atomic<int64_t> bytes{0};
    std::atomic<int> wrong_sizes{0};  // structs whose struct_size is not the one of this version
    std::atomic<int> destroyed_on_thread{
        0};  // clients destroyed on the plugin's own thread: a deadlock in a real one
    std::atomic<int> last_semantics{-1};
    std::string wrong_size_function;
    std::string compile_options;
    std::string note;  // what some functions were told last
    std::string program_format;
    std::map<std::string, void*> handlers;  // custom calls, by name

    void (*fire)() = nullptr;  // ends the events of Events::kManual

    /// Everything that was made was destroyed.
    bool isEmpty() const {
        return clients == 0 && buffers == 0 && executables == 0 && events_alive == 0 && errors == 0 &&
               others == 0 && bytes == 0;
    }
};

}  // namespace fake
