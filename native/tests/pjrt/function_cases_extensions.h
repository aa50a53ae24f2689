// The calls of extensions.
#pragma once

#include "tests/pjrt/function_cases.h"

namespace test {

using List = Handle<optirs_pjrt_list, optirs_pjrt_list_release>;
using Profiler = Handle<optirs_pjrt_profiler, optirs_pjrt_profiler_release>;
using RawBuffer = Handle<optirs_pjrt_raw_buffer, optirs_pjrt_raw_buffer_release>;

inline optirs_pjrt_blob blobOf(const char* text) {
    return {reinterpret_cast<const uint8_t*>(text), std::char_traits<char>::length(text)};
}
inline std::vector<std::string> textsOf(const List& list) {
    std::vector<std::string> texts;
    for (int64_t i = 0; i < optirs_pjrt_list_count(list.get()); ++i) {
        uint64_t size = 0;
        const auto* data = reinterpret_cast<const char*>(optirs_pjrt_list_at(list.get(), i, &size));
        texts.emplace_back(data, size);
    }
    return texts;
}
inline std::string textOf(const Bytes& bytes) {
    uint64_t size = 0;
    const auto* data = reinterpret_cast<const char*>(optirs_pjrt_bytes_data(bytes.get(), &size));
    return {data, size};
}

/// What a receiver is told.
struct Descriptors {
    Outcome outcome;
    List list;

    static void ready(optirs_error* error, optirs_pjrt_list* list, void* context) {
        auto& told = *static_cast<Descriptors*>(context);
        told.outcome = Outcome(error);
        told.list = List(list);
    }
};

inline std::vector<Case> descriptionCases() {
    const auto layouts = [](World& w, optirs_pjrt_program_side side) {
        List list;
        return Outcome(optirs_pjrt_executable_layouts(w.executable.get(), side, list.out()));
    };
    const auto shardings = [](World& w, optirs_pjrt_program_side side) {
        List list;
        return Outcome(optirs_pjrt_executable_shardings(w.executable.get(), side, list.out()));
    };
    const auto default_layout = [](World& w) {
        Bytes text;
        return Outcome(optirs_pjrt_client_default_layout(w.client, &w.array, text.out()));
    };
    return {
        {"PJRT_Layouts_PJRT_Client_GetDefaultLayout", default_layout},
        {"PJRT_Layouts_MemoryLayout_Serialize", default_layout},
        {"PJRT_Layouts_PJRT_Topology_GetDefaultLayout",
         [](World& w) {
             Topology topology;
             Bytes text;
             NEEDED(optirs_pjrt_topology_of_client(w.client, topology.out()));
             return Outcome(optirs_pjrt_topology_default_layout(topology.get(), &w.array, text.out()));
         }},
        {"PJRT_Layouts_PJRT_Buffer_MemoryLayout",
         [](World& w) {
             Bytes text;
             return Outcome(optirs_pjrt_buffer_layout_text(w.buffer.get(), text.out()));
         }},
        {"PJRT_Layouts_PJRT_Executable_GetOutputLayouts",
         [layouts](World& w) { return layouts(w, OPTIRS_PJRT_SIDE_OUTPUTS); }},
        {"PJRT_Layouts_PJRT_Executable_GetParameterLayouts",
         [layouts](World& w) { return layouts(w, OPTIRS_PJRT_SIDE_PARAMETERS); }},
        {"PJRT_Shardings_PJRT_Executable_OutputShardings",
         [shardings](World& w) { return shardings(w, OPTIRS_PJRT_SIDE_OUTPUTS); }},
        {"PJRT_Shardings_PJRT_Executable_ParameterShardings",
         [shardings](World& w) { return shardings(w, OPTIRS_PJRT_SIDE_PARAMETERS); }},
        {"PJRT_ExecutableMetadata_GetExecutableMetadata",
         [](World& w) {
             Bytes bytes;
             return Outcome(optirs_pjrt_executable_metadata(w.executable.get(), bytes.out()));
         }},
        {"PJRT_DeviceDescription_MemoryDescriptions",
         [](World& w) {
             Topology topology;
             int64_t count = 0;
             NEEDED(optirs_pjrt_topology_of_client(w.client, topology.out()));
             return Outcome(optirs_pjrt_topology_num_device_memories(topology.get(), 0, &count));
         }},
        {"PJRT_MemoryDescription_Kind",
         [](World& w) {
             Topology topology;
             optirs_pjrt_memory_description memory;
             NEEDED(optirs_pjrt_topology_of_client(w.client, topology.out()));
             return Outcome(optirs_pjrt_topology_device_memory(topology.get(), 0, 1, &memory));
         }},
    };
}

inline std::vector<Case> memoryCases() {
    return {
        {"PJRT_RawBuffer_CreateRawAliasOfBuffer",
         [](World& w) {
             RawBuffer raw;
             return Outcome(optirs_pjrt_raw_buffer_create(w.buffer.get(), raw.out()));
         }},
        {"PJRT_RawBuffer_GetOnDeviceSizeInBytes",
         [](World& w) {
             RawBuffer raw;
             uint64_t size = 0;
             NEEDED(optirs_pjrt_raw_buffer_create(w.buffer.get(), raw.out()));
             return Outcome(optirs_pjrt_raw_buffer_size(raw.get(), &size));
         }},
        {"PJRT_RawBuffer_GetMemorySpace",
         [](World& w) {
             RawBuffer raw;
             optirs_pjrt_memory* memory = nullptr;
             NEEDED(optirs_pjrt_raw_buffer_create(w.buffer.get(), raw.out()));
             return Outcome(optirs_pjrt_raw_buffer_memory(raw.get(), &memory));
         }},
        {"PJRT_RawBuffer_GetHostPointer",
         [](World& w) {
             RawBuffer raw;
             uint64_t address = 0;
             NEEDED(optirs_pjrt_raw_buffer_create(w.buffer.get(), raw.out()));
             return Outcome(optirs_pjrt_raw_buffer_host_address(raw.get(), &address));
         }},
        {"PJRT_RawBuffer_CopyRawDeviceToHost",
         [](World& w) {
             RawBuffer raw;
             Completion done;
             NEEDED(optirs_pjrt_raw_buffer_create(w.buffer.get(), raw.out()));
             return waitFor(
                 optirs_pjrt_raw_buffer_read(raw.get(), 4, w.room.data(), 8, Completion::done, &done), done);
         }},
        {"PJRT_RawBuffer_CopyRawHostToDevice",
         [](World& w) {
             RawBuffer raw;
             Completion done;
             NEEDED(optirs_pjrt_raw_buffer_create(w.buffer.get(), raw.out()));
             return waitFor(
                 optirs_pjrt_raw_buffer_write(raw.get(), 4, w.room.data(), 8, Completion::done, &done), done);
         }},
        {"PJRT_Get_Stream_For_External_Ready_Events",
         [](World& w) {
             int64_t stream = 0;
             return Outcome(optirs_pjrt_device_stream(w.device(), &stream));
         }},
        {"PJRT_Wait_Until_Buffer_Ready_On_Stream",
         [](World& w) { return Outcome(optirs_pjrt_buffer_wait_on_stream(w.buffer.get(), 5)); }},
        {"PJRT_Transfers_PJRT_Client_MakeCrossHostReceiveBuffers",
         [](World& w) {
             Buffer received;
             Descriptors told;
             NEEDED(optirs_pjrt_client_receive_remote(w.client, &w.array, 1, Descriptors::ready, &told,
                                                      received.out()));
             NEEDED(told.outcome);
             const std::string descriptor = textsOf(told.list).at(0);
             Completion done;
             return waitFor(optirs_pjrt_buffer_send_remote(
                                w.buffer.get(), reinterpret_cast<const uint8_t*>(descriptor.data()),
                                descriptor.size(), Completion::done, &done),
                            done);
         }},
    };
}

inline std::vector<Case> pluginCases() {
    return {
        {"PJRT_Gpu_Register_Custom_Call",
         [](World& w) {
             optirs_pjrt_custom_call call{};
             call.struct_size = sizeof call;
             call.execute = &call;
             return Outcome(optirs_pjrt_plugin_register_custom_call(w.plugin, "mine", 4, &call));
         }},
        {"PJRT_FFI_Register_Handler",
         [](World& w) {
             return Outcome(
                 optirs_pjrt_plugin_register_ffi_handler(w.plugin, "mine", 4, "CUDA", 4, w.room.data(), 0));
         }},
        {"PJRT_FFI_Type_Register",
         [](World& w) {
             int64_t id = 0;
             return Outcome(optirs_pjrt_plugin_register_ffi_type(w.plugin, "type", 4, nullptr, &id));
         }},
        {"PJRT_FFI_UserData_Add",
         [](World& w) {
             Context context;
             NEEDED(optirs_pjrt_context_create(w.client, context.out()));
             return Outcome(optirs_pjrt_context_add_user_data(context.get(), 7, w.room.data()));
         }},
        {"PJRT_PhaseCompile_Get_Compiler",
         [](World& w) {
             List names;
             return Outcome(optirs_pjrt_plugin_phase_names(w.plugin, names.out()));
         }},
        {"PJRT_PhaseCompile_Get_PhaseNames",
         [](World& w) {
             List names;
             return Outcome(optirs_pjrt_plugin_phase_names(w.plugin, names.out()));
         }},
        {"PJRT_PhaseCompile_Run_Phase",
         [](World& w) {
             Topology topology;
             List programs;
             const optirs_pjrt_blob program = blobOf("program");
             const optirs_pjrt_blob phase = blobOf("emit");
             NEEDED(optirs_pjrt_topology_of_client(w.client, topology.out()));
             return Outcome(optirs_pjrt_topology_run_phases(topology.get(), &program, 1, &phase, 1, nullptr,
                                                            0, programs.out()));
         }},
        {"PLUGIN_Profiler_Create",
         [](World& w) {
             Profiler profiler;
             return Outcome(optirs_pjrt_profiler_create(w.plugin, nullptr, 0, profiler.out()));
         }},
        {"PLUGIN_Profiler_Start",
         [](World& w) {
             Profiler profiler;
             NEEDED(optirs_pjrt_profiler_create(w.plugin, nullptr, 0, profiler.out()));
             return Outcome(optirs_pjrt_profiler_start(profiler.get()));
         }},
        {"PLUGIN_Profiler_Stop",
         [](World& w) {
             Profiler profiler;
             NEEDED(optirs_pjrt_profiler_create(w.plugin, nullptr, 0, profiler.out()));
             return Outcome(optirs_pjrt_profiler_stop(profiler.get()));
         }},
        {"PLUGIN_Profiler_CollectData",
         [](World& w) {
             Profiler profiler;
             Bytes space;
             NEEDED(optirs_pjrt_profiler_create(w.plugin, reinterpret_cast<const uint8_t*>("o"), 1,
                                                profiler.out()));
             return Outcome(optirs_pjrt_profiler_collect(profiler.get(), space.out()));
         }},
    };
}

}  // namespace test
