/**
 * @file
 * Clients: the devices and memories of a plugin.
 */
#ifndef OPTIRS_PJRT_CLIENT_H_
#define OPTIRS_PJRT_CLIENT_H_

#include <optirs/pjrt_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Opens the devices of a plugin.
 * Errors: INVALID_ARGUMENT (an option of unknown kind) or what the plugin reports.
 * @fallible
 * @param[in] plugin
 * @param[in] options named values that the plugin understands
 * @param[in] num_options @size_of{options}
 * @param[out] out_client @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_client_create(optirs_pjrt_plugin* plugin,
                                                      const optirs_pjrt_named_value* options,
                                                      int64_t num_options, optirs_pjrt_client** out_client);

/**
 * Adds a reference.
 * @param[in] client NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_client_retain(optirs_pjrt_client* client);

/**
 * Drops a reference.
 * @param[in] client @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_client_release(optirs_pjrt_client* client);

/**
 * Name of the platform, e.g. "cpu", "cuda", "tpu".
 * @param[in] client
 * @param[out] out_size bytes
 * @return @borrowed UTF-8, valid as long as the client
 */
OPTIRS_EXPORT const char* optirs_pjrt_client_platform_name(const optirs_pjrt_client* client,
                                                           uint64_t* out_size);

/**
 * Version text of the platform.
 * @param[in] client
 * @param[out] out_size bytes
 * @return @borrowed UTF-8, valid as long as the client
 */
OPTIRS_EXPORT const char* optirs_pjrt_client_platform_version(const optirs_pjrt_client* client,
                                                              uint64_t* out_size);

/**
 * Index of this process among the processes of the client.
 * @fast
 * @param[in] client
 */
OPTIRS_EXPORT int32_t optirs_pjrt_client_process_index(const optirs_pjrt_client* client);

/**
 * Number of all devices, those of other processes included.
 * @fast
 * @param[in] client
 */
OPTIRS_EXPORT int64_t optirs_pjrt_client_num_devices(const optirs_pjrt_client* client);

/**
 * Device `index` of all devices; NULL where the index is out of range.
 * @param[in] client
 * @param[in] index 0 <= index < num_devices
 * @return @borrowed valid as long as the client
 */
OPTIRS_EXPORT optirs_pjrt_device* optirs_pjrt_client_device(const optirs_pjrt_client* client, int64_t index);

/**
 * Number of devices that this process can use.
 * @fast
 * @param[in] client
 */
OPTIRS_EXPORT int64_t optirs_pjrt_client_num_addressable_devices(const optirs_pjrt_client* client);

/**
 * Device `index` of the devices that this process can use; NULL where the index is out of range.
 * @param[in] client
 * @param[in] index 0 <= index < num_addressable_devices
 * @return @borrowed valid as long as the client
 */
OPTIRS_EXPORT optirs_pjrt_device* optirs_pjrt_client_addressable_device(const optirs_pjrt_client* client,
                                                                        int64_t index);

/** Device buffers that live in cells of the client, in number and in bytes. */
typedef struct optirs_pjrt_live_buffers {
    int64_t count;
    int64_t bytes;
} optirs_pjrt_live_buffers;

/**
 * Counts the live device buffers of the client's cells. Buffers that were donated do not count.
 * @param[in] client
 * @param[out] out_live sums over all devices
 */
OPTIRS_EXPORT void optirs_pjrt_client_live_buffers(const optirs_pjrt_client* client,
                                                   optirs_pjrt_live_buffers* out_live);

/**
 * The device with this number. Errors: NOT_FOUND or what the plugin reports.
 * @fallible
 * @param[in] client
 * @param[in] id as optirs_pjrt_device_id
 * @param[out] out_device @borrowed
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_client_find_device(const optirs_pjrt_client* client, int32_t id,
                                                           optirs_pjrt_device** out_device);

/**
 * The addressable device with this number within the host. Errors: NOT_FOUND or what the plugin reports.
 * @fallible
 * @param[in] client
 * @param[in] local_hardware_id as optirs_pjrt_device_local_hardware_id
 * @param[out] out_device @borrowed
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_client_find_local_device(const optirs_pjrt_client* client,
                                                                 int32_t local_hardware_id,
                                                                 optirs_pjrt_device** out_device);

/**
 * The devices that a program of so many replicas and partitions runs on by default.
 * Errors: INVALID_ARGUMENT (counts below 1, room for another number of ids), or what the plugin reports.
 * @fallible
 * @param[in] client
 * @param[in] num_replicas >= 1
 * @param[in] num_partitions >= 1
 * @param[out] out_ids [num_replicas x num_partitions]
 * @param[in] num_ids @size_of{out_ids}
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_client_default_assignment(const optirs_pjrt_client* client,
                                                                  int32_t num_replicas,
                                                                  int32_t num_partitions, int32_t* out_ids,
                                                                  int64_t num_ids);

/**
 * Number of memories that this process can use. 0 where the plugin has no notion of memories.
 * @fast
 * @param[in] client
 */
OPTIRS_EXPORT int64_t optirs_pjrt_client_num_memories(const optirs_pjrt_client* client);

/**
 * Memory `index` of those that this process can use; NULL where the index is out of range.
 * @param[in] client
 * @param[in] index 0 <= index < num_memories
 * @return @borrowed valid as long as the client
 */
OPTIRS_EXPORT optirs_pjrt_memory* optirs_pjrt_client_memory(const optirs_pjrt_client* client, int64_t index);

/**
 * Registers host memory with the devices, which makes transfers from and to it faster.
 * Errors: UNIMPLEMENTED where the plugin cannot, or what it reports.
 * @fallible
 * @param[in] client
 * @param[in] data first byte; must stay valid until optirs_pjrt_client_dma_unmap
 * @param[in] size bytes
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_client_dma_map(optirs_pjrt_client* client, void* data, uint64_t size);

/**
 * Ends what optirs_pjrt_client_dma_map began.
 * @fallible
 * @param[in] client
 * @param[in] data the same first byte
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_client_dma_unmap(optirs_pjrt_client* client, void* data);

/** What is known of a process of the same job. */
typedef int32_t optirs_pjrt_process_state;
enum {
    OPTIRS_PJRT_PROCESS_UNSPECIFIED = 0,
    OPTIRS_PJRT_PROCESS_UNINITIALIZED = 1, /**< never heard of */
    OPTIRS_PJRT_PROCESS_DISCONNECTED = 2,
    OPTIRS_PJRT_PROCESS_CONNECTED = 3,
    OPTIRS_PJRT_PROCESS_ERROR = 4 /**< failed with error_code and error_message */
};

/** The state of one process of the job. */
typedef struct optirs_pjrt_process_info {
    uint64_t incarnation_id; /**< another number after each restart */
    const char* message;     /**< UTF-8, not terminated; of its error */
    uint64_t message_size;   /**< bytes */
    int32_t task_id;         /**< number of the process in the job */
    optirs_pjrt_process_state state;
    optirs_status error_code; /**< OPTIRS_OK unless state is ERROR */
    int32_t reserved;         /**< zero */
} optirs_pjrt_process_info;

/**
 * Tells the client of the states of all processes of the job.
 * @fallible
 * @param[in] client
 * @param[in] infos one for each process
 * @param[in] num_infos @size_of{infos}
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_client_update_processes(optirs_pjrt_client* client,
                                                                const optirs_pjrt_process_info* infos,
                                                                int64_t num_infos);

/* ---- Several processes ---------------------------------------------------------------------- */

/** Where a key-value store puts the value that was asked for. Externally synchronised. */
typedef struct optirs_pjrt_value_sink optirs_pjrt_value_sink;

/**
 * Gives the value. To be called at most once, inside the callback that was handed the sink.
 * @param[in] sink
 * @param[in] value
 * @param[in] size @size_of{value} bytes
 */
OPTIRS_EXPORT void optirs_pjrt_value_sink_set(optirs_pjrt_value_sink* sink, const uint8_t* value,
                                              uint64_t size);

/**
 * Says why there is no value, or why one could not be stored.
 * @param[in] sink
 * @param[in] code not OPTIRS_OK; NOT_FOUND and DEADLINE_EXCEEDED have their meaning
 * @param[in] message UTF-8
 * @param[in] size @size_of{message} bytes
 */
OPTIRS_EXPORT void optirs_pjrt_value_sink_fail(optirs_pjrt_value_sink* sink, optirs_status code,
                                               const char* message, uint64_t size);

/** Stores a value. Called on any thread; may block. Success unless the sink is told of a failure. */
typedef void (*optirs_pjrt_store_put)(const char* key, uint64_t key_size, const uint8_t* value,
                                      uint64_t value_size, optirs_pjrt_value_sink* sink, void* context);

/** Gives a value, and waits for it as long as timeout_ms; 0: does not wait. Called on any thread. */
typedef void (*optirs_pjrt_store_get)(const char* key, uint64_t key_size, int64_t timeout_ms,
                                      optirs_pjrt_value_sink* sink, void* context);

/** Called once when the store will not be asked any more. On any thread. */
typedef void (*optirs_pjrt_store_released)(void* context);

/**
 * As optirs_pjrt_client_create, for one of several processes, which find each other through a store that
 * they share. `put` and `get` may be called until `released` is.
 * @fallible
 * @param[in] plugin
 * @param[in] options named values that the plugin understands, such as "node_id" and "num_nodes"
 * @param[in] num_options @size_of{options}
 * @param[in] put
 * @param[in] get
 * @param[in] released NULL, or called after the plugin's client is gone; never if this function fails
 * @param[in] context passed to put, get and released
 * @param[out] out_client @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_client_create_with_store(
    optirs_pjrt_plugin* plugin, const optirs_pjrt_named_value* options, int64_t num_options,
    optirs_pjrt_store_put put, optirs_pjrt_store_get get, optirs_pjrt_store_released released, void* context,
    optirs_pjrt_client** out_client);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_CLIENT_H_ */
