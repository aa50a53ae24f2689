// Every function of the table with bad argument structs: an error, never a crash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "pjrt_abi/pjrt_abi_versions.h"
#include "plugin.h"

namespace optirs::plugin {
namespace {

using testing::api;
using testing::arguments;
using testing::Failure;
using ::testing::HasSubstr;
using testing::take;

struct RawArguments {
    size_t struct_size;
    void* extension_start;
    unsigned char rest[496];
};

using AnyFunction = PJRT_Error* (*)(void*);

AnyFunction functionAt(const pjrt_abi::FunctionFact& fact) {
    AnyFunction function = nullptr;
    std::memcpy(&function, reinterpret_cast<const char*>(&api()) + fact.offset, sizeof function);
    return function;
}

bool returnsNothing(const pjrt_abi::FunctionFact& fact) {
    const std::string name = fact.name;
    return name == "PJRT_Error_Destroy" || name == "PJRT_Error_Message";
}

TEST(Table, IsCompleteAndOfTheKnownVersion) {
    EXPECT_EQ(api().struct_size, static_cast<size_t>(PJRT_Api_STRUCT_SIZE));
    EXPECT_EQ(api().pjrt_api_version.major_version, PJRT_API_MAJOR);
    EXPECT_EQ(api().pjrt_api_version.minor_version, PJRT_API_MINOR);
    for (const auto& fact : pjrt_abi::kFunctions) EXPECT_NE(functionAt(fact), nullptr) << fact.name;
}

TEST(Table, NullArgumentStructs) {
    for (const auto& fact : pjrt_abi::kFunctions) {
        if (returnsNothing(fact)) {
            functionAt(fact)(nullptr);
            continue;
        }
        const Failure failure = take(functionAt(fact)(nullptr));
        EXPECT_EQ(failure.code, PJRT_Error_Code_INVALID_ARGUMENT) << fact.name;
        EXPECT_THAT(failure.message, HasSubstr(fact.name));
    }
}

TEST(Table, ShortArgumentStructs) {
    for (const auto& fact : pjrt_abi::kFunctions) {
        if (returnsNothing(fact)) continue;
        for (const size_t size : {size_t{0}, size_t{8}, size_t{15}}) {
            RawArguments args{};
            args.struct_size = size;
            const Failure failure = take(functionAt(fact)(&args));
            EXPECT_EQ(failure.code, PJRT_Error_Code_INVALID_ARGUMENT) << fact.name;
            EXPECT_THAT(failure.message, HasSubstr("struct_size")) << fact.name;
        }
    }
}

// Full-sized structs full of zeros: null handles everywhere.
TEST(Table, NullHandles) {
    for (const auto& fact : pjrt_abi::kFunctions) {
        if (returnsNothing(fact)) continue;
        const std::string name = fact.name;
        if (name.ends_with("_Create")) continue;  // they need no handle and succeed: freed by their own tests
        RawArguments args{};
        args.struct_size = sizeof args;
        const Failure failure = take(functionAt(fact)(&args));
        if (name.ends_with("_Destroy") || name.starts_with("PJRT_Plugin_")) continue;  // nothing to destroy
        EXPECT_THAT(failure.code,
                    ::testing::AnyOf(PJRT_Error_Code_INVALID_ARGUMENT, PJRT_Error_Code_UNIMPLEMENTED))
            << name;
        EXPECT_THAT(failure.message, HasSubstr(name));
    }
}

TEST(Table, ErrorsWorkThroughTheirOwnFunctions) {
    auto args = arguments<PJRT_Client_PlatformName_Args>();
    PJRT_Error* error = api().PJRT_Client_PlatformName(&args);
    ASSERT_NE(error, nullptr);
    ASSERT_NE(error->vtable, nullptr);
    const char* message = nullptr;
    size_t size = 0;
    error->vtable->message(error, &message, &size);
    EXPECT_THAT(std::string(message, size), HasSubstr("client is null"));
    EXPECT_EQ(error->vtable->get_code(error), PJRT_Error_Code_INVALID_ARGUMENT);
    error->vtable->for_each_payload(
        error, [](const char*, size_t, const char*, size_t, void*) { FAIL(); }, nullptr);
    error->vtable->destroy(error);
}

TEST(Events, SetByTheCaller) {
    auto create = arguments<PJRT_Event_Create_Args>();
    OPTIRS_OK(api().PJRT_Event_Create(&create));
    auto ready = arguments<PJRT_Event_IsReady_Args>();
    ready.event = create.event;
    OPTIRS_OK(api().PJRT_Event_IsReady(&ready));
    EXPECT_FALSE(ready.is_ready);
    auto early = arguments<PJRT_Event_Error_Args>();
    early.event = create.event;
    EXPECT_EQ(take(api().PJRT_Event_Error(&early)).code, PJRT_Error_Code_FAILED_PRECONDITION);

    int calls = 0;
    auto on_ready = arguments<PJRT_Event_OnReady_Args>();
    on_ready.event = create.event;
    on_ready.user_arg = &calls;
    on_ready.callback = [](PJRT_Error* error, void* user) {
        EXPECT_EQ(take(error).message, "power cut");
        ++*static_cast<int*>(user);
    };
    OPTIRS_OK(api().PJRT_Event_OnReady(&on_ready));
    auto set = arguments<PJRT_Event_Set_Args>();
    set.event = create.event;
    set.error_code = PJRT_Error_Code_ABORTED;
    set.error_message = "power cut";
    set.error_message_size = 9;
    OPTIRS_OK(api().PJRT_Event_Set(&set));
    EXPECT_EQ(calls, 1);
    OPTIRS_OK(api().PJRT_Event_OnReady(&on_ready));  // ready: at once
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(take(api().PJRT_Event_Set(&set)).code, PJRT_Error_Code_FAILED_PRECONDITION);
    EXPECT_EQ(testing::await(create.event).code, PJRT_Error_Code_ABORTED);
}

}  // namespace
}  // namespace optirs::plugin
