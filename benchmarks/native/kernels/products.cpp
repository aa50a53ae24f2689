// Products of matrices and attention.
#include <string>

#include "tensors.h"

namespace {

void matmul(benchmark::State& state) {
    const int64_t n = state.range(0);
    const auto make = [&] { return state.range(1) != 0 ? bf16({n, n}) : f32({n, n}); };
    const Tensor a = make(), b = make(), out = make();
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

const bool kRegistered = [] {
    for (const bool narrow : {false, true}) {
        const std::string type = narrow ? "bf16" : "f32";
        for (const int64_t n : {512, 2048}) {
            benchmark::RegisterBenchmark(("gemm." + type + "." + std::to_string(n)).c_str(), matmul)
                ->Args({n, narrow ? 1 : 0})
                ->Unit(benchmark::kMicrosecond)
                ->UseRealTime();
        }
        for (const int64_t length : {1024, 4096}) {
            for (const bool causal : {false, true}) {
                for (const bool backward : {false, true}) {
                    const std::string name = "attn." + type + ".S" + std::to_string(length) +
                                             (causal ? ".causal" : ".full") + (backward ? ".fwdbwd" : ".fwd");
                    benchmark::RegisterBenchmark(name.c_str(), attention)
                        ->Args({length, causal ? 1 : 0, backward ? 1 : 0, narrow ? 1 : 0})
                        ->Unit(benchmark::kMicrosecond)
                        ->UseRealTime();
                }
            }
        }
    }
    return true;
}();

}  // namespace
