#include "pjrt_cpu/runtime/run_parallel.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <optional>
#include <thread>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/executor.h"
#include "pjrt_cpu/runtime/host_feed.h"
#include "pjrt_cpu/runtime/rendezvous.h"

namespace optirs::plugin {
namespace {

constexpr double kTimeoutSeconds = 60;

struct AlignedDelete {
    void operator()(std::byte* memory) const { ::operator delete(memory, std::align_val_t(64)); }
};
using AlignedBytes = std::unique_ptr<std::byte, AlignedDelete>;

AlignedBytes alignedBytes(int64_t size) {
    return AlignedBytes(
        static_cast<std::byte*>(::operator new(static_cast<size_t>(size) + 128, std::align_val_t(64))));
}

/// Each infeed takes what the next program of the list gives.
class ProgramFeed final : public HostFeed {
 public:
    explicit ProgramFeed(const std::vector<std::shared_ptr<const Program>>& programs) : programs_(programs) {}

    void infeed(std::span<const Tensor> results, const Frame& frame) override {
        const size_t at = next_.fetch_add(1);
        if (at >= programs_.size()) {
            throw Error(Code::kFailedPrecondition, "the queue of " + std::to_string(programs_.size()) +
                                                       " items that the program names has run out");
        }
        const Program& program = *programs_[at];
        bool fits = program.outputs.size() == results.size();
        for (size_t i = 0; fits && i < results.size(); ++i) fits = program.outputs[i] == *results[i].type;
        if (!fits) {
            throw Error(Code::kFailedPrecondition,
                        "item " + std::to_string(at) + " of the queue has other types than are asked for");
        }
        std::vector<std::byte*> outputs;
        for (const Tensor& result : results) outputs.push_back(result.data);
        const AlignedBytes arena = alignedBytes(program.arena_bytes);
        execute(program, {}, outputs, arena.get(), frame.pool, RunContext{});
    }

    // Nobody reads what comes out.
    void outfeed(std::span<const Tensor> /*operands*/, const Frame& /*frame*/) override {}

 private:
    const std::vector<std::shared_ptr<const Program>>& programs_;
    std::atomic<size_t> next_{0};
};

class RunParallelStep final : public Step {
 public:
    explicit RunParallelStep(RunParallelSpec spec) : spec_(std::move(spec)) {}

    void run(const Frame& frame) const override {
        const size_t count = spec_.programs.size();
        std::vector<std::string> names;
        names.reserve(count);
        for (size_t i = 0; i < count; ++i) {
            names.push_back("process (" + std::to_string(i / static_cast<size_t>(spec_.num_partitions)) +
                            ", " + std::to_string(i % static_cast<size_t>(spec_.num_partitions)) + ")");
        }
        Rendezvous rendezvous(std::move(names), kTimeoutSeconds);
        ProgramFeed feed(spec_.infeed);
        std::mutex mutex;
        std::optional<Error> failure;
        const auto process = [&](size_t i) {
            std::optional<Error> own;
            try {
                runProcess(i, frame, rendezvous, feed);
            } catch (const Error& error) {
                own = error;
            } catch (const std::exception& error) {
                own = internalError(error.what());
            }
            if (!own) {
                rendezvous.finish(static_cast<int>(i));
                return;
            }
            {
                // What others make of it is not the cause.
                const std::lock_guard lock(mutex);
                if (!failure || failure->code() == Code::kAborted) failure = own;
            }
            rendezvous.fail(static_cast<int>(i), *own);
        };
        std::vector<std::thread> threads;
        threads.reserve(count);
        for (size_t i = 1; i < count; ++i) {
            try {
                threads.emplace_back(process, i);
            } catch (const std::system_error&) {
                const Error error = resourceExhausted("no thread for process " + std::to_string(i));
                const std::lock_guard lock(mutex);
                failure = error;
                for (; i < count; ++i) rendezvous.fail(static_cast<int>(i), error);
            }
        }
        process(0);
        for (std::thread& thread : threads) thread.join();
        if (failure) throw Error(failure->code(), spec_.text + ": " + failure->message());
    }

    std::string describe() const override { return spec_.text; }

 private:
    void runProcess(size_t i, const Frame& frame, Rendezvous& rendezvous, HostFeed& feed) const {
        const Program& program = *spec_.programs[i];
        std::vector<std::byte*> arguments;
        std::vector<std::byte*> outputs;
        for (const int32_t slot : spec_.arguments[i]) arguments.push_back(frame.buffers[slot]);
        for (const int32_t slot : spec_.results[i]) outputs.push_back(frame.buffers[slot]);
        RunContext context;
        context.device_id = static_cast<int32_t>(i);
        context.replica_id = static_cast<int32_t>(i) / spec_.num_partitions;
        context.partition_id = static_cast<int32_t>(i) % spec_.num_partitions;
        context.num_replicas = spec_.num_replicas;
        context.num_partitions = spec_.num_partitions;
        context.run_id = frame.context.run_id;
        context.rendezvous = &rendezvous;
        context.host_feed = &feed;
        const AlignedBytes arena = alignedBytes(program.arena_bytes);
        execute(program, arguments, outputs, arena.get(), frame.pool, context);
    }

    RunParallelSpec spec_;
};

}  // namespace

std::unique_ptr<Step> makeRunParallelStep(RunParallelSpec spec) {
    return std::make_unique<RunParallelStep>(std::move(spec));
}

}  // namespace optirs::plugin
