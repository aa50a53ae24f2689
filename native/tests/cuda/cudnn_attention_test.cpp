// Attention by cuDNN, beside the CPU's: the mock library computes the graphs that it is given.
#include <dlfcn.h>

#include "attention_twins.h"

namespace optirs::test {
namespace {

class CudnnAttentionTest : public AttentionTest {
 protected:
    CudnnAttentionTest() {
        void* library = dlopen(OPTIRS_TEST_FOLDER "/mock/libcudnn.so.9", RTLD_NOW | RTLD_LOCAL);
        alive = reinterpret_cast<int64_t (*)()>(dlsym(library, "optirs_mock_alive"));
        cudnn().reset();
    }
    ~CudnnAttentionTest() override { EXPECT_STREQ(cudnn().violations(), ""); }

    static const mock::Control& cudnn() { return mockControl("libcudnn.so.9"); }
    /// Passes that cuDNN has computed since the last reset, with the engine that is deterministic and works.
    static size_t executed() { return count(cudnn().calls(), "cudnnBackendExecute(engine=3)"); }
    static size_t planned() { return count(cudnn().calls(), "cudnnBackendFinalize(type=15)"); }

    void checkCudnn(const char* what, const Attention& a, size_t passes = 2) {
        cudnn().reset();
        check(what, a);
        EXPECT_EQ(executed(), passes) << what;
    }
    void checkOwn(const char* what, const Attention& a) { checkCudnn(what, a, 0); }

    /// Whether cuDNN has come as far as to be executed.
    static bool hasPlan() { return count(cudnn().calls(), "cudnnSetStream") != 0; }

    /// One forward pass on the device, of a shape of its own for each number.
    Failure forwardOnDevice(int64_t number) {
        prepare({.type = kBF16,
                 .rows = 1 + number % 40,
                 .columns = 1 + number / 40,
                 .width = 8,
                 .value_width = 8});
        optirs_attention_args args{};
        args.struct_size = sizeof(args);
        fill(args, 1);
        uint64_t bytes = 0;
        const Failure failure = take(optirs_kernel_workspace(OPTIRS_KERNEL_ATTENTION, &args, &bytes));
        if (failure.code != OPTIRS_OK) {
            return failure;
        }
        const auto workspace = memory(queue, bytes + 64);
        args.workspace = optirs_device_memory_data(workspace.get());
        args.workspace_size = bytes;
        return take(optirs_attention(queue.get(), &args));
    }

    /// The same with a shape that has no plan yet, and the nth call of a function failing.
    Failure failingForward(const char* function, int nth, int32_t code) {
        cudnn().reset();
        cudnn().fail(function, nth, code);
        return forwardOnDevice(next_number++);
    }

    int64_t (*alive)() = nullptr;
    int64_t next_number = 1000;
};

TEST_F(CudnnAttentionTest, TypesAndWidths) {
    for (const auto type : {kBF16, kF16}) {
        checkCudnn("plain", {.type = type});
        for (const int64_t width : {8, 96, 256}) {
            checkCudnn("width",
                       {.type = type, .rows = 9, .columns = 11, .width = width, .value_width = width});
        }
    }
    checkCudnn("values are narrower",
               {.type = kBF16, .rows = 9, .columns = 11, .width = 192, .value_width = 128});
}

TEST_F(CudnnAttentionTest, MasksAndWindows) {
    for (const int32_t mask :
         {OPTIRS_MASK_NONE, OPTIRS_MASK_CAUSAL_TOP_LEFT, OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT}) {
        for (const int64_t columns : {20, 33}) {
            const Attention a{.type = kBF16, .rows = 20, .columns = columns, .width = 16, .value_width = 16};
            for (const int64_t left : {-1, 0, 4, 1000}) {
                for (const int64_t right : {-1, 0, 3}) {
                    Attention with = a;
                    with.mask = mask;
                    with.window_left = left;
                    with.window_right = right;
                    checkCudnn("window", with);
                }
            }
        }
    }
    checkCudnn("more rows than columns", {.type = kBF16,
                                          .rows = 20,
                                          .columns = 9,
                                          .width = 16,
                                          .value_width = 16,
                                          .mask = OPTIRS_MASK_CAUSAL_TOP_LEFT});
}

TEST_F(CudnnAttentionTest, GroupedHeadsAndStrides) {
    for (const bool is_transposed : {false, true}) {
        Attention a{.type = kBF16,
                    .batch = 2,
                    .rows = 13,
                    .columns = 17,
                    .heads = 6,
                    .kv_heads = 2,
                    .width = 24,
                    .value_width = 16,
                    .mask = OPTIRS_MASK_CAUSAL_TOP_LEFT,
                    .is_transposed = is_transposed};
        checkCudnn("groups", a);
        a.kv_heads = 1;
        checkCudnn("one head for all", a);
        a.kv_heads = 6;
        checkCudnn("a head for each", a);
    }
}

TEST_F(CudnnAttentionTest, LengthsOfKeys) {
    Attention a{.type = kBF16,
                .batch = 3,
                .rows = 12,
                .columns = 20,
                .heads = 4,
                .kv_heads = 2,
                .width = 16,
                .value_width = 16,
                .kv_lengths = {20, 7, 0}};
    checkCudnn("lengths", a, 1);  // the backward pass is the project's own
    a.mask = OPTIRS_MASK_CAUSAL_TOP_LEFT;
    checkCudnn("lengths, causal", a, 1);
}

TEST_F(CudnnAttentionTest, WhatIsNotForCudnnIsTheOwnKernels) {
    const Attention a{.type = kBF16, .batch = 2, .rows = 9, .columns = 11, .width = 16, .value_width = 16};
    const auto own = [&](const char* what, const std::function<void(Attention&)>& change) {
        Attention with = a;
        change(with);
        checkOwn(what, with);
    };
    own("f32", [](Attention& with) { with.type = kF32; });
    own("cap", [](Attention& with) { with.soft_cap = 2; });
    own("dropout", [](Attention& with) { with.dropout = 0.2; });
    own("bias", [](Attention& with) { with.has_bias = true; });
    own("slopes", [](Attention& with) { with.has_slopes = true; });
    own("narrow rows", [](Attention& with) { with.width = 12; });
    own("lengths of q", [](Attention& with) { with.q_lengths = {3, 9}; });
    own("empty", [](Attention& with) { with.columns = 0; });
    own("rows that see nothing", [](Attention& with) {
        with.rows = 12;
        with.mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT;
    });
    driver().set_capability(8, 0);
    own("an older device", [](Attention&) {});
    driver().set_capability(9, 0);
}

TEST_F(CudnnAttentionTest, APlanIsMadeOnceForAShape) {
    const Attention a{.type = kF16, .rows = 7, .columns = 8, .width = 8, .value_width = 8};
    check("first", a);
    cudnn().reset();
    check("again", a);
    EXPECT_EQ(executed(), 2U);
    EXPECT_EQ(planned(), 0U);
    Attention b = a;
    b.mask = OPTIRS_MASK_CAUSAL_TOP_LEFT;
    check("another mask", b);
    EXPECT_EQ(planned(), 2U);
}

TEST_F(CudnnAttentionTest, EveryFailureIsTypedAndLeavesNothing) {
    int failures = 0;
    for (const char* function :
         {"cudnnCreate", "cudnnBackendCreateDescriptor", "cudnnBackendSetAttribute", "cudnnBackendFinalize",
          "cudnnBackendGetAttribute", "cudnnSetStream", "cudnnBackendExecute"}) {
        for (int nth = 0;; ++nth) {
            SCOPED_TRACE(std::string(function) + " " + std::to_string(nth));
            const int64_t before = alive();
            const Failure failure = failingForward(function, nth, 4003);
            if (cudnn().failed() == 0) {
                EXPECT_EQ(failure.code, OPTIRS_OK) << failure.message;
                break;
            }
            ++failures;
            EXPECT_EQ(failure.code, OPTIRS_RESOURCE_EXHAUSTED) << failure.message;
            EXPECT_EQ(failure.backend, "cuda");
            EXPECT_NE(failure.message.find(function), std::string::npos) << failure.message;
            EXPECT_TRUE(hasPlan() || alive() == before) << alive() - before;
        }
    }
    EXPECT_GT(failures, 200);
}

TEST_F(CudnnAttentionTest, WhatCudnnDoesNotSupportIsTheOwnKernels) {
    for (const char* function : {"cudnnBackendSetAttribute", "cudnnBackendFinalize"}) {
        for (int nth = 0;; nth += 7) {
            SCOPED_TRACE(std::string(function) + " " + std::to_string(nth));
            const Failure failure = failingForward(function, nth, 3001);
            if (cudnn().failed() == 0) {
                break;
            }
            EXPECT_EQ(failure.code, hasPlan() && executed() == 0 ? OPTIRS_UNIMPLEMENTED : OPTIRS_OK)
                << failure.message;
        }
    }
}

TEST_F(CudnnAttentionTest, AGraphThatCudnnRefusesIsTheOwnKernels) {
    cudnn().fail("cudnnBackendFinalize", 0, 3001);
    EXPECT_EQ(forwardOnDevice(100).code, OPTIRS_OK);
    EXPECT_EQ(cudnn().failed(), 1);
    cudnn().reset();
    EXPECT_EQ(forwardOnDevice(100).code, OPTIRS_OK);  // and it is not asked again
    EXPECT_EQ(executed(), 0U);
    EXPECT_EQ(planned(), 0U);
}

TEST_F(CudnnAttentionTest, FailuresSayWhatAndWhy) {
    cudnn().fail("cudnnBackendSetAttribute", 0, 2010);
    const Failure failure = forwardOnDevice(121);
    EXPECT_EQ(failure.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_EQ(failure.message,
              "attention, bf16 [1,2,2,8] to [1,4,1,8]: cudnnBackendSetAttribute of a tensor failed: "
              "CUDNN_STATUS_MOCK (as the test wanted) (cuda code 2010)");
}

/// Computes attention with another version of cuDNN, then ends the process with the number of failures.
class WithVersion : public CudnnAttentionTest {
 public:
    [[noreturn]] static void run(const char* version, void (*body)(WithVersion&)) {
        setenv("OPTIRS_MOCK_CUDNN_VERSION", version, 1);
        {
            WithVersion test;
            body(test);
        }
        std::exit(HasFailure() ? 1 : 0);
    }
    using CudnnAttentionTest::checkCudnn;
    using CudnnAttentionTest::checkOwn;
    static size_t cleared() { return count(control().calls(), "cuMemsetD8Async(bytes=4096)"); }

 private:
    void TestBody() override {}
};

constexpr Attention kPlain{.type = kBF16, .rows = 4, .columns = 128, .width = 8, .value_width = 8};

TEST(CudnnVersionDeathTest, OneThatIsNotLoadedIsNotUsed) {
    EXPECT_EXIT(WithVersion::run("8907", [](WithVersion& test) { test.checkOwn("8.9", kPlain); }),
                ::testing::ExitedWithCode(0), "");
}

TEST(CudnnVersionDeathTest, OneThatIsKnownToFailIsNotUsed) {
    EXPECT_EXIT(WithVersion::run("91001", [](WithVersion& test) { test.checkOwn("9.10.1", kPlain); }),
                ::testing::ExitedWithCode(0), "");
    EXPECT_EXIT(WithVersion::run("91200", [](WithVersion& test) { test.checkCudnn("9.12", kPlain, 1); }),
                ::testing::ExitedWithCode(0), "");
}

TEST(CudnnVersionDeathTest, WorkspaceIsClearedForTheOldest) {
    EXPECT_EXIT(WithVersion::run("91700",
                                 [](WithVersion& test) {
                                     test.checkCudnn("9.17", kPlain);
                                     EXPECT_EQ(WithVersion::cleared(), 2U);
                                 }),
                ::testing::ExitedWithCode(0), "");
    EXPECT_EXIT(WithVersion::run("91900",
                                 [](WithVersion& test) {
                                     test.checkCudnn("9.19", kPlain);
                                     EXPECT_EQ(WithVersion::cleared(), 0U);
                                 }),
                ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace optirs::test
