/**
 * @file
 * Memories of a client. A device may have several, several devices may share one.
 */
#ifndef OPTIRS_PJRT_MEMORY_H_
#define OPTIRS_PJRT_MEMORY_H_

#include <optirs/pjrt_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Number of the memory, unique within its client.
 * @fast
 * @param[in] memory
 */
OPTIRS_EXPORT int32_t optirs_pjrt_memory_id(const optirs_pjrt_memory* memory);

/**
 * Kind of the memory, e.g. "device", "pinned_host", "unpinned_host".
 * @param[in] memory
 * @param[out] out_size bytes
 * @return @borrowed UTF-8, valid as long as the client
 */
OPTIRS_EXPORT const char* optirs_pjrt_memory_kind(const optirs_pjrt_memory* memory, uint64_t* out_size);

/**
 * Number of the kind; -1 where the plugin gives none.
 * @fast
 * @param[in] memory
 */
OPTIRS_EXPORT int32_t optirs_pjrt_memory_kind_id(const optirs_pjrt_memory* memory);

/**
 * Long description for logs.
 * @param[in] memory
 * @param[out] out_size bytes
 * @return @borrowed UTF-8, valid as long as the client
 */
OPTIRS_EXPORT const char* optirs_pjrt_memory_debug_string(const optirs_pjrt_memory* memory,
                                                          uint64_t* out_size);

/**
 * Short description for people.
 * @param[in] memory
 * @param[out] out_size bytes
 * @return @borrowed UTF-8, valid as long as the client
 */
OPTIRS_EXPORT const char* optirs_pjrt_memory_to_string(const optirs_pjrt_memory* memory, uint64_t* out_size);

/**
 * Number of devices that can use the memory.
 * @fast
 * @param[in] memory
 */
OPTIRS_EXPORT int64_t optirs_pjrt_memory_num_devices(const optirs_pjrt_memory* memory);

/**
 * Device `index` of those that can use the memory; NULL where the index is out of range.
 * @param[in] memory
 * @param[in] index 0 <= index < num_devices
 * @return @borrowed valid as long as the client
 */
OPTIRS_EXPORT optirs_pjrt_device* optirs_pjrt_memory_device(const optirs_pjrt_memory* memory, int64_t index);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_MEMORY_H_ */
