// Matrix products through the mock cuBLASLt, which computes what it is asked for in float64 and checks the
// contract.
#include <dlfcn.h>

#include <memory>
#include <utility>

#include "kernels.h"
#include "mock/control.h"
#include "src/core/error.h"
#include "src/cuda/gemm.h"

namespace optirs::cuda {
namespace {

template <class T>
struct MatrixTypeOf;
#define OPTIRS_TYPE(T, value)                                   \
    template <>                                                 \
    struct MatrixTypeOf<T> {                                    \
        static constexpr MatrixType kValue = MatrixType::value; \
    }
OPTIRS_TYPE(F32, kF32);
OPTIRS_TYPE(F16, kF16);
OPTIRS_TYPE(BF16, kBF16);
OPTIRS_TYPE(E4M3, kE4M3);
OPTIRS_TYPE(E5M2, kE5M2);

class GemmTest : public ::testing::Test {
 protected:
    GemmTest() {
        testQueue();
        void* library = dlopen(OPTIRS_TEST_FOLDER "/mock/libcublasLt.so.13", RTLD_NOW | RTLD_LOCAL);
        control = reinterpret_cast<const mock::Control* (*)()>(dlsym(library, "optirs_mock_control"))();
        alive = reinterpret_cast<int64_t (*)()>(dlsym(library, "optirs_mock_alive"));
        control->reset();
        alive_before = alive();
    }
    ~GemmTest() override {
        EXPECT_STREQ(control->violations(), "");
        EXPECT_EQ(alive(), alive_before) << "descriptors that were not destroyed";
    }

    core::Code refused(const Gemm& problem, const char* text) {
        try {
            gemmCublasLt(testQueue(), problem, nullptr, 0);
        } catch (const core::Error& error) {
            EXPECT_NE(error.message().find(text), std::string::npos) << error.message();
            return error.code();
        }
        ADD_FAILURE() << "accepted: " << text;
        return core::Code::kUnknown;
    }

    const mock::Control* control = nullptr;
    int64_t (*alive)() = nullptr;
    int64_t alive_before = 0;
};

template <class T>
MatrixOperand operand(Array<T>& array, int64_t rows, int64_t columns, bool is_transposed) {
    return {array.data(), MatrixTypeOf<T>::kValue, is_transposed, is_transposed ? rows : columns,
            rows * columns};
}

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

struct Float8Case {
    Float8Case() {
        for (int64_t i = 0; i < kM * kK; ++i) {
            a.set(i, std::sin(static_cast<double>(i)) * 100);
        }
        for (int64_t i = 0; i < kN * kK; ++i) {
            b.set(i, std::cos(static_cast<double>(i)) * 50);
        }
        problem.m = kM;
        problem.n = kN;
        problem.k = kK;
        problem.a = operand(a, kM, kK, false);
        problem.b = operand(b, kK, kN, true);
        problem.a.scale = &a_scale;
        problem.b.scale = &b_scale;
        problem.d = d.data();
        problem.d_type = MatrixType::kBF16;
        problem.d_stride = kN;
    }

    static constexpr int64_t kM = 16;
    static constexpr int64_t kN = 32;
    static constexpr int64_t kK = 256;
    Array<E4M3> a{kM * kK};
    Array<E5M2> b{kN * kK};
    Array<BF16> d{kM * kN};
    float a_scale = 0.01F;
    float b_scale = 0.02F;
    Gemm problem;
};

TEST_F(GemmTest, Float8WithOneScaleEach) {
    Float8Case test;
    for (const bool fast : {false, true}) {
        control->reset();
        test.problem.has_fast_accumulation = fast;
        gemmCublasLt(testQueue(), test.problem, nullptr, 0);
        expectNear<BF16>(
            test.d,
            [&](int64_t at) {
                double sum = 0;
                for (int64_t p = 0; p < test.kK; ++p) {
                    sum +=
                        test.a.value(at / test.kN * test.kK + p) * test.b.value(at % test.kN * test.kK + p);
                }
                return sum * static_cast<double>(test.a_scale) * static_cast<double>(test.b_scale);
            },
            2 * ElementOf<BF16>::kUnit, 1e-5);
        EXPECT_NE(std::string(control->calls()).find("attribute=25, bytes=1"), std::string::npos);
        EXPECT_EQ(std::string(control->calls()).find("attribute=31"),
                  std::string::npos);  // unknown before 12.8
    }
}

TEST_F(GemmTest, Float8ResultWithScaleAndAmax) {
    Float8Case test;
    Array<E4M3> d(test.kM * test.kN);
    float d_scale = 3;
    float amax = 0;
    test.problem.d = d.data();
    test.problem.d_type = MatrixType::kE4M3;
    test.problem.d_scale = &d_scale;
    test.problem.d_amax = &amax;
    gemmCublasLt(testQueue(), test.problem, nullptr, 0);
    float greatest = 0;
    for (int64_t i = 0; i < d.size(); ++i) {
        greatest = std::fmax(greatest, static_cast<float>(std::fabs(d.value(i))));
    }
    EXPECT_NEAR(static_cast<double>(greatest), static_cast<double>(amax * d_scale),
                static_cast<double>(greatest) / 16);
}

TEST_F(GemmTest, Float8WithRowScales) {
    Float8Case test;
    Array<F32> a_scales(test.kM);
    Array<F32> b_scales(test.kN);
    a_scales.fill(4);
    b_scales.fill(5);
    test.problem.a.scale = &a_scales.data()->bits;
    test.problem.b.scale = &b_scales.data()->bits;
    test.problem.a.scale_mode = ScaleMode::kRow;
    test.problem.b.scale_mode = ScaleMode::kRow;
    gemmCublasLt(testQueue(), test.problem, nullptr, 0);
    expectNear<BF16>(
        test.d,
        [&](int64_t at) {
            double sum = 0;
            for (int64_t p = 0; p < test.kK; ++p) {
                sum += test.a.value(at / test.kN * test.kK + p) * test.b.value(at % test.kN * test.kK + p);
            }
            return sum * a_scales.value(at / test.kN) * b_scales.value(at % test.kN);
        },
        2 * ElementOf<BF16>::kUnit, 1);
}

TEST_F(GemmTest, HopperHasWhatCublasLtLacks) {
    const Float8Case good;
    EXPECT_TRUE(isForHopper(90, good.problem));
    EXPECT_FALSE(isForHopper(100, good.problem));
    EXPECT_FALSE(prefersHopper(good.problem));
    const auto expectHopper = [&](const std::function<void(Gemm&)>& change) {
        Gemm changed = good.problem;
        change(changed);
        EXPECT_TRUE(prefersHopper(changed));
        EXPECT_TRUE(isForHopper(90, changed));
    };
    expectHopper([](Gemm& p) { p.a.scale_mode = ScaleMode::kBlock128; });
    expectHopper([](Gemm& p) { p.b.scale_mode = ScaleMode::kTile128; });
    expectHopper([](Gemm& p) { p.b.scale_mode = ScaleMode::kRow; });
    expectHopper([](Gemm& p) { p.a.type = p.b.type = MatrixType::kE5M2; });
    expectHopper([](Gemm& p) { p.m = 15; });
    expectHopper([](Gemm& p) { p.n = 31; });
    expectHopper([](Gemm& p) { p.d = static_cast<char*>(p.d) + 2; });

    Gemm rows = good.problem;
    rows.a.scale_mode = rows.b.scale_mode = ScaleMode::kRow;
    EXPECT_FALSE(prefersHopper(rows));
    auto& cublaslt = libraries().cublaslt;
    const auto version = std::exchange(cublaslt.version, 120803);
    EXPECT_TRUE(prefersHopper(rows));
    cublaslt.version = version;
    cublaslt.is_loaded = false;
    EXPECT_TRUE(prefersHopper(good.problem));
    cublaslt.is_loaded = true;
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
