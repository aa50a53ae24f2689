#include "tests/plugin_codegen/run_partitions.h"

#include <gtest/gtest.h>

#include <thread>

#include "pjrt_cpu/runtime/rendezvous.h"

namespace optirs::plugin::testing {

std::vector<std::vector<Floats>> runPartitions(const std::string& text, int partitions,
                                               const std::vector<std::vector<Floats>>& arguments) {
    CompileOptions options;
    options.num_partitions = partitions;
    const auto program = compile(text, options);
    std::vector<std::string> names;
    names.reserve(static_cast<size_t>(partitions));
    for (int p = 0; p < partitions; ++p) names.push_back("partition " + std::to_string(p));
    Rendezvous rendezvous(names, 1e6);
    ThreadPool pool(2);
    std::vector<std::vector<Floats>> results(static_cast<size_t>(partitions));
    std::vector<std::thread> threads;
    threads.reserve(static_cast<size_t>(partitions));
    for (int p = 0; p < partitions; ++p) {
        threads.emplace_back([&, p] {
            std::vector<Bytes> memory;
            std::vector<std::byte*> in;
            std::vector<std::byte*> out;
            for (size_t i = 0; i < arguments[static_cast<size_t>(p)].size(); ++i) {
                const Floats& argument = arguments[static_cast<size_t>(p)][i];
                ASSERT_EQ(program->arguments[i].elementCount(), static_cast<int64_t>(argument.size()));
                memory.push_back(Bytes::of(argument));
                in.push_back(memory.back().data());
            }
            std::vector<Bytes> outputs;
            for (const TensorType& type : program->outputs)
                outputs.emplace_back(static_cast<size_t>(type.byteCount()));
            for (const Bytes& output : outputs) out.push_back(output.data());
            const Bytes arena(static_cast<size_t>(program->arena_bytes));
            RunContext context;
            context.partition_id = p;
            context.num_partitions = partitions;
            context.rendezvous = &rendezvous;
            execute(*program, in, out, arena.data(), pool, context);
            rendezvous.finish(p);
            for (const Bytes& output : outputs) results[static_cast<size_t>(p)].push_back(output.as<float>());
        });
    }
    for (std::thread& thread : threads) thread.join();
    return results;
}

}  // namespace optirs::plugin::testing
