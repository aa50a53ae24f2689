/**
 * @file
 * Devices of a backend that has memory of its own, for instance the GPUs of the backend `cuda`.
 *
 * Work is given to a device in streams (stream.h), ordered by events (event.h), on memory of a caching
 * allocator (device_memory.h), and can be recorded once and replayed (graph.h).
 */
#ifndef OPTIRS_DEVICE_H_
#define OPTIRS_DEVICE_H_

#include <optirs/backend.h>
#include <optirs/buffer.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * One device. Borrowed for ever: a device is not released.
 *
 * Thread-safe.
 */
typedef struct optirs_device optirs_device;

/** Facts that do not change. Clocks are the greatest that the device reports; 0 where it reports none. */
typedef struct optirs_device_properties {
    int32_t capability_major;        /**< Architecture, for instance 9 of 9.0; see architecture.h. */
    int32_t capability_minor;        /**< Architecture, for instance 0 of 9.0. */
    int32_t multiprocessors;         /**< Number of multiprocessors. */
    int32_t clock_khz;               /**< Clock of the multiprocessors in kHz. */
    int32_t memory_clock_khz;        /**< Clock of the memory in kHz. */
    int32_t memory_bus_bits;         /**< Width of the memory bus in bits. */
    uint64_t memory_bytes;           /**< All of the device's memory. */
    uint64_t l2_bytes;               /**< Level 2 cache. */
    uint64_t shared_bytes_per_block; /**< Greatest shared memory of a thread block. */
    uint8_t is_integrated;           /**< 1 if the memory is the host's. */
    uint8_t has_ecc;                 /**< 1 if memory errors are corrected. */
    uint8_t reserved[6];             /**< Zero. */
} optirs_device_properties;

/**
 * Number of devices of a backend.
 * @fallible UNIMPLEMENTED if the backend has no devices of its own; UNAVAILABLE.
 * @param[in] backend The backend.
 * @param[out] out_count The number.
 */
OPTIRS_EXPORT optirs_error* optirs_device_count(optirs_backend* backend, int32_t* out_count);

/**
 * A device of a backend. The same number gives the same device.
 * @fallible NOT_FOUND if there is no such device; UNIMPLEMENTED if the backend has no devices of its own.
 * @param[in] backend The backend.
 * @param[in] index From 0 to the count of optirs_device_count.
 * @param[out] out_device @borrowed Valid for ever; NULL on failure.
 */
OPTIRS_EXPORT optirs_error* optirs_device_get(optirs_backend* backend, int32_t index,
                                              optirs_device** out_device);

/**
 * The number of the device within its backend.
 * @fast
 * @param[in] device The device.
 * @return From 0.
 */
OPTIRS_EXPORT int32_t optirs_device_index(const optirs_device* device);

/**
 * The facts of a device.
 * @fallible INVALID_ARGUMENT if an argument is NULL.
 * @param[in] device The device.
 * @param[out] out_properties The facts.
 */
OPTIRS_EXPORT optirs_error* optirs_device_read_properties(const optirs_device* device,
                                                          optirs_device_properties* out_properties);

/**
 * The product name, for instance `NVIDIA H200`.
 * @param[in] device The device.
 * @param[out] out_size Length in bytes, without the terminating NUL; may be NULL.
 * @return @borrowed UTF-8, NUL-terminated, valid for ever.
 */
OPTIRS_EXPORT const char* optirs_device_name(const optirs_device* device, uint64_t* out_size);

/**
 * The unique number of the piece of hardware: 8-4-4-4-12 hexadecimal digits.
 * @param[in] device The device.
 * @param[out] out_size Length in bytes, without the terminating NUL; may be NULL.
 * @return @borrowed ASCII, NUL-terminated, valid for ever.
 */
OPTIRS_EXPORT const char* optirs_device_uuid(const optirs_device* device, uint64_t* out_size);

/**
 * Where the device is on the bus, for instance `0000:19:00.0`.
 * @param[in] device The device.
 * @param[out] out_size Length in bytes, without the terminating NUL; may be NULL.
 * @return @borrowed ASCII, NUL-terminated, valid for ever.
 */
OPTIRS_EXPORT const char* optirs_device_address(const optirs_device* device, uint64_t* out_size);

/**
 * Lets a device read and write the memory of another one directly, where the hardware can. Copies between
 * them work either way.
 * @fallible INVALID_ARGUMENT if the devices are of different backends; UNAVAILABLE.
 * @param[in] device The device that reads and writes.
 * @param[in] peer The device whose memory it is.
 * @param[out] out_is_direct 1 if access is direct, 0 if the hardware cannot.
 */
OPTIRS_EXPORT optirs_error* optirs_device_enable_peer(optirs_device* device, optirs_device* peer,
                                                      uint8_t* out_is_direct);

/**
 * Memory of the device as the driver sees it: all processes together.
 * @fallible UNAVAILABLE.
 * @param[in] device The device.
 * @param[out] out_free Bytes that are free.
 * @param[out] out_total Bytes that there are.
 */
OPTIRS_EXPORT optirs_error* optirs_device_memory_info(optirs_device* device, uint64_t* out_free,
                                                      uint64_t* out_total);

/**
 * Allocates host memory that is pinned: copies between it and a device run beside the host without staging.
 * Scarce and slow to allocate; allocate once and reuse.
 * @fallible RESOURCE_EXHAUSTED, even after the pressure handler (memory.h) was called; INVALID_ARGUMENT if
 * size is above 2^62.
 * @param[in] device Any device of the backend.
 * @param[in] size Bytes wanted.
 * @param[out] out_buffer @owned Aligned to OPTIRS_BUFFER_ALIGNMENT, not initialised; NULL on failure. Work
 * that uses it must be over before the last reference is released.
 */
OPTIRS_EXPORT optirs_error* optirs_buffer_create_pinned(optirs_device* device, uint64_t size,
                                                        optirs_buffer** out_buffer);

#ifdef __cplusplus
}
#endif

#endif
