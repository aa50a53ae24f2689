#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace optirs {
class ThreadPool;
}

namespace optirs::plugin {

class HostChannels;
class HostFeed;
class ProbeRecord;
class Rendezvous;

/// A JIT-compiled loop over [begin, end) of its parallel dimension. `buffers` are in the order of the step's
/// operands. Thread-safe for disjoint ranges.
using KernelFunction = void (*)(std::byte* const* buffers, int64_t begin, int64_t end);

/// What one execution on one device knows of itself.
struct RunContext {
    int32_t device_id = 0;
    int32_t replica_id = 0;
    int32_t partition_id = 0;
    int32_t num_replicas = 1;
    int32_t num_partitions = 1;
    /// The same for all devices of one execution, different for each execution of the process.
    int64_t run_id = 0;
    /// Where the devices of this execution meet for collectives; null when the program runs on one device.
    Rendezvous* rendezvous = nullptr;
    /// The other end of infeed and outfeed; null when there is none.
    HostFeed* host_feed = nullptr;
    /// The other end of transfers to and from the host; null when the processes are each other's host.
    HostChannels* host_channels = nullptr;
    /// PJRT_ExecuteContext of the caller, for custom calls; may be null.
    void* execute_context = nullptr;
    /// What `interpreter.probe` saw in this execution; execute() makes one when it is null.
    ProbeRecord* probes = nullptr;

    /// Its number in the rendezvous.
    int32_t participant() const { return replica_id * num_partitions + partition_id; }
};

/// What a step runs on.
struct Frame {
    /// One pointer per Program::allocations entry.
    std::byte* const* buffers;
    ThreadPool& pool;
    const RunContext& context;
};

/// One unit of a program: a compiled kernel, a library call, a loop over other steps. Immutable after
/// construction, so that one program runs on several devices at once. Failures are thrown as Error.
class Step {
 public:
    Step() = default;
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;
    virtual ~Step() = default;
    virtual void run(const Frame& frame) const = 0;
    /// One line for dumps: what it computes, on which allocations.
    virtual std::string describe() const = 0;
};

}  // namespace optirs::plugin
