// Kernels of the C ABI on the mock machine, beside the CPU's.
#include <cmath>
#include <random>
#include <vector>

#include "machine.h"

namespace optirs::test {
namespace {

/// Parameters, gradients and states of a model, on the host and on the device.
class KernelTest : public MachineTest {
 protected:
    struct List {
        std::vector<std::vector<float>> host;
        std::vector<Held<optirs_device_memory>> device;
        std::vector<int64_t> shapes;
        std::vector<optirs_dl_tensor> host_tensors;
        std::vector<optirs_dl_tensor> device_tensors;
    };

    List list(unsigned seed, bool is_positive) {
        List made;
        std::mt19937 random(seed);
        std::normal_distribution<float> normal;
        for (const int64_t count : counts) {
            std::vector<float> values(static_cast<size_t>(count));
            for (float& value : values) {
                value = is_positive ? std::fabs(normal(random)) : normal(random);
            }
            made.device.push_back(memory(queue, values.size() * 4));
            EXPECT_OK(optirs_device_memory_write(made.device.back().get(), 0, values.data(),
                                                 values.size() * 4, queue.get()));
            made.host.push_back(std::move(values));
        }
        made.shapes = counts;
        for (size_t i = 0; i < counts.size(); ++i) {
            const auto tensor = [&](void* data, int32_t type) {
                return optirs_dl_tensor{data,    {type, 0}, 1, {OPTIRS_DL_FLOAT, 32, 1}, &made.shapes[i],
                                        nullptr, 0};
            };
            made.host_tensors.push_back(tensor(made.host[i].data(), OPTIRS_DL_CPU));
            made.device_tensors.push_back(
                tensor(optirs_device_memory_data(made.device[i].get()), OPTIRS_DL_CUDA));
        }
        return made;
    }

    std::vector<float> read(const List& from, size_t i) {
        std::vector<float> values(from.host[i].size());
        EXPECT_OK(optirs_device_memory_read(from.device[i].get(), 0, values.data(), values.size() * 4,
                                            queue.get()));
        EXPECT_OK(optirs_stream_wait(queue.get()));
        return values;
    }

    static optirs_optimizer_tensors listsOf(const std::vector<optirs_dl_tensor>& params,
                                            const std::vector<optirs_dl_tensor>& grads,
                                            const std::vector<optirs_dl_tensor>& state1,
                                            const std::vector<optirs_dl_tensor>& state2) {
        optirs_optimizer_tensors lists{};
        lists.struct_size = sizeof(lists);
        lists.count = static_cast<int64_t>(params.size());
        lists.params = params.data();
        lists.grads = grads.data();
        lists.state1 = state1.data();
        lists.state2 = state2.data();
        return lists;
    }

    const std::vector<int64_t> counts = {5000, 0, 1, 4096, 77};
    Held<optirs_stream> queue = stream();
};

TEST_F(KernelTest, AdamWIsTheCpus) {
    List params = list(1, false);
    List grads = list(2, false);
    List first = list(3, false);
    List second = list(4, true);
    const auto lists = [&](auto member) {
        return listsOf(params.*member, grads.*member, first.*member, second.*member);
    };
    const optirs_optimizer_tensors host = lists(&List::host_tensors);
    const optirs_optimizer_tensors device_lists = lists(&List::device_tensors);
    optirs_adamw_args args{};
    args.struct_size = sizeof(args);
    args.learning_rate = 1e-3;
    args.beta1 = 0.9;
    args.beta2 = 0.999;
    args.epsilon = 1e-8;
    args.weight_decay = 0.01;
    for (args.step = 1; args.step <= 3; ++args.step) {
        args.tensors = &host;
        EXPECT_OK(optirs_adamw(nullptr, &args));
        args.tensors = &device_lists;
        EXPECT_OK(optirs_adamw(queue.get(), &args));
    }
    for (const List* compared : {&params, &first, &second}) {
        for (size_t i = 0; i < counts.size(); ++i) {
            const std::vector<float> actual = read(*compared, i);
            for (size_t k = 0; k < actual.size(); ++k) {
                // The CPU's rule fuses multiply-add where it has it; then the bits are the same.
                const float expected = compared->host[i][k];
                if (__builtin_cpu_supports("fma") != 0) {
                    ASSERT_EQ(actual[k], expected) << i << " " << k;
                } else {
                    ASSERT_NEAR(actual[k], expected, 1e-6F * std::fmax(1.0F, std::fabs(expected)))
                        << i << " " << k;
                }
            }
        }
    }
}

TEST_F(KernelTest, StreamsMustBelongToTheTensors) {
    List params = list(1, false);
    List grads = list(2, false);
    List first = list(3, false);
    List second = list(4, true);
    const optirs_optimizer_tensors tensors =
        listsOf(params.device_tensors, grads.device_tensors, first.device_tensors, second.device_tensors);
    optirs_adamw_args args{};
    args.struct_size = sizeof(args);
    args.tensors = &tensors;
    args.step = 1;
    Failure failure = take(optirs_adamw(nullptr, &args));
    EXPECT_EQ(failure.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_EQ(failure.message,
              "adamw: stream is NULL; tensors on CUDA device 0 need a stream of that device");
    optirs_device* other = nullptr;
    EXPECT_OK(optirs_device_get(backend.get(), 1, &other));
    const auto foreign = streamOf(other);
    failure = take(optirs_adamw(foreign.get(), &args));
    EXPECT_EQ(failure.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_EQ(failure.message,
              "adamw: the stream belongs to device 1 of the backend cuda, the tensors are on CUDA device 0");
}

TEST_F(KernelTest, AFailedLaunchIsTyped) {
    List params = list(1, false);
    List grads = list(2, false);
    List first = list(3, false);
    List second = list(4, true);
    const optirs_optimizer_tensors tensors =
        listsOf(params.device_tensors, grads.device_tensors, first.device_tensors, second.device_tensors);
    optirs_adamw_args args{};
    args.struct_size = sizeof(args);
    args.tensors = &tensors;
    args.step = 1;
    control().fail("cuLaunchKernel", 0, 701);
    const Failure failure = take(optirs_adamw(queue.get(), &args));
    EXPECT_EQ(failure.code, OPTIRS_INTERNAL);
    EXPECT_EQ(failure.operation, "optirs_adamw");
    EXPECT_NE(failure.message.find("cuLaunchKernel of step_adamw_f32"), std::string::npos) << failure.message;
    EXPECT_OK(optirs_adamw(queue.get(), &args));
}

}  // namespace
}  // namespace optirs::test
