// cholesky and triangular_solve: their results multiplied back.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>

#include "number_types.h"
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/cholesky.h"
#include "pjrt_cpu/runtime/triangular_solve.h"
#include "step_runner.h"

namespace optirs::plugin {
namespace {

using testing::bytes;
using testing::Exact;
using testing::Noise;
using testing::Numbers;
using testing::runStep;
template <class S>
class LinearAlgebra : public ::testing::Test {};
using Types = ::testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(LinearAlgebra, Types);

TYPED_TEST(LinearAlgebra, CholeskyMultipliesBack) {
    using S = TypeParam;
    for (const int64_t n : {0, 1, 2, 5, 47, 48, 49, 130}) {
        for (const bool lower : {true, false}) {
            constexpr int64_t kBatch = 3;
            Noise noise;
            const auto size = static_cast<size_t>(kBatch * n * n);
            // B B^H + n: positive definite.
            std::vector<Exact> matrix(size);
            std::vector<S> a(size), factor(size, Numbers<S>::make(99, 99));
            for (int64_t b = 0; b < kBatch; ++b) {
                std::vector<S> root(static_cast<size_t>(n * n));
                for (S& each : root) each = noise.number<S>();
                for (int64_t i = 0; i < n; ++i) {
                    for (int64_t j = 0; j < n; ++j) {
                        Exact sum = i == j ? static_cast<long double>(n) : 0;
                        for (int64_t k = 0; k < n; ++k)
                            sum += Exact(root[static_cast<size_t>(i * n + k)]) *
                                   std::conj(Exact(root[static_cast<size_t>(j * n + k)]));
                        const auto at = static_cast<size_t>((b * n + i) * n + j);
                        a[at] = Numbers<S>::make(static_cast<double>(sum.real()),
                                                 static_cast<double>(sum.imag()));
                        matrix[at] = a[at];
                        // The other triangle is not read.
                        if (lower ? j > i : j < i) a[at] = Numbers<S>::make(NAN, NAN);
                    }
                }
            }
            runStep(*makeCholeskyStep({Numbers<S>::kType, {kBatch, n, n}, lower, 0, 1}),
                    {bytes(a), bytes(factor)});
            for (int64_t b = 0; b < kBatch; ++b) {
                const auto at = [&](int64_t i, int64_t j) {
                    return Exact(factor[static_cast<size_t>((b * n + i) * n + j)]);
                };
                for (int64_t i = 0; i < n; ++i) {
                    for (int64_t j = 0; j < n; ++j) {
                        const bool other = lower ? j > i : j < i;
                        ASSERT_TRUE(!other || at(i, j) == Exact(0)) << n << " " << i << " " << j;
                        if (other) continue;
                        Exact sum = 0;
                        for (int64_t k = 0; k < n; ++k)
                            sum += lower ? at(i, k) * std::conj(at(j, k)) : std::conj(at(k, i)) * at(k, j);
                        const Exact want = matrix[static_cast<size_t>((b * n + i) * n + j)];
                        ASSERT_LT(static_cast<double>(std::abs(sum - want)),
                                  8 * Numbers<S>::kEpsilon * static_cast<double>(2 * n))
                            << n << " " << i << " " << j;
                    }
                }
            }
        }
    }
}

TYPED_TEST(LinearAlgebra, CholeskyOfOthersIsNaN) {
    using S = TypeParam;
    // Two indefinite matrices around a definite one.
    std::vector<S> a, out(12);
    for (const double v : {1, 2, 2, 1, 4, 2, 2, 5, -1, 0, 0, 1}) a.push_back(Numbers<S>::make(v, 0));
    runStep(*makeCholeskyStep({Numbers<S>::kType, {3, 2, 2}, true, 0, 1}), {bytes(a), bytes(out)});
    for (const size_t i : {0, 2, 3, 8, 10, 11}) EXPECT_TRUE(std::isnan(std::real(out[i]))) << i;
    for (const size_t i : {1, 5, 9}) EXPECT_EQ(out[i], S(0));
    EXPECT_EQ(out[4], S(2));
    EXPECT_EQ(out[6], S(1));
    EXPECT_EQ(out[7], S(2));
}

TYPED_TEST(LinearAlgebra, TriangularSolveMultipliesBack) {
    using S = TypeParam;
    using Form = TriangularSolveSpec::Form;
    for (int variant = 0; variant < 24; ++variant) {
        for (const auto& [n, m] : {std::pair<int64_t, int64_t>{1, 1}, {4, 1}, {7, 3}, {33, 70}}) {
            TriangularSolveSpec spec;
            spec.type = Numbers<S>::kType;
            spec.left_side = variant % 2 == 0;
            spec.lower = variant / 2 % 2 == 0;
            spec.unit_diagonal = variant / 4 % 2 == 0;
            spec.form = static_cast<Form>(variant / 8);
            constexpr int64_t kBatch = 2;
            spec.a_shape = {kBatch, n, n};
            spec.b_shape =
                spec.left_side ? std::vector<int64_t>{kBatch, n, m} : std::vector<int64_t>{kBatch, m, n};
            spec.a_allocation = 0;
            spec.b_allocation = 1;
            spec.out_allocation = 2;
            Noise noise;
            std::vector<S> a(static_cast<size_t>(kBatch * n * n)), b(static_cast<size_t>(kBatch * n * m)),
                x(b.size());
            // What is read, and what stands for it; everything else is NaN.
            std::vector<Exact> full(a.size());
            for (int64_t i = 0; i < kBatch * n * n; ++i) {
                const auto at = static_cast<size_t>(i);
                const int64_t row = i / n % n;
                const int64_t column = i % n;
                const bool is_read = spec.lower ? row > column : row < column;
                a[at] = Numbers<S>::make(NAN, NAN);
                if (is_read) full[at] = a[at] = noise.number<S>() / S(static_cast<float>(n));
                if (row == column) {
                    full[at] = 1;
                    if (!spec.unit_diagonal)
                        full[at] = a[at] = Numbers<S>::make(1.5 + noise.next(), noise.next());
                }
            }
            for (S& each : b) each = noise.number<S>();
            runStep(*makeTriangularSolveStep(spec), {bytes(a), bytes(b), bytes(x)});
            for (int64_t batch = 0; batch < kBatch; ++batch) {
                const auto op = [&](int64_t i, int64_t j) {
                    const bool flipped = spec.form != Form::kPlain;
                    const Exact value =
                        full[static_cast<size_t>((batch * n + (flipped ? j : i)) * n + (flipped ? i : j))];
                    return spec.form == Form::kAdjoint ? std::conj(value) : value;
                };
                for (int64_t i = 0; i < n; ++i) {
                    for (int64_t c = 0; c < m; ++c) {
                        const auto side = [&](int64_t k) {
                            return static_cast<size_t>(batch * n * m +
                                                       (spec.left_side ? k * m + c : c * n + k));
                        };
                        Exact sum = 0;
                        double size = 1;
                        for (int64_t k = 0; k < n; ++k) {
                            const Exact term = (spec.left_side ? op(i, k) : op(k, i)) * Exact(x[side(k)]);
                            sum += term;
                            size += static_cast<double>(std::abs(term));
                        }
                        ASSERT_LT(static_cast<double>(std::abs(sum - Exact(b[side(i)]))),
                                  4 * Numbers<S>::kEpsilon * size)
                            << "variant " << variant << ", n " << n;
                    }
                }
            }
        }
    }
}

TEST(LinearAlgebraShapes, AreChecked) {
    EXPECT_THROW(makeCholeskyStep({ElementType::kF32, {2, 3}, true, 0, 1}), Error);
    EXPECT_THROW(makeCholeskyStep({ElementType::kF32, {3}, true, 0, 1}), Error);
    EXPECT_THROW(makeCholeskyStep({ElementType::kI32, {3, 3}, true, 0, 1}), Error);
    TriangularSolveSpec spec;
    spec.a_shape = {2, 3, 3};
    spec.b_shape = {2, 4, 3};
    EXPECT_THROW(makeTriangularSolveStep(spec), Error);
    spec.left_side = false;
    EXPECT_NO_THROW(makeTriangularSolveStep(spec));
    spec.b_shape = {1, 4, 3};
    EXPECT_THROW(makeTriangularSolveStep(spec), Error);
}

}  // namespace
}  // namespace optirs::plugin
