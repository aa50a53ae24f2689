#include "kernels.h"

namespace optirs::cuda {
namespace {

template <class T>
class PointwiseKernels : public ::testing::Test {};
using Elements = ::testing::Types<F32, BF16, F16>;
TYPED_TEST_SUITE(PointwiseKernels, Elements);

template <class T>
constexpr double tolerance() {
    return ElementOf<T>::kUnit + 2e-6;
}

double gelu(double x, Gelu form) {
    return form == Gelu::kErf ? 0.5 * x * std::erfc(-x / std::sqrt(2.0))
                              : 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

TYPED_TEST(PointwiseKernels, Gelu) {
    using T = TypeParam;
    for (const Gelu form : {Gelu::kTanh, Gelu::kErf}) {
        for (const int64_t count : {1, 7, 1000, 5003}) {
            for (const int64_t shift : {0, 1}) {
                Array<T> input(count, shift);
                Array<T> grad(count, shift);
                Array<T> output(count, shift);
                input.fill(1, 2);
                grad.fill(2);
                gelu(testQueue(), form, Direction::kForward, ElementOf<T>::kValue,
                     {input.data(), nullptr, output.data(), count});
                expectNear<T>(
                    output, [&](int64_t i) { return gelu(input.value(i), form); }, tolerance<T>(), 2e-6);
                gelu(testQueue(), form, Direction::kBackward, ElementOf<T>::kValue,
                     {input.data(), grad.data(), output.data(), count});
                expectNear<T>(
                    output,
                    [&](int64_t i) {
                        const double x = input.value(i);
                        const double step = 1e-5;
                        return grad.value(i) * (gelu(x + step, form) - gelu(x - step, form)) / (2 * step);
                    },
                    tolerance<T>(), 1e-6);
            }
        }
    }
}

TYPED_TEST(PointwiseKernels, GeluAtTheEnds) {
    using T = TypeParam;
    Array<T> input(4);
    Array<T> output(4);
    input.set(0, 100);
    input.set(1, -100);
    input.set(2, INFINITY);
    input.set(3, NAN);
    for (const Gelu form : {Gelu::kTanh, Gelu::kErf}) {
        gelu(testQueue(), form, Direction::kForward, ElementOf<T>::kValue,
             {input.data(), nullptr, output.data(), 4});
        EXPECT_EQ(output.value(0), 100);
        EXPECT_EQ(output.value(1), 0);
        EXPECT_EQ(output.value(2), INFINITY);
        EXPECT_TRUE(std::isnan(output.value(3)));
    }
}

TYPED_TEST(PointwiseKernels, SwiGlu) {
    using T = TypeParam;
    for (const int64_t columns : {1, 5, 8, 1000}) {
        const int64_t rows = 3;
        Array<T> input(rows * 2 * columns);
        Array<T> grad(rows * columns);
        Array<T> output(rows * columns);
        Array<T> grad_input(rows * 2 * columns);
        input.fill(3, 2);
        grad.fill(4);
        swiGlu(testQueue(), Direction::kForward, ElementOf<T>::kValue,
               {input.data(), nullptr, output.data(), rows, columns});
        const auto gate = [&](int64_t r, int64_t c) { return input.value(r * 2 * columns + c); };
        const auto up = [&](int64_t r, int64_t c) { return input.value(r * 2 * columns + columns + c); };
        const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
        expectNear<T>(
            output,
            [&](int64_t i) {
                const double g = gate(i / columns, i % columns);
                return g * sigmoid(g) * up(i / columns, i % columns);
            },
            tolerance<T>(), 1e-7);
        swiGlu(testQueue(), Direction::kBackward, ElementOf<T>::kValue,
               {input.data(), grad.data(), grad_input.data(), rows, columns});
        expectNear<T>(
            grad_input,
            [&](int64_t i) {
                const int64_t row = i / (2 * columns);
                const int64_t column = i % columns;
                const double g = gate(row, column);
                const double s = sigmoid(g);
                const double dy = grad.value(row * columns + column);
                return i % (2 * columns) < columns ? dy * up(row, column) * (s + g * s * (1 - s))
                                                   : dy * g * s;
            },
            tolerance<T>(), 1e-6);
    }
}

TYPED_TEST(PointwiseKernels, RopeRotatesAndBack) {
    using T = TypeParam;
    const int64_t tokens = 10;
    const int64_t sequence = 5;
    const int32_t heads = 3;
    for (const int32_t interleaved : {0, 1}) {
        for (const auto& [depth, rotary] : {std::pair{8, 8}, {16, 6}, {2, 2}}) {
            const int32_t half = rotary / 2;
            Array<F32> cosines(sequence * half);
            Array<F32> sines(sequence * half);
            for (int64_t i = 0; i < cosines.size(); ++i) {
                const double angle =
                    static_cast<double>(i / half) * std::pow(100.0, -static_cast<double>(i % half) / half);
                cosines.set(i, std::cos(angle));
                sines.set(i, std::sin(angle));
            }
            const int64_t positions[] = {4, 3, 2, 1, 0, 0, 1, 2, 3, 4};
            for (const int64_t* given : {static_cast<const int64_t*>(nullptr), positions}) {
                Array<T> input(tokens * heads * depth);
                Array<T> output(tokens * heads * depth);
                input.fill(5);
                const RopeArguments arguments = {input.data(),
                                                 &cosines.data()->bits,
                                                 &sines.data()->bits,
                                                 {given, 64},
                                                 output.data(),
                                                 tokens,
                                                 sequence,
                                                 heads,
                                                 depth,
                                                 rotary,
                                                 interleaved,
                                                 1};
                rope(testQueue(), ElementOf<T>::kValue, arguments);
                expectNear<T>(
                    output,
                    [&](int64_t i) {
                        const auto within = static_cast<int32_t>(i % depth);
                        if (within >= rotary) {
                            return input.value(i);
                        }
                        const int64_t token = i / depth / heads;
                        const int64_t position = given == nullptr ? token % sequence : given[token];
                        const int32_t pair = interleaved != 0 ? within / 2 : within % half;
                        const bool is_second = interleaved != 0 ? within % 2 == 1 : within >= half;
                        const int64_t partner = i + (interleaved != 0 ? 1 : half) * (is_second ? -1 : 1);
                        const double c = cosines.value(position * half + pair);
                        const double s = sines.value(position * half + pair);
                        return is_second ? input.value(i) * c + input.value(partner) * s
                                         : input.value(i) * c - input.value(partner) * s;
                    },
                    tolerance<T>(), 3e-7);
                Array<T> back(tokens * heads * depth);
                RopeArguments inverse = arguments;
                inverse.input = output.data();
                inverse.output = back.data();
                inverse.sign = -1;
                rope(testQueue(), ElementOf<T>::kValue, inverse);
                expectNear<T>(back, [&](int64_t i) { return input.value(i); }, 0, 8 * ElementOf<T>::kUnit);
            }
        }
    }
}

/// Philox4x32-10 as its authors' paper has it, in 64-bit arithmetic.
std::array<uint32_t, 4> philox(uint64_t seed, uint64_t counter) {
    uint64_t c[4] = {counter & 0xffffffffU, counter >> 32, 0, 0};
    uint64_t k[2] = {seed & 0xffffffffU, seed >> 32};
    for (int round = 0; round < 10; ++round) {
        const uint64_t p0 = 0xD2511F53ULL * c[0];
        const uint64_t p1 = 0xCD9E8D57ULL * c[2];
        const uint64_t n[4] = {(p1 >> 32) ^ c[1] ^ k[0], p1 & 0xffffffffU, (p0 >> 32) ^ c[3] ^ k[1],
                               p0 & 0xffffffffU};
        std::copy(n, n + 4, c);
        k[0] = (k[0] + 0x9E3779B9U) & 0xffffffffU;
        k[1] = (k[1] + 0xBB67AE85U) & 0xffffffffU;
    }
    return {static_cast<uint32_t>(c[0]), static_cast<uint32_t>(c[1]), static_cast<uint32_t>(c[2]),
            static_cast<uint32_t>(c[3])};
}

TEST(PointwiseKernels, PhiloxIsRandom123s) {
    // The known answers of Random123 for a counter and key of zeros.
    EXPECT_EQ(philox(0, 0), (std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
}

TYPED_TEST(PointwiseKernels, DropoutIsAFunctionOfTheCounter) {
    using T = TypeParam;
    const int64_t count = 4099;
    const uint64_t seed = 0x123456789abcdefULL;
    const uint64_t offset = 0xfffffffeULL;  // the counter carries into its upper half
    const double rate = 0.3;
    const auto threshold = static_cast<uint32_t>(rate * 4294967296.0);
    Array<T> input(count);
    Array<T> output(count);
    input.fill(6);
    dropout(
        testQueue(), ElementOf<T>::kValue,
        {input.data(), output.data(), count, seed, offset, threshold, static_cast<float>(1 / (1 - rate))});
    int64_t dropped = 0;
    for (int64_t i = 0; i < count; ++i) {
        const uint32_t draw = philox(seed, offset + static_cast<uint64_t>(i) / 4)[static_cast<size_t>(i % 4)];
        const bool is_kept = draw >= threshold;
        dropped += is_kept ? 0 : 1;
        const float wanted = is_kept ? toFloat(input[i]) * static_cast<float>(1 / (1 - rate)) : 0.0F;
        ASSERT_EQ(output[i].bits, rounded<T>(wanted).bits) << i;
    }
    EXPECT_NEAR(static_cast<double>(dropped) / static_cast<double>(count), rate, 0.03);
}

TYPED_TEST(PointwiseKernels, GatherTakesRows) {
    using T = TypeParam;
    for (const int64_t columns : {1, 8, 100, 513}) {
        const int64_t vocabulary = 20;
        Array<T> table(vocabulary * columns);
        table.fill(7);
        const int64_t indices[] = {3, 19, 0, 20, 3, -1};
        const int64_t rows = 6;
        Array<T> output(rows * columns);
        gatherRows(testQueue(), ElementOf<T>::kValue,
                   {table.data(), {indices, 64}, output.data(), rows, columns, vocabulary});
        for (int64_t i = 0; i < rows * columns; ++i) {
            const int64_t index = indices[i / columns];
            const bool is_valid = index >= 0 && index < vocabulary;
            ASSERT_EQ(output.value(i), is_valid ? table.value(index * columns + i % columns) : 0) << i;
        }
    }
}

TYPED_TEST(PointwiseKernels, GatherBackwardAddsInTheOrderOfRows) {
    using T = TypeParam;
    for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{7, 1}, {300, 5}, {1000, 300}}) {
        const int64_t vocabulary = 9;
        Array<T> grad(rows * columns);
        grad.fill(8);
        std::vector<int32_t> indices(static_cast<size_t>(rows));
        for (size_t i = 0; i < indices.size(); ++i) {
            indices[i] = static_cast<int32_t>(i * 7 % 11) - 1;  // -1 and 9 are out of range
        }
        std::vector<float> wanted(static_cast<size_t>(vocabulary * columns));
        for (int64_t i = 0; i < rows * columns; ++i) {
            const int64_t index = indices[static_cast<size_t>(i / columns)];
            if (index >= 0 && index < vocabulary) {
                wanted[static_cast<size_t>(index * columns + i % columns)] += toFloat(grad[i]);
            }
        }
        Array<F32> output(vocabulary * columns);
        gatherRowsBackward(testQueue(), ElementOf<T>::kValue, vocabulary,
                           {grad.data(), {indices.data(), 32}, &output.data()->bits, rows, columns});
        for (int64_t i = 0; i < output.size(); ++i) {
            ASSERT_EQ(output[i].bits, wanted[static_cast<size_t>(i)]) << i;
        }
    }
}

TEST(OptimizerKernels, AdamWIsItsFormula) {
    // Many tensors, one of several blocks, one unaligned, one empty.
    std::vector<int64_t> counts = {5000, 1, 4096, 0, 4097, 33};
    for (int i = 0; i < 150; ++i) {
        counts.push_back(i % 7 + 1);
    }
    optirs_adamw_args args{};
    args.step = 3;
    args.learning_rate = 1e-2;
    args.beta1 = 0.9;
    args.beta2 = 0.99;
    args.epsilon = 1e-6;
    args.weight_decay = 0.1;
    std::vector<std::unique_ptr<Array<F32>>> arrays;
    std::vector<StepTensor> tensors;
    std::vector<std::vector<double>> wanted;
    for (size_t t = 0; t < counts.size(); ++t) {
        const int64_t count = counts[t];
        Array<F32>* parts[4];
        for (unsigned k = 0; k < 4; ++k) {
            arrays.push_back(std::make_unique<Array<F32>>(count, t == 4 && k == 2 ? 1 : 0));
            parts[k] = arrays.back().get();
            parts[k]->fill(static_cast<unsigned>(t) * 4 + k);
        }
        for (int64_t i = 0; i < count; ++i) {
            parts[3]->set(i, std::fabs(parts[3]->value(i)));
        }
        tensors.push_back({&parts[0]->data()->bits, &parts[1]->data()->bits, &parts[2]->data()->bits,
                           &parts[3]->data()->bits, count});
        for (int64_t i = 0; i < count; ++i) {
            const double g = parts[1]->value(i);
            const double m = 0.9 * parts[2]->value(i) + 0.1 * g;
            const double v = 0.99 * parts[3]->value(i) + 0.01 * g * g;
            const double p =
                parts[0]->value(i) * (1 - 1e-2 * 0.1) -
                1e-2 * (m / (1 - std::pow(0.9, 3))) / (std::sqrt(v / (1 - std::pow(0.99, 3))) + 1e-6);
            wanted.push_back({p, m, v});
        }
    }
    step(testQueue(), ruleOf(args), {}, tensors);
    size_t at = 0;
    for (const StepTensor& tensor : tensors) {
        for (int64_t i = 0; i < tensor.count; ++i, ++at) {
            const void* actual[] = {tensor.param, tensor.state1, tensor.state2};
            for (size_t k = 0; k < 3; ++k) {
                ASSERT_NEAR(static_cast<double>(static_cast<const float*>(actual[k])[i]), wanted[at][k], 1e-6)
                    << at << " " << k;
            }
        }
    }
}

}  // namespace
}  // namespace optirs::cuda
