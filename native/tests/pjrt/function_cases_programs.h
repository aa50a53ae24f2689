// The calls of programs, topologies and events.
#pragma once

#include "tests/pjrt/function_cases.h"

namespace test {

inline std::vector<Case> programCases() {
    return {
        {"PJRT_Event_Create",
         [](World& w) {
             Event event;
             return Outcome(optirs_pjrt_event_create(w.client, event.out()));
         }},
        {"PJRT_Event_Set",
         [](World& w) {
             Event event;
             NEEDED(optirs_pjrt_event_create(w.client, event.out()));
             return Outcome(optirs_pjrt_event_set(event.get(), OPTIRS_OK, nullptr, 0));
         }},
        {"PJRT_Event_IsReady",
         [](World& w) {
             Event event;
             uint8_t is_ready = 0;
             NEEDED(optirs_pjrt_event_create(w.client, event.out()));
             return Outcome(optirs_pjrt_event_is_ready(event.get(), &is_ready));
         }},
        {"PJRT_Event_Error",
         [](World& w) {
             Event event;
             NEEDED(optirs_pjrt_event_create(w.client, event.out()));
             NEEDED(optirs_pjrt_event_set(event.get(), OPTIRS_OK, nullptr, 0));
             return Outcome(optirs_pjrt_event_check(event.get()));
         }},
        {"PJRT_TopologyDescription_Create",
         [](World& w) {
             Topology topology;
             return Outcome(optirs_pjrt_topology_create(w.plugin, "fake:4", 6, nullptr, 0, topology.out()));
         }},
        {"PJRT_TopologyDescription_GetDeviceDescriptions",
         [](World& w) {
             Topology topology;
             return Outcome(optirs_pjrt_topology_create(w.plugin, "fake:4", 6, nullptr, 0, topology.out()));
         }},
        {"PJRT_Client_TopologyDescription",
         [](World& w) {
             Topology topology;
             return Outcome(optirs_pjrt_topology_of_client(w.client, topology.out()));
         }},
        {"PJRT_TopologyDescription_Serialize",
         [](World& w) {
             Topology topology;
             Bytes bytes;
             NEEDED(optirs_pjrt_topology_of_client(w.client, topology.out()));
             return Outcome(optirs_pjrt_topology_serialize(topology.get(), bytes.out()));
         }},
        {"PJRT_TopologyDescription_Deserialize",
         [](World& w) {
             Topology topology;
             const uint8_t text[] = {'3'};
             return Outcome(optirs_pjrt_topology_deserialize(w.plugin, text, 1, topology.out()));
         }},
        {"PJRT_TopologyDescription_Fingerprint",
         [](World& w) {
             Topology topology;
             uint64_t fingerprint = 0;
             NEEDED(optirs_pjrt_topology_of_client(w.client, topology.out()));
             return Outcome(optirs_pjrt_topology_fingerprint(topology.get(), &fingerprint));
         }},
        {"PJRT_TopologyDescription_GetMemorySpaceKindIds",
         [](World& w) {
             Topology topology;
             int64_t count = 0;
             NEEDED(optirs_pjrt_topology_of_client(w.client, topology.out()));
             return Outcome(optirs_pjrt_topology_num_memory_kinds(topology.get(), &count));
         }},
        {"PJRT_TopologyDescription_MakeCanonicalShapeForMemorySpace",
         [](World& w) {
             Topology topology;
             Bytes bytes;
             NEEDED(optirs_pjrt_topology_of_client(w.client, topology.out()));
             return Outcome(optirs_pjrt_topology_canonical_shape(topology.get(), 100, &w.array, bytes.out()));
         }},
        {"PJRT_Compile",
         [](World& w) {
             Topology topology;
             Executable made;
             NEEDED(optirs_pjrt_topology_of_client(w.client, topology.out()));
             return Outcome(optirs_pjrt_topology_compile(topology.get(), kAddProgram.data(),
                                                         kAddProgram.size(), nullptr, nullptr, made.out()));
         }},
        {"PJRT_Client_Load",
         [](World& w) {
             Topology topology;
             Executable made;
             Executable loaded;
             NEEDED(optirs_pjrt_topology_of_client(w.client, topology.out()));
             NEEDED(optirs_pjrt_topology_compile(topology.get(), kAddProgram.data(), kAddProgram.size(),
                                                 nullptr, nullptr, made.out()));
             return Outcome(optirs_pjrt_executable_load(w.client, made.get(), nullptr, loaded.out()));
         }},
        {"PJRT_Executable_Serialize",
         [](World& w) {
             Bytes bytes;
             return Outcome(optirs_pjrt_executable_serialize(w.executable.get(), bytes.out()));
         }},
        {"PJRT_Executable_DeserializeAndLoad",
         [](World& w) {
             Executable made;
             const std::string text = "fake program\n" + kAddProgram;
             return Outcome(optirs_pjrt_executable_deserialize(w.client,
                                                               reinterpret_cast<const uint8_t*>(text.data()),
                                                               text.size(), nullptr, 0, made.out()));
         }},
        {"PJRT_Executable_GetCompileOptions",
         [](World& w) {
             Bytes bytes;
             return Outcome(optirs_pjrt_executable_compile_options(w.executable.get(), bytes.out()));
         }},
        {"PJRT_LoadedExecutable_GetDeviceAssignment",
         [](World& w) {
             Bytes bytes;
             return Outcome(optirs_pjrt_executable_device_assignment(w.executable.get(), bytes.out()));
         }},
        {"PJRT_LoadedExecutable_AddressableDeviceLogicalIds",
         [](World& w) {
             int32_t replica = 0;
             int32_t partition = 0;
             return Outcome(optirs_pjrt_executable_logical_ids(w.executable.get(), 0, &replica, &partition));
         }},
        {"PJRT_Executable_OptimizedProgram",
         [](World& w) {
             Bytes bytes;
             const char* format = nullptr;
             uint64_t size = 0;
             return Outcome(
                 optirs_pjrt_executable_optimized_program(w.executable.get(), bytes.out(), &format, &size));
         }},
        {"PJRT_LoadedExecutable_Delete",
         [](World& w) { return Outcome(optirs_pjrt_executable_delete(w.executable.get())); }},
        {"PJRT_LoadedExecutable_IsDeleted",
         [](World& w) {
             uint8_t is_deleted = 0;
             return Outcome(optirs_pjrt_executable_is_deleted(w.executable.get(), &is_deleted));
         }},
        {"PJRT_Executable_OutputMemoryKinds",
         [](World& w) {
             const char* kind = nullptr;
             uint64_t size = 0;
             return Outcome(optirs_pjrt_executable_output_memory_kind(w.executable.get(), 0, &kind, &size));
         }},
        {"PJRT_Executable_ParameterMemoryKinds",
         [](World& w) {
             int64_t count = 0;
             return Outcome(optirs_pjrt_executable_num_parameters(w.executable.get(), &count));
         }},
        {"PJRT_ExecuteContext_Create",
         [](World& w) {
             Context context;
             return Outcome(optirs_pjrt_context_create(w.client, context.out()));
         }},
        {"PJRT_Event_Await", [](World& w) { return Outcome(optirs_pjrt_buffer_wait(w.buffer.get())); }},
        {"PJRT_Executable_GetCompiledMemoryStats",
         [](World& w) {
             optirs_pjrt_executable_memory memory;
             return Outcome(optirs_pjrt_executable_memory_stats(w.executable.get(), &memory));
         }},
        {"PJRT_Executable_SizeOfGeneratedCodeInBytes",
         [](World& w) {
             int64_t size = 0;
             return Outcome(optirs_pjrt_executable_code_size(w.executable.get(), &size));
         }},
        {"PJRT_Executable_GetCostAnalysis",
         [](World& w) {
             int64_t count = 0;
             return Outcome(optirs_pjrt_executable_num_costs(w.executable.get(), &count));
         }},
    };
}

}  // namespace test
