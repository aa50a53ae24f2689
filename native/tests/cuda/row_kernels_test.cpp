// Norms, softmax and cross entropy against their formulas in float64.
#include "kernels.h"

namespace optirs::cuda {
namespace {

template <class T>
class RowKernels : public ::testing::Test {};
using Elements = ::testing::Types<F32, BF16, F16>;
TYPED_TEST_SUITE(RowKernels, Elements);

struct Shape {
    int64_t rows;
    int64_t columns;
    int64_t shift;
};
constexpr Shape kShapes[] = {{1, 1, 0}, {3, 8, 0}, {5, 7, 1}, {2, 1000, 0}, {2, 1001, 0}, {3, 4096, 0}};

/// Sums of up to 4096 f32 terms in a fixed order, then one rounding to T.
template <class T>
constexpr double tolerance() {
    return 2 * ElementOf<T>::kUnit + 4e-6;
}

struct Moments {
    double mean;
    double inverse;
};

template <class T>
Moments moments(Array<T>& input, int64_t row, int64_t columns, bool is_layer, double epsilon) {
    double mean = 0;
    for (int64_t i = 0; is_layer && i < columns; ++i) {
        mean += input.value(row * columns + i) / static_cast<double>(columns);
    }
    double square = 0;
    for (int64_t i = 0; i < columns; ++i) {
        square += std::pow(input.value(row * columns + i) - mean, 2) / static_cast<double>(columns);
    }
    return {mean, 1 / std::sqrt(square + epsilon)};
}

TYPED_TEST(RowKernels, Norms) {
    using T = TypeParam;
    for (const Norm norm : {Norm::kLayer, Norm::kRms}) {
        const bool is_layer = norm == Norm::kLayer;
        for (const auto& [rows, columns, shift] : kShapes) {
            Array<T> input(rows * columns, shift);
            Array<T> weight(columns);
            Array<T> bias(columns);
            Array<T> grad(rows * columns);
            input.fill(1, 2);
            for (int64_t i = 0; i < input.size(); ++i) {
                input.set(i, input.value(i) + 3);
            }
            weight.fill(2);
            bias.fill(3);
            grad.fill(4);
            Array<T> output(rows * columns);
            Array<F32> mean(rows);
            Array<F32> inverse(rows);
            const float epsilon = 1e-5F;
            normForward(
                testQueue(), norm, ElementOf<T>::kValue,
                {input.data(), weight.data(), is_layer ? bias.data() : nullptr, output.data(),
                 is_layer ? &mean.data()->bits : nullptr, &inverse.data()->bits, rows, columns, epsilon, 0});
            std::vector<Moments> wanted;
            for (int64_t r = 0; r < rows; ++r) {
                wanted.push_back(moments(input, r, columns, is_layer, static_cast<double>(epsilon)));
            }
            const auto moment = [&](int64_t r) { return wanted[static_cast<size_t>(r)]; };
            const auto normal = [&](int64_t i) {
                return (input.value(i) - moment(i / columns).mean) * moment(i / columns).inverse;
            };
            const double scale =
                columns == 1 && is_layer ? 400 : 1;  // 1 / sqrt(epsilon) enlarges what is left of x - mean
            expectNear<T>(
                output,
                [&](int64_t i) {
                    return normal(i) * weight.value(i % columns) + (is_layer ? bias.value(i % columns) : 0);
                },
                tolerance<T>(), scale * 2e-5);
            expectNear<F32>(inverse, [&](int64_t r) { return moment(r).inverse; }, 1e-5, 0);

            const int64_t groups = normGroups(rows);
            Array<T> grad_input(rows * columns, shift);
            Array<T> grad_weight(columns);
            Array<T> grad_bias(columns);
            Array<F32> partial_weight(groups * columns);
            Array<F32> partial_bias(groups * columns);
            normBackward(testQueue(), norm, ElementOf<T>::kValue,
                         {grad.data(), input.data(), weight.data(), is_layer ? &mean.data()->bits : nullptr,
                          &inverse.data()->bits, grad_input.data(), &partial_weight.data()->bits,
                          is_layer ? &partial_bias.data()->bits : nullptr, rows, columns, groups, 0},
                         {grad_weight.data(), ElementOf<T>::kValue},
                         {is_layer ? grad_bias.data() : nullptr, ElementOf<T>::kValue});
            const auto h = [&](int64_t i) { return grad.value(i) * weight.value(i % columns); };
            std::vector<double> sums(static_cast<size_t>(rows));
            std::vector<double> normal_sums(static_cast<size_t>(rows));
            for (int64_t i = 0; i < rows * columns; ++i) {
                sums[static_cast<size_t>(i / columns)] += h(i) / static_cast<double>(columns);
                normal_sums[static_cast<size_t>(i / columns)] +=
                    h(i) * normal(i) / static_cast<double>(columns);
            }
            expectNear<T>(
                grad_input,
                [&](int64_t i) {
                    const auto row = static_cast<size_t>(i / columns);
                    return moment(i / columns).inverse *
                           (h(i) - (is_layer ? sums[row] : 0) - normal(i) * normal_sums[row]);
                },
                tolerance<T>(), scale * 3e-5);
            const auto column_sum = [&](int64_t c, bool is_weight) {
                double sum = 0;
                for (int64_t r = 0; r < rows; ++r) {
                    sum += grad.value(r * columns + c) * (is_weight ? normal(r * columns + c) : 1);
                }
                return sum;
            };
            expectNear<T>(
                grad_weight, [&](int64_t c) { return column_sum(c, true); }, tolerance<T>(), scale * 3e-5);
            if (is_layer) {
                expectNear<T>(
                    grad_bias, [&](int64_t c) { return column_sum(c, false); }, tolerance<T>(), 1e-5);
            } else {
                std::memset(static_cast<void*>(partial_bias.data()), 0, 4);  // untouched; not read either
            }
        }
    }
}

TYPED_TEST(RowKernels, NormsWithoutWeights) {
    using T = TypeParam;
    Array<T> input(2 * 300);
    input.fill(5);
    Array<T> output(2 * 300);
    normForward(testQueue(), Norm::kRms, ElementOf<T>::kValue,
                {input.data(), nullptr, nullptr, output.data(), nullptr, nullptr, 2, 300, 0, 0});
    expectNear<T>(
        output, [&](int64_t i) { return input.value(i) * moments(input, i / 300, 300, false, 0).inverse; },
        tolerance<T>(), 0);
}

TYPED_TEST(RowKernels, MoreRowsThanGroups) {
    using T = TypeParam;
    const int64_t rows = 300;
    const int64_t columns = 16;
    Array<T> input(rows * columns);
    Array<T> grad(rows * columns);
    input.fill(6);
    grad.fill(7);
    Array<F32> inverse(rows);
    for (int64_t r = 0; r < rows; ++r) {
        inverse.set(r, 1);
    }
    const int64_t groups = normGroups(rows);
    ASSERT_LT(groups, rows);
    Array<F32> partial(groups * columns);
    Array<T> grad_input(rows * columns);
    Array<T> grad_weight(columns);
    normBackward(testQueue(), Norm::kRms, ElementOf<T>::kValue,
                 {grad.data(), input.data(), nullptr, nullptr, &inverse.data()->bits, grad_input.data(),
                  &partial.data()->bits, nullptr, rows, columns, groups, 0},
                 {grad_weight.data(), ElementOf<T>::kValue}, {});
    expectNear<T>(
        grad_weight,
        [&](int64_t c) {
            double sum = 0;
            for (int64_t r = 0; r < rows; ++r) {
                sum += grad.value(r * columns + c) * input.value(r * columns + c);
            }
            return sum;
        },
        tolerance<T>(), 1e-4);
}

template <class T>
std::vector<double> softmaxOf(Array<T>& input, int64_t row, int64_t columns, double scale) {
    double greatest = -INFINITY;
    for (int64_t i = 0; i < columns; ++i) {
        greatest = std::fmax(greatest, input.value(row * columns + i) * scale);
    }
    std::vector<double> result(static_cast<size_t>(columns));
    double sum = 0;
    for (int64_t i = 0; i < columns; ++i) {
        result[static_cast<size_t>(i)] = std::exp(input.value(row * columns + i) * scale - greatest);
        sum += result[static_cast<size_t>(i)];
    }
    for (double& value : result) {
        value /= sum;
    }
    return result;
}

TYPED_TEST(RowKernels, Softmax) {
    using T = TypeParam;
    for (const auto& [rows, columns, shift] : kShapes) {
        Array<T> input(rows * columns, shift);
        input.fill(8, 4);
        Array<T> output(rows * columns, shift);
        const float scale = 0.7F;
        softmax(testQueue(), Direction::kForward, ElementOf<T>::kValue,
                {input.data(), nullptr, output.data(), rows, columns, scale});
        std::vector<std::vector<double>> wanted;
        for (int64_t r = 0; r < rows; ++r) {
            wanted.push_back(softmaxOf(input, r, columns, static_cast<double>(scale)));
        }
        const auto at = [&](int64_t i) {
            return wanted[static_cast<size_t>(i / columns)][static_cast<size_t>(i % columns)];
        };
        expectNear<T>(output, at, tolerance<T>(), 1e-7);
        Array<T> grad(rows * columns, shift);
        grad.fill(9);
        Array<T> result(rows * columns, shift);
        softmax(testQueue(), Direction::kBackward, ElementOf<T>::kValue,
                {grad.data(), output.data(), result.data(), rows, columns, scale});
        expectNear<T>(
            result,
            [&](int64_t i) {
                double sum = 0;
                for (int64_t c = 0; c < columns; ++c) {
                    const int64_t k = i / columns * columns + c;
                    sum += grad.value(k) * output.value(k);
                }
                return static_cast<double>(scale) * output.value(i) * (grad.value(i) - sum);
            },
            tolerance<T>(), 2e-7);
    }
}

TEST(RowKernels, OneHugeElementTakesAllOfASoftmax) {
    Array<F32> input(3);
    input.set(0, 88);
    input.set(1, -88);
    input.set(2, 1e30);  // times the scale it is rounded
    Array<F32> output(3);
    softmax(testQueue(), Direction::kForward, ElementOf<F32>::kValue,
            {input.data(), nullptr, output.data(), 1, 3, 0.7F});
    const double wanted[] = {0, 0, 1};
    expectNear<F32>(output, [&](int64_t i) { return wanted[i]; }, 0, 0);
}

TYPED_TEST(RowKernels, CrossEntropy) {
    using T = TypeParam;
    for (const float smoothing : {0.0F, 0.1F}) {
        for (const bool in_place : {false, true}) {
            for (const auto& [rows, columns, shift] : kShapes) {
                Array<T> logits(rows * columns, shift);
                logits.fill(10, 3);
                std::vector<int64_t> labels(static_cast<size_t>(rows));
                for (size_t r = 0; r < labels.size(); ++r) {
                    labels[r] = r == 1 ? -100 : static_cast<int64_t>(r * 37) % columns;
                }
                std::vector<double> softmaxes;
                std::vector<double> losses;
                for (int64_t r = 0; r < rows; ++r) {
                    const auto row = softmaxOf(logits, r, columns, 1);
                    softmaxes.insert(softmaxes.end(), row.begin(), row.end());
                    const int64_t label = labels[static_cast<size_t>(r)];
                    double loss = 0;
                    for (int64_t c = 0; label >= 0 && c < columns; ++c) {
                        const double target = (c == label ? 1 - static_cast<double>(smoothing) : 0) +
                                              static_cast<double>(smoothing) / static_cast<double>(columns);
                        // log softmax without the underflow of its exponential
                        const double log_softmax =
                            logits.value(r * columns + c) - logits.value(r * columns) + std::log(row[0]);
                        loss -= target * log_softmax;
                    }
                    losses.push_back(loss);
                }
                Array<T> grad(rows * columns, shift);
                Array<F32> loss(rows);
                const float half = 0.5F;
                crossEntropy(testQueue(), ElementOf<T>::kValue,
                             {logits.data(),
                              {labels.data(), 64},
                              in_place ? logits.data() : grad.data(),
                              &loss.data()->bits,
                              rows,
                              columns,
                              -100,
                              &half,
                              smoothing});
                if (in_place) {
                    std::copy_n(logits.data(), logits.size(), grad.data());
                }
                expectNear<F32>(loss, [&](int64_t r) { return losses[static_cast<size_t>(r)]; }, 2e-5, 1e-5);
                expectNear<T>(
                    grad,
                    [&](int64_t i) {
                        const int64_t label = labels[static_cast<size_t>(i / columns)];
                        const double target =
                            (i % columns == label ? 1 - static_cast<double>(smoothing) : 0) +
                            static_cast<double>(smoothing) / static_cast<double>(columns);
                        return label < 0 ? 0 : 0.5 * (softmaxes[static_cast<size_t>(i)] - target);
                    },
                    tolerance<T>(), 2e-7);
            }
        }
    }
}

TYPED_TEST(RowKernels, ALabelOutOfRangeGivesNan) {
    using T = TypeParam;
    Array<T> logits(2 * 8);
    logits.fill(11);
    const int64_t labels[] = {8, 3};
    Array<F32> loss(2);
    crossEntropy(testQueue(), ElementOf<T>::kValue,
                 {logits.data(), {labels, 64}, nullptr, &loss.data()->bits, 2, 8, -100, nullptr, 0});
    EXPECT_TRUE(std::isnan(loss.value(0)));
    EXPECT_TRUE(std::isfinite(loss.value(1)));
}

TEST(RowKernels, RepeatedCallsGiveTheSameBits) {
    Array<F32> input(4 * 5000);
    input.fill(12);
    Array<F32> first(4 * 5000);
    Array<F32> second(4 * 5000);
    for (Array<F32>* output : {&first, &second}) {
        softmax(testQueue(), Direction::kForward, Element::kF32,
                {input.data(), nullptr, output->data(), 4, 5000, 1});
    }
    EXPECT_EQ(std::memcmp(first.data(), second.data(), 4 * 5000 * 4), 0);
}

TEST(RowKernels, NoRowsAreNothingToDo) {
    softmax(testQueue(), Direction::kForward, Element::kF32, {nullptr, nullptr, nullptr, 0, 8, 1});
    normForward(testQueue(), Norm::kLayer, Element::kF32,
                {nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, 0, 8, 0, 0});
}

}  // namespace
}  // namespace optirs::cuda
