/**
 * @file
 * Devices of a client.
 */
#ifndef OPTIRS_PJRT_DEVICE_H_
#define OPTIRS_PJRT_DEVICE_H_

#include <optirs/pjrt_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Number of the device, unique within its client.
 * @fast
 * @param[in] device
 */
OPTIRS_EXPORT int32_t optirs_pjrt_device_id(const optirs_pjrt_device* device);

/**
 * Index of the process that owns the device.
 * @fast
 * @param[in] device
 */
OPTIRS_EXPORT int32_t optirs_pjrt_device_process_index(const optirs_pjrt_device* device);

/**
 * Number of the device within its host; -1 where the plugin has none.
 * @fast
 * @param[in] device
 */
OPTIRS_EXPORT int32_t optirs_pjrt_device_local_hardware_id(const optirs_pjrt_device* device);

/**
 * 1 where this process can use the device.
 * @fast
 * @param[in] device
 */
OPTIRS_EXPORT uint8_t optirs_pjrt_device_is_addressable(const optirs_pjrt_device* device);

/**
 * Kind of the device, e.g. "NVIDIA H200" or "TPU v5e".
 * @param[in] device
 * @param[out] out_size bytes
 * @return @borrowed UTF-8, valid as long as the client
 */
OPTIRS_EXPORT const char* optirs_pjrt_device_kind(const optirs_pjrt_device* device, uint64_t* out_size);

/**
 * Long description for logs.
 * @param[in] device
 * @param[out] out_size bytes
 * @return @borrowed UTF-8, valid as long as the client
 */
OPTIRS_EXPORT const char* optirs_pjrt_device_debug_string(const optirs_pjrt_device* device,
                                                          uint64_t* out_size);

/**
 * Number of attributes of the device.
 * @fast
 * @param[in] device
 */
OPTIRS_EXPORT int64_t optirs_pjrt_device_num_attributes(const optirs_pjrt_device* device);

/**
 * Attribute `index` of the device, e.g. "coords". Errors: OUT_OF_RANGE.
 * @fallible
 * @param[in] device
 * @param[in] index 0 <= index < num_attributes
 * @param[out] out_value pointers in it are borrowed from the client
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_device_attribute(const optirs_pjrt_device* device, int64_t index,
                                                         optirs_pjrt_named_value* out_value);

/** Memory of a device, in bytes; -1 where the plugin does not say. */
typedef struct optirs_pjrt_memory_stats {
    int64_t bytes_in_use;
    int64_t peak_bytes_in_use;
    int64_t num_allocations;
    int64_t largest_allocation_bytes;
    int64_t bytes_limit;
    int64_t bytes_reserved;
    int64_t peak_bytes_reserved;
    int64_t bytes_reservable_limit;
    int64_t largest_free_block_bytes;
    int64_t pool_bytes;
    int64_t peak_pool_bytes;
} optirs_pjrt_memory_stats;

/**
 * Memory statistics now. Errors: UNIMPLEMENTED where the plugin keeps none.
 * @fallible
 * @param[in] device
 * @param[out] out_stats bytes; -1 for a figure that is not known
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_device_memory_stats(const optirs_pjrt_device* device,
                                                            optirs_pjrt_memory_stats* out_stats);

/**
 * Short description for people.
 * @param[in] device
 * @param[out] out_size bytes
 * @return @borrowed UTF-8, valid as long as the client; empty where the plugin gives none
 */
OPTIRS_EXPORT const char* optirs_pjrt_device_to_string(const optirs_pjrt_device* device, uint64_t* out_size);

/**
 * Number of memories that the device can use. 0 where the plugin has no notion of memories.
 * @fast
 * @param[in] device
 */
OPTIRS_EXPORT int64_t optirs_pjrt_device_num_memories(const optirs_pjrt_device* device);

/**
 * Memory `index` of the device; NULL where the index is out of range.
 * @param[in] device
 * @param[in] index 0 <= index < num_memories
 * @return @borrowed valid as long as the client
 */
OPTIRS_EXPORT optirs_pjrt_memory* optirs_pjrt_device_memory(const optirs_pjrt_device* device, int64_t index);

/**
 * Memory that buffers of the device are in unless another one is asked for; NULL where the plugin has none.
 * @param[in] device
 * @return @borrowed valid as long as the client
 */
OPTIRS_EXPORT optirs_pjrt_memory* optirs_pjrt_device_default_memory(const optirs_pjrt_device* device);

/**
 * What the plugin says of the device at the moment, beside its lasting attributes.
 * Errors: UNIMPLEMENTED where the plugin has no such function.
 * @fallible
 * @param[in] device
 * @param[out] out_values @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_device_read_attributes(const optirs_pjrt_device* device,
                                                               optirs_pjrt_values** out_values);

/**
 * Starts the memory statistics anew: peaks are those from now on.
 * @fallible
 * @param[in] device
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_device_clear_memory_stats(optirs_pjrt_device* device);

/**
 * Lets an execution fail that has not begun: its results and what depends on them get the error.
 * @fallible
 * @param[in] device
 * @param[in] launch_id of the execution
 * @param[in] code not OPTIRS_OK
 * @param[in] message UTF-8
 * @param[in] message_size @size_of{message}
 * @param[out] out_poisoned 1 where the execution was found and will fail
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_device_poison_execution(optirs_pjrt_device* device, int32_t launch_id,
                                                                optirs_status code, const char* message,
                                                                uint64_t message_size, uint8_t* out_poisoned);

/** A span of host work that a device's profile shows; it ends with its last reference. Thread-safe. */
typedef struct optirs_pjrt_tracking optirs_pjrt_tracking;

/**
 * Begins to track asynchronous work of the host for a device.
 * @fallible
 * @param[in] device
 * @param[in] description UTF-8
 * @param[in] description_size @size_of{description}
 * @param[out] out_tracking @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_device_track(optirs_pjrt_device* device, const char* description,
                                                     uint64_t description_size,
                                                     optirs_pjrt_tracking** out_tracking);

/**
 * Adds a reference.
 * @param[in] tracking NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_tracking_retain(optirs_pjrt_tracking* tracking);

/**
 * Drops a reference; the last one ends the span.
 * @param[in] tracking @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_tracking_release(optirs_pjrt_tracking* tracking);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_DEVICE_H_ */
