#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "plugin.h"

namespace optirs::plugin {
namespace {

using testing::api;
using testing::arguments;
using testing::Client;
using testing::execute;
using testing::Failure;
using ::testing::HasSubstr;
using testing::take;

std::string addProgram(const std::string& type, const std::string& attributes = "") {
    return "module @add {\n  func.func public @main(%a: tensor<" + type + ">" + attributes + ", %b: tensor<" +
           type + ">) -> tensor<" + type + "> {\n    %0 = stablehlo.add %a, %b : tensor<" + type +
           ">\n    return %0 : tensor<" + type + ">\n  }\n}\n";
}

const char kAliased[] = " {tf.aliasing_output = 0 : i32}";
const char kLarge[] = "1000000xf32";

/// A CompileOptionsProto with so many replicas.
std::string replicas(char count) { return {0x1A, 0x02, 0x20, count}; }

TEST(Execute, SmallRunsAtOnce) {
    Client client;
    PJRT_LoadedExecutable* program = client.compile(addProgram("4xf32"));
    ASSERT_NE(program, nullptr);
    PJRT_Buffer* a = client.upload({1, 2, 3, 4});
    PJRT_Buffer* b = client.upload({10, 20, 30, 40});
    for (int round = 0; round < 100; ++round) {
        auto result = execute(program, {{a, b}}, 1);
        ASSERT_EQ(result.failure.message, "");
        ASSERT_EQ(result.completions[0].message, "");
        EXPECT_EQ(testing::download<float>(result.outputs[0][0]), (std::vector<float>{11, 22, 33, 44}));
        testing::destroy(result.outputs[0][0]);
    }
    testing::destroy(a);
    testing::destroy(b);
    testing::destroy(program);
}

TEST(Execute, LargeRunsOnTheDevice) {
    Client client;
    PJRT_LoadedExecutable* program = client.compile(addProgram(kLarge, kAliased));
    PJRT_Buffer* a = client.upload(std::vector<float>(1000000, 0.0F));
    PJRT_Buffer* b = client.upload(std::vector<float>(1000000, 1.0F));
    std::vector<PJRT_Event*> events;
    for (int round = 0; round < 20; ++round) {  // a chain of donations, nothing awaited
        PJRT_Buffer* list[] = {a, b};
        PJRT_Buffer* const* lists[] = {list};
        PJRT_Buffer* out = nullptr;
        PJRT_Buffer** outs[] = {&out};
        auto args = arguments<PJRT_LoadedExecutable_Execute_Args>();
        args.executable = program;
        args.argument_lists = lists;
        args.num_devices = 1;
        args.num_args = 2;
        args.output_lists = outs;
        OPTIRS_OK(api().PJRT_LoadedExecutable_Execute(&args));
        auto deleted = arguments<PJRT_Buffer_IsDeleted_Args>();
        deleted.buffer = a;
        OPTIRS_OK(api().PJRT_Buffer_IsDeleted(&deleted));
        EXPECT_TRUE(deleted.is_deleted);
        testing::destroy(a);
        a = out;
    }
    const auto values = testing::download<float>(a);
    EXPECT_EQ(values.front(), 20);
    EXPECT_EQ(values.back(), 20);
    auto stats = arguments<PJRT_Device_MemoryStats_Args>();
    stats.device = client.devices()[0];
    OPTIRS_OK(api().PJRT_Device_MemoryStats(&stats));
    EXPECT_LT(stats.peak_bytes_in_use, 9 * 1000000) << "donated memory was not taken";
    testing::destroy(a);
    testing::destroy(b);
    testing::destroy(program);
}

TEST(Execute, DonatedBuffersSayWhoTookThem) {
    Client client;
    PJRT_LoadedExecutable* program = client.compile(addProgram("4xf32", kAliased));
    PJRT_Buffer* a = client.upload({1, 2, 3, 4});
    PJRT_Buffer* b = client.upload({1, 1, 1, 1});
    auto kept = execute(program, {{a, b}}, 1, {0});
    ASSERT_EQ(kept.failure.message, "");
    EXPECT_EQ(testing::download<float>(a), (std::vector<float>{1, 2, 3, 4}));
    auto pointer = arguments<PJRT_Buffer_UnsafePointer_Args>();
    pointer.buffer = a;
    OPTIRS_OK(api().PJRT_Buffer_UnsafePointer(&pointer));
    const uintptr_t memory = pointer.buffer_pointer;
    auto result = execute(program, {{a, b}}, 1);
    EXPECT_EQ(testing::download<float>(result.outputs[0][0]), (std::vector<float>{2, 3, 4, 5}));
    pointer.buffer = result.outputs[0][0];
    OPTIRS_OK(api().PJRT_Buffer_UnsafePointer(&pointer));
    EXPECT_EQ(pointer.buffer_pointer, memory) << "in place";
    const auto again = execute(program, {{a, b}}, 1);
    EXPECT_EQ(again.failure.code, PJRT_Error_Code_FAILED_PRECONDITION);
    EXPECT_THAT(again.failure.message, HasSubstr("donated to program"));
    const auto twice = execute(program, {{b, b}}, 1);
    EXPECT_EQ(twice.failure.code, PJRT_Error_Code_INVALID_ARGUMENT);
    EXPECT_EQ(testing::download<float>(b), (std::vector<float>{1, 1, 1, 1}));
    for (PJRT_Buffer* buffer : {a, b, kept.outputs[0][0], result.outputs[0][0]}) testing::destroy(buffer);
    testing::destroy(program);
}

TEST(Execute, ReaderInFlightKeepsItsBytesWhenTheBufferIsDonated) {
    Client client;
    PJRT_LoadedExecutable* program = client.compile(addProgram("4xf32", kAliased));
    PJRT_Buffer* a = client.upload({1, 2, 3, 4});
    PJRT_Buffer* b = client.upload({1, 1, 1, 1});
    const int64_t dims[] = {4};
    auto alias = arguments<PJRT_Buffer_Bitcast_Args>();
    alias.buffer = a;
    alias.element_type = PJRT_Buffer_Type_F32;
    alias.dims = dims;
    alias.num_dims = 1;
    OPTIRS_OK(api().PJRT_Buffer_Bitcast(&alias));
    auto result = execute(program, {{a, b}}, 1);
    EXPECT_EQ(testing::download<float>(alias.out_buffer), (std::vector<float>{1, 2, 3, 4}));
    EXPECT_EQ(testing::download<float>(result.outputs[0][0]), (std::vector<float>{2, 3, 4, 5}));
    for (PJRT_Buffer* buffer : {a, b, alias.out_buffer, result.outputs[0][0]}) testing::destroy(buffer);
    testing::destroy(program);
}

TEST(Execute, ErrorsSpreadThroughBuffers) {
    Client client;
    PJRT_LoadedExecutable* program = client.compile(addProgram("4xf32"));
    auto create = arguments<PJRT_Client_CreateErrorBuffer_Args>();
    const int64_t dims[] = {4};
    create.client = client.client;
    create.error_code = PJRT_Error_Code_DATA_LOSS;
    create.error_message = "a bad disk";
    create.error_message_size = 10;
    create.shape_dims = dims;
    create.shape_num_dims = 1;
    create.shape_element_type = PJRT_Buffer_Type_F32;
    OPTIRS_OK(api().PJRT_Client_CreateErrorBuffer(&create));
    PJRT_Buffer* b = client.upload({1, 1, 1, 1});
    auto result = execute(program, {{create.buffer, b}}, 1);
    ASSERT_EQ(result.failure.message, "");
    EXPECT_EQ(result.completions[0].code, PJRT_Error_Code_DATA_LOSS);
    Failure failure;
    testing::download<float>(result.outputs[0][0], &failure);
    EXPECT_EQ(failure.code, PJRT_Error_Code_DATA_LOSS);
    EXPECT_THAT(failure.message, HasSubstr("a bad disk"));
    for (PJRT_Buffer* buffer : {create.buffer, b, result.outputs[0][0]}) testing::destroy(buffer);
    testing::destroy(program);
}

TEST(Execute, OutOfMemoryNamesTheProgram) {
    Client client({{"memory_limit_bytes", 9000000}});
    PJRT_LoadedExecutable* program = client.compile(addProgram(kLarge));
    PJRT_Buffer* a = client.upload(std::vector<float>(1000000, 0.0F));
    PJRT_Buffer* b = client.upload(std::vector<float>(1000000, 1.0F));
    auto result = execute(program, {{a, b}}, 1);
    ASSERT_EQ(result.failure.message, "");
    EXPECT_EQ(result.completions[0].code, PJRT_Error_Code_RESOURCE_EXHAUSTED);
    EXPECT_THAT(result.completions[0].message, HasSubstr("f32[1000000]"));
    EXPECT_EQ(testing::download<float>(a).size(), 1000000U);
    for (PJRT_Buffer* buffer : {a, b, result.outputs[0][0]}) testing::destroy(buffer);
    testing::destroy(program);
}

TEST(Execute, RefusesBadArguments) {
    Client client({{"device_count", 2}});
    PJRT_LoadedExecutable* program = client.compile(addProgram("4xf32"));
    PJRT_Buffer* a = client.upload({1, 2, 3, 4});
    PJRT_Buffer* shorter = client.upload({1, 2, 3});
    PJRT_Buffer* elsewhere = client.upload({1, 2, 3, 4}, client.devices()[1]);
    EXPECT_THAT(execute(program, {{a}}, 1).failure.message, HasSubstr("takes 2 arguments"));
    EXPECT_THAT(execute(program, {{a, shorter}}, 1).failure.message, HasSubstr("argument 1"));
    EXPECT_THAT(execute(program, {{a, shorter}}, 1).failure.message, HasSubstr("f32[3], expected f32[4]"));
    EXPECT_THAT(execute(program, {{a, elsewhere}}, 1).failure.message, HasSubstr("optirs_cpu:1"));
    EXPECT_THAT(execute(program, {{a, nullptr}}, 1).failure.message, HasSubstr("null"));
    EXPECT_THAT(execute(program, {{a, a}, {a, a}}, 1).failure.message, HasSubstr("num_devices is 2"));
    EXPECT_THAT(execute(program, {{a, a}}, 1, {7}).failure.message,
                HasSubstr("non_donatable_input_indices[0] is 7"));
    auto remove = arguments<PJRT_LoadedExecutable_Delete_Args>();
    remove.executable = program;
    OPTIRS_OK(api().PJRT_LoadedExecutable_Delete(&remove));
    EXPECT_THAT(execute(program, {{a, a}}, 1).failure.message, HasSubstr("deleted"));
    for (PJRT_Buffer* buffer : {a, shorter, elsewhere}) testing::destroy(buffer);
    testing::destroy(program);
}

TEST(Execute, ReplicasRunOnTheirDevices) {
    Client client({{"device_count", 3}});
    PJRT_LoadedExecutable* program = client.compile(
        "module @ids attributes {mhlo.num_replicas = 3 : i32} {\n  func.func public @main() -> tensor<ui32> "
        "{\n"
        "    %0 = stablehlo.replica_id : tensor<ui32>\n    return %0 : tensor<ui32>\n  }\n}\n",
        replicas(3));
    ASSERT_NE(program, nullptr);
    auto result = execute(program, {{}, {}, {}}, 1);
    ASSERT_EQ(result.failure.message, "");
    for (uint32_t d = 0; d < 3; ++d) {
        EXPECT_EQ(testing::download<uint32_t>(result.outputs[d][0]), std::vector<uint32_t>{d});
        testing::destroy(result.outputs[d][0]);
    }
    testing::destroy(program);
    Failure failure;
    client.compile(addProgram("4xf32"), replicas(4), &failure);
    EXPECT_THAT(failure.message, HasSubstr("device_count"));
}

TEST(Execute, DestroyedInAnyOrder) {
    for (int order = 0; order < 4; ++order) {
        auto client = std::make_unique<Client>();
        PJRT_LoadedExecutable* program = client->compile(addProgram(kLarge));
        PJRT_Buffer* a = client->upload(std::vector<float>(1000000, 2.0F));
        PJRT_Buffer* list[] = {a, a};
        PJRT_Buffer* const* lists[] = {list};
        PJRT_Buffer* out = nullptr;
        PJRT_Buffer** outs[] = {&out};
        auto args = arguments<PJRT_LoadedExecutable_Execute_Args>();
        args.executable = program;
        args.argument_lists = lists;
        args.num_devices = 1;
        args.num_args = 2;
        args.output_lists = outs;
        OPTIRS_OK(api().PJRT_LoadedExecutable_Execute(&args));
        if (order == 0) client.reset();
        if (order != 2) testing::destroy(program);
        if (order == 1) client.reset();
        testing::destroy(a);
        EXPECT_EQ(testing::download<float>(out)[77], 4.0F);
        if (order == 2) testing::destroy(program);
        testing::destroy(out);
    }
}

TEST(Execute, CallbackMayDestroyEverything) {
    struct Everything {
        std::unique_ptr<Client> client;
        PJRT_LoadedExecutable* program = nullptr;
        std::vector<PJRT_Buffer*> buffers;
        PJRT_Event* event = nullptr;
        std::atomic<bool> done{false};
    } all;
    all.client = std::make_unique<Client>();
    all.program = all.client->compile(addProgram(kLarge));
    all.buffers = {all.client->upload(std::vector<float>(1000000, 2.0F)), nullptr};
    PJRT_Buffer* list[] = {all.buffers[0], all.buffers[0]};
    PJRT_Buffer* const* lists[] = {list};
    PJRT_Buffer** outs[] = {&all.buffers[1]};
    PJRT_Event* events[1] = {};
    auto args = arguments<PJRT_LoadedExecutable_Execute_Args>();
    args.executable = all.program;
    args.argument_lists = lists;
    args.num_devices = 1;
    args.num_args = 2;
    args.output_lists = outs;
    args.device_complete_events = events;
    OPTIRS_OK(api().PJRT_LoadedExecutable_Execute(&args));
    auto on_ready = arguments<PJRT_Event_OnReady_Args>();
    on_ready.event = events[0];
    all.event = events[0];
    on_ready.user_arg = &all;
    on_ready.callback = [](PJRT_Error* error, void* user) {
        take(error);
        auto& everything = *static_cast<Everything*>(user);
        for (PJRT_Buffer* buffer : everything.buffers) testing::destroy(buffer);
        testing::destroy(everything.program);
        everything.client.reset();
        everything.done.store(true);
        everything.done.notify_all();
    };
    OPTIRS_OK(api().PJRT_Event_OnReady(&on_ready));
    all.done.wait(false);
    Client::destroyEvent(all.event);
}

TEST(Execute, ManyThreads) {
    Client client;
    PJRT_LoadedExecutable* small = client.compile(addProgram("4xf32"));
    PJRT_LoadedExecutable* large = client.compile(addProgram(kLarge));
    PJRT_Buffer* a = client.upload({1, 2, 3, 4});
    PJRT_Buffer* b = client.upload(std::vector<float>(1000000, 3.0F));
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int round = 0; round < 20; ++round) {
                auto first = execute(small, {{a, a}}, 1);
                EXPECT_EQ(testing::download<float>(first.outputs[0][0]), (std::vector<float>{2, 4, 6, 8}));
                testing::destroy(first.outputs[0][0]);
                auto second = execute(large, {{b, b}}, 1);
                EXPECT_EQ(testing::download<float>(second.outputs[0][0])[999999], 6.0F);
                testing::destroy(second.outputs[0][0]);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    testing::destroy(a);
    testing::destroy(b);
    testing::destroy(small);
    testing::destroy(large);
}

TEST(Compile, RefusesOtherFormatsAndBadText) {
    Client client;
    Failure failure;
    client.compile("this is no module", {}, &failure);
    EXPECT_EQ(failure.code, PJRT_Error_Code_INVALID_ARGUMENT);
    client.compile("ML\xEFR\x01", {}, &failure);
    EXPECT_NE(failure.code, PJRT_Error_Code_OK);  // bytecode that ends at once
    for (const std::string& options :
         {std::string("\x1A\x05\x20", 3), std::string("\x07"), std::string("\x1A")}) {
        client.compile(addProgram("4xf32"), options, &failure);
        EXPECT_EQ(failure.code, PJRT_Error_Code_INVALID_ARGUMENT);
    }
}

TEST(Compile, TellsWhatItKnows) {
    Client client;
    PJRT_LoadedExecutable* program = client.compile(addProgram("4xf32", kAliased));
    auto get = arguments<PJRT_LoadedExecutable_GetExecutable_Args>();
    get.loaded_executable = program;
    OPTIRS_OK(api().PJRT_LoadedExecutable_GetExecutable(&get));
    auto outputs = arguments<PJRT_Executable_NumOutputs_Args>();
    outputs.executable = get.executable;
    OPTIRS_OK(api().PJRT_Executable_NumOutputs(&outputs));
    EXPECT_EQ(outputs.num_outputs, 1U);
    auto types = arguments<PJRT_Executable_OutputElementTypes_Args>();
    types.executable = get.executable;
    OPTIRS_OK(api().PJRT_Executable_OutputElementTypes(&types));
    EXPECT_EQ(types.output_types[0], PJRT_Buffer_Type_F32);
    auto dims = arguments<PJRT_Executable_OutputDimensions_Args>();
    dims.executable = get.executable;
    OPTIRS_OK(api().PJRT_Executable_OutputDimensions(&dims));
    EXPECT_EQ(dims.dim_sizes[0], 1U);
    EXPECT_EQ(dims.dims[0], 4);
    auto memory = arguments<PJRT_Executable_GetCompiledMemoryStats_Args>();
    memory.executable = get.executable;
    OPTIRS_OK(api().PJRT_Executable_GetCompiledMemoryStats(&memory));
    EXPECT_EQ(memory.argument_size_in_bytes, 32);
    EXPECT_EQ(memory.output_size_in_bytes, 16);
    EXPECT_EQ(memory.alias_size_in_bytes, 16);
    auto text = arguments<PJRT_Executable_OptimizedProgram_Args>();
    auto out = arguments<PJRT_Program>();
    text.executable = get.executable;
    text.program = &out;
    OPTIRS_OK(api().PJRT_Executable_OptimizedProgram(&text));
    std::string code(out.code_size, ' ');
    out.code = code.data();
    OPTIRS_OK(api().PJRT_Executable_OptimizedProgram(&text));
    EXPECT_THAT(code, HasSubstr("stablehlo.add"));

    PJRT_LoadedExecutable* again = testing::loadedAgain(client, get.executable);
    ASSERT_NE(again, nullptr);
    PJRT_Buffer* a = client.upload({1, 2, 3, 4});
    PJRT_Buffer* b = client.upload({1, 2, 3, 4});
    auto result = execute(again, {{a, b}}, 1);
    EXPECT_EQ(testing::download<float>(result.outputs[0][0]), (std::vector<float>{2, 4, 6, 8}));
    for (PJRT_Buffer* buffer : {a, b, result.outputs[0][0]}) testing::destroy(buffer);
    testing::destroy(again);
    auto destroy = arguments<PJRT_Executable_Destroy_Args>();
    destroy.executable = get.executable;
    OPTIRS_OK(api().PJRT_Executable_Destroy(&destroy));
    testing::destroy(program);
}

}  // namespace
}  // namespace optirs::plugin
