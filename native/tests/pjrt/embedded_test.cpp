// The client and the embedded plugin together, through liboptirs as any user loads them. Skipped where the
// plugin is not built beside it.
#include <cmath>
#include <cstring>
#include <filesystem>

#include "tests/pjrt/support.h"

namespace test {
namespace {

class EmbeddedTest : public ::testing::Test {
 protected:
    void SetUp() override {
        if (!std::filesystem::exists(OPTIRS_EMBEDDED_PLUGIN)) {
            GTEST_SKIP() << "the embedded plugin is not built: " << OPTIRS_EMBEDDED_PLUGIN;
        }
        Plugin plugin;
        ASSERT_EQ(load(OPTIRS_EMBEDDED_PLUGIN, plugin).message, "");
        optirs_pjrt_named_value devices{};
        devices.name = "device_count";
        devices.name_size = std::strlen(devices.name);
        devices.kind = OPTIRS_PJRT_VALUE_INT64;
        devices.int64_value = 4;
        ASSERT_OK(optirs_pjrt_client_create(plugin.get(), &devices, 1, client_.out()));
    }

    void TearDown() override {
        client_.reset();
        for (optirs_object_kind kind = 0; kind < OPTIRS_OBJECT_KIND_COUNT; ++kind) {
            EXPECT_EQ(optirs_live_objects(kind), 0) << "objects of kind " << kind;
        }
    }

    Outcome upload(const std::vector<float>& values, std::vector<int64_t> dims, Buffer& buffer,
                   optirs_pjrt_device* device = nullptr) {
        return optirs_pjrt_buffer_from_host(client_.get(), values.data(), values.size() * sizeof(float),
                                            OPTIRS_DTYPE_F32, dims.data(), static_cast<int64_t>(dims.size()),
                                            nullptr, OPTIRS_PJRT_HOST_DURING_CALL, device, nullptr, nullptr,
                                            buffer.out());
    }

    static std::vector<float> download(const Buffer& buffer) {
        std::vector<float> values(optirs_pjrt_buffer_size(buffer.get()) / sizeof(float));
        EXPECT_OK(
            optirs_pjrt_buffer_to_host_wait(buffer.get(), values.data(), values.size() * sizeof(float)));
        return values;
    }

    Outcome compile(const std::string& program, Executable& executable, int64_t replicas = 1) {
        optirs_pjrt_compile_options options = OPTIRS_PJRT_COMPILE_OPTIONS_INIT;
        options.num_replicas = replicas;
        return optirs_pjrt_executable_compile(client_.get(), program.data(), program.size(), &options,
                                              executable.out());
    }

    Client client_;
};

const std::string kMatmul = R"(
module @model {
  func.func @main(%a: tensor<2x3xf32>, %b: tensor<3x2xf32>) -> tensor<2x2xf32> {
    %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
    %1 = stablehlo.tanh %0 : tensor<2x2xf32>
    return %1 : tensor<2x2xf32>
  }
})";

const std::string kStepProgram = R"(
module @step {
  func.func @main(%w: tensor<4xf32> {tf.aliasing_output = 0 : i32}, %g: tensor<4xf32>) -> tensor<4xf32> {
    %0 = stablehlo.subtract %w, %g : tensor<4xf32>
    return %0 : tensor<4xf32>
  }
})";

TEST_F(EmbeddedTest, RunsAProgram) {
    Executable executable;
    ASSERT_EQ(compile(kMatmul, executable).message, "");
    EXPECT_EQ(optirs_pjrt_executable_num_outputs(executable.get()), 1);
    Buffer a;
    Buffer b;
    ASSERT_EQ(upload({0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F}, {2, 3}, a).message, "");
    ASSERT_EQ(upload({1, 2, 3, 4, 5, 6}, {3, 2}, b).message, "");
    optirs_pjrt_buffer* arguments[] = {a.get(), b.get()};
    Buffer output;
    Completion done;
    ASSERT_OK(optirs_pjrt_executable_execute(executable.get(), nullptr, arguments, 2, output.out(), 1,
                                             Completion::done, &done));
    EXPECT_EQ(done.wait().message, "");
    const std::vector<float> result = download(output);
    const float expected[] = {2.2F, 2.8F, 4.9F, 6.4F};
    ASSERT_EQ(result.size(), 4U);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_NEAR(result[i], std::tanh(expected[i]), 1e-6F);
    }
    EXPECT_EQ(optirs_pjrt_buffer_is_deleted(a.get()), 0);
}

TEST_F(EmbeddedTest, ADonatedCellIsUsedForEver) {
    Executable executable;
    ASSERT_EQ(compile(kStepProgram, executable).message, "");
    Buffer weights;
    Buffer gradient;
    ASSERT_EQ(upload({100, 200, 300, 400}, {4}, weights).message, "");
    ASSERT_EQ(upload({1, 2, 3, 4}, {4}, gradient).message, "");
    optirs_pjrt_buffer* arguments[] = {weights.get(), gradient.get()};
    optirs_pjrt_buffer* result = weights.get();
    for (int step = 0; step < 50; ++step) {
        ASSERT_OK(optirs_pjrt_executable_execute(executable.get(), nullptr, arguments, 2, &result, 1, nullptr,
                                                 nullptr));
    }
    EXPECT_OK(optirs_pjrt_buffer_wait(weights.get()));
    EXPECT_EQ(download(weights), (std::vector<float>{50, 100, 150, 200}));
    optirs_pjrt_live_buffers live{};
    optirs_pjrt_client_live_buffers(client_.get(), &live);
    EXPECT_EQ(live.count, 2);

    Buffer other;
    ASSERT_OK(optirs_pjrt_executable_execute(executable.get(), nullptr, arguments, 2, other.out(), 1, nullptr,
                                             nullptr));
    EXPECT_EQ(optirs_pjrt_buffer_is_deleted(weights.get()), 1);
    const Outcome outcome = optirs_pjrt_buffer_wait(weights.get());
    EXPECT_EQ(outcome.code, OPTIRS_FAILED_PRECONDITION);
    EXPECT_TRUE(outcome.says("was donated to program 'step'")) << outcome.message;
    EXPECT_EQ(download(other), (std::vector<float>{49, 98, 147, 196}));
}

TEST_F(EmbeddedTest, RunsOnSeveralDevices) {
    constexpr std::size_t kDevices = 4;
    ASSERT_EQ(optirs_pjrt_client_num_addressable_devices(client_.get()), 4);
    Executable executable;
    ASSERT_EQ(compile(kStepProgram, executable, kDevices).message, "");
    ASSERT_EQ(optirs_pjrt_executable_num_devices(executable.get()), 4);
    std::vector<Buffer> buffers(2 * kDevices);
    std::vector<optirs_pjrt_buffer*> arguments;
    std::vector<optirs_pjrt_buffer*> results;
    for (std::size_t d = 0; d < kDevices; ++d) {
        optirs_pjrt_device* device = optirs_pjrt_executable_device(executable.get(), static_cast<int64_t>(d));
        const auto base = static_cast<float>(d);
        ASSERT_EQ(upload({base, base, base, base}, {4}, buffers[2 * d], device).message, "");
        ASSERT_EQ(upload({1, 2, 3, 4}, {4}, buffers[2 * d + 1], device).message, "");
        arguments.push_back(buffers[2 * d].get());
        arguments.push_back(buffers[2 * d + 1].get());
        results.push_back(buffers[2 * d].get());
    }
    Completion done;
    ASSERT_OK(optirs_pjrt_executable_execute(executable.get(), nullptr, arguments.data(), 2 * kDevices,
                                             results.data(), kDevices, Completion::done, &done));
    EXPECT_EQ(done.wait().message, "");
    for (std::size_t d = 0; d < kDevices; ++d) {
        const auto base = static_cast<float>(d);
        EXPECT_EQ(download(buffers[2 * d]), (std::vector<float>{base - 1, base - 2, base - 3, base - 4}));
    }
}

TEST_F(EmbeddedTest, MalformedProgramsAreErrorsWithTheirLine) {
    Executable executable;
    const Outcome outcome = compile("module {\n  func.func @main( {\n}\n", executable);
    EXPECT_EQ(outcome.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_TRUE(outcome.says("PJRT_Client_Compile: ")) << outcome.message;
    EXPECT_TRUE(outcome.says("2:") || outcome.says("line 2")) << outcome.message;
    EXPECT_EQ(executable.get(), nullptr);
}

TEST_F(EmbeddedTest, EverythingMayGoWhileWorkIsInFlight) {
    for (int order = 0; order < 6; ++order) {
        Executable executable;
        ASSERT_EQ(compile(kStepProgram, executable).message, "");
        Buffer weights;
        Buffer gradient;
        ASSERT_EQ(upload({1, 1, 1, 1}, {4}, weights).message, "");
        ASSERT_EQ(upload({1, 2, 3, 4}, {4}, gradient).message, "");
        optirs_pjrt_buffer* arguments[] = {weights.get(), gradient.get()};
        Buffer output;
        Completion executed;
        Completion copied;
        ASSERT_OK(optirs_pjrt_executable_execute(executable.get(), nullptr, arguments, 2, output.out(), 1,
                                                 Completion::done, &executed));
        float values[4];
        ASSERT_OK(optirs_pjrt_buffer_to_host(output.get(), values, sizeof values, Completion::done, &copied));
        for (int i = 0; i < 3; ++i) {
            switch ((order + (order < 3 ? i : 3 - i)) % 3) {
                case 0:
                    executable.reset();
                    break;
                case 1:
                    weights.reset();
                    gradient.reset();
                    break;
                default:
                    output.reset();
            }
        }
        EXPECT_EQ(executed.wait().message, "");
        EXPECT_EQ(copied.wait().message, "");
        EXPECT_EQ(values[3], -3.0F);
    }
}

}  // namespace
}  // namespace test
