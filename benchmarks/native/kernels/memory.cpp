// What memory gives: plain loops on all threads of this program's own.
#include <algorithm>
#include <thread>

#include "tensors.h"

namespace {

/// Splits [0, n) over all cores.
template <class Body>
void onAllCores(int64_t n, const Body& body) {
    const auto threads = static_cast<int64_t>(std::thread::hardware_concurrency());
    std::vector<std::thread> others;
    for (int64_t i = 1; i < threads; ++i) {
        others.emplace_back([&, i] { body(n * i / threads, n * (i + 1) / threads); });
    }
    body(0, n / threads);
    for (std::thread& other : others) {
        other.join();
    }
}

void memoryAdamStream(benchmark::State& state) {
    const int64_t n = state.range(0);
    const Tensor p = f32({n}), g = f32({n}), m = f32({n}), v = f32({n});
    for (auto _ : state) {
        onAllCores(n, [&](int64_t begin, int64_t end) {
            float* __restrict to = p.floats();
            float* __restrict first = m.floats();
            float* __restrict second = v.floats();
            const float* __restrict from = g.floats();
            for (int64_t i = begin; i < end; ++i) {
                first[i] = first[i] * 0.9F + from[i];
                second[i] = second[i] * 0.9F + from[i];
                to[i] = to[i] + first[i] + second[i];
            }
        });
    }
    setBytes(state, 28.0 * static_cast<double>(n));
}

void memoryCopy(benchmark::State& state) {
    const int64_t n = state.range(0);
    const Tensor from = f32({n}), to = f32({n});
    for (auto _ : state) {
        onAllCores(n, [&](int64_t begin, int64_t end) {
            std::copy(from.floats() + begin, from.floats() + end, to.floats() + begin);
        });
    }
    setBytes(state, 8.0 * static_cast<double>(n));
}

BENCHMARK(memoryAdamStream)
    ->Name("memory.adam_stream.16M")
    ->Arg(16 << 20)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(memoryCopy)->Name("memory.copy.16M")->Arg(16 << 20)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
