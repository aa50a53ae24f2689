// optirs/tune.h on the mock machine, whose clock the tests set, and what calls take after it.
#include <gmock/gmock.h>
#include <optirs/tune.h>

#include <fstream>

#include "cudnn_twins.h"

namespace optirs::test {
namespace {

using ::testing::HasSubstr;

class TuneTest : public CudnnAttentionTest {
 protected:
    TuneTest() { cublasLt().reset(); }
    ~TuneTest() override {
        EXPECT_STREQ(cublasLt().violations(), "");
        driver().set_elapsed(nullptr, 0);
        driver().set_capability(9, 0);
    }

    static const mock::Control& cublasLt() { return mockControl("libcublasLt.so.13"); }

    /// Of two candidates; times of the first and of the second, in every round.
    static void setElapsed(float first, float second) {
        std::vector<float> times;
        for (int round = 0; round < 5; ++round) {
            times.push_back(first);
            times.push_back(second);
        }
        driver().set_elapsed(times.data(), static_cast<int64_t>(times.size()));
    }

    static optirs_matmul_shape product() {
        optirs_matmul_shape shape{};
        shape.struct_size = sizeof(shape);
        shape.batch = 1;
        shape.m = 16;
        shape.n = 32;
        shape.k = 48;
        shape.type = shape.out_type = OPTIRS_DTYPE_BF16;
        return shape;
    }
    static optirs_attention_shape attention(const Attention& a) {
        optirs_attention_shape shape{};
        shape.struct_size = sizeof(shape);
        shape.batch = a.batch;
        shape.rows = a.rows;
        shape.columns = a.columns;
        shape.heads = a.heads;
        shape.kv_heads = a.kv_heads;
        shape.width = a.width;
        shape.type = OPTIRS_DTYPE_BF16;
        shape.mask = a.mask;
        return shape;
    }

    Failure tune(const optirs_matmul_shape& shape) {
        return take(optirs_tune_matmul(queue.get(), &shape, timings.data(), OPTIRS_MAX_TIMINGS, &found));
    }
    Failure tune(const optirs_attention_shape& shape) {
        return take(optirs_tune_attention(queue.get(), &shape, timings.data(), OPTIRS_MAX_TIMINGS, &found));
    }
    template <class Shape>
    void expectTuned(const Shape& shape, int64_t candidates, int64_t chosen) {
        const Failure failure = tune(shape);
        EXPECT_EQ(failure.code, OPTIRS_OK) << failure.message;
        ASSERT_EQ(found, candidates);
        for (int64_t i = 0; i < found; ++i) {
            EXPECT_EQ(timings[static_cast<size_t>(i)].is_chosen, i == chosen ? 1 : 0) << i;
        }
    }
    template <class Shape>
    void expectRefused(const Shape& shape, optirs_status code, const char* text) {
        const Failure failure = tune(shape);
        EXPECT_EQ(failure.code, code) << failure.message;
        EXPECT_THAT(failure.message, HasSubstr(text));
        EXPECT_EQ(found, 0);
    }

    std::array<optirs_timing, OPTIRS_MAX_TIMINGS> timings{};
    int64_t found = 7;
};

TEST_F(TuneTest, AProductTakesTheFastestAlgorithm) {
    setElapsed(8, 4);
    expectTuned(product(), 2, 1);
    EXPECT_EQ(timings[0].candidate, OPTIRS_CANDIDATE_CUBLASLT);
    EXPECT_FLOAT_EQ(timings[0].milliseconds, 2);
    EXPECT_FLOAT_EQ(timings[1].milliseconds, 1);
    EXPECT_EQ(timings[1].rank, 1);

    Twin& left = normal(kBF16, {16, 48});
    Twin& right = normal(kBF16, {48, 32});
    Twin& made = result(kBF16, {16, 32});
    cublasLt().reset();
    runBoth<optirs_matmul_args>(OPTIRS_KERNEL_MATMUL, optirs_matmul, [&](auto& args, int at) {
        args.a = &left.tensors[at];
        args.b = &right.tensors[at];
        args.out = &made.tensors[at];
        args.alpha = 1;
    });
    EXPECT_EQ(count(cublasLt().calls(), "cublasLtMatmul(algo=8"), 1U);
    EXPECT_EQ(count(cublasLt().calls(), "Heuristic"), 0U);
    expectSame(made, KernelFamilyTest::unitOf(kBF16), 1e-2);
    std::ifstream file(own_cache.tuningFile());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_THAT(text, HasSubstr("cuBLASLt"));
    EXPECT_THAT(text, HasSubstr("\t8 0 0 0 0 0 0 0\n"));
}

TEST_F(TuneTest, EveryFormOfAProduct) {
    optirs_matmul_shape shape = product();
    shape.batch = 3;
    shape.transpose_a = shape.transpose_b = 1;
    expectTuned(shape, 2, 0);  // each event is a millisecond later: the first of equals
    shape = product();
    shape.type = OPTIRS_DTYPE_F8E4M3FN;
    shape.transpose_b = 1;
    shape.has_bias = 1;
    shape.epilogue = 1;
    shape.fast_accumulation = 1;
    expectTuned(shape, 3, 0);
    EXPECT_EQ(timings[2].candidate, OPTIRS_CANDIDATE_OWN) << "of 8 bits the own kernel can, too";
    shape.out_type = OPTIRS_DTYPE_F8E4M3FN;
    shape.epilogue = 0;
    expectTuned(shape, 3, 0);
    shape = product();
    shape.type = OPTIRS_DTYPE_F16;
    shape.out_type = OPTIRS_DTYPE_F32;
    shape.has_bias = 1;
    expectTuned(shape, 2, 0);
}

TEST_F(TuneTest, AttentionTakesTheFasterOfCudnnAndTheOwnKernels) {
    const Attention a{.type = kBF16, .rows = 24, .columns = 40, .width = 16, .value_width = 16};
    checkCudnn("unmeasured", a);
    setElapsed(4, 8);
    expectTuned(attention(a), 2, 0);
    EXPECT_EQ(timings[0].candidate, OPTIRS_CANDIDATE_OWN);
    EXPECT_EQ(timings[1].candidate, OPTIRS_CANDIDATE_CUDNN);
    checkCudnn("the backward pass is not measured yet", a, 1);
    optirs_attention_shape backward = attention(a);
    backward.is_backward = 1;
    setElapsed(4, 8);
    expectTuned(backward, 2, 0);
    checkOwn("both", a);
    setElapsed(8, 4);
    expectTuned(attention(a), 2, 1);
    checkCudnn("measured again", a, 1);
}

TEST_F(TuneTest, OnAnOlderDeviceCudnnIsTakenWhereItIsFaster) {
    driver().set_capability(8, 0);
    const Attention a{.type = kBF16, .rows = 23, .columns = 40, .width = 16, .value_width = 16};
    checkOwn("unmeasured", a);
    setElapsed(8, 4);
    expectTuned(attention(a), 2, 1);
    checkCudnn("measured", a, 1);
}

TEST_F(TuneTest, AttentionThatOnlyTheOwnKernelsHaveIsTimed) {
    optirs_attention_shape shape = attention({.rows = 5, .columns = 9, .width = 12});
    expectTuned(shape, 1, 0);
    EXPECT_EQ(timings[0].candidate, OPTIRS_CANDIDATE_OWN);
    EXPECT_GT(timings[0].milliseconds, 0);
}

TEST_F(TuneTest, WhatIsWrongIsNamed) {
    optirs_matmul_shape shape = product();
    shape.m = 0;
    expectRefused(shape, OPTIRS_INVALID_ARGUMENT, "matmul: a has an extent of 0");
    shape = product();
    shape.k = int64_t{1} << 62;
    expectRefused(shape, OPTIRS_INVALID_ARGUMENT, "a has an extent of 4611686018427387904");
    shape = product();
    shape.type = OPTIRS_DTYPE_F64;
    expectRefused(shape, OPTIRS_INVALID_ARGUMENT,
                  "cannot measure f64: f32, bf16, f16, f8E4M3FN or f8E5M2 are expected");
    shape.type = 12345;
    expectRefused(shape, OPTIRS_INVALID_ARGUMENT, "a has the type 12345, which no tensor has");
    shape = product();
    shape.epilogue = OPTIRS_EPILOGUE_GELU_BACKWARD;
    expectRefused(shape, OPTIRS_INVALID_ARGUMENT, "aux");
    shape = product();
    shape.m = shape.n = shape.k = int64_t{1} << 15;
    expectRefused(shape, OPTIRS_RESOURCE_EXHAUSTED, "bytes");
    optirs_attention_shape scores = attention({});
    scores.kv_heads = 3;
    expectRefused(scores, OPTIRS_INVALID_ARGUMENT, "attention: ");
    shape = product();
    shape.struct_size = 0;
    expectRefused(shape, OPTIRS_INVALID_ARGUMENT, "shape->struct_size is 0");
    EXPECT_EQ(take(optirs_tune_matmul(nullptr, &shape, timings.data(), OPTIRS_MAX_TIMINGS, &found)).message,
              "argument stream is NULL");
    EXPECT_EQ(take(optirs_tune_matmul(queue.get(), nullptr, timings.data(), OPTIRS_MAX_TIMINGS, &found)).code,
              OPTIRS_INVALID_ARGUMENT);
    EXPECT_EQ(take(optirs_tune_matmul(queue.get(), &shape, nullptr, OPTIRS_MAX_TIMINGS, &found)).message,
              "argument timings is NULL");
    EXPECT_EQ(take(optirs_tune_matmul(queue.get(), &shape, timings.data(), 3, &found)).message,
              "there is room for 3 timings, expected 16");
}

TEST_F(TuneTest, EveryFailureOfTheDriverIsTypedAndLeavesNothing) {
    const int64_t events = driver().live("events");
    int failures = 0;
    for (const char* function :
         {"cuEventCreate", "cuEventRecord", "cuEventSynchronize", "cuEventElapsedTime", "cuMemAlloc_v2"}) {
        SCOPED_TRACE(function);
        control().fail(function, 0, 719);
        const Failure failure = tune(product());
        failures += failure.code != OPTIRS_OK ? 1 : 0;
        EXPECT_EQ(driver().live("events"), events);
        control().fail(nullptr, -1, 0);
    }
    EXPECT_EQ(failures, 5);
}

}  // namespace
}  // namespace optirs::test
