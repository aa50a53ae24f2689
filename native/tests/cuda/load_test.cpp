// Finding NVIDIA's libraries, and saying what is missing. Each case is a process of its own, since libraries
// that are loaded stay.
#include <cstdio>

#include "machine.h"

namespace optirs::test {
namespace {

/// Prints the score and the reason of the backend, then ends the process.
[[noreturn]] void describe(const char* cuda_path) {
    setenv("OPTIRS_BACKEND_PATH", OPTIRS_TEST_FOLDER "/backend", 1);
    setenv("OPTIRS_CUDA_PATH", cuda_path, 1);
    int32_t score = -1;
    const char* reason = "";
    uint64_t size = 0;
    EXPECT_OK(optirs_backend_reason("cuda", 4, &reason, &size));
    EXPECT_OK(optirs_backend_score("cuda", 4, &score));
    std::fprintf(stderr, "reason: %s\nscore %d\n", reason, score);
    optirs_backend* backend = nullptr;
    const Failure failure = take(optirs_backend_load("cuda", 4, &backend));
    if (backend != nullptr) {
        std::fprintf(stderr, "version: %s\n", optirs_backend_version(backend, nullptr));
    } else {
        std::fprintf(stderr, "load: %s: %s\n", optirs_status_name(failure.code, nullptr),
                     failure.message.c_str());
    }
    std::exit(0);
}

TEST(LoadDeathTest, NothingIsThere) {
    // On a machine that has a driver, this case cannot be shown.
    if (dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL) != nullptr) {
        GTEST_SKIP() << "skip: this machine has an NVIDIA driver";
    }
    EXPECT_EXIT(describe("/nonexistent"), ::testing::ExitedWithCode(0),
                "reason: the NVIDIA driver \\(libcuda.so.1\\) was not found: install NVIDIA's driver\\."
                ".*load: UNAVAILABLE: the NVIDIA driver");
    EXPECT_EXIT(describe(""), ::testing::ExitedWithCode(0), "cuBLASLt \\(libcublasLt.so.12\\) was not found");
    EXPECT_EXIT(describe(""), ::testing::ExitedWithCode(0), "cuDNN \\(libcudnn.so.9\\) was not found");
    EXPECT_EXIT(describe(""), ::testing::ExitedWithCode(0), "NCCL \\(libnccl.so.2\\) was not found");
}

TEST(LoadDeathTest, AnOldDriverIsRefused) {
    const auto with_old_driver = [] {
        setenv("OPTIRS_MOCK_DRIVER_VERSION", "11080", 1);
        describe(OPTIRS_TEST_FOLDER "/mock");
    };
    EXPECT_EXIT(with_old_driver(), ::testing::ExitedWithCode(0),
                "reason: the NVIDIA driver at .*mock/libcuda.so.1 has version 11.8; at least 12.0 is needed");
}

TEST(LoadDeathTest, ALibraryWithoutFunctionsIsRefused) {
    EXPECT_EXIT(describe(OPTIRS_TEST_FOLDER "/broken"), ::testing::ExitedWithCode(0),
                "reason: the NVIDIA driver at .*broken/libcuda.so.1 has no function "
                "cuDriverGetVersion: it is too old");
}

TEST(LoadDeathTest, AFileThatIsNoLibraryIsTheReason) {
    const std::string folder = ::testing::TempDir() + "optirs_no_library";
    std::system(("mkdir -p " + folder + " && echo text > " + folder + "/libcuda.so.1").c_str());
    if (dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL) != nullptr) {
        GTEST_SKIP() << "skip: this machine has an NVIDIA driver";
    }
    EXPECT_EXIT(describe(folder.c_str()), ::testing::ExitedWithCode(0),
                "the NVIDIA driver cannot be loaded: .*optirs_no_library/libcuda.so.1");
}

TEST(LoadDeathTest, AMachineWithoutGpu) {
    const auto without_devices = [] {
        mockDriver().set_devices(0);
        describe(OPTIRS_TEST_FOLDER "/mock");
    };
    EXPECT_EXIT(without_devices(), ::testing::ExitedWithCode(0),
                "reason: no NVIDIA GPU is visible: check CUDA_VISIBLE_DEVICES");
}

TEST(LoadDeathTest, ADriverThatDoesNotStart) {
    const auto without_start = [] {
        mockControl("libcuda.so.1").fail("cuInit", 0, 803);
        describe(OPTIRS_TEST_FOLDER "/mock");
    };
    EXPECT_EXIT(without_start(), ::testing::ExitedWithCode(0),
                "reason: cuInit failed: .*the driver's library and kernel module differ in version");
}

TEST(LoadDeathTest, AllThatIsThereIsNamed) {
    EXPECT_EXIT(describe(OPTIRS_TEST_FOLDER "/mock"), ::testing::ExitedWithCode(0),
                "version: cuda: driver 12.4.*kernels");
}

}  // namespace
}  // namespace optirs::test
