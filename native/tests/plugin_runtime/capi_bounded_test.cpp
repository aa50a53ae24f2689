// Buffers with dynamic dimensions, through the C API.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin.h"

namespace optirs::plugin {
namespace {

using testing::api;
using testing::arguments;
using testing::Client;
using ::testing::ElementsAre;
using testing::execute;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::take;

// Four rows of up to three, as many as %n says.
constexpr const char* kCut = R"(module @cut {
  func.func public @main(%x: tensor<12xf32>, %n: tensor<1xf32>) -> tensor<4x?xf32, #stablehlo.bounds<?, 3>> {
    %m = stablehlo.convert %n : (tensor<1xf32>) -> tensor<1xi32>
    %k = stablehlo.reshape %m : (tensor<1xi32>) -> tensor<i32>
    %y = stablehlo.reshape %x : (tensor<12xf32>) -> tensor<4x3xf32>
    %s = stablehlo.set_dimension_size %y, %k, dim = 1 : (tensor<4x3xf32>, tensor<i32>) -> tensor<4x?xf32, #stablehlo.bounds<?, 3>>
    return %s : tensor<4x?xf32, #stablehlo.bounds<?, 3>>
  }
})";

std::string negating(const std::string& type) {
    return "func.func public @main(%x: " + type + ") -> " + type +
           " {\n  %y = stablehlo.negate %x : " + type + "\n  return %y : " + type + "\n}";
}

std::vector<int64_t> dims(PJRT_Buffer* buffer) {
    auto args = arguments<PJRT_Buffer_Dimensions_Args>();
    args.buffer = buffer;
    EXPECT_EQ(take(api().PJRT_Buffer_Dimensions(&args)).message, "");
    return {args.dims, args.dims + args.num_dims};
}

std::vector<int64_t> unpadded(PJRT_Buffer* buffer) {
    auto args = arguments<PJRT_Buffer_UnpaddedDimensions_Args>();
    args.buffer = buffer;
    EXPECT_EQ(take(api().PJRT_Buffer_UnpaddedDimensions(&args)).message, "");
    return {args.unpadded_dims, args.unpadded_dims + args.num_dims};
}

std::vector<size_t> dynamicDims(PJRT_Buffer* buffer) {
    auto args = arguments<PJRT_Buffer_DynamicDimensionIndices_Args>();
    args.buffer = buffer;
    EXPECT_EQ(take(api().PJRT_Buffer_DynamicDimensionIndices(&args)).message, "");
    return {args.dynamic_dim_indices, args.dynamic_dim_indices + args.num_dynamic_dims};
}

const std::vector<float> kTwelve = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

class BoundedBuffers : public ::testing::Test {
 protected:
    Client client{{{"device_count", 2}}};

    PJRT_Buffer* cut(float size) {
        PJRT_LoadedExecutable* program = client.compile(kCut);
        PJRT_Buffer* x = client.upload(kTwelve);
        PJRT_Buffer* n = client.upload({size});
        const auto result = execute(program, {{x, n}}, 1);
        EXPECT_EQ(result.failure.message, "");
        EXPECT_EQ(result.completions.at(0).message, "");
        for (PJRT_Buffer* buffer : {x, n}) testing::destroy(buffer);
        testing::destroy(program);
        return result.outputs[0][0];
    }
};

TEST_F(BoundedBuffers, ABufferHasRoomForTheBoundAndSaysWhatIsThere) {
    PJRT_Buffer* buffer = cut(2);
    EXPECT_THAT(dims(buffer), ElementsAre(4, 3));
    EXPECT_THAT(unpadded(buffer), ElementsAre(4, 2));
    EXPECT_THAT(dynamicDims(buffer), ElementsAre(1));
    auto size = arguments<PJRT_Buffer_OnDeviceSizeInBytes_Args>();
    size.buffer = buffer;
    OPTIRS_OK(api().PJRT_Buffer_OnDeviceSizeInBytes(&size));
    EXPECT_EQ(size.on_device_size_in_bytes, 48U);
    EXPECT_THAT(testing::download<float>(buffer), ElementsAre(0, 1, 3, 4, 6, 7, 9, 10));
    testing::destroy(buffer);
    for (const auto& [n, count] : {std::pair(0.0F, 0U), {1.0F, 4U}, {3.0F, 12U}, {7.0F, 12U}}) {
        buffer = cut(n);
        auto args = arguments<PJRT_Buffer_ToHostBuffer_Args>();
        args.src = buffer;
        OPTIRS_OK(api().PJRT_Buffer_ToHostBuffer(&args));
        EXPECT_EQ(args.dst_size, count * sizeof(float)) << n;
        testing::destroy(buffer);
    }
}

TEST_F(BoundedBuffers, AStaticBufferHasNoDynamicDimensions) {
    PJRT_Buffer* buffer = client.upload({1, 2});
    EXPECT_THAT(dynamicDims(buffer), IsEmpty());
    EXPECT_THAT(unpadded(buffer), ElementsAre(2));
    testing::destroy(buffer);
}

TEST_F(BoundedBuffers, LayoutsOfTheHostAreThoseOfWhatIsThere) {
    PJRT_Buffer* buffer = cut(2);
    const int64_t columns_first[] = {0, 1};
    auto layout = arguments<PJRT_Buffer_MemoryLayout>();
    layout.type = PJRT_Buffer_MemoryLayout_Type_Tiled;
    layout.tiled.struct_size = PJRT_Buffer_MemoryLayout_Tiled_STRUCT_SIZE;
    layout.tiled.minor_to_major = columns_first;
    layout.tiled.minor_to_major_size = 2;
    std::vector<float> host(8);
    auto args = arguments<PJRT_Buffer_ToHostBuffer_Args>();
    args.src = buffer;
    args.host_layout = &layout;
    args.dst = host.data();
    args.dst_size = host.size() * sizeof(float);
    OPTIRS_OK(api().PJRT_Buffer_ToHostBuffer(&args));
    EXPECT_EQ(testing::await(args.event).message, "");
    EXPECT_THAT(host, ElementsAre(0, 3, 6, 9, 1, 4, 7, 10));
    testing::destroy(buffer);
}

TEST_F(BoundedBuffers, ACopyOnAnotherDeviceIsTheSame) {
    PJRT_Buffer* buffer = cut(1);
    auto args = arguments<PJRT_Buffer_CopyToDevice_Args>();
    args.buffer = buffer;
    args.dst_device = client.devices()[1];
    OPTIRS_OK(api().PJRT_Buffer_CopyToDevice(&args));
    EXPECT_THAT(unpadded(args.dst_buffer), ElementsAre(4, 1));
    EXPECT_THAT(testing::download<float>(args.dst_buffer), ElementsAre(0, 3, 6, 9));
    testing::destroy(args.dst_buffer);
    testing::destroy(buffer);
}

TEST_F(BoundedBuffers, AnArgumentIsWhatIsThere) {
    PJRT_Buffer* buffer = cut(2);
    for (const char* type :
         {"tensor<4x?xf32, #stablehlo.bounds<?, 3>>", "tensor<4x?xf32>", "tensor<4x2xf32>"}) {
        PJRT_LoadedExecutable* program = client.compile(negating(type));
        const auto result = execute(program, {{buffer}}, 1);
        ASSERT_EQ(result.failure.message, "") << type;
        EXPECT_THAT(testing::download<float>(result.outputs[0][0]),
                    ElementsAre(0, -1, -3, -4, -6, -7, -9, -10));
        testing::destroy(result.outputs[0][0]);
        testing::destroy(program);
    }
    PJRT_LoadedExecutable* program = client.compile(negating("tensor<4x3xf32>"));
    const auto refused = execute(program, {{buffer}}, 1);
    EXPECT_EQ(refused.failure.code, PJRT_Error_Code_INVALID_ARGUMENT);
    EXPECT_THAT(refused.failure.message, HasSubstr("f32[4,2], expected f32[4,3]"));
    testing::destroy(program);
    testing::destroy(buffer);
}

// What PJRT_Executable_OutputDimensions gives for the program's only output, or the error's code.
struct Stated {
    PJRT_Error_Code code = PJRT_Error_Code_OK;
    std::vector<int64_t> dims;
};

Stated outputDims(Client& client, const std::string& text) {
    PJRT_LoadedExecutable* program = client.compile(text);
    auto loaded = arguments<PJRT_LoadedExecutable_GetExecutable_Args>();
    loaded.loaded_executable = program;
    EXPECT_EQ(take(api().PJRT_LoadedExecutable_GetExecutable(&loaded)).message, "");
    auto args = arguments<PJRT_Executable_OutputDimensions_Args>();
    args.executable = loaded.executable;
    Stated stated{take(api().PJRT_Executable_OutputDimensions(&args)).code, {}};
    if (args.num_outputs == 1) stated.dims.assign(args.dims, args.dims + args.dim_sizes[0]);
    auto destroyed = arguments<PJRT_Executable_Destroy_Args>();
    destroyed.executable = loaded.executable;
    EXPECT_EQ(take(api().PJRT_Executable_Destroy(&destroyed)).message, "");
    testing::destroy(program);
    return stated;
}

TEST_F(BoundedBuffers, TheProgramSaysTheBoundsOfItsOutputs) {
    EXPECT_THAT(outputDims(client, kCut).dims, ElementsAre(4, 3));
    EXPECT_THAT(outputDims(client, negating("tensor<4x?xf32, #stablehlo.bounds<?, 3>>")).dims,
                ElementsAre(4, 3));
}

TEST_F(BoundedBuffers, OutputsAsLargeAsTheArgumentsAreNotKnownBeforeThese) {
    EXPECT_EQ(outputDims(client, negating("tensor<4x?xf32>")).code, PJRT_Error_Code_UNIMPLEMENTED);
    const Stated sum = outputDims(client, R"(func.func public @main(%x: tensor<?x5xf32>) -> tensor<5xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %sum = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [0] : (tensor<?x5xf32>, tensor<f32>) -> tensor<5xf32>
  return %sum : tensor<5xf32>
})");
    EXPECT_THAT(sum.dims, ElementsAre(5));
}

TEST_F(BoundedBuffers, ADeletedBufferSaysSo) {
    PJRT_Buffer* buffer = cut(2);
    auto gone = arguments<PJRT_Buffer_Delete_Args>();
    gone.buffer = buffer;
    OPTIRS_OK(api().PJRT_Buffer_Delete(&gone));
    auto args = arguments<PJRT_Buffer_UnpaddedDimensions_Args>();
    args.buffer = buffer;
    EXPECT_EQ(take(api().PJRT_Buffer_UnpaddedDimensions(&args)).code, PJRT_Error_Code_FAILED_PRECONDITION);
    testing::destroy(buffer);
}

}  // namespace
}  // namespace optirs::plugin
