// Optimizer steps.
#include <algorithm>
#include <cmath>

#include "cases.h"
#include "numbers.h"
#include "src/cuda/kernels/state_codes.cuh"
#include "src/cuda/optimizers.h"
#include "src/cuda/sparse_adam.h"

namespace optirs::gpu_check {
namespace {

constexpr int64_t kStep = 97;  // elements between two that are compared, as float64 on the host is slow

optirs_adamw_args adamwArgs() {
    optirs_adamw_args args{};
    args.step = 2;
    args.learning_rate = 1e-3;
    args.beta1 = 0.9;
    args.beta2 = 0.999;
    args.epsilon = 1e-8;
    args.weight_decay = 0.01;
    return args;
}

double nextFirst(double m, double g) { return 0.9 * m + 0.1 * g; }
double nextSecond(double v, double g) { return 0.999 * v + 0.001 * g * g; }

/// The parameter after a step of adamwArgs.
double nextParam(double p, double g, double m, double v) {
    const double first = nextFirst(m, g) / (1 - 0.9 * 0.9);
    const double second = nextSecond(v, g) / (1 - 0.999 * 0.999);
    return p * (1 - 1e-5) - 1e-3 * first / (std::sqrt(second) + 1e-8);
}

std::vector<char> positiveNumbers(int64_t count, unsigned seed) {
    auto numbers = randomNumbers<F32>(count, seed);
    for (F32& number : numbers) {
        number.bits = std::fabs(number.bits);
    }
    return bytesOf(numbers);
}

Case adamwCase(int64_t count) {
    const auto p = bytesOf(randomNumbers<F32>(count, 1));
    const auto g = bytesOf(randomNumbers<F32>(count, 2));
    const auto m = bytesOf(randomNumbers<F32>(count, 3));
    const auto v = positiveNumbers(count, 4);
    Case made = {"adamw f32", std::to_string(count), 28.0 * static_cast<double>(count), 0, {}, {}};
    made.buffers = {{"param", p,
                     [=](const std::vector<char>& result) {
                         return worst<F32>(result, kStep, 1e-6, 1e-6, [&](int64_t i) {
                             return nextParam(at<F32>(p, i), at<F32>(g, i), at<F32>(m, i), at<F32>(v, i));
                         });
                     }},
                    input("grad", g),
                    input("m", m),
                    input("v", v)};
    made.run = [=](const Queue& queue, const std::vector<void*>& b) {
        const StepTensor tensor = {b[0], b[1], b[2], b[3], count};
        step(queue, ruleOf(adamwArgs()), {}, {&tensor, 1});
    };
    return made;
}

/// bf16 with f32 masters, cast to FP8 with amax.
Case adamwMixedCase(int64_t count) {
    const auto master = bytesOf(randomNumbers<F32>(count, 1));
    const auto g = bytesOf(randomNumbers<BF16>(count, 2));
    const auto m = bytesOf(randomNumbers<F32>(count, 3));
    const auto v = positiveNumbers(count, 4);
    const auto wanted = [=](int64_t i) {
        return nextParam(at<F32>(master, i), at<BF16>(g, i), at<F32>(m, i), at<F32>(v, i));
    };
    Case made = {
        "adamw bf16, masters, e4m3", std::to_string(count), 29.0 * static_cast<double>(count), 0, {}, {}};
    made.buffers = {
        output<BF16>("param", count,
                     [=](const std::vector<char>& result) {
                         return worst<BF16>(result, kStep, 0x1p-8, 1e-6, wanted);
                     }),
        input("grad", g),
        input("m", m),
        input("v", v),
        {"master", master,
         [=](const std::vector<char>& result) { return worst<F32>(result, kStep, 1e-6, 1e-6, wanted); }},
        output<E4M3>("cast", count,
                     [=](const std::vector<char>& result) {
                         return worst<E4M3>(result, kStep, 0x1p-4, 2e-3, wanted);
                     }),
        output<F32>("amax", 1, [=](const std::vector<char>& result) {
            double greatest = 0;
            for (int64_t i = 0; i < count; ++i) {
                greatest = std::fmax(greatest, std::fabs(wanted(i)));
            }
            return worst<F32>(result, 1, 1e-6, 0, [&](int64_t) { return greatest; });
        })};
    made.run = [=](const Queue& queue, const std::vector<void*>& b) {
        StepTensor tensor = {b[0], b[1], b[2], b[3], count};
        tensor.master = b[4];
        tensor.masters = Masters::kF32;
        tensor.cast = b[5];
        tensor.param_type = tensor.grad_type = Element::kBF16;
        StepExtras extras;
        extras.cast_amax = static_cast<uint32_t*>(b[6]);
        step(queue, ruleOf(adamwArgs()), extras, {&tensor, 1});
    };
    return made;
}

std::vector<char> anyCodes(int64_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<char> codes(static_cast<size_t>(count));
    std::ranges::generate(codes, [&] { return static_cast<char>(random()); });
    return codes;
}

template <bool kHasSign>
double valueAt(const std::vector<char>& codes, const std::vector<char>& scales, int64_t i) {
    static constexpr StateMap kMap = stateMap(kHasSign);
    const Code code = {static_cast<uint8_t>(codes[static_cast<size_t>(i)])};
    return static_cast<double>(StateCodes<kHasSign>{kMap.decades}.value(code)) *
           at<F32>(scales, i / kStateBlock);
}

/// 8-bit states: the parameters, and the new scales, which are greatest magnitudes.
Case adamwCodesCase(int64_t count) {
    const int64_t blocks = count / kStateBlock;
    const auto p = bytesOf(randomNumbers<F32>(count, 1));
    const auto g = bytesOf(randomNumbers<BF16>(count, 2));
    const auto m = anyCodes(count, 3);
    const auto v = anyCodes(count, 4);
    const auto m_scales = positiveNumbers(blocks, 5);
    const auto v_scales = positiveNumbers(blocks, 6);
    const auto greatest = [=](auto&& next) {
        return [=](const std::vector<char>& result) {
            return worst<F32>(result, kStep, 1e-6, 0, [&](int64_t block) {
                double most = 0;
                for (int64_t i = block * kStateBlock; i < (block + 1) * kStateBlock; ++i) {
                    most = std::fmax(most, std::fabs(next(i)));
                }
                return most;
            });
        };
    };
    Case made = {"adamw 8-bit states", std::to_string(count), 14.0 * static_cast<double>(count), 0, {}, {}};
    made.buffers = {
        {"param", p,
         [=](const std::vector<char>& result) {
             return worst<F32>(result, kStep, 1e-6, 1e-6, [&](int64_t i) {
                 return nextParam(at<F32>(p, i), at<BF16>(g, i), valueAt<true>(m, m_scales, i),
                                  valueAt<false>(v, v_scales, i));
             });
         }},
        input("grad", g),
        input("m", m),
        input("v", v),
        {"scales of m", m_scales,
         greatest([=](int64_t i) { return nextFirst(valueAt<true>(m, m_scales, i), at<BF16>(g, i)); })},
        {"scales of v", v_scales,
         greatest([=](int64_t i) { return nextSecond(valueAt<false>(v, v_scales, i), at<BF16>(g, i)); })}};
    made.run = [=](const Queue& queue, const std::vector<void*>& b) {
        StepTensor tensor = {b[0], b[1], b[2], b[3], count};
        tensor.scales1 = floats(b[4]);
        tensor.scales2 = floats(b[5]);
        tensor.grad_type = Element::kBF16;
        step(queue, ruleOf(adamwArgs()), {}, {&tensor, 1});
    };
    return made;
}

/// An embedding: of the gradients every eighth is that of one row.
Case sparseAdamCase(int64_t rows, int64_t count, int64_t width) {
    const auto p = bytesOf(randomNumbers<F32>(rows * width, 1));
    const auto g = bytesOf(randomNumbers<BF16>(count * width, 2));
    const auto m = bytesOf(randomNumbers<F32>(rows * width, 3));
    const auto v = positiveNumbers(rows * width, 4);
    std::vector<int32_t> indices(static_cast<size_t>(count));
    for (size_t i = 0; i < indices.size(); ++i) {
        indices[i] = i % 8 == 0 ? 5 : static_cast<int32_t>(i * 7919 % static_cast<size_t>(rows));
    }
    const auto* first = reinterpret_cast<const char*>(indices.data());
    Case made = {"sparse_adam",
                 std::to_string(rows) + "x" + std::to_string(width) + ", " + std::to_string(count),
                 26.0 * static_cast<double>(count * width),
                 0,
                 {},
                 {}};
    made.buffers = {{"param", p,
                     [=](const std::vector<char>& result) {
                         return worst<F32>(result, 53 * kStep, 1e-5, 1e-5, [&](int64_t i) {
                             double sum = 0;
                             bool is_touched = false;
                             for (int64_t k = 0; k < count; ++k) {
                                 if (indices[static_cast<size_t>(k)] == i / width) {
                                     is_touched = true;
                                     sum += at<BF16>(g, k * width + i % width);
                                 }
                             }
                             const double before = at<F32>(p, i);
                             // Without the decay.
                             return is_touched
                                        ? nextParam(before / (1 - 1e-5), sum, at<F32>(m, i), at<F32>(v, i))
                                        : before;
                         });
                     }},
                    input("indices", {first, first + indices.size() * sizeof(int32_t)}),
                    input("grads", g),
                    input("m", m),
                    input("v", v),
                    input("ends", std::vector<char>(sparseAdamBytes(rows)))};
    made.run = [=](const Queue& queue, const std::vector<void*>& b) {
        SparseAdamArguments arguments{};
        std::ranges::copy(adamConstants(Rule::kAdam, adamwArgs(), 0, 1e-3).c, arguments.c);
        arguments.param = b[0];
        arguments.indices = {b[1], 32};
        arguments.grads = b[2];
        arguments.exp_avg = floats(b[3]);
        arguments.exp_avg_sq = floats(b[4]);
        arguments.ends = static_cast<uint32_t*>(b[5]);
        arguments.rows = rows;
        arguments.width = width;
        arguments.count = count;
        arguments.grad_type = Element::kBF16;
        sparseAdam(queue, arguments);
    };
    return made;
}

}  // namespace

std::vector<Case> optimizerCases(int64_t scale) {
    const int64_t count = 64 * 1024 * 1024 / scale / scale;
    return {adamwCase(count), adamwMixedCase(count), adamwCodesCase(count),
            sparseAdamCase(32768 / scale, 8192 / scale, 1024)};
}

}  // namespace optirs::gpu_check
