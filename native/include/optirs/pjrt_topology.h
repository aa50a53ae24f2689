/**
 * @file
 * Topologies: devices described without a client, and compiling for them ahead of time.
 */
#ifndef OPTIRS_PJRT_TOPOLOGY_H_
#define OPTIRS_PJRT_TOPOLOGY_H_

#include <optirs/pjrt_executable.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Devices that a program can be compiled for, whether or not they are there. Thread-safe. */
typedef struct optirs_pjrt_topology optirs_pjrt_topology;

/**
 * A topology by name. Errors: what the plugin reports of a name or an option that it does not know.
 * @fallible
 * @param[in] plugin
 * @param[in] name UTF-8, in the plugin's terms, e.g. "v5e:2x4"
 * @param[in] name_size @size_of{name}
 * @param[in] options named values that the plugin understands
 * @param[in] num_options @size_of{options}
 * @param[out] out_topology @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_topology_create(optirs_pjrt_plugin* plugin, const char* name,
                                                        uint64_t name_size,
                                                        const optirs_pjrt_named_value* options,
                                                        int64_t num_options,
                                                        optirs_pjrt_topology** out_topology);

/**
 * The topology of a client's devices.
 * @fallible
 * @param[in] client
 * @param[out] out_topology @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_topology_of_client(optirs_pjrt_client* client,
                                                           optirs_pjrt_topology** out_topology);

/**
 * A topology that optirs_pjrt_topology_serialize has written.
 * @fallible
 * @param[in] plugin
 * @param[in] bytes
 * @param[in] size @size_of{bytes}
 * @param[out] out_topology @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_topology_deserialize(optirs_pjrt_plugin* plugin, const uint8_t* bytes,
                                                             uint64_t size,
                                                             optirs_pjrt_topology** out_topology);

/**
 * Adds a reference.
 * @param[in] topology NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_topology_retain(optirs_pjrt_topology* topology);

/**
 * Drops a reference.
 * @param[in] topology @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_topology_release(optirs_pjrt_topology* topology);

/**
 * Name of the platform.
 * @param[in] topology
 * @param[out] out_size bytes
 * @return @borrowed UTF-8, valid as long as the topology
 */
OPTIRS_EXPORT const char* optirs_pjrt_topology_platform_name(const optirs_pjrt_topology* topology,
                                                             uint64_t* out_size);

/**
 * Version text of the platform.
 * @param[in] topology
 * @param[out] out_size bytes
 * @return @borrowed UTF-8, valid as long as the topology
 */
OPTIRS_EXPORT const char* optirs_pjrt_topology_platform_version(const optirs_pjrt_topology* topology,
                                                                uint64_t* out_size);

/**
 * Number of attributes of the topology.
 * @fast
 * @param[in] topology
 */
OPTIRS_EXPORT int64_t optirs_pjrt_topology_num_attributes(const optirs_pjrt_topology* topology);

/**
 * Attribute `index`. Errors: OUT_OF_RANGE.
 * @fallible
 * @param[in] topology
 * @param[in] index 0 <= index < num_attributes
 * @param[out] out_value pointers in it are borrowed from the topology
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_topology_attribute(const optirs_pjrt_topology* topology,
                                                           int64_t index, optirs_pjrt_named_value* out_value);

/** A device of a topology; strings are borrowed from the topology. */
typedef struct optirs_pjrt_device_description {
    const char* kind; /**< UTF-8, as the others not terminated */
    uint64_t kind_size;
    const char* debug_string; /**< long, for logs */
    uint64_t debug_string_size;
    const char* to_string; /**< short, for people */
    uint64_t to_string_size;
    int64_t num_attributes;
    int32_t id;
    int32_t process_index;
} optirs_pjrt_device_description;

/**
 * Number of devices.
 * @fast
 * @param[in] topology
 */
OPTIRS_EXPORT int64_t optirs_pjrt_topology_num_devices(const optirs_pjrt_topology* topology);

/**
 * Device `index`. Errors: OUT_OF_RANGE.
 * @fallible
 * @param[in] topology
 * @param[in] index 0 <= index < num_devices
 * @param[out] out_device
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_topology_device(const optirs_pjrt_topology* topology, int64_t index,
                                                        optirs_pjrt_device_description* out_device);

/**
 * Attribute `index` of device `device`, e.g. "coords". Errors: OUT_OF_RANGE.
 * @fallible
 * @param[in] topology
 * @param[in] device 0 <= device < num_devices
 * @param[in] index 0 <= index < num_attributes of the device
 * @param[out] out_value pointers in it are borrowed from the topology
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_topology_device_attribute(const optirs_pjrt_topology* topology,
                                                                  int64_t device, int64_t index,
                                                                  optirs_pjrt_named_value* out_value);

/**
 * The topology as bytes. Errors: UNIMPLEMENTED.
 * @fallible
 * @param[in] topology
 * @param[out] out_bytes @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_topology_serialize(const optirs_pjrt_topology* topology,
                                                           optirs_pjrt_bytes** out_bytes);

/**
 * A number that is equal for equal topologies. Errors: UNIMPLEMENTED.
 * @fallible
 * @param[in] topology
 * @param[out] out_fingerprint
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_topology_fingerprint(const optirs_pjrt_topology* topology,
                                                             uint64_t* out_fingerprint);

/**
 * Number of kinds of memory. Errors: UNIMPLEMENTED.
 * @fallible
 * @param[in] topology
 * @param[out] out_count
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_topology_num_memory_kinds(const optirs_pjrt_topology* topology,
                                                                  int64_t* out_count);

/**
 * Numbers of the kinds of memory, as optirs_pjrt_memory_kind_id. Errors: INVALID_ARGUMENT (another number).
 * @fallible
 * @param[in] topology
 * @param[out] out_kind_ids
 * @param[in] count @size_of{out_kind_ids} as num_memory_kinds says
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_topology_memory_kinds(const optirs_pjrt_topology* topology,
                                                              int32_t* out_kind_ids, int64_t count);

/**
 * How an array lies in a memory of the topology, a ShapeProto with its layout. Errors: UNIMPLEMENTED.
 * @fallible
 * @param[in] topology
 * @param[in] memory_kind_id
 * @param[in] array type, extents and layout; its place must be left out
 * @param[out] out_shape @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_topology_canonical_shape(const optirs_pjrt_topology* topology,
                                                                 int32_t memory_kind_id,
                                                                 const optirs_pjrt_array* array,
                                                                 optirs_pjrt_bytes** out_shape);

/**
 * Compiles a program for the topology, without devices. The result tells of itself, can be serialized, and
 * can be loaded on a client (optirs_pjrt_executable_load). Blocks while the plugin compiles.
 * @fallible
 * @param[in] topology
 * @param[in] program text or bytes
 * @param[in] program_size @size_of{program}
 * @param[in] options NULL means OPTIRS_PJRT_COMPILE_OPTIONS_INIT
 * @param[in] client NULL, or a client that the plugin may ask for help
 * @param[out] out_executable @owned not loaded
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_topology_compile(const optirs_pjrt_topology* topology,
                                                         const char* program, uint64_t program_size,
                                                         const optirs_pjrt_compile_options* options,
                                                         optirs_pjrt_client* client,
                                                         optirs_pjrt_executable** out_executable);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_TOPOLOGY_H_ */
