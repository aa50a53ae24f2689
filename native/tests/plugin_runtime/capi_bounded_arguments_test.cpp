// Programs that take buffers of any size up to a bound, through the C API.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "device_grid.h"
#include "plugin.h"

namespace optirs::plugin {
namespace {

using testing::api;
using testing::arguments;
using testing::Client;
using ::testing::ElementsAre;
using testing::execute;
using testing::Executed;
using ::testing::HasSubstr;
using testing::take;

// Of at most three rows: each negated, and the sum of each column.
constexpr const char* kRows = R"(module @rows {
  func.func public @main(%x: tensor<?x2xf32, #stablehlo.bounds<3, ?>>) -> (tensor<?x2xf32, #stablehlo.bounds<3, ?>>, tensor<2xf32>) {
    %zero = stablehlo.constant dense<0.0> : tensor<f32>
    %y = stablehlo.negate %x : tensor<?x2xf32, #stablehlo.bounds<3, ?>>
    %s = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [0] : (tensor<?x2xf32, #stablehlo.bounds<3, ?>>, tensor<f32>) -> tensor<2xf32>
    return %y, %s : tensor<?x2xf32, #stablehlo.bounds<3, ?>>, tensor<2xf32>
  }
})";

using Floats = std::vector<float>;

/// 1, 2, 3, ...
Floats counting(int64_t count) {
    Floats values(static_cast<size_t>(count));
    std::iota(values.begin(), values.end(), 1.0F);
    return values;
}
Floats negated(Floats values) {
    for (float& value : values) value = -value;
    return values;
}

std::vector<int64_t> dimsOf(PJRT_Buffer* buffer) {
    auto args = arguments<PJRT_Buffer_UnpaddedDimensions_Args>();
    args.buffer = buffer;
    EXPECT_EQ(take(api().PJRT_Buffer_UnpaddedDimensions(&args)).message, "");
    return {args.unpadded_dims, args.unpadded_dims + args.num_dims};
}

bool isDeleted(PJRT_Buffer* buffer) {
    auto args = arguments<PJRT_Buffer_IsDeleted_Args>();
    args.buffer = buffer;
    EXPECT_EQ(take(api().PJRT_Buffer_IsDeleted(&args)).message, "");
    return args.is_deleted;
}

class BoundedArguments : public ::testing::Test {
 protected:
    /// 1, 2, 3, ... unless values are given.
    PJRT_Buffer* upload(const std::vector<int64_t>& dims, PJRT_Device* device = nullptr,
                        Floats values = {}) const {
        if (values.empty())
            values = counting(std::accumulate(dims.begin(), dims.end(), int64_t{1}, std::multiplies()));
        auto args = arguments<PJRT_Client_BufferFromHostBuffer_Args>();
        args.client = client.client;
        args.data = values.data();
        args.type = PJRT_Buffer_Type_F32;
        args.dims = dims.data();
        args.num_dims = dims.size();
        args.device = device;
        args.host_buffer_semantics = PJRT_HostBufferSemantics_kImmutableOnlyDuringCall;
        EXPECT_EQ(take(api().PJRT_Client_BufferFromHostBuffer(&args)).message, "");
        Client::destroyEvent(args.done_with_host_buffer);
        return args.buffer;
    }

    /// The two results of kRows for so many rows.
    static void expectRows(const std::vector<PJRT_Buffer*>& outputs, int64_t rows) {
        EXPECT_THAT(dimsOf(outputs[0]), ElementsAre(rows, 2));
        // Nothing has no address to be copied to.
        if (rows > 0) {
            EXPECT_EQ(testing::download<float>(outputs[0]), negated(counting(rows * 2)));
        }
        // 1 + 3 + 5 and 2 + 4 + 6.
        EXPECT_THAT(testing::download<float>(outputs[1]), ElementsAre(rows * rows, rows * (rows + 1)));
        for (PJRT_Buffer* buffer : outputs) testing::destroy(buffer);
    }

    void expectEverySize(PJRT_LoadedExecutable* program) const {
        for (int64_t rows = 0; rows <= 3; ++rows) {
            PJRT_Buffer* x = upload({rows, 2});
            const Executed result = execute(program, {{x}}, 2);
            ASSERT_EQ(result.failure.message, "") << rows;
            expectRows(result.outputs[0], rows);
            testing::destroy(x);
        }
    }

    Client client{{{"device_count", 2}}};
};

TEST_F(BoundedArguments, MayHaveAnySizeUpToTheBound) {
    PJRT_LoadedExecutable* program = client.compile(kRows);
    expectEverySize(program);
    testing::destroy(program);
}

TEST_F(BoundedArguments, WhatDoesNotFitIsRefused) {
    PJRT_LoadedExecutable* program = client.compile(kRows);
    const std::pair<std::vector<int64_t>, const char*> cases[] = {
        {{4, 2},
         "argument 0 of program rows is f32[4,2], expected f32[<=3,2]: dimension 0 has a bound of 3; pass at "
         "most that much, or compile the program with a larger bound"},
        {{2, 3}, "argument 0 of program rows is f32[2,3], expected f32[<=3,2]"},
        {{2}, "argument 0 of program rows is f32[2], expected f32[<=3,2]"},
    };
    for (const auto& [dims, message] : cases) {
        PJRT_Buffer* x = upload(dims);
        const Executed result = execute(program, {{x}}, 2);
        EXPECT_EQ(result.failure.code, PJRT_Error_Code_INVALID_ARGUMENT);
        EXPECT_EQ(result.failure.message, std::string("PJRT_LoadedExecutable_Execute: ") + message);
        testing::destroy(x);
    }
    testing::destroy(program);
}

TEST_F(BoundedArguments, OneProgramMayTakeWhatAnotherGave) {
    PJRT_LoadedExecutable* program = client.compile(kRows);
    PJRT_LoadedExecutable* smaller = client.compile(R"(module @two {
  func.func public @main(%x: tensor<?x2xf32, #stablehlo.bounds<2, ?>>) -> tensor<?x2xf32, #stablehlo.bounds<2, ?>> {
    %y = stablehlo.negate %x : tensor<?x2xf32, #stablehlo.bounds<2, ?>>
    return %y : tensor<?x2xf32, #stablehlo.bounds<2, ?>>
  }
})");
    for (const int64_t rows : {2, 3}) {
        PJRT_Buffer* x = upload({rows, 2});
        const Executed first = execute(program, {{x}}, 2);
        const Executed second = execute(program, {{first.outputs[0][0]}}, 2);
        ASSERT_EQ(second.failure.message, "");
        EXPECT_THAT(dimsOf(second.outputs[0][0]), ElementsAre(rows, 2));
        EXPECT_EQ(testing::download<float>(second.outputs[0][0]), counting(rows * 2));
        // Its memory is for three rows; what counts is what is there.
        const Executed third = execute(smaller, {{first.outputs[0][0]}}, 1);
        if (rows == 2) {
            EXPECT_EQ(testing::download<float>(third.outputs[0][0]), counting(4));
            testing::destroy(third.outputs[0][0]);
        } else {
            EXPECT_THAT(third.failure.message, HasSubstr("is f32[3,2], expected f32[<=2,2]: dimension 0"));
        }
        testing::destroy(x);
        for (PJRT_Buffer* each : first.outputs[0]) testing::destroy(each);
        for (PJRT_Buffer* each : second.outputs[0]) testing::destroy(each);
    }
    testing::destroy(smaller);
    testing::destroy(program);
}

TEST_F(BoundedArguments, ADonatedOneIsGoneAndTheResultRight) {
    for (const char* attribute : {"tf.aliasing_output = 0 : i32", "jax.buffer_donor = true"}) {
        std::string text = kRows;
        const size_t at = text.find(">>)") + 2;
        text.insert(at, std::string(" {") + attribute + "}");
        PJRT_LoadedExecutable* program = client.compile(text);
        for (const bool is_kept : {false, true}) {
            PJRT_Buffer* x = upload({2, 2});
            const Executed result =
                execute(program, {{x}}, 2, is_kept ? std::vector<int64_t>{0} : std::vector<int64_t>{});
            ASSERT_EQ(result.failure.message, "") << attribute;
            expectRows(result.outputs[0], 2);
            EXPECT_NE(isDeleted(x), is_kept) << attribute;
            if (is_kept) {
                EXPECT_EQ(testing::download<float>(x), counting(4));
            }
            testing::destroy(x);
        }
        testing::destroy(program);
    }
}

// Replicas run one program on sizes of their own.
TEST_F(BoundedArguments, EachDeviceHasItsSizes) {
    PJRT_LoadedExecutable* program = client.compile(kRows, testing::gridOf(2, 1));
    for (const auto& [first, second] : {std::pair<int64_t, int64_t>(1, 3), {3, 0}}) {
        PJRT_Buffer* x = upload({first, 2}, client.devices()[0]);
        PJRT_Buffer* y = upload({second, 2}, client.devices()[1]);
        const Executed result = execute(program, {{x}, {y}}, 2);
        ASSERT_EQ(result.failure.message, "");
        expectRows(result.outputs[0], first);
        expectRows(result.outputs[1], second);
        for (PJRT_Buffer* each : {x, y}) testing::destroy(each);
    }
    testing::destroy(program);
}

TEST_F(BoundedArguments, PartitionsHaveThemWhole) {
    PJRT_LoadedExecutable* program = client.compile(kRows, testing::gridOf(1, 2));
    PJRT_Buffer* x = upload({2, 2}, client.devices()[0]);
    PJRT_Buffer* y = upload({2, 2}, client.devices()[1]);
    const Executed result = execute(program, {{x}, {y}}, 2);
    ASSERT_EQ(result.failure.message, "");
    for (const auto& outputs : result.outputs) expectRows(outputs, 2);
    for (PJRT_Buffer* each : {x, y}) testing::destroy(each);
    testing::destroy(program);
    std::string text = kRows;
    text.insert(text.find(">>)") + 2, R"( {mhlo.sharding = "{devices=[1,2]0,1}"})");
    testing::Failure failure;
    client.compile(text, testing::gridOf(1, 2), &failure);
    EXPECT_EQ(failure.code, PJRT_Error_Code_UNIMPLEMENTED);
    EXPECT_THAT(failure.message, HasSubstr("a sharding of argument 0, tensor<?x2xf32"));
}

TEST_F(BoundedArguments, TheProgramSaysWhatItNeedsAtMostAndCanBeSaved) {
    PJRT_LoadedExecutable* program = client.compile(kRows);
    auto get = arguments<PJRT_LoadedExecutable_GetExecutable_Args>();
    get.loaded_executable = program;
    OPTIRS_OK(api().PJRT_LoadedExecutable_GetExecutable(&get));
    auto memory = arguments<PJRT_Executable_GetCompiledMemoryStats_Args>();
    memory.executable = get.executable;
    OPTIRS_OK(api().PJRT_Executable_GetCompiledMemoryStats(&memory));
    EXPECT_EQ(memory.argument_size_in_bytes, 24);
    EXPECT_EQ(memory.output_size_in_bytes, 24 + 8);
    EXPECT_GE(memory.temp_size_in_bytes, 24);
    auto outputs = arguments<PJRT_Executable_OutputDimensions_Args>();
    outputs.executable = get.executable;
    OPTIRS_OK(api().PJRT_Executable_OutputDimensions(&outputs));
    EXPECT_THAT(std::vector<int64_t>(outputs.dims, outputs.dims + 3), ElementsAre(3, 2, 2));

    PJRT_LoadedExecutable* again = testing::loadedAgain(client, get.executable);
    ASSERT_NE(again, nullptr);
    auto destroyed = arguments<PJRT_Executable_Destroy_Args>();
    destroyed.executable = get.executable;
    OPTIRS_OK(api().PJRT_Executable_Destroy(&destroyed));
    testing::destroy(program);
    expectEverySize(again);
    testing::destroy(again);
}

// L of L L^T: the root of a diagonal matrix.
TEST_F(BoundedArguments, WhatCannotKeepASizeIsCompiledForEach) {
    const std::string type = "tensor<?x?xf32, #stablehlo.bounds<3, 3>>";
    PJRT_LoadedExecutable* program = client.compile(
        "func.func @main(%x: " + type + ") -> " + type +
        " {\n  %l = stablehlo.cholesky %x, lower = true : " + type + "\n  return %l : " + type + "\n}");
    const std::pair<Floats, Floats> cases[] = {{{1, 0, 0, 4}, {1, 0, 0, 2}},
                                               {{4, 0, 0, 0, 9, 0, 0, 0, 16}, {2, 0, 0, 0, 3, 0, 0, 0, 4}}};
    int64_t size = 2;
    for (const auto& [matrix, root] : cases) {
        PJRT_Buffer* x = upload({size, size}, nullptr, matrix);
        const Executed result = execute(program, {{x}}, 1);
        ASSERT_EQ(result.failure.message, "");
        EXPECT_THAT(dimsOf(result.outputs[0][0]), ElementsAre(size, size));
        EXPECT_EQ(testing::download<float>(result.outputs[0][0]), root);
        testing::destroy(result.outputs[0][0]);
        testing::destroy(x);
        ++size;
    }
    PJRT_Buffer* large = upload({4, 4});
    const Executed refused = execute(program, {{large}}, 1);
    EXPECT_EQ(refused.failure.code, PJRT_Error_Code_INVALID_ARGUMENT);
    EXPECT_THAT(refused.failure.message, HasSubstr("dimension 0 has a bound of 3"));
    testing::destroy(large);
    testing::destroy(program);
}

}  // namespace
}  // namespace optirs::plugin
