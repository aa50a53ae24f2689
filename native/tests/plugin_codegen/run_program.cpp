#include "tests/plugin_codegen/run_program.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <stdexcept>

namespace optirs::plugin::testing {
namespace {

ThreadPool& poolOf(int threads) {
    static std::mutex mutex;
    static std::map<int, std::unique_ptr<ThreadPool>> pools;
    const std::lock_guard lock(mutex);
    auto& pool = pools[threads];
    if (!pool) pool = std::make_unique<ThreadPool>(threads);
    return *pool;
}

}  // namespace

Bytes::Bytes(size_t size) : size_(size) {
    const size_t rounded = (size + 127) / 64 * 64;
    data_.reset(static_cast<std::byte*>(std::aligned_alloc(64, rounded)),
                [](std::byte* memory) { std::free(memory); });
    // What a program forgets to write shows.
    std::memset(data_.get(), 0xcd, rounded);
}

std::vector<Bytes> runOn(const Program& program, const std::vector<Bytes>& arguments, ThreadPool& pool,
                         const RunContext& context, Donation donation) {
    std::vector<Bytes> outputs;
    for (const TensorType& type : program.outputs)
        outputs.emplace_back(static_cast<size_t>(type.byteCount()));
    if (!program.sized_outputs.empty()) outputs.emplace_back(program.sized_outputs.size() * sizeof(int32_t));
    std::vector<std::byte*> in;
    std::vector<std::byte*> out;
    for (const Bytes& argument : arguments) in.push_back(argument.data());
    for (const Bytes& output : outputs) out.push_back(output.data());
    if (donation == Donation::kGiven) {
        for (const Allocation& allocation : program.allocations) {
            if (allocation.kind != Allocation::Kind::kOutput || allocation.aliased_argument < 0) continue;
            out[static_cast<size_t>(allocation.index)] = in[static_cast<size_t>(allocation.aliased_argument)];
        }
    }
    const Bytes arena(static_cast<size_t>(program.arena_bytes));
    execute(program, in, out, arena.data(), pool, context);
    for (size_t i = 0; i < outputs.size(); ++i) {
        if (out[i] != outputs[i].data()) std::memcpy(outputs[i].data(), out[i], outputs[i].size());
    }
    return outputs;
}

std::vector<Bytes> run(const Program& program, const std::vector<Bytes>& arguments, int threads) {
    RunContext context;
    context.num_replicas = program.num_replicas;
    context.num_partitions = program.num_partitions;
    return runOn(program, arguments, poolOf(threads), context);
}

std::vector<Sized> runSized(const Program& program, const std::vector<Bytes>& arguments, int threads) {
    const std::vector<Bytes> outputs = run(program, arguments, threads);
    std::vector<Sized> results;
    for (size_t i = 0; i < program.outputs.size(); ++i) {
        const auto dims = program.outputs[i].dims();
        results.push_back({{dims.begin(), dims.end()}, outputs[i]});
    }
    for (size_t i = 0; i < program.sized_outputs.size(); ++i) {
        const SizedDimension& each = program.sized_outputs[i];
        results[static_cast<size_t>(each.array)].dims[static_cast<size_t>(each.dim)] =
            outputs.back().as<int32_t>()[i];
    }
    for (size_t i = 0; i < results.size(); ++i) {
        const TensorType there = program.outputs[i].withDims(results[i].dims);
        Bytes data(static_cast<size_t>(there.byteCount()));
        std::memcpy(data.data(), results[i].data.data(), data.size());
        results[i].data = data;
    }
    return results;
}

std::vector<Bytes> run(std::string_view text, const std::vector<Bytes>& arguments, int threads) {
    return run(*compile(text), arguments, threads);
}

std::vector<float> numbers(size_t count, uint32_t seed) {
    std::vector<float> values(count);
    for (float& value : values) {
        seed = seed * 1664525u + 1013904223u;
        value = static_cast<float>(seed >> 8) / 8388608.0f - 1.0f;
    }
    return values;
}

std::vector<float> runFloats(std::string_view text, const std::vector<std::vector<float>>& arguments) {
    std::vector<Bytes> bytes;
    for (const auto& argument : arguments) bytes.push_back(Bytes::of(argument));
    return run(text, bytes).at(0).as<float>();
}

std::string optimisedIr(std::string_view text) {
    std::string folder = (std::filesystem::temp_directory_path() / "optirs-ir-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr)
        throw std::runtime_error("no folder for the compiler's dump: " + folder);
    CompileOptions options;
    options.dump_folder = folder;
    static_cast<void>(compile(text, options));
    std::stringstream ir;
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
        if (file.path().string().ends_with(".opt.ll")) ir << std::ifstream(file.path()).rdbuf();
    }
    std::filesystem::remove_all(folder);
    return ir.str();
}

}  // namespace optirs::plugin::testing
