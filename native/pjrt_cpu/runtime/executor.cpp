#include "pjrt_cpu/runtime/executor.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <thread>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/probe.h"
#include "pjrt_cpu/runtime/recording.h"

namespace optirs::plugin {
namespace {

constexpr size_t kInlineAllocations = 64;
/// Handing a program to another thread, and its end back, takes some 100 us where threads that sleep are slow
/// to wake (virtual machines).
constexpr double kSmallSeconds = 200e-6;

}  // namespace

void execute(const Program& program, std::span<std::byte* const> arguments,
             std::span<std::byte* const> outputs, std::byte* arena, ThreadPool& pool,
             const RunContext& context) {
    const size_t num_arguments = program.arguments.size() + (program.sized_arguments.empty() ? 0 : 1);
    const size_t num_outputs = program.outputs.size() + (program.sized_outputs.empty() ? 0 : 1);
    if (arguments.size() != num_arguments || outputs.size() != num_outputs) {
        throw invalidArgument("program " + program.name + " takes " + std::to_string(num_arguments) +
                              " arguments and gives " + std::to_string(num_outputs) + " outputs, but got " +
                              std::to_string(arguments.size()) + " and room for " +
                              std::to_string(outputs.size()));
    }
    // The table lives on the stack, or for large programs in memory that this thread keeps between
    // executions.
    std::byte* inline_table[kInlineAllocations];
    static thread_local std::vector<std::byte*> kept_table;
    std::vector<std::byte*> large_table;
    std::byte** buffers = inline_table;
    const size_t count = program.allocations.size();
    if (count > kInlineAllocations) {
        large_table.swap(
            kept_table);  // taken, not shared: a custom call may execute another program on this thread
        large_table.resize(count);
        buffers = large_table.data();
    }
    for (size_t i = 0; i < count; ++i) {
        const Allocation& allocation = program.allocations[i];
        const auto index = static_cast<size_t>(allocation.index);
        switch (allocation.kind) {
            case Allocation::Kind::kArgument:
                buffers[i] = arguments[index];
                break;
            case Allocation::Kind::kConstant:
                buffers[i] = const_cast<std::byte*>(allocation.constant_data);  // NOLINT: steps only read it
                break;
            case Allocation::Kind::kOutput: {
                buffers[i] = outputs[index];
                if (allocation.aliased_argument < 0) break;
                const std::byte* argument = arguments[static_cast<size_t>(allocation.aliased_argument)];
                if (argument != outputs[index]) {
                    std::memcpy(outputs[index], argument, static_cast<size_t>(allocation.bytes));
                }
                break;
            }
            case Allocation::Kind::kTemp:
                buffers[i] = arena + allocation.offset;
                break;
        }
    }
    ProbeRecord probes;
    RunContext own_context = context;
    if (own_context.probes == nullptr) own_context.probes = &probes;
    const Frame frame{buffers, pool, own_context};
    if (program.timeline != nullptr) {
        program.timeline->run(program.steps, frame);
    } else if (Recording::instance().isOn()) [[unlikely]] {
        Recording::instance().run(program.name, program.steps, frame);
    } else {
        for (const auto& step : program.steps) step->run(frame);
    }
    if (count > kInlineAllocations) kept_table.swap(large_table);
}

double optimalSeconds(const ProgramCost& cost) {
    // What one core of a current server processor does in a second, within a factor of two.
    constexpr double kFlopsPerCore = 60e9;
    constexpr double kTranscendentalsPerCore = 3e9;
    constexpr double kBytesPerSecond = 20e9;
    static const double cores = std::max(1U, std::thread::hardware_concurrency());
    const double compute =
        (cost.flops / kFlopsPerCore + cost.transcendentals / kTranscendentalsPerCore) / cores;
    return std::max(compute, cost.bytes_accessed / kBytesPerSecond);
}

bool isSmall(const Program& program) {
    return !program.cost.has_loops && !program.has_collectives && program.num_replicas == 1 &&
           program.num_partitions == 1 && optimalSeconds(program.cost) <= kSmallSeconds;
}

}  // namespace optirs::plugin
