// Large products, whose operands are packed once for all threads.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "pjrt_cpu/runtime/contraction.h"
#include "src/cpu/pack_block.h"
#include "src/cpu/thread_pool.h"
#include "step_runner.h"

namespace optirs::plugin {
namespace {

using testing::bytes;
using testing::runStep;
using Kind = ContractionSpec::Kind;

struct Case {
    int64_t m, n, k;
    bool lhs_transposed, rhs_transposed;
};

class PackedProductTest : public ::testing::TestWithParam<Case> {
 protected:
    void SetUp() override {
        const Case& c = GetParam();
        spec_.lhs = spec_.rhs = spec_.out = ElementType::kF32;
        spec_.dims = {{c.m, Kind::kM, c.lhs_transposed ? 1 : c.k, 0, c.n + 3},
                      {c.n, Kind::kN, 0, c.rhs_transposed ? c.k : 1, 1},
                      {c.k, Kind::kK, c.lhs_transposed ? c.m : 1, c.rhs_transposed ? 1 : c.n, 0}};
        spec_.lhs_allocation = 0;
        spec_.rhs_allocation = 1;
        spec_.out_allocation = 2;
        std::mt19937 random(3);
        std::uniform_real_distribution<float> uniform(-1, 1);
        for (int64_t i = 0; i < c.m * c.k; ++i) lhs_.push_back(uniform(random));
        for (int64_t i = 0; i < c.k * c.n; ++i) rhs_.push_back(uniform(random));
    }

    std::vector<float> run(ThreadPool& pool) {
        const Case& c = GetParam();
        std::vector<float> out(static_cast<size_t>(c.m * (c.n + 3)), 7.0F);
        const auto step = makeContractionStep(spec_);
        if (cpu::packsBlocks()) {
            EXPECT_NE(step->describe().find("packed tiles"), std::string::npos) << step->describe();
        }
        runStep(*step, {bytes(lhs_), bytes(rhs_), bytes(out), bytes(bias_)}, pool);
        return out;
    }

    double expected(int64_t row, int64_t column) const {
        const Case& c = GetParam();
        double sum = 0;
        for (int64_t k = 0; k < c.k; ++k) {
            const auto l = static_cast<size_t>(c.lhs_transposed ? k * c.m + row : row * c.k + k);
            const auto r = static_cast<size_t>(c.rhs_transposed ? column * c.k + k : k * c.n + column);
            sum += static_cast<double>(lhs_[l]) * rhs_[r];
        }
        return sum;
    }

    void check(const std::vector<float>& out, double added) const {
        const Case& c = GetParam();
        for (int64_t row = 0; row < c.m; ++row) {
            // Every row and every column, but not every element.
            for (int64_t column = row % 17; column < c.n; column += 17) {
                ASSERT_NEAR(out[static_cast<size_t>(row * (c.n + 3) + column)],
                            expected(row, column) + added * static_cast<double>(row), 1e-4)
                    << row << ", " << column;
            }
            for (int64_t column = c.n; column < c.n + 3; ++column)
                ASSERT_EQ(out[static_cast<size_t>(row * (c.n + 3) + column)], 7.0F) << "wrote past the row";
        }
    }

    ContractionSpec spec_;
    std::vector<float> lhs_, rhs_, bias_{0.5F};
};

TEST_P(PackedProductTest, AgreesWithSumsInDoubleOnAnyThreads) {
    const std::vector<float> out = run(testing::pool());
    check(out, 0);
    ThreadPool alone(1);
    EXPECT_EQ(std::memcmp(run(alone).data(), out.data(), out.size() * sizeof(float)), 0);
}

/// Of rows of 70, as its epilogue is.
class PackedEpilogueTest : public PackedProductTest {};

/// Adds bias * row to what is in the columns.
void addRowNumber(std::byte* const* buffers, int64_t begin, int64_t end) {
    auto* out = reinterpret_cast<float*>(buffers[0]);
    const auto* bias = reinterpret_cast<const float*>(buffers[1]);
    for (int64_t row = begin; row < end; ++row) {
        for (int64_t column = 0; column < 70; ++column)
            out[row * 73 + column] += *bias * static_cast<float>(row);
    }
}

TEST_P(PackedEpilogueTest, SeesEveryRowOnce) {
    spec_.epilogue = addRowNumber;
    spec_.epilogue_allocations = {2, 3};
    check(run(testing::pool()), 0.5);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, PackedProductTest,
    ::testing::Values(Case{403, 205, 411, true, false}, Case{403, 205, 411, true, true},
                      Case{403, 205, 411, false, false}, Case{403, 205, 411, false, true},
                      Case{200, 1030, 3000, true, false}, Case{700, 300, 17, false, false},
                      Case{32, 500, 784, false, true}, Case{17, 3072, 75, true, false},
                      Case{191, 66, 387, false, true}, Case{8, 1030, 400, true, true},
                      Case{12, 301, 400, false, true}, Case{64, 97, 801, true, true},
                      // Rows packed by their task; several chunks of k, and of columns.
                      Case{1300, 790, 40, false, false}, Case{1300, 70, 390, true, true},
                      Case{403, 1200, 1300, false, true}, Case{400, 5300, 200, true, false}));
INSTANTIATE_TEST_SUITE_P(Shapes, PackedEpilogueTest,
                         ::testing::Values(Case{800, 70, 800, true, true}, Case{800, 70, 800, false, false},
                                           Case{100, 70, 900, false, true},
                                           Case{420, 70, 14000, false, false}));

}  // namespace
}  // namespace optirs::plugin
