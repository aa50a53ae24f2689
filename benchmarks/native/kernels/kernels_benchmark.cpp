// The CPU kernels through the C ABI, beside what memory gives in the same run. `bytes_per_second` counts what
// an operation must read and write, once; memory/* are plain loops on all threads of this program's own.
#include <benchmark/benchmark.h>
#include <optirs/optirs.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace {

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
        memory_.reset(std::aligned_alloc(4096, (bytes_ + 4095) / 4096 * 4096));
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
    std::vector<int64_t> shape_;
    size_t bytes_ = 0;
    std::unique_ptr<void, Free> memory_;
    optirs_dl_tensor view_{};
};

Tensor f32(std::vector<int64_t> shape) { return {OPTIRS_DL_FLOAT, 32, std::move(shape)}; }
Tensor bf16(std::vector<int64_t> shape) { return {OPTIRS_DL_BFLOAT, 16, std::move(shape)}; }
Tensor e4m3(std::vector<int64_t> shape) { return {OPTIRS_DL_F8E4M3FN, 8, std::move(shape)}; }

void check(optirs_error* error) {
    if (error != nullptr) {
        std::fprintf(stderr, "%s: %s\n", optirs_error_operation(error, nullptr),
                     optirs_error_message(error, nullptr));
        std::exit(1);
    }
}

void setBytes(benchmark::State& state, double bytes) {
    state.counters["bytes_per_second"] =
        benchmark::Counter(bytes * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate,
                           benchmark::Counter::kIs1000);
}

void setFlops(benchmark::State& state, double flops) {
    state.counters["flops"] = benchmark::Counter(flops * static_cast<double>(state.iterations()),
                                                 benchmark::Counter::kIsRate, benchmark::Counter::kIs1000);
}

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

// ---- What memory gives ----

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

// ---- Optimizers ----

/// `count` tensors of `size` elements each, as a model would have them.
class Model {
 public:
    Model(int64_t count, int64_t size, bool narrow_states = false) {
        for (int64_t i = 0; i < count; ++i) {
            for (auto& list : lists_) {
                const bool is_state = &list >= &lists_[2];
                tensors_.push_back(std::make_unique<Tensor>(
                    is_state && narrow_states ? Tensor(OPTIRS_DL_UINT, 8, {size}) : f32({size})));
                list.push_back(*tensors_.back()->view());
            }
            for (auto& list : scales_) {
                tensors_.push_back(std::make_unique<Tensor>(f32({(size + 255) / 256})));
                list.push_back(*tensors_.back()->view());
            }
        }
        lists.struct_size = sizeof(lists);
        lists.count = count;
        lists.params = lists_[0].data();
        lists.grads = lists_[1].data();
        lists.state1 = lists_[2].data();
        lists.state2 = lists_[3].data();
        if (narrow_states) {
            lists.scales1 = scales_[0].data();
            lists.scales2 = scales_[1].data();
        }
        for (const auto& tensor : lists_[3]) {  // a second moment is not negative
            if (!narrow_states) {
                for (int64_t i = 0; i < size; ++i) {
                    auto& value = static_cast<float*>(tensor.data)[i];
                    value = std::abs(value);
                }
            }
        }
    }

    optirs_optimizer_tensors lists{};

 private:
    std::vector<std::unique_ptr<Tensor>> tensors_;
    std::vector<optirs_dl_tensor> lists_[4];
    std::vector<optirs_dl_tensor> scales_[2];
};

void adamw(benchmark::State& state) {
    const Model model(state.range(0), state.range(1));
    optirs_adamw_args args{};
    args.struct_size = sizeof(args);
    args.tensors = &model.lists;
    args.learning_rate = 1e-6;
    args.beta1 = 0.9;
    args.beta2 = 0.999;
    args.epsilon = 1e-8;
    for (auto _ : state) {
        ++args.step;
        check(optirs_adamw(nullptr, &args));
    }
    setBytes(state, 28.0 * static_cast<double>(state.range(0) * state.range(1)));
}

void adamw8(benchmark::State& state) {
    const Model model(state.range(0), state.range(1), true);
    optirs_adamw_args args{};
    args.struct_size = sizeof(args);
    args.tensors = &model.lists;
    args.learning_rate = 1e-6;
    args.beta1 = 0.9;
    args.beta2 = 0.999;
    args.epsilon = 1e-8;
    for (auto _ : state) {
        ++args.step;
        check(optirs_adamw(nullptr, &args));
    }
    setBytes(state, 16.06 * static_cast<double>(state.range(0) * state.range(1)));
}

void momentum(benchmark::State& state) {
    Model model(state.range(0), state.range(1));
    model.lists.state2 = nullptr;
    optirs_sgd_args args{};
    args.struct_size = sizeof(args);
    args.tensors = &model.lists;
    args.learning_rate = 1e-6;
    args.momentum = 0.9;
    for (auto _ : state) {
        check(optirs_sgd(nullptr, &args));
    }
    setBytes(state, 20.0 * static_cast<double>(state.range(0) * state.range(1)));
}

void lion(benchmark::State& state) {
    Model model(state.range(0), state.range(1));
    model.lists.state2 = nullptr;
    optirs_lion_args args{};
    args.struct_size = sizeof(args);
    args.tensors = &model.lists;
    args.learning_rate = 1e-6;
    args.beta1 = 0.9;
    args.beta2 = 0.99;
    for (auto _ : state) {
        check(optirs_lion(nullptr, &args));
    }
    setBytes(state, 20.0 * static_cast<double>(state.range(0) * state.range(1)));
}

// ---- Casts ----

void quantize(benchmark::State& state) {
    const int64_t n = state.range(0);
    const Tensor x = f32({n}), out = e4m3({n});
    optirs_quantize_args args{};
    args.struct_size = sizeof(args);
    args.x = x.view();
    args.out = out.view();
    for (auto _ : state) {
        check(optirs_quantize(nullptr, &args));
    }
    setBytes(state, 5.0 * static_cast<double>(n));
}

void dequantize(benchmark::State& state) {
    const int64_t n = state.range(0);
    const Tensor x = e4m3({n}), out = f32({n});
    optirs_dequantize_args args{};
    args.struct_size = sizeof(args);
    args.x = x.view();
    args.out = out.view();
    for (auto _ : state) {
        check(optirs_dequantize(nullptr, &args));
    }
    setBytes(state, 5.0 * static_cast<double>(n));
}

/// What a call costs: a single element.
void callAmax(benchmark::State& state) {
    const Tensor x = f32({1}), out = f32({1});
    optirs_amax_args args{};
    args.struct_size = sizeof(args);
    args.x = x.view();
    args.amax = out.view();
    for (auto _ : state) {
        check(optirs_amax(nullptr, &args));
    }
}

void callSgd(benchmark::State& state) {
    Model model(1, 1);
    model.lists.state1 = model.lists.state2 = nullptr;
    optirs_sgd_args args{};
    args.struct_size = sizeof(args);
    args.tensors = &model.lists;
    for (auto _ : state) {
        check(optirs_sgd(nullptr, &args));
    }
}

// ---- Norms and activations, 8192 x 1024 ----

template <class Args>
void runKernel(benchmark::State& state, Args args, optirs_error* (*kernel)(optirs_stream*, const Args*),
               double bytes) {
    args.struct_size = sizeof(args);
    for (auto _ : state) {
        check(kernel(nullptr, &args));
    }
    setBytes(state, bytes);
}

constexpr int64_t kRows = 8192;
constexpr int64_t kWidth = 1024;
constexpr double kElements = double{kRows} * kWidth;

Tensor matrix(bool narrow) { return narrow ? bf16({kRows, kWidth}) : f32({kRows, kWidth}); }

void layerNorm(benchmark::State& state) {
    const bool narrow = state.range(0) != 0;
    const Tensor x = matrix(narrow), out = matrix(narrow), gamma = f32({kWidth}), mean = f32({kRows}),
                 rstd = f32({kRows});
    optirs_layer_norm_args args{};
    args.x = x.view();
    args.gamma = gamma.view();
    args.epsilon = 1e-5;
    args.out = out.view();
    args.mean = mean.view();
    args.rstd = rstd.view();
    runKernel(state, args, optirs_layer_norm, kElements * (narrow ? 4 : 8));
}

void layerNormBackward(benchmark::State& state) {
    const bool narrow = state.range(0) != 0;
    const Tensor x = matrix(narrow), dout = matrix(narrow), dx = matrix(narrow);
    const Tensor gamma = f32({kWidth}), dgamma = f32({kWidth}), dbeta = f32({kWidth}), mean = f32({kRows}),
                 rstd = f32({kRows});
    optirs_layer_norm_backward_args args{};
    args.dout = dout.view();
    args.x = x.view();
    args.gamma = gamma.view();
    args.mean = mean.view();
    args.rstd = rstd.view();
    args.dx = dx.view();
    args.dgamma = dgamma.view();
    args.dbeta = dbeta.view();
    runKernel(state, args, optirs_layer_norm_backward, kElements * (narrow ? 6 : 12));
}

void rmsNorm(benchmark::State& state) {
    const bool narrow = state.range(0) != 0;
    const Tensor x = matrix(narrow), out = matrix(narrow), gamma = f32({kWidth});
    optirs_rms_norm_args args{};
    args.x = x.view();
    args.gamma = gamma.view();
    args.epsilon = 1e-5;
    args.out = out.view();
    runKernel(state, args, optirs_rms_norm, kElements * (narrow ? 4 : 8));
}

void softmax(benchmark::State& state) {
    const bool narrow = state.range(0) != 0;
    const Tensor x = matrix(narrow), out = matrix(narrow);
    optirs_softmax_args args{};
    args.x = x.view();
    args.scale = 1;
    args.out = out.view();
    runKernel(state, args, optirs_softmax, kElements * (narrow ? 4 : 8));
}

void gelu(benchmark::State& state) {
    const bool narrow = state.range(0) != 0;
    const Tensor x = matrix(narrow), out = matrix(narrow);
    optirs_gelu_args args{};
    args.x = x.view();
    args.approximation = static_cast<int32_t>(state.range(1));
    args.out = out.view();
    runKernel(state, args, optirs_gelu, kElements * (narrow ? 4 : 8));
}

// ---- Products and attention ----

void matmul(benchmark::State& state) {
    const int64_t n = state.range(0);
    const Tensor a = f32({n, n}), b = f32({n, n}), out = f32({n, n});
    optirs_matmul_args args{};
    args.struct_size = sizeof(args);
    args.a = a.view();
    args.b = b.view();
    args.out = out.view();
    args.alpha = 1;
    for (auto _ : state) {
        check(optirs_matmul(nullptr, &args));
    }
    setFlops(state, 2 * std::pow(static_cast<double>(n), 3));
}

/// Batch 1, 12 heads of 64 columns, as in peers' attention.py.
void attention(benchmark::State& state) {
    const int64_t length = state.range(0);
    const bool causal = state.range(1) != 0;
    const bool backward = state.range(2) != 0;
    const bool narrow = state.range(3) != 0;
    const std::vector<int64_t> shape = {1, length, 12, 64};
    const auto make = [&] { return narrow ? bf16(shape) : f32(shape); };
    const Tensor q = make(), k = make(), v = make(), out = make(), dout = make(), dq = make(), dk = make(),
                 dv = make();
    const Tensor lse = f32({1, 12, length});
    optirs_attention_args args{};
    args.struct_size = sizeof(args);
    args.q = q.view();
    args.k = k.view();
    args.v = v.view();
    args.scale = 0.125;
    args.mask = causal ? OPTIRS_MASK_CAUSAL_TOP_LEFT : OPTIRS_MASK_NONE;
    args.window_left = args.window_right = -1;
    args.out = out.view();
    args.lse = lse.view();
    optirs_attention_backward_args back{};
    back.struct_size = sizeof(back);
    back.dout = dout.view();
    back.q = args.q;
    back.k = args.k;
    back.v = args.v;
    back.out = args.out;
    back.lse = args.lse;
    back.scale = args.scale;
    back.mask = args.mask;
    back.window_left = back.window_right = -1;
    back.dq = dq.view();
    back.dk = dk.view();
    back.dv = dv.view();
    for (auto _ : state) {
        check(optirs_attention(nullptr, &args));
        if (backward) {
            check(optirs_attention_backward(nullptr, &back));
        }
    }
    const double pairs =
        static_cast<double>(length) * static_cast<double>(length) * (causal ? 0.5 : 1.0) * 12;
    setFlops(state, pairs * 64 * (backward ? 14 : 4));
}

BENCHMARK(memoryAdamStream)
    ->Name("memory/adam_stream")
    ->Arg(16 << 20)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(memoryCopy)->Name("memory/copy")->Arg(16 << 20)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(callAmax)->Name("call/amax");
BENCHMARK(callSgd)->Name("call/sgd");
BENCHMARK(adamw)
    ->Args({1, 100'000'000})
    ->Args({1, 16 << 20})
    ->Args({1000, 10'000})
    ->Args({1, 65536})
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();
BENCHMARK(adamw8)->Args({1, 16 << 20})->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(momentum)->Args({1, 16 << 20})->Args({1000, 10'000})->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(lion)->Args({1, 16 << 20})->Args({1000, 10'000})->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(quantize)->Arg(16 << 20)->Arg(256 << 10)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(dequantize)->Arg(16 << 20)->Arg(256 << 10)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(layerNorm)->ArgName("bf16")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(layerNormBackward)->ArgName("bf16")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(rmsNorm)->ArgName("bf16")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(softmax)->ArgName("bf16")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(gelu)
    ->ArgNames({"bf16", "tanh"})
    ->Args({0, 0})
    ->Args({0, 1})
    ->Args({1, 1})
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();
BENCHMARK(matmul)->Arg(512)->Arg(2048)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(attention)
    ->ArgNames({"length", "causal", "backward", "bf16"})
    ->ArgsProduct({{1024}, {0, 1}, {0, 1}, {0, 1}})
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
