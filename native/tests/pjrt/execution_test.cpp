// Running programs.
#include <algorithm>

#include "tests/pjrt/support.h"

namespace test {
namespace {

using ExecutionTest = FakeTest;

TEST_F(ExecutionTest, ResultsGetNewCellsOrFillOldOnes) {
    Executable executable;
    ASSERT_EQ(compile(kAddProgram, executable).message, "");
    Buffer input;
    ASSERT_EQ(upload({1, 2, 3, 4}, input).message, "");
    std::vector<optirs_pjrt_buffer*> results{nullptr};
    ASSERT_EQ(execute(executable, {input.get()}, results).message, "");
    const Buffer output(results[0]);
    EXPECT_EQ(download(output), (std::vector<int32_t>{kStep + 1, kStep + 2, kStep + 3, kStep + 4}));
    EXPECT_EQ(optirs_pjrt_buffer_is_deleted(input.get()), 0);
    ASSERT_EQ(execute(executable, {output.get()}, results).message, "");
    EXPECT_EQ(results[0], output.get());
    EXPECT_EQ(download(output),
              (std::vector<int32_t>{2 * kStep + 1, 2 * kStep + 2, 2 * kStep + 3, 2 * kStep + 4}));
    EXPECT_EQ(control_->buffers, 2);
}

TEST_F(ExecutionTest, ResultsOfUnknownTypeAreAskedFor) {
    control_->has_output_types = false;
    Executable executable;
    ASSERT_EQ(compile(kAddProgram, executable).message, "");
    optirs_dtype dtype = 0;
    int64_t rank = 0;
    const Outcome outcome = optirs_pjrt_executable_output_type(executable.get(), 0, &dtype, &rank);
    EXPECT_EQ(outcome.code, OPTIRS_UNIMPLEMENTED);
    EXPECT_TRUE(outcome.says("program 'add'")) << outcome.message;
    Buffer input;
    ASSERT_EQ(upload({1, 2, 3, 4}, input).message, "");
    std::vector<optirs_pjrt_buffer*> results{nullptr};
    ASSERT_EQ(execute(executable, {input.get()}, results).message, "");
    const Buffer output(results[0]);
    EXPECT_EQ(optirs_pjrt_buffer_dtype(output.get()), OPTIRS_DTYPE_S32);
    EXPECT_EQ(optirs_pjrt_buffer_size(output.get()), 16U);
}

TEST_F(ExecutionTest, BoundsAreNotTakenForExtents) {
    Executable executable;
    ASSERT_EQ(compile("bound 9\noutput 4 4\n", executable).message, "");
    int64_t bound = 0;
    ASSERT_EQ(Outcome(optirs_pjrt_executable_output_dims(executable.get(), 0, &bound, 1)).message, "");
    EXPECT_EQ(bound, 9);
    Buffer input;
    ASSERT_EQ(upload({1, 2, 3, 4}, input).message, "");
    std::vector<optirs_pjrt_buffer*> results{nullptr};
    ASSERT_EQ(execute(executable, {input.get()}, results).message, "");
    const Buffer output(results[0]);
    for (int run = 0; run < 2; ++run) {
        EXPECT_EQ(optirs_pjrt_buffer_size(output.get()), 16U) << "run " << run;
        ASSERT_EQ(execute(executable, {input.get()}, results).message, "");
    }
}

// Whether a result is dynamic may be asked, or not answered, in the first run: then the buffers tell.
TEST_F(ExecutionTest, ResultsThatDoNotSayWhetherTheyAreDynamicAreAskedForTheirExtents) {
    Executable executable;
    ASSERT_EQ(compile("bound 9\noutput 4 4\n", executable).message, "");
    Buffer input;
    ASSERT_EQ(upload({1, 2, 3, 4}, input).message, "");
    fail("PJRT_Buffer_DynamicDimensionIndices", OPTIRS_INTERNAL);
    std::vector<optirs_pjrt_buffer*> results{nullptr};
    ASSERT_EQ(execute(executable, {input.get()}, results).message, "");
    const Buffer output(results[0]);
    EXPECT_EQ(optirs_pjrt_buffer_size(output.get()), 16U);
}

TEST_F(ExecutionTest, ADonatedArgumentNamesTheProgramThatTookIt) {
    Executable executable;
    ASSERT_EQ(compile(kDonatingProgram, executable).message, "");
    Buffer input;
    ASSERT_EQ(upload({1, 2, 3, 4}, input).message, "");
    std::vector<optirs_pjrt_buffer*> results{nullptr};
    ASSERT_EQ(execute(executable, {input.get()}, results).message, "");
    const Buffer output(results[0]);
    EXPECT_EQ(optirs_pjrt_buffer_is_deleted(input.get()), 1);
    EXPECT_EQ(Outcome(optirs_pjrt_buffer_wait(input.get())).message,
              "the buffer i32[4] was donated to program 'step'");
    Outcome outcome = execute(executable, {input.get()}, results);
    EXPECT_EQ(outcome.code, OPTIRS_FAILED_PRECONDITION);
    EXPECT_EQ(outcome.message,
              "argument 0 of program 'step': the buffer i32[4] was donated to program 'step'");
    optirs_pjrt_live_buffers live{};
    optirs_pjrt_client_live_buffers(client_.get(), &live);
    EXPECT_EQ(live.count, 1);
    // The cell is of use again once something is put into it.
    ASSERT_EQ(upload({5}, input).message, "");
    EXPECT_EQ(download(input), std::vector<int32_t>{5});
}

TEST_F(ExecutionTest, ADonationCanBeDeclined) {
    Executable executable;
    ASSERT_EQ(compile(kDonatingProgram, executable).message, "");
    Buffer input;
    ASSERT_EQ(upload({1, 2, 3, 4}, input).message, "");
    optirs_pjrt_execute_options options = OPTIRS_PJRT_EXECUTE_OPTIONS_INIT;
    const int64_t kept = 0;
    options.not_donated = &kept;
    options.not_donated_size = 1;
    optirs_pjrt_buffer* argument = input.get();
    for (int i = 0; i < 2; ++i) {
        Buffer output;
        EXPECT_OK(optirs_pjrt_executable_execute(executable.get(), &options, &argument, 1, output.out(), 1,
                                                 nullptr, nullptr));
        EXPECT_EQ(optirs_pjrt_buffer_is_deleted(input.get()), 0);
    }
}

TEST_F(ExecutionTest, WhatIsOverAtOnceIsNotCalledBack) {
    Executable executable;
    ASSERT_EQ(compile(kAddProgram, executable).message, "");
    Buffer input;
    ASSERT_EQ(upload({1, 2, 3, 4}, input).message, "");
    int32_t finished = -1;
    optirs_pjrt_execute_options options = OPTIRS_PJRT_EXECUTE_OPTIONS_INIT;
    options.finished = &finished;
    Buffer output;
    const auto run = [&](Completion* completion) {
        optirs_pjrt_buffer* argument = input.get();
        EXPECT_OK(optirs_pjrt_executable_execute(executable.get(), &options, &argument, 1, output.out(), 1,
                                                 completion == nullptr ? nullptr : Completion::done,
                                                 completion));
    };
    Completion none;
    run(&none);
    EXPECT_EQ(finished, 1);
    EXPECT_EQ(none.calls(), 0);
    EXPECT_EQ(download(output).front(), 1 + kStep);
    control_->events = fake::Events::kManual;
    Completion late;
    run(&late);
    EXPECT_EQ(finished, 0);
    EXPECT_EQ(late.calls(), 0);
    control_->fire();
    EXPECT_TRUE(late.wait().isOk());
    control_->events = fake::Events::kReady;
    control_->event_code = 13;
    Completion failed;
    run(&failed);
    EXPECT_EQ(finished, 0) << "the error comes by the callback";
    EXPECT_EQ(failed.wait().code, 13);
    control_->event_code = 0;
    run(nullptr);
    EXPECT_EQ(finished, 0) << "nobody asked for the end";
}

TEST_F(ExecutionTest, RunsOnSeveralDevices) {
    Executable executable;
    ASSERT_EQ(compile("name wide\ndevices 2\narguments 1\ndonate 0\noutput 4 1\n", executable).message, "");
    EXPECT_EQ(optirs_pjrt_executable_num_devices(executable.get()), 2);
    optirs_pjrt_device* second = optirs_pjrt_client_device(client_.get(), 1);
    Buffer a;
    Buffer b;
    ASSERT_EQ(upload({10}, a).message, "");
    ASSERT_EQ(upload({20}, b, second).message, "");
    for (const fake::Events events : {fake::Events::kReady, fake::Events::kThread}) {
        control_->events = events;
        Completion completion;
        std::vector<optirs_pjrt_buffer*> results{a.get(), b.get()};
        ASSERT_EQ(execute(executable, {a.get(), b.get()}, results, &completion).message, "");
        EXPECT_TRUE(completion.wait().isOk());
        EXPECT_EQ(completion.calls(), 1);
    }
    EXPECT_EQ(download(a), std::vector<int32_t>{10 + 2 * kStep});
    EXPECT_EQ(download(b), std::vector<int32_t>{20 + 2 * kStep});
    EXPECT_EQ(optirs_pjrt_buffer_device(b.get()), second);
}

TEST_F(ExecutionTest, BadCallsAreTold) {
    Executable executable;
    ASSERT_EQ(compile("name wide\ndevices 2\narguments 1\noutput 4 1\n", executable).message, "");
    Buffer input;
    ASSERT_EQ(upload({1}, input).message, "");
    std::vector<optirs_pjrt_buffer*> two{nullptr, nullptr};
    EXPECT_EQ(execute(executable, {input.get()}, two).message,
              "program 'wide' runs on 2 devices, so that 1 arguments cannot be shared out evenly");
    std::vector<optirs_pjrt_buffer*> one{nullptr};
    EXPECT_EQ(execute(executable, {input.get(), input.get()}, one).message,
              "program 'wide' gives 1 results on each of 2 devices, but there is room for 1");
    EXPECT_EQ(execute(executable, {input.get(), nullptr}, two).message,
              "argument 1 of program 'wide' is NULL");
    EXPECT_EQ(execute(executable, {}, two).message,
              "PJRT_LoadedExecutable_Execute: the program takes another number of arguments");
    EXPECT_EQ(two, (std::vector<optirs_pjrt_buffer*>{nullptr, nullptr}));

    Client other_client = std::move(client_);
    open("fake");
    Buffer foreign;
    ASSERT_EQ(upload({1}, foreign).message, "");
    EXPECT_EQ(execute(executable, {input.get(), foreign.get()}, two).message,
              "argument 1 of program 'wide' belongs to another client");
    two[1] = foreign.get();
    EXPECT_EQ(execute(executable, {input.get(), input.get()}, two).message,
              "result 1 of program 'wide' belongs to another client");
}

TEST_F(ExecutionTest, ErrorsOfThePluginLeaveTheCellsAlone) {
    Executable executable;
    ASSERT_EQ(compile(kDonatingProgram, executable).message, "");
    Buffer buffer;
    ASSERT_EQ(upload({1, 2, 3, 4}, buffer).message, "");
    std::vector<optirs_pjrt_buffer*> results{buffer.get()};
    Completion completion;
    for (int code = 1; code <= 16; ++code) {
        fail("PJRT_LoadedExecutable_Execute", code);
        const Outcome outcome = execute(executable, {buffer.get()}, results, &completion);
        EXPECT_EQ(outcome.code, code);
        EXPECT_TRUE(outcome.says("PJRT_LoadedExecutable_Execute: the fake plugin was told to fail"))
            << outcome.message;
        EXPECT_EQ(outcome.says("live buffer"), code == OPTIRS_RESOURCE_EXHAUSTED) << outcome.message;
    }
    EXPECT_EQ(completion.calls(), 0);
    EXPECT_EQ(download(buffer), (std::vector<int32_t>{1, 2, 3, 4}));
    for (const char* function :
         {"PJRT_Client_Compile", "PJRT_LoadedExecutable_GetExecutable", "PJRT_Executable_Name",
          "PJRT_Executable_NumOutputs", "PJRT_Executable_NumReplicas", "PJRT_Executable_NumPartitions",
          "PJRT_LoadedExecutable_AddressableDevices", "PJRT_Executable_OutputElementTypes",
          "PJRT_Executable_OutputDimensions"}) {
        fail(function, OPTIRS_INTERNAL);
        Executable none;
        const Outcome outcome = compile(kAddProgram, none);
        EXPECT_EQ(outcome.code, OPTIRS_INTERNAL);
        EXPECT_TRUE(outcome.says(function)) << outcome.message;
        EXPECT_EQ(none.get(), nullptr);
    }
}

uint8_t relieved(uint64_t /*bytes*/, void* context) {
    ++*static_cast<int*>(context);
    return 1;
}

TEST_F(ExecutionTest, MemoryPressureRunsTheProgramAgain) {
    Executable executable;
    ASSERT_EQ(compile(kDonatingProgram, executable).message, "");
    Buffer buffer;
    ASSERT_EQ(upload({1, 2, 3, 4}, buffer).message, "");
    std::vector<optirs_pjrt_buffer*> results{buffer.get()};
    int calls = 0;
    optirs_memory_set_pressure_handler(relieved, &calls);
    fail("PJRT_LoadedExecutable_Execute", OPTIRS_RESOURCE_EXHAUSTED);
    EXPECT_EQ(execute(executable, {buffer.get()}, results).message, "");
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(download(buffer)[0], 1 + kStep);
    // What a failed attempt has taken cannot be given again.
    control_->deletes_arguments_on_failure = true;
    fail("PJRT_LoadedExecutable_Execute", OPTIRS_RESOURCE_EXHAUSTED);
    const Outcome outcome = execute(executable, {buffer.get()}, results);
    EXPECT_EQ(outcome.code, OPTIRS_RESOURCE_EXHAUSTED);
    EXPECT_TRUE(outcome.says("after it had taken its donated arguments")) << outcome.message;
    optirs_memory_set_pressure_handler(nullptr, nullptr);
}

TEST_F(ExecutionTest, ManyArgumentsAndResults) {
    constexpr int kCount = 300;
    std::string program = "name many\n";
    std::vector<Buffer> buffers(kCount);
    std::vector<optirs_pjrt_buffer*> cells;
    for (int i = 0; i < kCount; ++i) {
        program += "output 4 1\ndonate " + std::to_string(i) + "\n";
        ASSERT_EQ(upload({i}, buffers[static_cast<std::size_t>(i)]).message, "");
        cells.push_back(buffers[static_cast<std::size_t>(i)].get());
    }
    Executable executable;
    ASSERT_EQ(compile(program, executable).message, "");
    for (int step = 0; step < 3; ++step) {
        ASSERT_EQ(execute(executable, cells, cells).message, "");
    }
    for (int i = 0; i < kCount; ++i) {
        EXPECT_EQ(download(buffers[static_cast<std::size_t>(i)])[0] & 0xff000000, 0x03000000);
    }
}

}  // namespace
}  // namespace test
