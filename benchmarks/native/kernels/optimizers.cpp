// Optimizer steps over one tensor and over many.
#include <string>

#include "tensors.h"

namespace {

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

/// `bytes` of parameter, gradient and states that a step reads and writes for each element.
void runAdamw(benchmark::State& state, const Model& model, double bytes) {
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
    setBytes(state, bytes * static_cast<double>(state.range(0) * state.range(1)));
}

void adamw(benchmark::State& state) { runAdamw(state, Model(state.range(0), state.range(1)), 28); }
void adamw8(benchmark::State& state) { runAdamw(state, Model(state.range(0), state.range(1), true), 16.06); }

void momentum(benchmark::State& state) {
    Model model(state.range(0), state.range(1));
    model.lists.state2 = nullptr;
    optirs_sgd_args args{};
    args.tensors = &model.lists;
    args.learning_rate = 1e-6;
    args.momentum = 0.9;
    runKernel(state, args, optirs_sgd, 20.0 * static_cast<double>(state.range(0) * state.range(1)));
}

void lion(benchmark::State& state) {
    Model model(state.range(0), state.range(1));
    model.lists.state2 = nullptr;
    optirs_lion_args args{};
    args.tensors = &model.lists;
    args.learning_rate = 1e-6;
    args.beta1 = 0.9;
    args.beta2 = 0.99;
    runKernel(state, args, optirs_lion, 20.0 * static_cast<double>(state.range(0) * state.range(1)));
}

/// Sizes and names of the peers.
void atSizes(const std::string& name, void (*run)(benchmark::State&)) {
    const struct {
        const char* name;
        int64_t count, size;
    } sizes[] = {
        {"100M", 1, 100'000'000}, {"16M", 1, 16 << 20}, {"1000x10k", 1000, 10'000}, {"64k", 1, 64 << 10}};
    for (const auto& size : sizes) {
        benchmark::RegisterBenchmark((name + "." + size.name).c_str(), run)
            ->Args({size.count, size.size})
            ->Unit(benchmark::kMicrosecond)
            ->UseRealTime();
    }
}

const bool kRegistered = [] {
    atSizes("optim.adamw", adamw);
    atSizes("optim.sgdm", momentum);
    atSizes("optim.lion", lion);
    benchmark::RegisterBenchmark("optim.adamw8.16M", adamw8)
        ->Args({1, 16 << 20})
        ->Unit(benchmark::kMicrosecond)
        ->UseRealTime();
    return true;
}();

}  // namespace
