// Attention on the mock machine with the mock cuDNN, beside the CPU's.
#pragma once

#include <dlfcn.h>

#include "attention_twins.h"

namespace optirs::test {

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

    /// Bytes of workspace of a pass on the device; only shapes and addresses count.
    template <class Args>
    uint64_t workspaceOf(optirs_kernel kernel, const std::function<void(Args&)>& change) {
        Args args{};
        args.struct_size = sizeof(args);
        fill(args, 1);
        change(args);
        uint64_t bytes = 0;
        EXPECT_OK(optirs_kernel_workspace(kernel, &args, &bytes));
        return bytes;
    }

    /// A forward pass of a shape that has no plan yet, with the nth call of a function failing.
    Failure failingForward(const char* function, int nth, int32_t code) {
        cudnn().reset();
        cudnn().fail(function, nth, code);
        return forwardOnDevice(next_number++);
    }

    int64_t (*alive)() = nullptr;
    int64_t next_number = 1000;
};

}  // namespace optirs::test
