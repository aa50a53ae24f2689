// How far gradients of attention of 8-bit floats may be from the formula.
#include <algorithm>

#include "attention_float8_twins.h"

namespace optirs::test {
namespace {

/// The bounds of docs/cuda-kernels.md, beside the formula in float64.
class AttentionBackwardErrorTest : public AttentionFloat8Test {
 protected:
    /// A gradient, sums of the magnitudes that it adds up, and of those that the least weights are.
    struct Sums {
        std::vector<double> value, magnitude, least;

        explicit Sums(int64_t count)
            : value(static_cast<size_t>(count)), magnitude(value.size()), least(value.size()) {}
        void add(int64_t at, double weight, double greatest, double number) {
            value[static_cast<size_t>(at)] += weight * number;
            magnitude[static_cast<size_t>(at)] += std::abs(weight * number);
            least[static_cast<size_t>(at)] += greatest * std::abs(number);
        }
    };

    void checkBounds(const Attention& a) {
        const auto numbersOf = [](const Twin& twin) {
            std::vector<double> numbers;
            for (int64_t i = 0; i < twin.count(); ++i) {
                numbers.push_back(static_cast<double>(numberAt(twin.host, twin.type, i)));
            }
            return numbers;
        };
        const auto queries = numbersOf(*q);
        const auto keys = numbersOf(*k);
        const auto weighted = numbersOf(*v);
        const auto changes = numbersOf(*dout);
        const auto outs = numbersOf(*out);
        const auto logs = numbersOf(*lse);
        const auto dot = [](const std::vector<double>& x, int64_t i, const std::vector<double>& y, int64_t j,
                            int64_t width) {
            double sum = 0;
            for (int64_t e = 0; e < width; ++e) {
                sum += x[static_cast<size_t>(i * width + e)] * y[static_cast<size_t>(j * width + e)];
            }
            return sum;
        };
        std::vector<double> probabilities;
        std::vector<double> gradients;
        for (int64_t i = 0; i < a.rows; ++i) {
            const double mean = dot(changes, i, outs, i, a.value_width);
            for (int64_t j = 0; j < a.columns; ++j) {
                double score = a.scale * dot(queries, i, keys, j, a.width);
                double slope = 1;
                if (a.soft_cap > 0) {
                    const double share = std::tanh(score / a.soft_cap);
                    score = a.soft_cap * share;
                    slope -= share * share;
                }
                probabilities.push_back(std::exp(score - logs[static_cast<size_t>(i)]));
                gradients.push_back(probabilities.back() *
                                    (dot(changes, i, weighted, j, a.value_width) - mean) * slope);
            }
        }
        Sums of_q(dq->count());
        Sums of_k(dk->count());
        Sums of_v(dv->count());
        const auto greatest = [](const std::vector<double>& weights) {
            double most = 0;
            for (const double weight : weights) {
                most = std::max(most, std::abs(weight));
            }
            return most;
        };
        const double most_probable = greatest(probabilities);
        const double steepest = greatest(gradients);
        for (int64_t i = 0; i < a.rows; ++i) {
            for (int64_t j = 0; j < a.columns; ++j) {
                const double gradient = a.scale * gradients[static_cast<size_t>(i * a.columns + j)];
                const double probability = probabilities[static_cast<size_t>(i * a.columns + j)];
                for (int64_t e = 0; e < a.width; ++e) {
                    const int64_t query = i * a.width + e;
                    const int64_t key = j * a.width + e;
                    of_q.add(query, gradient, a.scale * steepest, keys[static_cast<size_t>(key)]);
                    of_k.add(key, gradient, a.scale * steepest, queries[static_cast<size_t>(query)]);
                    of_v.add(key, probability, most_probable, changes[static_cast<size_t>(query)]);
                }
            }
        }
        expectBounds(*dq, of_q);
        expectBounds(*dk, of_k);
        expectBounds(*dv, of_v);
    }

 private:
    void expectBounds(const Twin& gradient, const Sums& sums) {
        const std::vector<char> got = onDevice(gradient);
        double errors = 0;
        double squares = 0;
        for (int64_t i = 0; i < gradient.count(); ++i) {
            const auto at = static_cast<size_t>(i);
            const double error =
                std::abs(static_cast<double>(numberAt(got, gradient.type, i)) - sums.value[at]);
            // The last is for out and lse, which are rounded, and the result.
            ASSERT_LE(error,
                      0x1p-4 * sums.magnitude[at] + 0x1p-17 * sums.least[at] + 0x1p-8 * sums.magnitude[at])
                << i;
            errors += error * error;
            squares += sums.value[at] * sums.value[at];
        }
        EXPECT_LE(std::sqrt(errors / squares), 0.04);
    }
};

TEST_F(AttentionBackwardErrorTest, RoundedWeights) {
    for (const auto& changes : {kE4M3, kE5M2}) {
        for (const double cap : {0.0, 2.0}) {
            Attention a = of(kE4M3, changes, {.type = kF16, .rows = 140, .columns = 200, .heads = 1});
            a.soft_cap = cap;
            prepare(a);
            prepareGradients(a);
            control().reset();
            forward();
            backward();
            EXPECT_TRUE(tookFloat8());
            checkBounds(a);
        }
    }
}

}  // namespace
}  // namespace optirs::test
