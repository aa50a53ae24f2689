#include "tests/plugin_codegen/run_partitions.h"

#include <exception>
#include <stdexcept>
#include <thread>

#include "pjrt_cpu/runtime/rendezvous.h"

namespace optirs::plugin::testing {

std::vector<std::vector<Bytes>> runPartitions(const Program& program,
                                              const std::vector<std::vector<Bytes>>& arguments,
                                              Donation donation) {
    const auto partitions = static_cast<size_t>(program.num_partitions);
    for (const auto& of_partition : arguments) {
        for (size_t i = 0; i < of_partition.size(); ++i) {
            if (program.arguments[i].byteCount() != static_cast<int64_t>(of_partition[i].size()))
                throw std::logic_error("argument " + std::to_string(i) + " is not " +
                                       program.arguments[i].toString());
        }
    }
    std::vector<std::string> names;
    names.reserve(partitions);
    for (size_t p = 0; p < partitions; ++p) names.push_back("partition " + std::to_string(p));
    Rendezvous rendezvous(names, 1e6);
    ThreadPool pool(2);
    std::vector<std::vector<Bytes>> results(partitions);
    std::vector<std::exception_ptr> failures(partitions);
    std::vector<std::thread> threads;
    threads.reserve(partitions);
    for (size_t p = 0; p < partitions; ++p) {
        threads.emplace_back([&, p] {
            RunContext context;
            context.partition_id = static_cast<int32_t>(p);
            context.num_partitions = program.num_partitions;
            context.rendezvous = &rendezvous;
            try {
                results[p] = runOn(program, arguments[p], pool, context, donation);
            } catch (...) {
                failures[p] = std::current_exception();
            }
            rendezvous.finish(static_cast<int32_t>(p));
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::exception_ptr& failure : failures) {
        if (failure != nullptr) std::rethrow_exception(failure);
    }
    return results;
}

std::vector<std::vector<Floats>> runPartitions(const std::string& text, int partitions,
                                               const std::vector<std::vector<Floats>>& arguments) {
    CompileOptions options;
    options.num_partitions = partitions;
    std::vector<std::vector<Bytes>> bytes;
    for (const auto& of_partition : arguments) {
        bytes.emplace_back();
        for (const Floats& each : of_partition) bytes.back().push_back(Bytes::of(each));
    }
    std::vector<std::vector<Floats>> results;
    for (const auto& of_partition : runPartitions(*compile(text, options), bytes)) {
        results.emplace_back();
        for (const Bytes& each : of_partition) results.back().push_back(each.as<float>());
    }
    return results;
}

}  // namespace optirs::plugin::testing
