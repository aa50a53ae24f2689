// Products of 8-bit floats with their scales, and which of them are cuBLASLt's.
#include <functional>
#include <utility>

#include "gemm_test.h"

namespace optirs::cuda {
namespace {

using GemmFloat8 = GemmTest;

TEST_F(GemmFloat8, WithOneScaleEach) {
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

TEST_F(GemmFloat8, ResultWithScaleAndAmax) {
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

TEST_F(GemmFloat8, WithRowScales) {
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

TEST_F(GemmFloat8, HopperHasWhatCublasLtLacks) {
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

}  // namespace
}  // namespace optirs::cuda
