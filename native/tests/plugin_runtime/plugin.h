#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "pjrt_abi/pjrt_abi.h"

namespace optirs::plugin::testing {

/// The plugin as any client sees it: dlopen and GetPjrtApi.
inline const PJRT_Api& api() {
    static const PJRT_Api* const table = [] {
        void* library = dlopen(OPTIRS_PLUGIN_PATH, RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) throw std::runtime_error(dlerror());
        return reinterpret_cast<const PJRT_Api* (*)()>(dlsym(library, "GetPjrtApi"))();
    }();
    return *table;
}

/// An argument struct with its size set.
template <class Args>
Args arguments() {
    Args args{};
    args.struct_size = sizeof(Args);
    return args;
}

struct Failure {
    PJRT_Error_Code code = PJRT_Error_Code_OK;
    std::string message;
};

/// Takes and destroys the error.
inline Failure take(PJRT_Error* error) {
    if (error == nullptr) return {};
    auto message = arguments<PJRT_Error_Message_Args>();
    message.error = error;
    api().PJRT_Error_Message(&message);
    auto code = arguments<PJRT_Error_GetCode_Args>();
    code.error = error;
    EXPECT_EQ(api().PJRT_Error_GetCode(&code), nullptr);
    Failure failure{code.code, std::string(message.message, message.message_size)};
    auto destroy = arguments<PJRT_Error_Destroy_Args>();
    destroy.error = error;
    api().PJRT_Error_Destroy(&destroy);
    return failure;
}

#define OPTIRS_OK(call)                                                                                 \
    do {                                                                                                \
        const ::optirs::plugin::testing::Failure failure_of_it = ::optirs::plugin::testing::take(call); \
        ASSERT_EQ(failure_of_it.code, PJRT_Error_Code_OK) << failure_of_it.message;                     \
    } while (false)

class Client {
 public:
    explicit Client(std::vector<std::pair<std::string, int64_t>> options = {}) {
        std::vector<PJRT_NamedValue> values;
        for (const auto& [name, value] : options) {
            auto option = arguments<PJRT_NamedValue>();
            option.name = name.data();
            option.name_size = name.size();
            option.type = PJRT_NamedValue_kInt64;
            option.int64_value = value;
            option.value_size = 1;
            values.push_back(option);
        }
        auto args = arguments<PJRT_Client_Create_Args>();
        args.create_options = values.data();
        args.num_options = values.size();
        failure = take(api().PJRT_Client_Create(&args));
        client = args.client;
    }
    ~Client() { destroy(); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void destroy() {
        auto args = arguments<PJRT_Client_Destroy_Args>();
        args.client = std::exchange(client, nullptr);
        take(api().PJRT_Client_Destroy(&args));
    }

    std::vector<PJRT_Device*> devices() const {
        auto args = arguments<PJRT_Client_Devices_Args>();
        args.client = client;
        take(api().PJRT_Client_Devices(&args));
        return {args.devices, args.devices + args.num_devices};
    }

    PJRT_LoadedExecutable* compile(std::string text, std::string options = {}, Failure* why = nullptr) const {
        auto program = arguments<PJRT_Program>();
        program.code = text.data();
        program.code_size = text.size();
        program.format = "mlir";
        program.format_size = 4;
        auto args = arguments<PJRT_Client_Compile_Args>();
        args.client = client;
        args.program = &program;
        args.compile_options = options.data();
        args.compile_options_size = options.size();
        const Failure result = take(api().PJRT_Client_Compile(&args));
        if (why != nullptr) {
            *why = result;
        } else {
            EXPECT_EQ(result.code, PJRT_Error_Code_OK) << result.message;
        }
        return args.executable;
    }

    PJRT_Buffer* upload(const std::vector<float>& values, PJRT_Device* device = nullptr) const {
        const auto count = static_cast<int64_t>(values.size());
        auto args = arguments<PJRT_Client_BufferFromHostBuffer_Args>();
        args.client = client;
        args.data = values.data();
        args.type = PJRT_Buffer_Type_F32;
        args.dims = &count;
        args.num_dims = 1;
        args.device = device;
        args.host_buffer_semantics = PJRT_HostBufferSemantics_kImmutableOnlyDuringCall;
        const Failure result = take(api().PJRT_Client_BufferFromHostBuffer(&args));
        EXPECT_EQ(result.code, PJRT_Error_Code_OK) << result.message;
        if (args.done_with_host_buffer != nullptr) destroyEvent(args.done_with_host_buffer);
        return args.buffer;
    }

    static void destroyEvent(PJRT_Event* event) {
        auto args = arguments<PJRT_Event_Destroy_Args>();
        args.event = event;
        take(api().PJRT_Event_Destroy(&args));
    }

    PJRT_Client* client = nullptr;
    Failure failure;
};

inline void destroy(PJRT_Buffer* buffer) {
    auto args = arguments<PJRT_Buffer_Destroy_Args>();
    args.buffer = buffer;
    take(api().PJRT_Buffer_Destroy(&args));
}

inline void destroy(PJRT_LoadedExecutable* executable) {
    auto args = arguments<PJRT_LoadedExecutable_Destroy_Args>();
    args.executable = executable;
    take(api().PJRT_LoadedExecutable_Destroy(&args));
}

/// Waits for the event, destroys it, and gives its error.
inline Failure await(PJRT_Event* event) {
    auto args = arguments<PJRT_Event_Await_Args>();
    args.event = event;
    Failure failure = take(api().PJRT_Event_Await(&args));
    Client::destroyEvent(event);
    return failure;
}

template <class T>
std::vector<T> download(PJRT_Buffer* buffer, Failure* why = nullptr) {
    auto args = arguments<PJRT_Buffer_ToHostBuffer_Args>();
    args.src = buffer;
    Failure failure = take(api().PJRT_Buffer_ToHostBuffer(&args));
    std::vector<T> values(args.dst_size / sizeof(T));
    if (failure.code == PJRT_Error_Code_OK) {
        args.dst = values.data();
        failure = take(api().PJRT_Buffer_ToHostBuffer(&args));
        if (failure.code == PJRT_Error_Code_OK) failure = await(args.event);
    }
    if (why != nullptr) {
        *why = failure;
    } else {
        EXPECT_EQ(failure.code, PJRT_Error_Code_OK) << failure.message;
    }
    return values;
}

struct Executed {
    Failure failure;  ///< of the call
    std::vector<std::vector<PJRT_Buffer*>> outputs;
    std::vector<Failure> completions;  ///< one per device
};

inline Executed execute(PJRT_LoadedExecutable* executable,
                        const std::vector<std::vector<PJRT_Buffer*>>& lists, size_t num_outputs,
                        std::vector<int64_t> keep = {}) {
    Executed result;
    std::vector<PJRT_Buffer* const*> argument_lists;
    std::vector<PJRT_Buffer**> output_lists;
    result.outputs.assign(lists.size(), std::vector<PJRT_Buffer*>(num_outputs));
    for (size_t d = 0; d < lists.size(); ++d) {
        argument_lists.push_back(lists[d].data());
        output_lists.push_back(result.outputs[d].data());
    }
    std::vector<PJRT_Event*> events(lists.size());
    auto options = arguments<PJRT_ExecuteOptions>();
    options.non_donatable_input_indices = keep.data();
    options.num_non_donatable_input_indices = keep.size();
    auto args = arguments<PJRT_LoadedExecutable_Execute_Args>();
    args.executable = executable;
    args.options = &options;
    args.argument_lists = argument_lists.data();
    args.num_devices = lists.size();
    args.num_args = lists.empty() ? 0 : lists[0].size();
    args.output_lists = output_lists.data();
    args.device_complete_events = events.data();
    result.failure = take(api().PJRT_LoadedExecutable_Execute(&args));
    if (result.failure.code == PJRT_Error_Code_OK) {
        for (PJRT_Event* event : events) result.completions.push_back(await(event));
    }
    return result;
}

/// An executable once more, from what it is serialized to.
inline PJRT_LoadedExecutable* loadedAgain(const Client& client, PJRT_Executable* executable) {
    auto serialize = arguments<PJRT_Executable_Serialize_Args>();
    serialize.executable = executable;
    const Failure unserialized = take(api().PJRT_Executable_Serialize(&serialize));
    EXPECT_EQ(unserialized.code, PJRT_Error_Code_OK) << unserialized.message;
    auto load = arguments<PJRT_Executable_DeserializeAndLoad_Args>();
    load.client = client.client;
    load.serialized_executable = serialize.serialized_bytes;
    load.serialized_executable_size = serialize.serialized_bytes_size;
    const Failure unloaded = take(api().PJRT_Executable_DeserializeAndLoad(&load));
    EXPECT_EQ(unloaded.code, PJRT_Error_Code_OK) << unloaded.message;
    serialize.serialized_executable_deleter(serialize.serialized_executable);
    return load.loaded_executable;
}

}  // namespace optirs::plugin::testing
