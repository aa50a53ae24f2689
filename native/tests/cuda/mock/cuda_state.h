// The machine that the mock driver pretends to be: devices whose memory is the host's, streams whose work
// runs in the order in which it was given, at once or when it is waited for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "recorder.h"
#include "src/cuda/api/driver.h"

// The handles of the driver API.
namespace optirs::cuda {

struct CUctx_st {
    int32_t device;
};
struct CUstream_st {
    CUctx_st* context;
    bool is_capturing = false;
    bool is_relaxed = false;  // the capture
    std::vector<std::function<void()>> captured{};
};
struct CUevent_st {
    CUctx_st* context;
    bool has_timing;
    uint64_t recorded = 0;  // how often given to a stream
    uint64_t done = 0;      // how many of them have run
    uint64_t time = 0;
};
struct CUgraph_st {
    std::vector<std::function<void()>> work;
};
struct CUgraphExec_st {
    std::vector<std::function<void()>> work;
};

}  // namespace optirs::cuda

namespace optirs::mock {

using namespace optirs::cuda;

struct Allocation {
    uint64_t size;
    int32_t device;  // -1 for pinned host memory
    std::unique_ptr<std::byte[]> storage;
};

struct Machine {
    static Machine& instance() {
        static Machine& machine = *new Machine;
        return machine;
    }

    /// While a stream is captured, unless in the relaxed mode, what the documentation calls potentially
    /// unsafe is an error.
    bool allowsUnsafeCalls() const {
        return std::ranges::none_of(
            streams, [](const CUstream_st* stream) { return stream->is_capturing && !stream->is_relaxed; });
    }

    /// Gives work to a stream, or to its recording.
    void give(CUstream_st* stream, std::function<void()> work) {
        if (stream->is_capturing) {
            stream->captured.push_back(std::move(work));
            return;
        }
        queue.push_back(std::move(work));
        if (!is_held) {
            drain();
        }
    }

    /// Runs all work. The order in which it was given satisfies every dependency.
    void drain() {
        while (!queue.empty()) {
            auto work = std::move(queue.front());
            queue.pop_front();
            work();
        }
    }

    /// Whether the bytes lie in one live allocation; host memory that the driver does not know is allowed
    /// where `may_be_host` is.
    bool isValid(cuda::CUdeviceptr address, uint64_t size, bool may_be_host) const {
        auto next = allocations.upper_bound(address);
        if (next == allocations.begin()) {
            return may_be_host;
        }
        const auto& [base, allocation] = *std::prev(next);
        if (address >= base + allocation.size) {
            return may_be_host;
        }
        return address + size <= base + allocation.size;
    }

    bool is_started = false;
    int32_t devices = 2;
    int32_t major = 9;
    int32_t minor = 0;
    uint64_t memory = uint64_t{1} << 30;
    std::map<int32_t, uint64_t> used;
    std::map<cuda::CUdeviceptr, Allocation> allocations;
    std::set<CUstream_st*> streams;
    std::set<CUevent_st*> events;
    std::set<CUgraphExec_st*> graphs;
    std::map<int32_t, std::unique_ptr<CUctx_st>> contexts;
    std::set<std::pair<int32_t, int32_t>> peers;
    std::list<std::function<void()>> queue;
    bool is_held = false;
    uint64_t clock = 0;        // one tick per event
    std::list<float> elapsed;  // what tests want to have been measured
};

/// The calling thread's; NULL without one.
CUctx_st* currentContext();

}  // namespace optirs::mock
