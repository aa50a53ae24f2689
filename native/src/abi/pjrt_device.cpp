// optirs/pjrt_device.h: validation and translation only.
#include <optirs/pjrt_device.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/client.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

int32_t optirs_pjrt_device_id(const optirs_pjrt_device* device) { return device->id; }
int32_t optirs_pjrt_device_process_index(const optirs_pjrt_device* device) { return device->process_index; }
int32_t optirs_pjrt_device_local_hardware_id(const optirs_pjrt_device* device) {
    return device->local_hardware_id;
}
uint8_t optirs_pjrt_device_is_addressable(const optirs_pjrt_device* device) {
    return device->is_addressable ? 1 : 0;
}
const char* optirs_pjrt_device_kind(const optirs_pjrt_device* device, uint64_t* out_size) {
    return returnText(device->kind, out_size);
}
const char* optirs_pjrt_device_debug_string(const optirs_pjrt_device* device, uint64_t* out_size) {
    return returnText(device->debug_string, out_size);
}
int64_t optirs_pjrt_device_num_attributes(const optirs_pjrt_device* device) {
    return device->attributes.size();
}
optirs_error* optirs_pjrt_device_attribute(const optirs_pjrt_device* device, int64_t index,
                                           optirs_pjrt_named_value* out_value) {
    return guard("optirs_pjrt_device_attribute", [&] {
        Out out(out_value, "out_value");
        out = required(device, "device")->attributes.at(index, "attribute");
    });
}
optirs_error* optirs_pjrt_device_memory_stats(const optirs_pjrt_device* device,
                                              optirs_pjrt_memory_stats* out_stats) {
    return guard("optirs_pjrt_device_memory_stats", [&] {
        Out out(out_stats, "out_stats");
        out = required(device, "device")->memoryStats();
    });
}
const char* optirs_pjrt_device_to_string(const optirs_pjrt_device* device, uint64_t* out_size) {
    return returnText(device->to_string, out_size);
}
int64_t optirs_pjrt_device_num_memories(const optirs_pjrt_device* device) {
    return static_cast<int64_t>(device->memories.size());
}
optirs_pjrt_memory* optirs_pjrt_device_memory(const optirs_pjrt_device* device, int64_t index) {
    return itemAt(device->memories, index);
}
optirs_pjrt_memory* optirs_pjrt_device_default_memory(const optirs_pjrt_device* device) {
    return device->default_memory;
}
optirs_error* optirs_pjrt_device_read_attributes(const optirs_pjrt_device* device,
                                                 optirs_pjrt_values** out_values) {
    return guard("optirs_pjrt_device_read_attributes", [&] {
        Out out(out_values, "out_values");
        out = required(device, "device")->readAttributes();
    });
}
optirs_error* optirs_pjrt_device_clear_memory_stats(optirs_pjrt_device* device) {
    return guard("optirs_pjrt_device_clear_memory_stats",
                 [&] { required(device, "device")->clearMemoryStats(); });
}
optirs_error* optirs_pjrt_device_poison_execution(optirs_pjrt_device* device, int32_t launch_id,
                                                  optirs_status code, const char* message,
                                                  uint64_t message_size, uint8_t* out_poisoned) {
    return guard("optirs_pjrt_device_poison_execution", [&] {
        Out out(out_poisoned, "out_poisoned");
        const auto text = requiredText(message, message_size, "message");
        out = required(device, "device")->poison(launch_id, code, text) ? 1 : 0;
    });
}
optirs_error* optirs_pjrt_device_track(optirs_pjrt_device* device, const char* description,
                                       uint64_t description_size, optirs_pjrt_tracking** out_tracking) {
    return guard("optirs_pjrt_device_track", [&] {
        Out out(out_tracking, "out_tracking");
        out = required(device, "device")->track(requiredText(description, description_size, "description"));
    });
}
void optirs_pjrt_tracking_retain(optirs_pjrt_tracking* tracking) { optirs::core::retainHandle(tracking); }
void optirs_pjrt_tracking_release(optirs_pjrt_tracking* tracking) { optirs::core::releaseHandle(tracking); }
