// The decompositions that custom calls ask for: their results multiplied back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "number_types.h"
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/custom_call.h"
#include "pjrt_cpu/runtime/linear_algebra.h"
#include "step_runner.h"

namespace optirs::plugin {
namespace {

using testing::bytes;
using testing::Exact;
using testing::Noise;
using testing::Numbers;

constexpr int64_t kBatch = 2;

void call(const std::string& target, const std::string& config, std::vector<TensorType> operands,
          std::vector<TensorType> results, const std::vector<std::byte*>& buffers) {
    CustomCallSpec spec{target, config, "line 1", {}, std::move(operands), {}, std::move(results), {}};
    for (size_t i = 0; i < buffers.size(); ++i) {
        auto& list = i < spec.operand_types.size() ? spec.operand_allocations : spec.result_allocations;
        list.push_back(static_cast<int32_t>(i));
    }
    testing::runStep(*makeCustomCallStep(spec), buffers);
}

/// Rows x columns, in the widest type.
class Table {
 public:
    Table(int64_t rows, int64_t columns) : columns_(columns), values_(static_cast<size_t>(rows * columns)) {}
    template <class S>
    Table(const std::vector<S>& from, int64_t batch, int64_t rows, int64_t columns) : Table(rows, columns) {
        for (size_t i = 0; i < values_.size(); ++i)
            values_[i] = from[static_cast<size_t>(batch) * values_.size() + i];
    }
    Exact& at(int64_t i, int64_t j) { return values_[static_cast<size_t>(i * columns_ + j)]; }
    const Exact& at(int64_t i, int64_t j) const { return values_[static_cast<size_t>(i * columns_ + j)]; }
    int64_t columns() const { return columns_; }
    int64_t rows() const { return columns_ == 0 ? 0 : static_cast<int64_t>(values_.size()) / columns_; }

 private:
    int64_t columns_;
    std::vector<Exact> values_;
};

Table product(const Table& a, const Table& b) {
    Table out(a.rows(), b.columns());
    for (int64_t i = 0; i < a.rows(); ++i) {
        for (int64_t j = 0; j < b.columns(); ++j) {
            for (int64_t p = 0; p < a.columns(); ++p) out.at(i, j) += a.at(i, p) * b.at(p, j);
        }
    }
    return out;
}

Table adjoint(const Table& a) {
    Table out(a.columns(), a.rows());
    for (int64_t i = 0; i < a.rows(); ++i) {
        for (int64_t j = 0; j < a.columns(); ++j) out.at(j, i) = std::conj(a.at(i, j));
    }
    return out;
}

Table identity(int64_t rows, int64_t columns) {
    Table out(rows, columns);
    for (int64_t i = 0; i < std::min(rows, columns); ++i) out.at(i, i) = 1;
    return out;
}

void expectNear(const Table& a, const Table& b, double bound) {
    ASSERT_EQ(a.rows(), b.rows());
    for (int64_t i = 0; i < a.rows(); ++i) {
        for (int64_t j = 0; j < a.columns(); ++j)
            ASSERT_LE(std::abs(a.at(i, j) - b.at(i, j)), bound) << i << ", " << j;
    }
}

/// H_1 H_2 ... from the packed vectors, by the definition.
template <class S>
Table reflectorsProduct(const Table& packed, const std::vector<S>& taus, int64_t batch, int64_t k) {
    const int64_t m = packed.rows();
    Table q = identity(m, m);
    for (int64_t r = 0; r < k; ++r) {
        Table v(m, 1);
        v.at(r, 0) = 1;
        for (int64_t i = r + 1; i < m; ++i) v.at(i, 0) = packed.at(i, r);
        Table h = product(v, adjoint(v));
        const Exact tau = taus[static_cast<size_t>(batch * k + r)];
        for (int64_t i = 0; i < m; ++i) {
            for (int64_t j = 0; j < m; ++j) h.at(i, j) = Exact(i == j ? 1 : 0) - tau * h.at(i, j);
        }
        q = product(q, h);
    }
    return q;
}

template <class S>
std::vector<S> noise(int64_t count) {
    Noise source;
    std::vector<S> out;
    for (int64_t i = 0; i < count; ++i) out.push_back(source.number<S>());
    return out;
}

template <class S>
class Decompositions : public ::testing::Test {};
using Types = ::testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Decompositions, Types);

constexpr std::pair<int64_t, int64_t> kShapes[] = {{1, 1}, {3, 3}, {7, 4}, {4, 7}, {1, 5}, {5, 1}, {40, 40}};

TYPED_TEST(Decompositions, QrMultipliesBack) {
    using S = TypeParam;
    const ElementType type = Numbers<S>::kType;
    for (const auto& [m, n] : kShapes) {
        const int64_t k = std::min(m, n);
        auto a = noise<S>(kBatch * m * n);
        std::vector<S> packed(a.size()), taus(static_cast<size_t>(kBatch * k)), first(a.size());
        const TensorType matrix(type, {kBatch, m, n}), vector(type, {kBatch, k});
        call("Qr", "", {matrix}, {matrix, vector}, {bytes(a), bytes(packed), bytes(taus)});
        call("ProductOfElementaryHouseholderReflectors", "", {matrix, vector}, {matrix},
             {bytes(packed), bytes(taus), bytes(first)});
        for (int64_t b = 0; b < kBatch; ++b) {
            const Table all(packed, b, m, n);
            const Table q = reflectorsProduct(all, taus, b, k);
            Table r(m, n), q_first(m, n);
            for (int64_t i = 0; i < m; ++i) {
                for (int64_t j = 0; j < n; ++j) {
                    if (j >= i) r.at(i, j) = all.at(i, j);
                    if (j < m) q_first.at(i, j) = q.at(i, j);
                }
            }
            const double bound = 40 * static_cast<double>(m + n) * Numbers<S>::kEpsilon;
            expectNear(product(q, r), Table(a, b, m, n), bound);
            expectNear(product(adjoint(q), q), identity(m, m), bound);
            if (n <= m) expectNear(Table(first, b, m, n), q_first, bound);
        }
    }
}

TYPED_TEST(Decompositions, LuMultipliesBack) {
    using S = TypeParam;
    for (const auto& [m, n] : kShapes) {
        const int64_t k = std::min(m, n);
        auto a = noise<S>(kBatch * m * n);
        std::vector<S> packed(a.size());
        std::vector<int32_t> pivots(static_cast<size_t>(kBatch * k)), order(static_cast<size_t>(kBatch * m));
        const TensorType matrix(Numbers<S>::kType, {kBatch, m, n});
        call("LuDecomposition", "", {matrix},
             {matrix, {ElementType::kI32, {kBatch, k}}, {ElementType::kI32, {kBatch, m}}},
             {bytes(a), bytes(packed), bytes(pivots), bytes(order)});
        for (int64_t b = 0; b < kBatch; ++b) {
            const Table all(packed, b, m, n), given(a, b, m, n);
            Table l(m, k), u(k, n), permuted(m, n);
            std::vector<int32_t> swapped(static_cast<size_t>(m));
            for (int64_t i = 0; i < m; ++i) swapped[static_cast<size_t>(i)] = static_cast<int32_t>(i);
            for (int64_t i = 0; i < k; ++i) {
                std::swap(swapped[static_cast<size_t>(i)],
                          swapped[static_cast<size_t>(pivots[static_cast<size_t>(b * k + i)])]);
            }
            for (int64_t i = 0; i < m; ++i) {
                const int32_t row = order[static_cast<size_t>(b * m + i)];
                EXPECT_EQ(row, swapped[static_cast<size_t>(i)]);
                for (int64_t j = 0; j < n; ++j) {
                    permuted.at(i, j) = given.at(row, j);
                    if (j < i) {
                        l.at(i, j) = all.at(i, j);
                        EXPECT_LE(std::abs(all.at(i, j)), 1 + 1e-5L);
                    } else if (i < k) {
                        u.at(i, j) = all.at(i, j);
                    }
                }
                if (i < k) l.at(i, i) = 1;
            }
            expectNear(product(l, u), permuted, 40 * static_cast<double>(k) * Numbers<S>::kEpsilon);
        }
    }
}

TYPED_TEST(Decompositions, EighMultipliesBackAndReadsOneTriangle) {
    using S = TypeParam;
    using Real = decltype(realPart(S{}));
    for (const int64_t n : {0, 1, 2, 5, 40}) {
        for (const bool lower : {true, false}) {
            auto a = noise<S>(kBatch * n * n);
            std::vector<Table> whole;
            for (int64_t b = 0; b < kBatch; ++b) {
                Table table(a, b, n, n);
                for (int64_t i = 0; i < n; ++i) {
                    table.at(i, i) = table.at(i, i).real();
                    for (int64_t j = 0; j < i; ++j) {
                        const auto at = static_cast<size_t>(b * n * n);
                        S& unread = a[at + static_cast<size_t>(lower ? j * n + i : i * n + j)];
                        unread = std::numeric_limits<Real>::quiet_NaN();
                        if (lower) table.at(j, i) = std::conj(table.at(i, j));
                        if (!lower) table.at(i, j) = std::conj(table.at(j, i));
                    }
                }
                whole.push_back(table);
            }
            std::vector<S> vectors(a.size());
            std::vector<Real> values(static_cast<size_t>(kBatch * n));
            const TensorType matrix(Numbers<S>::kType, {kBatch, n, n});
            call("Eigh", lower ? "1,1,100,1e-6" : "0,1,100,1e-6", {matrix},
                 {matrix, {Numbers<Real>::kType, {kBatch, n}}}, {bytes(a), bytes(vectors), bytes(values)});
            for (int64_t b = 0; b < kBatch; ++b) {
                const Table v(vectors, b, n, n);
                Table scaled = v;
                for (int64_t j = 0; j < n; ++j) {
                    const Real value = values[static_cast<size_t>(b * n + j)];
                    EXPECT_LE(values[static_cast<size_t>(b * n + std::max<int64_t>(j, 1) - 1)], value);
                    for (int64_t i = 0; i < n; ++i) scaled.at(i, j) *= value;
                }
                const double bound = 100 * static_cast<double>(n) * Numbers<S>::kEpsilon;
                expectNear(product(whole[static_cast<size_t>(b)], v), scaled, bound);
                expectNear(product(adjoint(v), v), identity(n, n), bound);
            }
        }
    }
}

TEST(DecompositionCalls, OfNothingKnownAreNotANumber) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> a = {1, 0, nan, 1}, vectors(4), values(2), packed(4), taus(2);
    const TensorType matrix(ElementType::kF32, {2, 2}), vector(ElementType::kF32, {2});
    call("Eigh", "1,1,100,1e-6", {matrix}, {matrix, vector}, {bytes(a), bytes(vectors), bytes(values)});
    EXPECT_THAT(vectors, ::testing::Each(::testing::IsNan()));
    EXPECT_THAT(values, ::testing::Each(::testing::IsNan()));
    call("Qr", "", {matrix}, {matrix, vector}, {bytes(a), bytes(packed), bytes(taus)});
    EXPECT_TRUE(std::isnan(packed[0]));
    // A column of zeros has no pivot: it stays, and nothing is divided by it.
    std::vector<float> singular = {0, 1, 0, 2}, lu(4);
    std::vector<int32_t> pivots(2), order(2);
    const TensorType integers(ElementType::kI32, {2});
    call("LuDecomposition", "", {matrix}, {matrix, integers, integers},
         {bytes(singular), bytes(lu), bytes(pivots), bytes(order)});
    EXPECT_EQ(lu, (std::vector<float>{0, 1, 0, 2}));
}

TEST(DecompositionCalls, SayWhatDoesNotFit) {
    const TensorType matrix(ElementType::kF32, {3, 2}), vector(ElementType::kF32, {2});
    const auto refusal = [](const std::string& target, std::vector<TensorType> operands,
                            std::vector<TensorType> results) -> std::string {
        std::vector<float> any(16);
        const std::vector<std::byte*> buffers(operands.size() + results.size(), bytes(any));
        try {
            call(target, "", std::move(operands), std::move(results), buffers);
            return "none";
        } catch (const Error& error) {
            return std::string(error.message());
        }
    };
    using ::testing::HasSubstr;
    EXPECT_THAT(refusal("Qr", {vector}, {vector, vector}), HasSubstr("Qr at line 1: the first operand"));
    EXPECT_THAT(refusal("Qr", {matrix}, {matrix}), HasSubstr("should have 2 results, not 1"));
    EXPECT_THAT(refusal("Eigh", {matrix}, {matrix, vector}), HasSubstr("should be tensor<2x2xf32>"));
    EXPECT_THAT(refusal("LuDecomposition", {matrix}, {matrix, vector, vector}),
                HasSubstr("result 1 should be tensor<2xi32>, not tensor<2xf32>"));
    const TensorType four(ElementType::kF32, {4});
    EXPECT_THAT(refusal("ProductOfElementaryHouseholderReflectors", {matrix, four}, {matrix}),
                HasSubstr("4 reflectors do not lie in tensor<3x2xf32>"));
    const TensorType halves(ElementType::kF16, {2, 2}), half(ElementType::kF16, {2});
    EXPECT_THAT(refusal("Qr", {halves}, {halves, half}), HasSubstr("it takes f32, f64"));
}

}  // namespace
}  // namespace optirs::plugin
