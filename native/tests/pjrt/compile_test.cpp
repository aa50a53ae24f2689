// Compiling programs, and what they tell of themselves.
#include <cstddef>

#include "tests/pjrt/support.h"

namespace test {
namespace {

using CompileTest = FakeTest;

TEST_F(CompileTest, AProgramTellsWhatItIs) {
    Executable executable;
    ASSERT_EQ(compile("name two\noutput 4 2 3\noutput 11\n", executable).message, "");
    uint64_t size = 0;
    EXPECT_EQ(std::string(optirs_pjrt_executable_name(executable.get(), &size)), "two");
    EXPECT_EQ(optirs_pjrt_executable_num_outputs(executable.get()), 2);
    EXPECT_EQ(optirs_pjrt_executable_num_devices(executable.get()), 1);
    EXPECT_EQ(optirs_pjrt_executable_device(executable.get(), 0),
              optirs_pjrt_client_device(client_.get(), 0));
    EXPECT_EQ(optirs_pjrt_executable_device(executable.get(), 1), nullptr);
    EXPECT_EQ(optirs_pjrt_executable_num_replicas(executable.get()), 1);
    EXPECT_EQ(optirs_pjrt_executable_num_partitions(executable.get()), 1);
    optirs_dtype dtype = 0;
    int64_t rank = 0;
    EXPECT_OK(optirs_pjrt_executable_output_type(executable.get(), 0, &dtype, &rank));
    EXPECT_EQ(dtype, OPTIRS_DTYPE_S32);
    ASSERT_EQ(rank, 2);
    int64_t dims[2];
    EXPECT_OK(optirs_pjrt_executable_output_dims(executable.get(), 0, dims, 2));
    EXPECT_EQ(dims[0], 2);
    EXPECT_EQ(dims[1], 3);
    EXPECT_OK(optirs_pjrt_executable_output_type(executable.get(), 1, &dtype, &rank));
    EXPECT_EQ(dtype, OPTIRS_DTYPE_F32);
    EXPECT_EQ(rank, 0);
    EXPECT_EQ(Outcome(optirs_pjrt_executable_output_type(executable.get(), 2, &dtype, &rank)).message,
              "there is no result 2; there are 2");
    int64_t code_size = 0;
    EXPECT_OK(optirs_pjrt_executable_code_size(executable.get(), &code_size));
    EXPECT_EQ(code_size, 1234);
    int64_t costs = 0;
    EXPECT_OK(optirs_pjrt_executable_num_costs(executable.get(), &costs));
    ASSERT_EQ(costs, 1);
    optirs_pjrt_named_value cost{};
    EXPECT_OK(optirs_pjrt_executable_cost(executable.get(), 0, &cost));
    EXPECT_EQ(cost.float_value, 42.0F);
    const char* print = nullptr;
    EXPECT_OK(optirs_pjrt_executable_fingerprint(executable.get(), &print, &size));
    EXPECT_EQ(std::string(print, size), "print");
    optirs_pjrt_executable_memory memory{};
    EXPECT_OK(optirs_pjrt_executable_memory_stats(executable.get(), &memory));
    EXPECT_EQ(memory.alias_bytes, 4);
    EXPECT_EQ(memory.peak_bytes, 6);
}

TEST_F(CompileTest, TheOlderFingerprintIsTheFallback) {
    Executable executable;
    ASSERT_EQ(compile(kAddProgram, executable).message, "");
    fail("PJRT_Executable_Fingerprint", OPTIRS_UNIMPLEMENTED);
    const char* print = nullptr;
    uint64_t size = 0;
    EXPECT_OK(optirs_pjrt_executable_fingerprint(executable.get(), &print, &size));
    EXPECT_EQ(std::string(print, size), "old print");
}

TEST_F(CompileTest, CompileOptionsAreTheSerializedMessage) {
    // One build-options message (field 3): device_ordinal -1, num_replicas, num_partitions, use_spmd,
    // assignment.
    const int64_t devices[] = {5, 3, 300, 1};
    optirs_pjrt_compile_options options = OPTIRS_PJRT_COMPILE_OPTIONS_INIT;
    options.num_replicas = 2;
    options.num_partitions = 2;
    options.device_assignment = devices;
    options.device_assignment_size = 4;
    options.use_spmd_partitioning = 1;
    const uint8_t extra[] = {0x20, 0x01};
    options.extra_options = extra;
    options.extra_options_size = sizeof extra;
    Executable executable;
    ASSERT_OK(optirs_pjrt_executable_compile(client_.get(), kAddProgram.data(), kAddProgram.size(), &options,
                                             executable.out()));
    const std::string expected(
        "\x1a\x24\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x20\x02\x28\x02\x30\x01"
        "\x4a\x11\x08\x02\x10\x02\x1a\x05\x0a\x03\x05\xac\x02\x1a\x04\x0a\x02\x03\x01"
        "\x20\x01",
        40);
    const auto hex = [](const std::string& bytes) {
        std::string text;
        for (const unsigned char byte : bytes) {
            text += "0123456789abcdef"[byte >> 4];
            text += "0123456789abcdef"[byte & 15];
        }
        return text;
    };
    EXPECT_EQ(hex(control_->compile_options), hex(expected));
    EXPECT_EQ(control_->program_format, "mlir");
    options.format = OPTIRS_PJRT_PROGRAM_HLO;
    Executable hlo;
    ASSERT_OK(optirs_pjrt_executable_compile(client_.get(), kAddProgram.data(), kAddProgram.size(), &options,
                                             hlo.out()));
    EXPECT_EQ(control_->program_format, "hlo");
}

TEST_F(CompileTest, BadCompileInputIsTold) {
    const auto tryCompile = [&](const std::string& program, optirs_pjrt_compile_options options) {
        Executable executable;
        Outcome outcome = optirs_pjrt_executable_compile(client_.get(), program.data(), program.size(),
                                                         &options, executable.out());
        EXPECT_EQ(outcome.code, OPTIRS_INVALID_ARGUMENT);
        return outcome.message;
    };
    optirs_pjrt_compile_options options = OPTIRS_PJRT_COMPILE_OPTIONS_INIT;
    EXPECT_EQ(tryCompile("", options), "the program is empty");
    EXPECT_EQ(tryCompile("nonsense", options),
              "PJRT_Client_Compile: line 1, column 1: the fake compiler does not understand");
    options.num_replicas = 0;
    EXPECT_EQ(tryCompile("x", options), "0 replicas and 1 partitions: both must be at least 1");
    options = OPTIRS_PJRT_COMPILE_OPTIONS_INIT;
    const int64_t device = 0;
    options.num_replicas = 2;
    options.device_assignment = &device;
    options.device_assignment_size = 1;
    EXPECT_EQ(tryCompile("x", options),
              "the device assignment has 1 devices, but 2 replicas of 1 partitions need 2");
    options = OPTIRS_PJRT_COMPILE_OPTIONS_INIT;
    options.format = 7;
    EXPECT_EQ(tryCompile("x", options), "format 7 is not one of OPTIRS_PJRT_PROGRAM_*");
    options = OPTIRS_PJRT_COMPILE_OPTIONS_INIT;
    options.struct_size = 0;
    EXPECT_EQ(tryCompile("x", options), "options.struct_size is not set; start from the _INIT macro");
}

TEST_F(CompileTest, OlderCallersSendSmallerOptions) {
    optirs_pjrt_compile_options options = OPTIRS_PJRT_COMPILE_OPTIONS_INIT;
    options.struct_size = offsetof(optirs_pjrt_compile_options, extra_options);
    options.extra_options_size = 1000;  // beyond what the caller says it knows
    Executable executable;
    EXPECT_OK(optirs_pjrt_executable_compile(client_.get(), kAddProgram.data(), kAddProgram.size(), &options,
                                             executable.out()));
}

}  // namespace
}  // namespace test
