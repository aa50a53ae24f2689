// Measured choices: how candidates are timed, what is kept of it in memory and in the file, and who asks for
// it.
#include "src/cuda/tuning.h"

#include <dlfcn.h>
#include <gmock/gmock.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "kernels.h"
#include "mock/control.h"
#include "src/core/error.h"
#include "src/cuda/gemm_choice.h"
#include "src/cuda/tuning_cache.h"

namespace optirs::cuda {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const mock::Control& cublasLtControl() {
    void* library = dlopen(OPTIRS_TEST_FOLDER "/mock/libcublasLt.so.13", RTLD_NOW | RTLD_LOCAL);
    return *reinterpret_cast<const mock::Control* (*)()>(dlsym(library, "optirs_mock_control"))();
}
const mock::DriverControl& driverControl() {
    void* library = dlopen(OPTIRS_TEST_FOLDER "/mock/libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    return *reinterpret_cast<const mock::DriverControl* (*)()>(dlsym(library, "optirs_mock_driver"))();
}
void setElapsed(std::vector<float> milliseconds) {
    driverControl().set_elapsed(milliseconds.data(), static_cast<int64_t>(milliseconds.size()));
}

/// A file of its own for each test.
class TuningCacheTest : public ::testing::Test {
 protected:
    TuningCacheTest() { std::filesystem::remove_all(folder); }
    ~TuningCacheTest() override { std::filesystem::remove_all(folder); }

    std::string contents() const {
        std::ifstream stream(file);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    void append(const std::string& text) const { std::ofstream(file, std::ios::app) << text; }

    const std::string folder = test::own_cache.tuningFile() + "-of-test";
    const std::string file = folder + "/below/cuda.txt";
};

TEST_F(TuningCacheTest, EntriesOutliveTheCacheAndTheLastOneCounts) {
    {
        TuningCache cache(file);
        EXPECT_EQ(cache.find("a b"), std::nullopt);
        cache.keep("a b", "1 2");
        cache.keep("c", "");
        cache.keep("a b", "3");
        EXPECT_EQ(cache.find("a b"), "3");
    }
    TuningCache again(file);
    EXPECT_EQ(again.find("a b"), "3");
    EXPECT_EQ(again.find("c"), "");
    EXPECT_EQ(again.find("a"), std::nullopt);
}

TEST_F(TuningCacheTest, DamagedLinesAreIgnored) {
    TuningCache(file).keep("good", "1");
    TuningCache(file).keep("bad", "1");
    std::string text = contents();
    text.replace(text.find("bad\t1"), 5, "bad\t2");  // against its checksum
    std::filesystem::remove(file);
    append(text + "no checksum\tvalue\n\n \t \n0123456789abcdef \t\n" +
           text.substr(0, 20));  // and one cut off
    TuningCache cache(file);
    EXPECT_EQ(cache.find("good"), "1");
    EXPECT_EQ(cache.find("bad"), std::nullopt);
    EXPECT_EQ(cache.find("no checksum"), std::nullopt);
    cache.keep("new", "5");
    EXPECT_EQ(TuningCache(file).find("new"), "5") << "after a line that was cut off";
}

TEST_F(TuningCacheTest, AFileThatCannotBeWrittenIsAnErrorAndTheChoiceHolds) {
    std::filesystem::create_directories(file);  // a folder in its place
    TuningCache cache(file);
    try {
        cache.keep("key", "1");
        FAIL();
    } catch (const core::Error& error) {
        EXPECT_EQ(error.code(), core::Code::kUnavailable);
        EXPECT_THAT(error.message(), HasSubstr("cannot write " + file));
    }
    EXPECT_EQ(cache.find("key"), "1");
    TuningCache none("");
    none.keep("key", "1");
    EXPECT_EQ(none.find("key"), "1");
}

TEST_F(TuningCacheTest, AKeySaysDeviceLibraryAndNumbers) {
    const Queue queue = testQueue();
    const std::array<int64_t, 2> numbers = {4, -1};
    const std::string key = tuningKey("matmul", queue.device, "cuBLASLt", 130100, numbers);
    EXPECT_THAT(key, HasSubstr("matmul | "));
    EXPECT_THAT(key, HasSubstr(" | sm_90 | cuBLASLt 130100 | 4 -1"));
}

/// Candidates that do nothing; those after the second fail.
class MeasureTest : public ::testing::Test {
 protected:
    std::vector<optirs_timing> run(size_t count, size_t sets = 3) {
        std::vector<TuningCandidate> candidates;
        for (size_t i = 0; i < count; ++i) {
            candidates.push_back({OPTIRS_CANDIDATE_CUBLASLT, static_cast<int32_t>(i), [this, i](size_t set) {
                                      if (i >= 2) {
                                          throw core::Error(core::Code::kInternal, "it failed");
                                      }
                                      used.push_back(set);
                                  }});
        }
        return measure(testQueue(), candidates, sets);
    }

    std::vector<size_t> used;
};

TEST_F(MeasureTest, TheLeastTimeOfEachCountsRoundByRound) {
    setElapsed({40, 80, 20, 12, 60, 16, 32, 16, 36, 48});
    const auto timings = run(3);
    ASSERT_EQ(timings.size(), 3U);
    EXPECT_FLOAT_EQ(timings[0].milliseconds, 5);  // a quarter of the least of every second time
    EXPECT_FLOAT_EQ(timings[1].milliseconds, 3);
    EXPECT_TRUE(std::isinf(timings[2].milliseconds)) << "it failed";
    EXPECT_EQ(timings[0].is_chosen + timings[2].is_chosen, 0);
    EXPECT_EQ(timings[1].is_chosen, 1);
    EXPECT_EQ(chosenOf(timings), 1U);
}

TEST_F(MeasureTest, SetsTakeTurns) {
    run(2);
    ASSERT_EQ(used.size(), 2U + 2U * 5U * 4U);
    for (size_t i = 2; i < used.size(); ++i) {
        EXPECT_EQ(used[i], (i - 1) % 3) << i;
    }
}

TEST_F(MeasureTest, IfAllFailTheErrorIsTheirs) {
    std::vector<TuningCandidate> failing = {
        {OPTIRS_CANDIDATE_OWN, 0, [](size_t) { throw core::Error(core::Code::kInternal, "it failed"); }}};
    try {
        measure(testQueue(), failing, 1);
        FAIL();
    } catch (const core::Error& error) {
        EXPECT_EQ(error.message(), "it failed");
    }
    EXPECT_THROW(measure(testQueue(), {}, 1), core::Error);
}

/// Products on the mock cuBLASLt, whose heuristic names the algorithms 7 and 8.
class TuneGemmTest : public ::testing::Test {
 protected:
    TuneGemmTest() {
        testQueue();
        cublasLtControl().reset();
    }
    ~TuneGemmTest() override { EXPECT_STREQ(cublasLtControl().violations(), ""); }

    /// FP8, which the own kernel can compute too.
    Gemm float8Problem(int64_t m) {
        Gemm made;
        made.m = m;
        made.n = 16;
        made.k = 32;
        made.a = {codes.data(), MatrixType::kE4M3, false, 32, 0};
        made.b = {codes.data(), MatrixType::kE4M3, true, 32, 0};
        made.d = narrow.data();
        made.d_type = MatrixType::kBF16;
        made.d_stride = 16;
        return made;
    }
    /// What the process keeps for the next one.
    static std::string keptFor(const Gemm& with) {
        return TuningCache(test::own_cache.tuningFile())
            .find(tuningKeyOf(keyOf(testQueue().device, with, 4096)))
            .value_or("");
    }
    Gemm problem(int64_t m) {
        Gemm made;
        made.m = m;
        made.n = made.k = 8;
        made.a = {a.data(), MatrixType::kF32, false, 8, 0};
        made.b = {b.data(), MatrixType::kF32, false, 8, 0};
        made.d = d.data();
        made.d_stride = 8;
        return made;
    }
    std::string algorithmOf(const Gemm& with, uint64_t bytes) {
        cublasLtControl().reset();
        gemm(testQueue(), with, workspace(), bytes);
        const std::string calls = cublasLtControl().calls();
        const size_t at = calls.find("cublasLtMatmul(algo=");
        if (at == std::string::npos) {
            return "own";
        }
        return calls.substr(at + 20, 1) +
               (calls.find("Heuristic") == std::string::npos ? "" : " by the heuristic");
    }
    void* workspace() {
        return reinterpret_cast<void*>((reinterpret_cast<uintptr_t>(storage.data()) + 255) / 256 * 256);
    }

    Array<F32> a{64 * 8};
    Array<F32> b{64};
    Array<F32> d{64 * 8};
    TuningMemory codes{testQueue().device, 64 * 32};  // tensor maps are of the device's memory
    Array<BF16> narrow{64 * 16};
    std::vector<std::byte> storage = std::vector<std::byte>(4096 + 256);
};

TEST_F(TuneGemmTest, LaterCallsTakeTheFastest) {
    const std::array<Gemm, 2> problems = {problem(3), problem(3)};
    EXPECT_EQ(algorithmOf(problems[0], 4096), "7 by the heuristic");
    setElapsed({9, 5, 9, 5, 9, 5, 9, 5, 9, 5});
    const auto timings = tuneGemm(testQueue(), problems, workspace(), 4096);
    ASSERT_EQ(timings.size(), 2U);
    EXPECT_EQ(timings[1].rank, 1);
    EXPECT_EQ(timings[1].is_chosen, 1);
    EXPECT_EQ(algorithmOf(problems[0], 4096), "8");
    EXPECT_EQ(algorithmOf(problem(4), 4096), "7 by the heuristic") << "another shape";
    EXPECT_EQ(algorithmOf(problems[0], 2048), "7 by the heuristic") << "another workspace";
    const std::array<Gemm, 2> mixed = {problem(3), problem(4)};
    EXPECT_THROW(tuneGemm(testQueue(), mixed, workspace(), 4096), core::Error);
}

TEST_F(TuneGemmTest, TheOwnFloat8KernelIsACandidate) {
    const std::array<Gemm, 1> problems = {float8Problem(32)};
    EXPECT_EQ(algorithmOf(problems[0], 4096), "7 by the heuristic");
    setElapsed({9, 8, 5, 9, 8, 5, 9, 8, 5, 9, 8, 5, 9, 8, 5});
    auto timings = tuneGemm(testQueue(), problems, workspace(), 4096);
    ASSERT_EQ(timings.size(), 3U);
    EXPECT_EQ(timings[1].candidate, OPTIRS_CANDIDATE_CUBLASLT);
    EXPECT_EQ(timings[2].candidate, OPTIRS_CANDIDATE_OWN);
    EXPECT_EQ(timings[2].rank, 0);
    EXPECT_EQ(timings[2].is_chosen, 1);
    EXPECT_EQ(algorithmOf(problems[0], 4096), "own");
    EXPECT_EQ(keptFor(problems[0]), "own");
    EXPECT_EQ(algorithmOf(float8Problem(48), 4096), "7 by the heuristic") << "another shape";
    // Measured again, with another outcome.
    setElapsed({9, 4, 5, 9, 4, 5, 9, 4, 5, 9, 4, 5, 9, 4, 5});
    timings = tuneGemm(testQueue(), problems, workspace(), 4096);
    EXPECT_EQ(timings[1].is_chosen, 1);
    EXPECT_EQ(algorithmOf(problems[0], 4096), "8");
    EXPECT_EQ(keptFor(problems[0]).substr(0, 2), "8 ");
}

TEST_F(TuneGemmTest, WhereCublasLtCannotTheOwnFloat8KernelIsAlone) {
    const std::array<Gemm, 1> problems = {float8Problem(15)};
    const auto timings = tuneGemm(testQueue(), problems, workspace(), 4096);
    ASSERT_EQ(timings.size(), 1U);
    EXPECT_EQ(timings[0].candidate, OPTIRS_CANDIDATE_OWN);
    EXPECT_EQ(algorithmOf(problems[0], 4096), "own");
}

TEST_F(TuneGemmTest, ThatTheOwnFloat8KernelWasFastestInAnEarlierProcessCounts) {
    const Gemm like = float8Problem(64);
    TuningCache::global().keep(tuningKeyOf(keyOf(testQueue().device, like, 4096)), "own");
    EXPECT_EQ(algorithmOf(like, 4096), "own");
}

TEST_F(TuneGemmTest, WhatAnEarlierProcessMeasuredIsTakenIfTheLibraryAgrees) {
    // As this process would keep it for another shape.
    const auto kept = [&](int64_t m, uint64_t bytes, const std::string& algorithm) {
        const std::array<Gemm, 1> like = {problem(m + 40)};
        tuneGemm(testQueue(), like, workspace(), bytes);
        std::ifstream lines(test::own_cache.tuningFile());
        std::string key;
        for (std::string line; std::getline(lines, line);) {
            if (line.find("| " + std::to_string(m + 40) + " 8 8 ") != std::string::npos) {
                key = line.substr(17, line.find('\t') - 17);
            }
        }
        ASSERT_FALSE(key.empty());
        key.replace(key.find("| " + std::to_string(m + 40) + " "), 5, "| " + std::to_string(m) + " ");
        TuningCache::global().keep(key, algorithm);
    };
    kept(5, 4096, "8 0 0 0 0 0 0 0");
    EXPECT_EQ(algorithmOf(problem(5), 4096), "8");
    kept(6, 4096, "9 0 0 0 0 0 0 0");
    EXPECT_EQ(algorithmOf(problem(6), 4096), "7 by the heuristic") << "not an algorithm of the library";
    kept(7, 4096, "8 0 0");
    EXPECT_EQ(algorithmOf(problem(7), 4096), "7 by the heuristic") << "not eight numbers";
    kept(8, 512, "8 0 0 0 0 0 0 0");
    EXPECT_EQ(algorithmOf(problem(8), 512), "7 by the heuristic") << "needs more workspace";
}

}  // namespace
}  // namespace optirs::cuda
