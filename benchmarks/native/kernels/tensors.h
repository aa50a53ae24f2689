// What the benchmarks of kernels share: tensors with memory of their own, and counters.
#pragma once

#include <benchmark/benchmark.h>
#include <optirs/optirs.h>
#include <sys/mman.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

struct Free {
    void operator()(void* memory) const { std::free(memory); }
};

/// A tensor with memory of its own, filled with small random numbers.
class Tensor {
 public:
    Tensor(uint8_t code, uint8_t bits, std::vector<int64_t> shape) : shape_(std::move(shape)) {
        int64_t count = 1;
        for (const int64_t extent : shape_) {
            count *= extent;
        }
        bytes_ = static_cast<size_t>(count * bits / 8);
        const size_t room = (bytes_ + kPage - 1) / kPage * kPage;
        memory_.reset(std::aligned_alloc(kPage, room));
        // In pages of 2 MiB where it is large, as the peers' memory; but not aligned to them: streams that
        // begin at the same place of such a page get into each other's way.
        madvise(memory_.get(), room, MADV_HUGEPAGE);
        std::minstd_rand random(1);
        if (code == OPTIRS_DL_FLOAT && bits == 32) {
            auto* values = static_cast<float*>(memory_.get());
            for (int64_t i = 0; i < count; ++i) {
                values[i] = static_cast<float>(random() % 2000) / 1000.0F - 1.0F;
            }
        } else if (bits == 16) {  // bf16 numbers around 1
            auto* values = static_cast<uint16_t*>(memory_.get());
            for (int64_t i = 0; i < count; ++i) {
                values[i] = static_cast<uint16_t>(0x3F00 + random() % 256);
            }
        } else {
            auto* values = static_cast<uint8_t*>(memory_.get());
            for (size_t i = 0; i < bytes_; ++i) {
                values[i] = static_cast<uint8_t>(random() % 0x70);
            }
        }
        view_ = {memory_.get(),
                 {OPTIRS_DL_CPU, 0},
                 static_cast<int32_t>(shape_.size()),
                 {code, bits, 1},
                 shape_.data(),
                 nullptr,
                 0};
    }

    const optirs_dl_tensor* view() const { return &view_; }
    float* floats() const { return static_cast<float*>(memory_.get()); }

 private:
    static constexpr size_t kPage = 4096;

    std::vector<int64_t> shape_;
    size_t bytes_ = 0;
    std::unique_ptr<void, Free> memory_;
    optirs_dl_tensor view_{};
};

inline Tensor f32(std::vector<int64_t> shape) { return {OPTIRS_DL_FLOAT, 32, std::move(shape)}; }
inline Tensor bf16(std::vector<int64_t> shape) { return {OPTIRS_DL_BFLOAT, 16, std::move(shape)}; }
inline Tensor e4m3(std::vector<int64_t> shape) { return {OPTIRS_DL_F8E4M3FN, 8, std::move(shape)}; }

inline void check(optirs_error* error) {
    if (error != nullptr) {
        std::fprintf(stderr, "%s: %s\n", optirs_error_operation(error, nullptr),
                     optirs_error_message(error, nullptr));
        std::exit(1);
    }
}

inline void setBytes(benchmark::State& state, double bytes) {
    state.counters["bytes_per_second"] =
        benchmark::Counter(bytes * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate,
                           benchmark::Counter::kIs1000);
}

inline void setFlops(benchmark::State& state, double flops) {
    state.counters["flops"] = benchmark::Counter(flops * static_cast<double>(state.iterations()),
                                                 benchmark::Counter::kIsRate, benchmark::Counter::kIs1000);
}

template <class Args>
void runKernel(benchmark::State& state, Args args, optirs_error* (*kernel)(optirs_stream*, const Args*),
               double bytes) {
    args.struct_size = sizeof(args);
    for (auto _ : state) {
        check(kernel(nullptr, &args));
    }
    setBytes(state, bytes);
}
