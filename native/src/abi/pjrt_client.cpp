// optirs/pjrt_client.h: validation and translation only.
#include <optirs/pjrt_client.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/client.h"
#include "src/pjrt/key_value_store.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

optirs_error* optirs_pjrt_client_create(optirs_pjrt_plugin* plugin, const optirs_pjrt_named_value* options,
                                        int64_t num_options, optirs_pjrt_client** out_client) {
    return guard("optirs_pjrt_client_create", [&] {
        Out out(out_client, "out_client");
        out = optirs::core::makeObject<optirs_pjrt_client>(required(plugin, "plugin")->library(),
                                                           requiredArray(options, num_options, "options"));
    });
}
void optirs_pjrt_client_retain(optirs_pjrt_client* client) { optirs::core::retainHandle(client); }
void optirs_pjrt_client_release(optirs_pjrt_client* client) { optirs::core::releaseHandle(client); }
const char* optirs_pjrt_client_platform_name(const optirs_pjrt_client* client, uint64_t* out_size) {
    return returnText(client->platformName(), out_size);
}
const char* optirs_pjrt_client_platform_version(const optirs_pjrt_client* client, uint64_t* out_size) {
    return returnText(client->platformVersion(), out_size);
}
int32_t optirs_pjrt_client_process_index(const optirs_pjrt_client* client) { return client->processIndex(); }
int64_t optirs_pjrt_client_num_devices(const optirs_pjrt_client* client) {
    return static_cast<int64_t>(client->devices().size());
}
optirs_pjrt_device* optirs_pjrt_client_device(const optirs_pjrt_client* client, int64_t index) {
    return itemAt(client->devices(), index);
}
int64_t optirs_pjrt_client_num_addressable_devices(const optirs_pjrt_client* client) {
    return static_cast<int64_t>(client->addressableDevices().size());
}
optirs_pjrt_device* optirs_pjrt_client_addressable_device(const optirs_pjrt_client* client, int64_t index) {
    return itemAt(client->addressableDevices(), index);
}
void optirs_pjrt_client_live_buffers(const optirs_pjrt_client* client, optirs_pjrt_live_buffers* out_live) {
    *out_live = client->buffers().count();
}

optirs_error* optirs_pjrt_client_find_device(const optirs_pjrt_client* client, int32_t id,
                                             optirs_pjrt_device** out_device) {
    return guard("optirs_pjrt_client_find_device", [&] {
        Out out(out_device, "out_device");
        out = &required(client, "client")->lookupDevice(id);
    });
}
optirs_error* optirs_pjrt_client_find_local_device(const optirs_pjrt_client* client,
                                                   int32_t local_hardware_id,
                                                   optirs_pjrt_device** out_device) {
    return guard("optirs_pjrt_client_find_local_device", [&] {
        Out out(out_device, "out_device");
        out = &required(client, "client")->lookupLocalDevice(local_hardware_id);
    });
}
optirs_error* optirs_pjrt_client_default_assignment(const optirs_pjrt_client* client, int32_t num_replicas,
                                                    int32_t num_partitions, int32_t* out_ids,
                                                    int64_t num_ids) {
    return guard("optirs_pjrt_client_default_assignment", [&] {
        required(client, "client")
            ->defaultAssignment(num_replicas, num_partitions, requiredArray(out_ids, num_ids, "out_ids"));
    });
}
int64_t optirs_pjrt_client_num_memories(const optirs_pjrt_client* client) {
    return static_cast<int64_t>(client->memories().size());
}
optirs_pjrt_memory* optirs_pjrt_client_memory(const optirs_pjrt_client* client, int64_t index) {
    return itemAt(client->memories(), index);
}
optirs_error* optirs_pjrt_client_dma_map(optirs_pjrt_client* client, void* data, uint64_t size) {
    return guard("optirs_pjrt_client_dma_map",
                 [&] { required(client, "client")->dmaMap(required(data, "data"), size); });
}
optirs_error* optirs_pjrt_client_dma_unmap(optirs_pjrt_client* client, void* data) {
    return guard("optirs_pjrt_client_dma_unmap",
                 [&] { required(client, "client")->dmaUnmap(required(data, "data")); });
}
optirs_error* optirs_pjrt_client_update_processes(optirs_pjrt_client* client,
                                                  const optirs_pjrt_process_info* infos, int64_t num_infos) {
    return guard("optirs_pjrt_client_update_processes", [&] {
        required(client, "client")->updateProcesses(requiredArray(infos, num_infos, "infos"));
    });
}

// ---- Several processes

void optirs_pjrt_value_sink_set(optirs_pjrt_value_sink* sink, const uint8_t* value, uint64_t size) {
    try {
        sink->value.assign(reinterpret_cast<const char*>(value), size);
        sink->is_set = true;
    } catch (const std::exception&) {
        sink->code = OPTIRS_RESOURCE_EXHAUSTED;
    }
}
void optirs_pjrt_value_sink_fail(optirs_pjrt_value_sink* sink, optirs_status code, const char* message,
                                 uint64_t size) {
    sink->code = code == OPTIRS_OK ? OPTIRS_INTERNAL : code;
    try {
        sink->message.assign(message, size);
    } catch (const std::exception&) {
        sink->message.clear();  // the code alone says enough
    }
}
optirs_error* optirs_pjrt_client_create_with_store(optirs_pjrt_plugin* plugin,
                                                   const optirs_pjrt_named_value* options,
                                                   int64_t num_options, optirs_pjrt_store_put put,
                                                   optirs_pjrt_store_get get,
                                                   optirs_pjrt_store_released released, void* context,
                                                   optirs_pjrt_client** out_client) {
    return guard("optirs_pjrt_client_create_with_store", [&] {
        Out out(out_client, "out_client");
        const pjrt::KeyValueStore store(required(put, "put"), required(get, "get"), released, context);
        out = optirs::core::makeObject<optirs_pjrt_client>(
            required(plugin, "plugin")->library(), requiredArray(options, num_options, "options"), store);
    });
}
