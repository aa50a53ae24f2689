#include <optirs/device.h>

#include "src/core/device/device.h"
#include "src/core/guard.h"

using namespace optirs::core;

optirs_error* optirs_device_count(optirs_backend* backend, int32_t* out_count) {
    return guard("optirs_device_count", [&] {
        Out out(out_count, "out_count");
        out = deviceCount(required(backend, "backend")->entry);
    });
}

optirs_error* optirs_device_get(optirs_backend* backend, int32_t index, optirs_device** out_device) {
    return guard("optirs_device_get", [&] {
        Out out(out_device, "out_device");
        out = &findDevice(required(backend, "backend")->entry, index);
    });
}

int32_t optirs_device_index(const optirs_device* device) { return device->calls.index(); }

optirs_error* optirs_device_read_properties(const optirs_device* device,
                                            optirs_device_properties* out_properties) {
    return guard("optirs_device_read_properties", [&] {
        Out out(out_properties, "out_properties");
        out = propertiesOf(*required(device, "device"));
    });
}

const char* optirs_device_name(const optirs_device* device, uint64_t* out_size) {
    return returnText(device->info.name, out_size);
}
const char* optirs_device_uuid(const optirs_device* device, uint64_t* out_size) {
    return returnText(device->info.uuid, out_size);
}
const char* optirs_device_address(const optirs_device* device, uint64_t* out_size) {
    return returnText(device->info.address, out_size);
}

optirs_error* optirs_device_enable_peer(optirs_device* device, optirs_device* peer, uint8_t* out_is_direct) {
    return guard("optirs_device_enable_peer", [&] {
        Out out(out_is_direct, "out_is_direct");
        out = enablePeer(*required(device, "device"), *required(peer, "peer")) ? 1 : 0;
    });
}

optirs_error* optirs_device_memory_info(optirs_device* device, uint64_t* out_free, uint64_t* out_total) {
    return guard("optirs_device_memory_info", [&] {
        const Out cleared_free(out_free, "out_free");
        const Out cleared_total(out_total, "out_total");
        required(device, "device")->calls(&optirs_device_table::memory_info, out_free, out_total);
    });
}

optirs_error* optirs_buffer_create_pinned(optirs_device* device, uint64_t size, optirs_buffer** out_buffer) {
    return guard("optirs_buffer_create_pinned", [&] {
        Out out(out_buffer, "out_buffer");
        out = createPinnedBuffer(*required(device, "device"), size);
    });
}
