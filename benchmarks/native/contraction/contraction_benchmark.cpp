// The plugin's contraction step beside oneDNN's own dnnl_sgemm on all cores (OpenMP), in one process, on the
// shapes of a GPT training step (batch 8 x 256 tokens, width 384) and on cubes. Counter: GFLOP/s. Run:
// contraction_benchmark --benchmark_enable_random_interleaving=true
#include <benchmark/benchmark.h>

#include <oneapi/dnnl/dnnl.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "pjrt_cpu/runtime/contraction.h"
#include "pjrt_cpu/runtime/half.h"
#include "src/cpu/thread_pool.h"

namespace {

using optirs::plugin::ContractionSpec;
using optirs::plugin::ElementType;
using Kind = ContractionSpec::Kind;

struct Case {
    std::string name;
    int64_t batch, m, n, k;
    bool lhs_transposed, rhs_transposed;
};

const std::vector<Case> kCases = {
    {"qkv", 1, 2048, 1152, 384, false, false},
    {"mlp_up", 1, 2048, 1536, 384, false, false},
    {"mlp_down", 1, 2048, 384, 1536, false, false},
    {"qkv_grad_input", 1, 2048, 384, 1152, false, true},
    {"qkv_grad_weight", 1, 384, 1152, 2048, true, false},
    {"mlp_up_grad_weight", 1, 384, 1536, 2048, true, false},
    {"mlp_down_grad_weight", 1, 1536, 384, 2048, true, false},
    {"attention_scores", 48, 256, 256, 64, false, true},
    {"attention_mix", 48, 256, 64, 256, false, false},
    {"attention_grad_value", 48, 256, 64, 256, true, false},
    {"cube512", 1, 512, 512, 512, false, false},
    {"cube1024", 1, 1024, 1024, 1024, false, false},
    {"cube2048", 1, 2048, 2048, 2048, false, false},
};

struct FreeDelete {
    void operator()(void* data) const { std::free(data); }
};
using Memory = std::unique_ptr<std::byte, FreeDelete>;

Memory allocate(int64_t elements, ElementType type) {
    const auto bytes = static_cast<size_t>((elements * byteWidth(type) + 63) / 64 * 64);
    Memory memory(static_cast<std::byte*>(std::aligned_alloc(64, bytes)));
    for (int64_t i = 0; i < elements; ++i) {
        const float value = static_cast<float>(i % 17) / 16.0F - 0.5F;
        if (type == ElementType::kF32) {
            reinterpret_cast<float*>(memory.get())[i] = value;
        } else {
            reinterpret_cast<uint16_t*>(memory.get())[i] = optirs::plugin::floatToBf16(value);
        }
    }
    return memory;
}

void report(benchmark::State& state, const Case& c) {
    const double flops = 2.0 * static_cast<double>(c.batch * c.m) * static_cast<double>(c.n * c.k);
    state.counters["GFLOP/s"] =
        benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

void runStep(benchmark::State& state, const Case& c, ElementType type) {
    const Memory lhs = allocate(c.batch * c.m * c.k, type);
    const Memory rhs = allocate(c.batch * c.n * c.k, type);
    const Memory out = allocate(c.batch * c.m * c.n, type);
    ContractionSpec spec;
    spec.lhs = spec.rhs = spec.out = type;
    spec.dims = {{c.batch, Kind::kBatch, c.m * c.k, c.n * c.k, c.m * c.n},
                 {c.m, Kind::kM, c.lhs_transposed ? 1 : c.k, 0, c.n},
                 {c.n, Kind::kN, 0, c.rhs_transposed ? c.k : 1, 1},
                 {c.k, Kind::kK, c.lhs_transposed ? c.m : 1, c.rhs_transposed ? 1 : c.n, 0}};
    spec.lhs_allocation = 0;
    spec.rhs_allocation = 1;
    spec.out_allocation = 2;
    const auto step = makeContractionStep(spec);
    static optirs::ThreadPool pool;
    const optirs::plugin::RunContext context;
    std::byte* const buffers[] = {lhs.get(), rhs.get(), out.get()};
    for (auto _ : state) step->run({buffers, pool, context});
    report(state, c);
    state.SetLabel(step->describe());
}

void runLibrary(benchmark::State& state, const Case& c) {
    const Memory lhs = allocate(c.batch * c.m * c.k, ElementType::kF32);
    const Memory rhs = allocate(c.batch * c.n * c.k, ElementType::kF32);
    const Memory out = allocate(c.batch * c.m * c.n, ElementType::kF32);
    const auto at = [](const Memory& memory, int64_t i) {
        return reinterpret_cast<float*>(memory.get()) + i;
    };
    for (auto _ : state) {
        for (int64_t b = 0; b < c.batch; ++b) {
            dnnl_sgemm(c.lhs_transposed ? 'T' : 'N', c.rhs_transposed ? 'T' : 'N', c.m, c.n, c.k, 1.0F,
                       at(lhs, b * c.m * c.k), c.lhs_transposed ? c.m : c.k, at(rhs, b * c.n * c.k),
                       c.rhs_transposed ? c.k : c.n, 0.0F, at(out, b * c.m * c.n), c.n);
        }
    }
    report(state, c);
}

}  // namespace

int main(int argc, char** argv) {
    for (const Case& c : kCases) {
        benchmark::RegisterBenchmark(("step_f32/" + c.name).c_str(), [c](benchmark::State& state) {
            runStep(state, c, ElementType::kF32);
        })->UseRealTime();
        benchmark::RegisterBenchmark(("dnnl_sgemm/" + c.name).c_str(), [c](benchmark::State& state) {
            runLibrary(state, c);
        })->UseRealTime();
        benchmark::RegisterBenchmark(("step_bf16/" + c.name).c_str(), [c](benchmark::State& state) {
            runStep(state, c, ElementType::kBF16);
        })->UseRealTime();
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
