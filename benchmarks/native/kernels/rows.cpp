// Casts, norms, softmax and activations. Forward and backward together are what the peers measure as such:
// one call after the other.
#include <string>

#include "tensors.h"

namespace {

void quantize(benchmark::State& state) {
    const int64_t n = state.range(0);
    const Tensor x = f32({n}), out = e4m3({n});
    optirs_quantize_args args{};
    args.x = x.view();
    args.out = out.view();
    runKernel(state, args, optirs_quantize, 5.0 * static_cast<double>(n));
}

void dequantize(benchmark::State& state) {
    const int64_t n = state.range(0);
    const Tensor x = e4m3({n}), out = f32({n});
    optirs_dequantize_args args{};
    args.x = x.view();
    args.out = out.view();
    runKernel(state, args, optirs_dequantize, 5.0 * static_cast<double>(n));
}

constexpr int64_t kRows = 8192;
constexpr int64_t kWidth = 1024;
constexpr double kElements = double{kRows} * kWidth;

/// Forward with its operands, and backward with its; `runs_backward` tells whether that is called too.
template <class Forward, class Backward>
void runBoth(benchmark::State& state, const Forward& forward, const Backward& backward, bool narrow) {
    const bool runs_backward = state.range(0) != 0;
    for (auto _ : state) {
        forward();
        if (runs_backward) {
            backward();
        }
    }
    setBytes(state, kElements * (narrow ? 2 : 4) * (runs_backward ? 5 : 2));
}

Tensor matrix(bool narrow) { return narrow ? bf16({kRows, kWidth}) : f32({kRows, kWidth}); }

template <bool kNarrow, bool kCenters>
void norm(benchmark::State& state) {
    const Tensor x = matrix(kNarrow), out = matrix(kNarrow), dout = matrix(kNarrow), dx = matrix(kNarrow);
    const auto vector = [] { return kNarrow ? bf16({kWidth}) : f32({kWidth}); };
    const Tensor gamma = vector(), beta = vector(), dgamma = vector(), dbeta = vector();
    const Tensor mean = f32({kRows}), rstd = f32({kRows});
    const auto fill = [&](auto& args) {
        args.struct_size = sizeof(args);
        args.x = x.view();
        args.gamma = gamma.view();
        args.rstd = rstd.view();
    };
    const auto fillBackward = [&](auto& args) {
        fill(args);
        args.dout = dout.view();
        args.dx = dx.view();
        args.dgamma = dgamma.view();
    };
    if constexpr (kCenters) {
        optirs_layer_norm_args args{};
        fill(args);
        args.beta = beta.view();
        args.epsilon = 1e-5;
        args.out = out.view();
        args.mean = mean.view();
        optirs_layer_norm_backward_args back{};
        fillBackward(back);
        back.mean = mean.view();
        back.dbeta = dbeta.view();
        runBoth(
            state, [&] { check(optirs_layer_norm(nullptr, &args)); },
            [&] { check(optirs_layer_norm_backward(nullptr, &back)); }, kNarrow);
    } else {
        optirs_rms_norm_args args{};
        fill(args);
        args.epsilon = 1e-5;
        args.out = out.view();
        optirs_rms_norm_backward_args back{};
        fillBackward(back);
        runBoth(
            state, [&] { check(optirs_rms_norm(nullptr, &args)); },
            [&] { check(optirs_rms_norm_backward(nullptr, &back)); }, kNarrow);
    }
}

template <bool kNarrow>
void softmax(benchmark::State& state) {
    const Tensor x = matrix(kNarrow), out = matrix(kNarrow), dout = matrix(kNarrow), dx = matrix(kNarrow);
    optirs_softmax_args args{};
    args.struct_size = sizeof(args);
    args.x = x.view();
    args.scale = 1;
    args.out = out.view();
    optirs_softmax_backward_args back{};
    back.struct_size = sizeof(back);
    back.out = out.view();
    back.dout = dout.view();
    back.scale = 1;
    back.dx = dx.view();
    runBoth(
        state, [&] { check(optirs_softmax(nullptr, &args)); },
        [&] { check(optirs_softmax_backward(nullptr, &back)); }, kNarrow);
}

template <bool kNarrow, int kApproximation>
void gelu(benchmark::State& state) {
    const Tensor x = matrix(kNarrow), out = matrix(kNarrow), dout = matrix(kNarrow), dx = matrix(kNarrow);
    optirs_gelu_args args{};
    args.struct_size = sizeof(args);
    args.x = x.view();
    args.approximation = kApproximation;
    args.out = out.view();
    optirs_gelu_backward_args back{};
    back.struct_size = sizeof(back);
    back.x = x.view();
    back.dout = dout.view();
    back.approximation = kApproximation;
    back.dx = dx.view();
    runBoth(
        state, [&] { check(optirs_gelu(nullptr, &args)); },
        [&] { check(optirs_gelu_backward(nullptr, &back)); }, kNarrow);
}

void crossEntropy(benchmark::State& state) {
    constexpr int64_t kClasses = 256;
    constexpr int64_t kSamples = 2048;
    const Tensor logits = f32({kSamples, kClasses}), loss = f32({kSamples}),
                 dlogits = f32({kSamples, kClasses});
    Tensor targets(OPTIRS_DL_INT, 32, {kSamples});
    for (int64_t i = 0; i < kSamples; ++i) {
        static_cast<int32_t*>(targets.view()->data)[i] = static_cast<int32_t>(i * 37 % kClasses);
    }
    optirs_cross_entropy_args args{};
    args.logits = logits.view();
    args.targets = targets.view();
    args.ignore_index = -1;
    args.loss = loss.view();
    args.dlogits = dlogits.view();
    runKernel(state, args, optirs_cross_entropy, 12.0 * kSamples * kClasses);
}

void withAndWithoutBackward(const std::string& name, void (*run)(benchmark::State&)) {
    for (const bool backward : {false, true}) {
        benchmark::RegisterBenchmark((name + (backward ? ".fwdbwd" : ".fwd")).c_str(), run)
            ->Arg(backward ? 1 : 0)
            ->Unit(benchmark::kMicrosecond)
            ->UseRealTime();
    }
}

const bool kRegistered = [] {
    for (const auto& [name, run] :
         {std::pair{"fp8.quant_e4m3", &quantize}, {"fp8.dequant_e4m3", &dequantize}}) {
        for (const auto& [size, count] : {std::pair{".16M", 16 << 20}, {".256k", 256 << 10}}) {
            benchmark::RegisterBenchmark((std::string(name) + size).c_str(), run)
                ->Arg(count)
                ->Unit(benchmark::kMicrosecond)
                ->UseRealTime();
        }
    }
    withAndWithoutBackward("norm.layernorm.f32", norm<false, true>);
    withAndWithoutBackward("norm.layernorm.bf16", norm<true, true>);
    withAndWithoutBackward("norm.rmsnorm.f32", norm<false, false>);
    withAndWithoutBackward("norm.rmsnorm.bf16", norm<true, false>);
    withAndWithoutBackward("norm.softmax.f32", softmax<false>);
    withAndWithoutBackward("norm.softmax.bf16", softmax<true>);
    withAndWithoutBackward("norm.gelu_tanh.f32", gelu<false, OPTIRS_GELU_TANH>);
    withAndWithoutBackward("norm.gelu_tanh.bf16", gelu<true, OPTIRS_GELU_TANH>);
    withAndWithoutBackward("norm.gelu_erf.f32", gelu<false, OPTIRS_GELU_ERF>);
    withAndWithoutBackward("norm.gelu_erf.bf16", gelu<true, OPTIRS_GELU_ERF>);
    benchmark::RegisterBenchmark("norm.cross_entropy_2048x256.f32.fwdbwd", crossEntropy)
        ->Unit(benchmark::kMicrosecond)
        ->UseRealTime();
    return true;
}();

}  // namespace
