// Matrix products through the mock cuBLASLt, which computes what it is asked for in float64 and checks the
// contract.
#include <memory>

#include "gemm_test.h"

namespace optirs::cuda {
namespace {

/// A product of every layout, batched, against the plain formula.
template <class T, class D>
void checkLayouts() {
    const int64_t m = 5;
    const int64_t n = 7;
    const int64_t k = 9;
    const int64_t batch = 2;
    for (const bool a_transposed : {false, true}) {
        for (const bool b_transposed : {false, true}) {
            Array<T> a(batch * m * k);
            Array<T> b(batch * k * n);
            Array<D> c(batch * m * n);
            Array<D> d(batch * m * n);
            a.fill(1);
            b.fill(2);
            c.fill(3);
            Gemm problem;
            problem.m = m;
            problem.n = n;
            problem.k = k;
            problem.batch = batch;
            problem.a = operand(a, m, k, a_transposed);
            problem.b = operand(b, k, n, b_transposed);
            problem.c = c.data();
            problem.d = d.data();
            problem.d_type = MatrixTypeOf<D>::kValue;
            problem.d_stride = n;
            problem.d_batch_stride = m * n;
            problem.alpha = 0.5F;
            problem.beta = 2;
            gemmCublasLt(testQueue(), problem, nullptr, 0);
            expectNear<D>(
                d,
                [&](int64_t at) {
                    const int64_t z = at / (m * n);
                    const int64_t i = at / n % m;
                    const int64_t j = at % n;
                    double sum = 0;
                    for (int64_t p = 0; p < k; ++p) {
                        sum += a.value(z * m * k + (a_transposed ? p * m + i : i * k + p)) *
                               b.value(z * k * n + (b_transposed ? j * k + p : p * n + j));
                    }
                    return 0.5 * sum + 2 * c.value(at);
                },
                2 * ElementOf<D>::kUnit, 1e-6);
        }
    }
}

TEST_F(GemmTest, LayoutsF32) { checkLayouts<F32, F32>(); }
TEST_F(GemmTest, LayoutsBF16) { checkLayouts<BF16, BF16>(); }
TEST_F(GemmTest, LayoutsBF16ToF32) { checkLayouts<BF16, F32>(); }
TEST_F(GemmTest, LayoutsF16) { checkLayouts<F16, F16>(); }

double gelu(double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }

TEST_F(GemmTest, Epilogues) {
    const int64_t m = 6;
    const int64_t n = 8;
    const int64_t k = 4;
    Array<BF16> a(m * k);
    Array<BF16> b(k * n);
    Array<BF16> d(m * n);
    Array<F32> bias(n);
    Array<BF16> aux(m * n);
    a.fill(1);
    b.fill(2);
    const auto product = [&](int64_t at) {
        double sum = 0;
        for (int64_t p = 0; p < k; ++p) {
            sum += a.value(at / n * k + p) * b.value(p * n + at % n);
        }
        return sum;
    };
    Gemm problem;
    problem.m = m;
    problem.n = n;
    problem.k = k;
    problem.a = operand(a, m, k, false);
    problem.b = operand(b, k, n, false);
    problem.d = d.data();
    problem.d_type = MatrixType::kBF16;
    problem.d_stride = n;
    problem.bias = bias.data();
    problem.aux = aux.data();
    problem.aux_type = MatrixType::kBF16;
    problem.aux_stride = n;
    const double unit = 2 * ElementOf<BF16>::kUnit;
    const auto run = [&](GemmEpilogue epilogue) {
        bias.fill(3);
        problem.epilogue = epilogue;
        gemmCublasLt(testQueue(), problem, nullptr, 0);
    };
    run(GemmEpilogue::kBias);
    expectNear<BF16>(d, [&](int64_t i) { return product(i) + bias.value(i % n); }, unit, 1e-6);
    run(GemmEpilogue::kGelu);
    expectNear<BF16>(d, [&](int64_t i) { return gelu(product(i)); }, unit, 1e-6);
    run(GemmEpilogue::kGeluBias);
    expectNear<BF16>(d, [&](int64_t i) { return gelu(product(i) + bias.value(i % n)); }, unit, 1e-6);
    run(GemmEpilogue::kGeluAux);
    expectNear<BF16>(aux, product, unit, 1e-6);
    run(GemmEpilogue::kGeluAuxBias);
    expectNear<BF16>(aux, [&](int64_t i) { return product(i) + bias.value(i % n); }, unit, 1e-6);
    expectNear<BF16>(d, [&](int64_t i) { return gelu(product(i) + bias.value(i % n)); }, unit, 1e-6);

    const auto slope = [&](int64_t i) {
        return (gelu(aux.value(i) + 1e-5) - gelu(aux.value(i) - 1e-5)) / 2e-5;
    };
    run(GemmEpilogue::kDGelu);
    expectNear<BF16>(d, [&](int64_t i) { return product(i) * slope(i); }, unit, 1e-6);
    run(GemmEpilogue::kDGeluBiasGrad);
    expectNear<F32>(
        bias,
        [&](int64_t j) {
            double sum = 0;
            for (int64_t i = 0; i < m; ++i) {
                sum += product(i * n + j) * slope(i * n + j);
            }
            return sum;
        },
        1e-5, 1e-5);
    run(GemmEpilogue::kBiasGradB);
    expectNear<F32>(
        bias,
        [&](int64_t j) {
            double sum = 0;
            for (int64_t p = 0; p < k; ++p) {
                sum += b.value(p * n + j);
            }
            return sum;
        },
        1e-6, 1e-6);
}

TEST_F(GemmTest, WhatCublasRulesOutIsRefused) {
    using core::Code;
    const Float8Case good;
    Gemm p = good.problem;
    p.k = 0;
    EXPECT_EQ(refused(p, "k is 0; it must be at least 1"), Code::kInvalidArgument);
    p = good.problem;
    p.a.stride = 100;
    EXPECT_EQ(refused(p, "the rows of A have 256 elements, but are 100 apart"), Code::kInvalidArgument);
    p = good.problem;
    p.m = 15;
    EXPECT_EQ(refused(p, "multiples of 16; they are 15, 32 and 256"), Code::kInvalidArgument);
    p = good.problem;
    p.b.is_transposed = false;
    p.b.stride = 256;
    EXPECT_EQ(refused(p, "contiguous along k"), Code::kInvalidArgument);
    p = good.problem;
    p.a.type = MatrixType::kE5M2;
    EXPECT_EQ(refused(p, "both f8E5M2"), Code::kInvalidArgument);
    p = good.problem;
    p.b.type = MatrixType::kBF16;
    EXPECT_EQ(refused(p, "both must be 8-bit, or none"), Code::kInvalidArgument);
    p = good.problem;
    p.a.scale = nullptr;
    p.a.scale_mode = ScaleMode::kRow;
    EXPECT_EQ(refused(p, "the scale of A is NULL"), Code::kInvalidArgument);
    p = good.problem;
    p.a.data = static_cast<const char*>(p.a.data) + 8;
    EXPECT_EQ(refused(p, "A is not aligned to 16 bytes"), Code::kInvalidArgument);
    p = good.problem;
    p.epilogue = GemmEpilogue::kBias;
    EXPECT_EQ(refused(p, "bias is NULL"), Code::kInvalidArgument);
    p.epilogue = GemmEpilogue::kDGelu;
    EXPECT_EQ(refused(p, "aux is NULL"), Code::kInvalidArgument);
    p = good.problem;
    p.b.scale_mode = ScaleMode::kTile128;
    EXPECT_EQ(refused(p, "block scales need compute capability 9.0"), Code::kUnimplemented);
    p = good.problem;
    p.a.scale_mode = ScaleMode::kRow;
    EXPECT_EQ(refused(p, "row scales must be those of A and of B"), Code::kInvalidArgument);
    p = good.problem;
    p.d_scale = p.a.scale;
    EXPECT_EQ(refused(p, "belong to an FP8 result"), Code::kInvalidArgument);
}

TEST_F(GemmTest, TheFirstGoodAlgorithmIsKept) {
    Float8Case test;
    test.problem.alpha = 2;
    test.problem.m = 16;
    test.problem.d_type = MatrixType::kF32;
    Array<F32> d(test.kM * test.kN);
    test.problem.d = d.data();
    gemmCublasLt(testQueue(), test.problem, nullptr, 0);
    control->reset();
    gemmCublasLt(testQueue(), test.problem, nullptr, 0);
    const std::string calls = control->calls();
    EXPECT_EQ(calls.find("Heuristic"), std::string::npos);
    EXPECT_NE(calls.find("cublasLtMatmul(algo=7"), std::string::npos);
}

TEST_F(GemmTest, EveryFailureIsTypedAndLeavesNothing) {
    Float8Case test;
    test.problem.alpha = 4;
    int k = 0;
    for (; k < 100; ++k) {
        test.problem.k = 256 - 16 * (k % 8);  // a shape that no algorithm is kept for, at first
        test.problem.a.stride = 256;
        control->reset();
        control->fail(nullptr, k, 15);
        bool has_failed = false;
        try {
            gemmCublasLt(testQueue(), test.problem, nullptr, 0);
        } catch (const core::Error& error) {
            has_failed = true;
            EXPECT_EQ(error.code(), core::Code::kUnimplemented) << error.message();
            EXPECT_EQ(error.backend(), "cuda");
        }
        const bool was_injected = control->failed() != 0;
        control->fail(nullptr, -1, 0);
        if (!was_injected) {
            EXPECT_FALSE(has_failed);
            break;
        }
        alive_before = has_failed ? alive_before : alive();  // what failed then was the cleaning up
    }
    EXPECT_GT(k, 20);
}

}  // namespace
}  // namespace optirs::cuda
