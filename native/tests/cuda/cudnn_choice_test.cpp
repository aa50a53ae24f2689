// When cuDNN computes attention and when the project's own kernels do, and what failures of cuDNN become.
#include "cudnn_twins.h"

namespace optirs::test {
namespace {

using CudnnChoiceTest = CudnnAttentionTest;

TEST_F(CudnnChoiceTest, WhatIsNotForCudnnIsTheOwnKernels) {
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

TEST_F(CudnnChoiceTest, APlanIsMadeOnceForAShape) {
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

TEST_F(CudnnChoiceTest, EveryFailureIsTypedAndLeavesNothing) {
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

TEST_F(CudnnChoiceTest, WhatCudnnDoesNotSupportIsTheOwnKernels) {
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

TEST_F(CudnnChoiceTest, AGraphThatCudnnRefusesIsTheOwnKernels) {
    cudnn().fail("cudnnBackendFinalize", 0, 3001);
    EXPECT_EQ(forwardOnDevice(100).code, OPTIRS_OK);
    EXPECT_EQ(cudnn().failed(), 1);
    cudnn().reset();
    EXPECT_EQ(forwardOnDevice(100).code, OPTIRS_OK);  // and it is not asked again
    EXPECT_EQ(executed(), 0U);
    EXPECT_EQ(planned(), 0U);
}

TEST_F(CudnnChoiceTest, FailuresSayWhatAndWhy) {
    cudnn().fail("cudnnBackendSetAttribute", 0, 2010);
    const Failure failure = forwardOnDevice(121);
    EXPECT_EQ(failure.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_EQ(failure.message,
              "attention: bf16 [1,2,2,8] to [1,4,1,8]: cudnnBackendSetAttribute of a tensor failed: "
              "CUDNN_STATUS_MOCK (as the test wanted) (cuda code 2010)");
    cudnn().fail("cudnnBackendExecute", 0, 5000);
    const Failure of_execution = forwardOnDevice(121);
    EXPECT_EQ(of_execution.code, OPTIRS_INTERNAL);
    EXPECT_EQ(of_execution.message,
              "attention: bf16 [1,2,2,8] to [1,4,1,8]: cudnnBackendExecute of the plan failed: "
              "CUDNN_STATUS_MOCK (as the test wanted) (cuda code 5000)");
}

TEST_F(CudnnChoiceTest, APlanThatNeedsTooMuchIsNotUsed) {
    prepare({.type = kBF16, .rows = 4, .columns = 8, .width = 8, .value_width = 8});
    const auto bytes = [&](int64_t length) {
        std::vector<int64_t> shape = {1, length, 64, 8};
        std::vector<int64_t> rows = {1, 64, length};
        std::list<optirs_dl_tensor> tensors;  // at addresses that nothing reads
        const auto sized = [&](const Twin& twin, std::vector<int64_t>& extents) {
            tensors.push_back(twin.tensors[1]);
            tensors.back().shape = extents.data();
            tensors.back().data = reinterpret_cast<void*>(tensors.size() << 32);
            return &tensors.back();
        };
        return workspaceOf<optirs_attention_backward_args>(
            OPTIRS_KERNEL_ATTENTION_BACKWARD, [&](optirs_attention_backward_args& args) {
                for (const auto member :
                     {&optirs_attention_backward_args::q, &optirs_attention_backward_args::k,
                      &optirs_attention_backward_args::v, &optirs_attention_backward_args::out,
                      &optirs_attention_backward_args::dout, &optirs_attention_backward_args::dq,
                      &optirs_attention_backward_args::dk, &optirs_attention_backward_args::dv}) {
                    args.*member = sized(*q, shape);
                }
                args.lse = sized(*lse, rows);
            });
    };
    EXPECT_GT(bytes(1024), 64U * 1024 * 1024 * 2);
    EXPECT_EQ(bytes(8192), 64U * 8192 * sizeof(float));  // of the own kernels
}

/// Computes attention in a process of its own.
class Alone : public CudnnAttentionTest {
 public:
    [[noreturn]] static void run(const char* variable, const char* value, void (*body)(Alone&)) {
        setenv(variable, value, 1);
        {
            Alone test;
            body(test);
        }
        std::exit(HasFailure() ? 1 : 0);
    }
    static size_t cleared() { return count(control().calls(), "cuMemsetD8Async("); }
    /// As many plans as are kept.
    void fillPlans() {
        prepare({.type = kBF16, .rows = 4, .columns = 8, .width = 8, .value_width = 8});
        for (int i = 0; i < 4096; ++i) {
            workspaceOf<optirs_attention_args>(OPTIRS_KERNEL_ATTENTION,
                                               [&](optirs_attention_args& args) { args.scale = 1 + i; });
        }
    }
    using CudnnAttentionTest::checkCudnn;
    using CudnnAttentionTest::checkOwn;
    using CudnnAttentionTest::driver;

 private:
    void TestBody() override {}
};

constexpr Attention kPlain{.type = kBF16, .rows = 4, .columns = 128, .width = 8, .value_width = 8};
constexpr const char* kVersion = "OPTIRS_MOCK_CUDNN_VERSION";
constexpr const char* kWanted = "OPTIRS_CUDNN_ATTENTION";

#define EXPECT_PASS(...) EXPECT_EXIT(Alone::run(__VA_ARGS__), ::testing::ExitedWithCode(0), "")

TEST(CudnnDeathTest, AVersionThatIsNotLoadedIsNotUsed) {
    EXPECT_PASS(kVersion, "8907", [](Alone& test) { test.checkOwn("8.9", kPlain); });
}

TEST(CudnnDeathTest, AVersionThatIsKnownToFailIsNotUsed) {
    EXPECT_PASS(kVersion, "91001", [](Alone& test) { test.checkOwn("9.10.1", kPlain); });
    EXPECT_PASS(kVersion, "91200", [](Alone& test) { test.checkCudnn("9.12", kPlain, 1); });
}

TEST(CudnnDeathTest, WorkspaceIsClearedForOldVersions) {
    EXPECT_PASS(kVersion, "91700", [](Alone& test) {
        test.checkCudnn("9.17", kPlain);
        EXPECT_EQ(Alone::cleared(), 2U);
    });
    EXPECT_PASS(kVersion, "91900", [](Alone& test) {
        test.checkCudnn("9.19", kPlain);
        EXPECT_EQ(Alone::cleared(), 0U);
    });
}

TEST(CudnnDeathTest, TheUserMovesTheBorder) {
    EXPECT_PASS(kWanted, "0", [](Alone& test) { test.checkOwn("never", kPlain); });
    EXPECT_PASS(kWanted, "1", [](Alone& test) {
        Alone::driver().set_capability(8, 6);
        test.checkCudnn("from sm_80 on", kPlain);
        Alone::driver().set_capability(7, 5);
        test.checkOwn("older", kPlain);
        Alone::driver().set_capability(9, 0);
    });
}

TEST(CudnnDeathTest, PlansThatAreTooManyAreNotMade) {
    EXPECT_PASS(kWanted, "", [](Alone& test) {
        test.fillPlans();
        test.checkOwn("one more", kPlain);
    });
}

}  // namespace
}  // namespace optirs::test
