// Optimizer steps over lists of tensors in both places, the host and the device, of all types that lists
// have.
#pragma once

#include <array>
#include <deque>
#include <string>

#include "twins.h"

namespace optirs::test {

/// What the lists of a step are made of. Types are those of the tensors in turns.
struct StepVariant {
    const char* name = "f32";
    std::vector<optirs_dl_data_type> params = {kF32};
    std::vector<optirs_dl_data_type> grads = {kF32};
    enum { kNone, kMasters, kRemainders } beside = kNone;
    bool has_codes1 = false;
    bool has_codes2 = false;
    std::vector<optirs_dl_data_type> casts = {};
    bool has_cast_scale = false;
    bool has_amax = false;
    bool is_shifted = false;  // by one element, so that nothing is aligned to more than it
};

class OptimizerTwins : public KernelFamilyTest {
 protected:
    struct List {
        std::vector<Twin*> twins;
        std::array<std::vector<optirs_dl_tensor>, 2> tensors;

        const optirs_dl_tensor* in(size_t place) const {
            return twins.empty() ? nullptr : tensors[place].data();
        }
    };

    /// A step, by its C function, with hyper-parameters.
    struct Step {
        std::string name;
        int states;
        bool has_grads;
        bool has_norms;  // of whole tensors, which are summed in another order than the CPU's
        std::function<void()> run;
    };

    /// A tensor of each count, whose elements `make` makes.
    template <class Make>
    List listOf(const std::vector<int64_t>& counts, const std::vector<optirs_dl_data_type>& types,
                bool is_shifted, Make&& make) {
        List made;
        for (size_t i = 0; i < counts.size(); ++i) {
            const optirs_dl_data_type type = types[i % types.size()];
            Twin* twin = &make(type, counts[i] + (is_shifted ? 1 : 0));
            made.twins.push_back(twin);
            for (const size_t place : {0, 1}) {
                optirs_dl_tensor tensor = twin->tensors[place];
                if (is_shifted) {
                    tensor.shape = &shapes.emplace_back(counts[i]);
                    tensor.byte_offset = type.bits / 8;
                }
                made.tensors[place].push_back(tensor);
            }
        }
        return made;
    }

    Twin& positive(int64_t count) {
        std::vector<float> numbers(static_cast<size_t>(count));
        std::normal_distribution<float> normal;
        for (float& number : numbers) {
            number = std::fabs(normal(random));
        }
        return values(kF32, {count}, numbers);
    }

    template <class T>
    Twin& anyBits(optirs_dl_data_type type, int64_t count) {
        std::vector<T> bits(static_cast<size_t>(count));
        for (T& value : bits) {
            value = static_cast<T>(random());
        }
        return values(type, {count}, bits);
    }

    /// Scales of codes; the first is 0, as of a state that begins.
    List scalesOf(const std::vector<int64_t>& counts) {
        std::vector<int64_t> blocks;
        for (const int64_t count : counts) {
            blocks.push_back((count + 255) / 256);
        }
        return listOf(blocks, {kF32}, false, [&](auto, int64_t count) -> Twin& {
            Twin& made = positive(count);
            if (count > 1) {
                std::memset(made.host.data(), 0, sizeof(float));
                upload(made);
            }
            return made;
        });
    }

    /// There is no number below 0 as bits.
    void clearWhereZero(Twin& remainder, const Twin& param) {
        for (int64_t i = 0; i < param.count(); ++i) {
            if (numberAt(param.host, kBF16, i) == 0) {
                std::memset(remainder.host.data() + 2 * i, 0, 2);
            }
        }
        upload(remainder);
    }

    void upload(Twin& twin) {
        EXPECT_OK(optirs_device_memory_write(twin.device.get(), 0, twin.host.data(), twin.host.size(),
                                             queue.get()));
    }

    void prepare(const std::vector<int64_t>& counts, const StepVariant& given = {}) {
        variant = given;
        const auto list = [&](const std::vector<optirs_dl_data_type>& types, auto&& make) {
            return listOf(counts, types, variant.is_shifted, make);
        };
        const auto normals = [&](auto type, int64_t count) -> Twin& { return normal(type, {count}); };
        const auto results = [&](auto type, int64_t count) -> Twin& { return result(type, {count}); };
        const auto positives = [&](auto, int64_t count) -> Twin& { return positive(count); };
        const auto codes = [&](auto type, int64_t count) -> Twin& { return anyBits<uint8_t>(type, count); };
        params = list(variant.params, normals);
        grads = list(variant.grads, normals);
        state1 = variant.has_codes1 ? list({kU8}, codes) : list({kF32}, positives);
        state2 = variant.has_codes2 ? list({kU8}, codes) : list({kF32}, positives);
        scales1 = variant.has_codes1 ? scalesOf(counts) : List{};
        scales2 = variant.has_codes2 ? scalesOf(counts) : List{};
        masters = variant.beside == StepVariant::kMasters ? list({kF32}, normals) : List{};
        remainders =
            variant.beside == StepVariant::kRemainders
                ? list({kS16},
                       [&](auto type, int64_t count) -> Twin& { return anyBits<int16_t>(type, count); })
                : List{};
        for (size_t i = 0; i < remainders.twins.size(); ++i) {
            clearWhereZero(*remainders.twins[i], *params.twins[i]);
        }
        casts = variant.casts.empty() ? List{} : list(variant.casts, results);
        const auto tensors = static_cast<int64_t>(counts.size());
        amax = variant.has_amax ? &result(kF32, {tensors}) : nullptr;
        cast_scale = variant.has_cast_scale ? &positive(tensors) : nullptr;
        for (const size_t place : {0, 1}) {
            lists[place] = {};
            lists[place].struct_size = sizeof(lists[place]);
            lists[place].count = tensors;
            lists[place].params = params.in(place);
            lists[place].casts = casts.in(place);
            lists[place].masters = masters.in(place);
            lists[place].remainders = remainders.in(place);
            lists[place].cast_amax = amax != nullptr ? &amax->tensors[place] : nullptr;
            lists[place].cast_scale = cast_scale != nullptr ? &cast_scale->tensors[place] : nullptr;
        }
    }

    /// Hyper-parameters that a step has.
    template <class Args>
    static void fillNumbers(Args& args) {
        if constexpr (requires { args.step; }) args.step = 3;
        if constexpr (requires { args.learning_rate; }) args.learning_rate = 1e-2;
        if constexpr (requires { args.momentum; }) args.momentum = 0.9;
        if constexpr (requires { args.beta1; }) args.beta1 = 0.9;
        if constexpr (requires { args.beta2; }) args.beta2 = 0.99;
        if constexpr (requires { args.epsilon; }) args.epsilon = 1e-6;
        if constexpr (requires { args.weight_decay; }) args.weight_decay = 0.1;
        if constexpr (requires { args.final_lr; }) args.final_lr = 0.1;
        if constexpr (requires { args.gamma; }) args.gamma = 1e-3;
        if constexpr (requires { args.rho; }) args.rho = 0.9;
        if constexpr (requires { args.trust_coefficient; }) args.trust_coefficient = 1e-2;
        if constexpr (requires { args.alpha; }) args.alpha = 0.5;
    }

    template <class Args>
    Step step(
        const char* name, optirs_kernel kernel, optirs_error* (*call)(optirs_stream*, const Args*),
        int states, const std::function<void(Args&)>& change = [](Args&) {}) {
        const bool has_grads = kernel != OPTIRS_KERNEL_LOOKAHEAD;
        const bool has_norms = kernel == OPTIRS_KERNEL_LAMB || kernel == OPTIRS_KERNEL_LARS;
        return {name, states, has_grads, has_norms, [=, this] {
                    for (const size_t place : {0, 1}) {
                        lists[place].grads = has_grads ? grads.in(place) : nullptr;
                        lists[place].state1 = states >= 1 ? state1.in(place) : nullptr;
                        lists[place].state2 = states >= 2 ? state2.in(place) : nullptr;
                        lists[place].scales1 = states >= 1 ? scales1.in(place) : nullptr;
                        lists[place].scales2 = states >= 2 ? scales2.in(place) : nullptr;
                    }
                    runBoth<Args>(kernel, call, [&](Args& args, int place) {
                        args.tensors = &lists[static_cast<size_t>(place)];
                        fillNumbers(args);
                        change(args);
                    });
                }};
    }

    /// Every step that there is; some in two forms.
    std::vector<Step> allSteps() {
        return {
            step<optirs_sgd_args>("sgd", OPTIRS_KERNEL_SGD, optirs_sgd, 0,
                                  [](auto& args) { args.momentum = 0; }),
            step<optirs_sgd_args>("momentum", OPTIRS_KERNEL_SGD, optirs_sgd, 1),
            step<optirs_adam_args>("adam", OPTIRS_KERNEL_ADAM, optirs_adam, 2),
            step<optirs_adamw_args>("adamw", OPTIRS_KERNEL_ADAMW, optirs_adamw, 2),
            // Before and after the variance is to be relied on.
            step<optirs_radam_args>("radam, early", OPTIRS_KERNEL_RADAM, optirs_radam, 2),
            step<optirs_radam_args>("radam", OPTIRS_KERNEL_RADAM, optirs_radam, 2,
                                    [](auto& args) { args.step = 50; }),
            step<optirs_adabound_args>("adabound", OPTIRS_KERNEL_ADABOUND, optirs_adabound, 2),
            step<optirs_lion_args>("lion", OPTIRS_KERNEL_LION, optirs_lion, 1),
            step<optirs_adagrad_args>("adagrad", OPTIRS_KERNEL_ADAGRAD, optirs_adagrad, 1),
            step<optirs_adadelta_args>("adadelta", OPTIRS_KERNEL_ADADELTA, optirs_adadelta, 2),
            step<optirs_rmsprop_args>("rmsprop", OPTIRS_KERNEL_RMSPROP, optirs_rmsprop, 1),
            step<optirs_lookahead_args>("lookahead", OPTIRS_KERNEL_LOOKAHEAD, optirs_lookahead, 1),
            step<optirs_lamb_args>("lamb", OPTIRS_KERNEL_LAMB, optirs_lamb, 2),
            step<optirs_lars_args>("lars", OPTIRS_KERNEL_LARS, optirs_lars, 1),
        };
    }

    static bool hasFma() { return __builtin_cpu_supports("fma") != 0; }

    /// One unit in the last place, relative, of what differs by less before it is rounded.
    static double unitOfResult(optirs_dl_data_type type) {
        switch (type.code) {
            case OPTIRS_DL_BFLOAT:
                return 0x1p-7;
            case OPTIRS_DL_F8E4M3FN:
                return 0x1p-3;
            case OPTIRS_DL_F8E5M2:
                return 0x1p-2;
            default:
                return type.bits == 16 ? 0x1p-10 : 1e-6;
        }
    }

    /// The bits of the CPU where that has fused multiply-add, but for what follows from norms.
    void expectSameLists(bool has_norms = false) {
        const bool is_exact = hasFma() && !has_norms;
        const auto compare = [&](const char* name, const List& compared, bool is_same) {
            SCOPED_TRACE(name);
            for (Twin* twin : compared.twins) {
                const double unit = is_same ? 0 : unitOfResult(twin->type);
                expectSame(*twin, unit, !is_same && twin->type.code == OPTIRS_DL_UINT ? 1 : unit * 0x1p-6);
            }
        };
        // The moments of LAMB come before its norms.
        const bool has_same_state = is_exact || (hasFma() && lists[0].state2 != nullptr);
        compare("grads", grads, true);
        compare("state1", state1, has_same_state);
        compare("state2", state2, has_same_state);
        compare("scales1", scales1, has_same_state);
        compare("scales2", scales2, has_same_state);
        compare("masters", masters, is_exact);
        compare("casts", casts, is_exact);
        compare("params", params, is_exact);
        if (amax != nullptr) {
            expectSame(*amax, is_exact ? 0 : 1e-6, 0);
        }
        if (is_exact) {
            compare("remainders", remainders, true);
        } else {
            expectSameJoined();
        }
    }

    /// Parameters put together with their remainders.
    void expectSameJoined() {
        for (size_t i = 0; i < remainders.twins.size(); ++i) {
            const auto join = [&](const std::vector<char>& upper, const std::vector<char>& lower, int64_t k) {
                int16_t rest = 0;
                std::memcpy(&rest, lower.data() + 2 * k, sizeof(rest));
                const uint32_t bits = __float_as_uint(numberAt(upper, kBF16, k));
                return __uint_as_float(bits + static_cast<uint32_t>(int32_t{rest}));
            };
            const std::vector<char> upper = onDevice(*params.twins[i]);
            const std::vector<char> lower = onDevice(*remainders.twins[i]);
            for (int64_t k = 0; k < params.twins[i]->count(); ++k) {
                const float wanted = join(params.twins[i]->host, remainders.twins[i]->host, k);
                ASSERT_NEAR(join(upper, lower, k), wanted, 1e-6 * std::fabs(wanted) + 1e-8) << k;
            }
        }
    }

    /// The extras that every step can have, for those that follow.
    void setExtras(float grad_scale, float skip) {
        Twin& factor = values(kF32, {1}, std::vector<float>{grad_scale});
        Twin& skips = values(kF32, {1}, std::vector<float>{skip});
        for (const size_t place : {0, 1}) {
            lists[place].grad_scale = &factor.tensors[place];
            lists[place].skip = &skips.tensors[place];
            lists[place].zero_grads = 1;
        }
    }

    StepVariant variant;
    List params, grads, state1, state2, scales1, scales2, masters, remainders, casts;
    Twin* amax = nullptr;
    Twin* cast_scale = nullptr;
    std::array<optirs_optimizer_tensors, 2> lists{};
    std::deque<int64_t> shapes;  // of shifted tensors
};

}  // namespace optirs::test
