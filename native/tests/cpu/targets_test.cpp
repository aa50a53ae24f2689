// Every instruction set that this processor has gives the same: casts to the bit, arithmetic but for its last
// places.
#include <gtest/gtest.h>
#include <hwy/highway.h>

#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include "src/cpu/attention_rows.h"
#include "src/cpu/convert.h"
#include "src/cpu/kernels.h"
#include "src/cpu/norm_rows.h"
#include "src/cpu/optimizer_rules.h"
#include "src/cpu/pointwise_kernels.h"
#include "src/cpu/softmax_rows.h"
#include "src/cpu/state8.h"
#include "src/cpu/tile_gemm.h"
#include "src/cpu/transpose.h"

namespace optirs::cpu {
namespace {

std::vector<float> numbers(size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, 10);
    std::vector<float> values(count);
    for (float& value : values) {
        value = normal(random);
    }
    return values;
}

/// Runs `compute` once for each target and compares the results with those of the last, the plainest.
void onEveryTarget(double tolerance, const std::function<std::vector<float>()>& compute) {
    std::vector<float> expected;
    const int64_t all = hwy::SupportedTargets();
    int count = 0;
    for (int bit = 62; bit >= 0; --bit) {
        const int64_t target = int64_t{1} << bit;
        if ((all & HWY_TARGETS & target) == 0) {
            continue;
        }
        hwy::SetSupportedTargetsForTest(target);
        hwy::GetChosenTarget().Update(target);
        SCOPED_TRACE(targetName());
        const std::vector<float> result = compute();
        if (count++ == 0) {
            expected = result;
            continue;
        }
        ASSERT_EQ(result.size(), expected.size());
        for (size_t i = 0; i < result.size(); ++i) {
            const auto both_nan = std::isnan(result[i]) && std::isnan(expected[i]);
            ASSERT_TRUE(both_nan || result[i] == expected[i] ||
                        std::abs(result[i] - expected[i]) <=
                            tolerance * std::max(1.0F, std::abs(expected[i])))
                << "element " << i << ": " << result[i] << " instead of " << expected[i];
        }
    }
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    EXPECT_GE(count, 1);
}

constexpr int64_t kSizes[] = {1, 3, 8, 17, 64, 100};

TEST(Targets, CastsAreEqualToTheBit) {
    std::vector<float> x = numbers(1000, 1);
    x.insert(x.end(),
             {0.0F, -0.0F, 1e-40F, 448.0F, 464.0F, 1e9F, INFINITY, -INFINITY, NAN, 65504.0F, 65520.0F});
    for (const Element type : {Element::kBF16, Element::kF16, Element::kE4M3, Element::kE5M2}) {
        onEveryTarget(0, [&] {
            std::vector<uint8_t> narrow(x.size() * 2);
            std::vector<float> result(x.size() + 1);
            const auto count = static_cast<int64_t>(x.size());
            const uint32_t largest = convert(Element::kF32, x.data(), 0.37F, type, narrow.data(), count);
            convert(type, narrow.data(), 1.0F, Element::kF32, result.data(), count);
            result.back() = static_cast<float>(largest >> 8);
            return result;
        });
    }
}

TEST(Targets, OptimizerRules) {
    for (int rule = 0; rule <= static_cast<int>(Rule::kLookahead); ++rule) {
        for (const int64_t n : kSizes) {
            const auto count = static_cast<size_t>(n);
            onEveryTarget(1e-5, [&] {
                std::vector<float> p = numbers(count, 1), g = numbers(count, 2), m = numbers(count, 3),
                                   v = numbers(count, 4);
                for (float& value : v) {
                    value = std::abs(value);
                }
                if (rule == static_cast<int>(Rule::kAdagrad) || rule == static_cast<int>(Rule::kRmsProp) ||
                    rule == static_cast<int>(Rule::kAdaDelta)) {
                    m = v;
                }
                RuleConstants constants{
                    static_cast<Rule>(rule),
                    {0.9F, 0.1F, 0.99F, 0.01F, 0.02F, 0.01F, 1.1F, 0.5F, 0.3F, 0.001F, 0.1F}};
                applyRule(constants, {p.data(), g.data(), m.data(), v.data(), n});
                std::vector<float> all = p;
                all.insert(all.end(), m.begin(), m.end());
                all.insert(all.end(), v.begin(), v.end());
                return all;
            });
        }
    }
}

TEST(Targets, EightBitStates) {
    for (const bool has_sign : {false, true}) {
        onEveryTarget(1e-6, [&] {
            std::vector<float> x = numbers(1000, 5);
            for (float& value : x) {
                value = has_sign ? value : std::abs(value);
            }
            std::vector<uint8_t> codes(1000);
            std::vector<float> scales(4), result(1000);
            encodeState(x.data(), has_sign, codes.data(), scales.data(), 1000);
            decodeState(codes.data(), scales.data(), has_sign, result.data(), 1000);
            return result;
        });
    }
}

TEST(Targets, Rows) {
    for (const int64_t n : kSizes) {
        const std::vector<float> x = numbers(static_cast<size_t>(n), 6),
                                 y = numbers(static_cast<size_t>(n), 7);
        onEveryTarget(1e-4, [&] {
            std::vector<float> result(static_cast<size_t>(n) * 8);
            float* out = result.data();
            const RowStatistics statistics = statisticsOf(Element::kF32, x.data(), n, 1e-5F, true);
            normalizeRow(Element::kF32, x.data(), statistics, y.data(), x.data(), n, out);
            normalizeRowBackward(Element::kF32, x.data(), y.data(), statistics, nullptr, n, true, out + n,
                                 out + 2 * n, out + 3 * n);
            softmaxRow(Element::kF32, x.data(), 0.5F, n, out + 4 * n, out + 4 * n);
            softmaxRowBackward(Element::kF32, out + 4 * n, y.data(), 0.5F, n, out + 5 * n);
            crossEntropyRowBackward(x.data(), logSumOf(x.data(), n).log_sum, 1.0F, -0.1F, n, out + 6 * n);
            geluRun(Element::kF32, x.data(), true, n, out + 7 * n);
            result.push_back(dotRow(x.data(), y.data(), n));
            return result;
        });
        onEveryTarget(1e-5, [&] {
            std::vector<float> result(static_cast<size_t>(n) * 6);
            float* out = result.data();
            geluRun(Element::kF32, x.data(), false, n, out);
            geluRunBackward(Element::kF32, x.data(), y.data(), false, n, out + n);
            swigluRun(x.data(), y.data(), n, out + 2 * n);
            dropoutRun(x.data(), 0.4, 3, 9, n, out + 3 * n);
            rotateRun(x.data(), y.data(), y.data(), x.data(), -1.0F, n, out + 4 * n, out + 5 * n);
            return result;
        });
    }
}

TEST(Targets, RowsOfSixteenBits) {
    for (const Element type : {Element::kBF16, Element::kF16}) {
        for (const int64_t n : kSizes) {
            const auto size = static_cast<size_t>(n);
            const auto narrow = [&](unsigned seed) {
                std::vector<uint16_t> codes(size);
                convert(Element::kF32, numbers(size, seed).data(), 0.1F, type, codes.data(), n);
                return codes;
            };
            const std::vector<uint16_t> x = narrow(8), y = narrow(9);
            const std::vector<float> gamma = numbers(size, 10);
            // A unit in the last place of bf16, for what is rounded the other way.
            onEveryTarget(0x1p-7, [&] {
                std::vector<float> arranged(size), sums(2 * size), powers(size), result(size * 9);
                std::vector<uint16_t> out(size * 7);
                const auto at = [&](size_t part) { return out.data() + part * size; };
                const RowStatistics statistics = statisticsOf(type, x.data(), n, 1e-5F, true);
                arrangeRow(type, gamma.data(), n, arranged.data());
                normalizeRow(type, x.data(), statistics, arranged.data(), arranged.data(), n, at(0));
                normalizeRowBackward(type, x.data(), y.data(), statistics, arranged.data(), n, true, at(1),
                                     sums.data(), sums.data() + size);
                softmaxRow(type, x.data(), 0.5F, n, powers.data(), at(2));
                softmaxRowBackward(type, x.data(), y.data(), 0.5F, n, at(3));
                geluRun(type, x.data(), true, n, at(4));
                geluRun(type, x.data(), false, n, at(5));
                geluRunBackward(type, x.data(), y.data(), false, n, at(6));
                convert(type, out.data(), 1.0F, Element::kF32, result.data(), 7 * n);
                restoreRow(type, sums.data(), n, result.data() + 7 * size);
                restoreRow(type, sums.data() + size, n, result.data() + 8 * size);
                return result;
            });
        }
    }
}

TEST(Targets, TileProducts) {
    for (const int64_t m : {1, 5, 6, 7, 13, 48}) {
        for (const int64_t n : {1, 16, 33}) {
            const int64_t k = 20;
            const std::vector<float> a = numbers(static_cast<size_t>(m * k), 8),
                                     b = numbers(static_cast<size_t>(n * k), 9);
            onEveryTarget(1e-3, [&] {
                std::vector<float> packed(static_cast<size_t>(packedSize(k, n)));
                packPanels(b.data(), n, 1, k, n, packed.data());
                std::vector<float> out(static_cast<size_t>(m * 64), 1.0F), result;
                multiplyTile({a.data(), k, 1}, packed.data(), k, 2, m, n, k - 2, true, out.data(), 64);
                for (int64_t i = 0; i < m; ++i) {
                    for (int64_t j = 0; j < n; ++j) {
                        double expected = 1;
                        for (int64_t l = 0; l + 2 < k; ++l) {
                            expected += static_cast<double>(a[static_cast<size_t>(i * k + l)]) *
                                        static_cast<double>(b[static_cast<size_t>((l + 2) * n + j)]);
                        }
                        EXPECT_NEAR(out[static_cast<size_t>(i * 64 + j)], expected, 0.01);
                        result.push_back(out[static_cast<size_t>(i * 64 + j)]);
                    }
                }
                return result;
            });
        }
    }
}

TEST(Targets, TransposedBytes) {
    std::vector<uint8_t> from(40 * 50);
    for (size_t i = 0; i < from.size(); ++i) {
        from[i] = static_cast<uint8_t>(i * 37);
    }
    onEveryTarget(0, [&] {
        std::vector<uint8_t> to(40 * 50);
        transposeBytes(from.data(), 50, 40, 50, to.data(), 40);
        std::vector<float> result;
        for (size_t r = 0; r < 40; ++r) {
            for (size_t c = 0; c < 50; ++c) {
                EXPECT_EQ(to[c * 40 + r], from[r * 50 + c]);
                result.push_back(static_cast<float>(to[c * 40 + r]));
            }
        }
        return result;
    });
}

}  // namespace
}  // namespace optirs::cpu
