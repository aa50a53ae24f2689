// What a call costs: on next to no data.
#include "tensors.h"

namespace {

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
    const Tensor param = f32({1}), grad = f32({1});
    optirs_optimizer_tensors lists{};
    lists.struct_size = sizeof(lists);
    lists.count = 1;
    lists.params = param.view();
    lists.grads = grad.view();
    optirs_sgd_args args{};
    args.struct_size = sizeof(args);
    args.tensors = &lists;
    for (auto _ : state) {
        check(optirs_sgd(nullptr, &args));
    }
}

BENCHMARK(callAmax)->Name("call.amax");
BENCHMARK(callSgd)->Name("call.sgd");

}  // namespace
