// The calls of clients, devices and memories.
#pragma once

#include "tests/pjrt/function_cases.h"

namespace test {

inline std::vector<Case> placeCases() {
    return {
        {"PJRT_Client_LookupDevice",
         [](World& w) {
             optirs_pjrt_device* device = nullptr;
             return Outcome(optirs_pjrt_client_find_device(w.client, 1, &device));
         }},
        {"PJRT_Client_LookupAddressableDevice",
         [](World& w) {
             optirs_pjrt_device* device = nullptr;
             return Outcome(optirs_pjrt_client_find_local_device(w.client, 11, &device));
         }},
        {"PJRT_Client_DefaultDeviceAssignment",
         [](World& w) {
             int32_t ids[2];
             return Outcome(optirs_pjrt_client_default_assignment(w.client, 2, 1, ids, 2));
         }},
        {"PJRT_Client_DmaMap",
         [](World& w) { return Outcome(optirs_pjrt_client_dma_map(w.client, w.room.data(), 16)); }},
        {"PJRT_Client_DmaUnmap",
         [](World& w) { return Outcome(optirs_pjrt_client_dma_unmap(w.client, w.room.data())); }},
        {"PJRT_Client_UpdateGlobalProcessInfo",
         [](World& w) {
             optirs_pjrt_process_info info{};
             return Outcome(optirs_pjrt_client_update_processes(w.client, &info, 1));
         }},
        {"PJRT_Device_GetAttributes",
         [](World& w) {
             Values values;
             return Outcome(optirs_pjrt_device_read_attributes(w.device(), values.out()));
         }},
        {"PJRT_Device_ClearMemoryStats",
         [](World& w) { return Outcome(optirs_pjrt_device_clear_memory_stats(w.device())); }},
        {"PJRT_Device_PoisonExecution",
         [](World& w) {
             uint8_t poisoned = 0;
             return Outcome(
                 optirs_pjrt_device_poison_execution(w.device(), 7, OPTIRS_ABORTED, "m", 1, &poisoned));
         }},
        {"PJRT_Device_CreateAsyncTrackingEvent",
         [](World& w) {
             Tracking tracking;
             return Outcome(optirs_pjrt_device_track(w.device(), "t", 1, tracking.out()));
         }},
        {"PJRT_Device_MemoryStats",
         [](World& w) {
             optirs_pjrt_memory_stats stats;
             return Outcome(optirs_pjrt_device_memory_stats(w.device(), &stats));
         }},
    };
}

}  // namespace test
