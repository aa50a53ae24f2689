/**
 * @file
 * How a plugin lays out and divides the values of its programs: its extensions Layouts, Shardings,
 * MemoryDescriptions and ExecutableMetadata. Every function here answers UNIMPLEMENTED, naming the extension,
 * where the plugin lacks it.
 */
#ifndef OPTIRS_PJRT_LAYOUTS_H_
#define OPTIRS_PJRT_LAYOUTS_H_

#include <optirs/pjrt_topology.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Texts or messages that a plugin gave, copied, in an order. Immutable. */
typedef struct optirs_pjrt_list optirs_pjrt_list;

/**
 * Adds a reference.
 * @param[in] list NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_list_retain(optirs_pjrt_list* list);

/**
 * Drops a reference.
 * @param[in] list @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_list_release(optirs_pjrt_list* list);

/**
 * Number of items.
 * @fast
 * @param[in] list
 */
OPTIRS_EXPORT int64_t optirs_pjrt_list_count(const optirs_pjrt_list* list);

/**
 * Item `index`, NULL where it is out of range.
 * @param[in] list
 * @param[in] index 0 <= index < count
 * @param[out] out_size bytes
 * @return @borrowed valid as long as the list
 */
OPTIRS_EXPORT const uint8_t* optirs_pjrt_list_at(const optirs_pjrt_list* list, int64_t index,
                                                 uint64_t* out_size);

/**
 * The layout that the devices of a client give an array unless told otherwise, in XLA's notation:
 * "{1,0:T(8,128)}".
 * @fallible
 * @param[in] client
 * @param[in] array type and extents; layout and place must be left out
 * @param[out] out_text @owned UTF-8
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_client_default_layout(optirs_pjrt_client* client,
                                                              const optirs_pjrt_array* array,
                                                              optirs_pjrt_bytes** out_text);

/**
 * As optirs_pjrt_client_default_layout, for the devices of a topology.
 * @fallible
 * @param[in] topology
 * @param[in] array type and extents; layout and place must be left out
 * @param[out] out_text @owned UTF-8
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_topology_default_layout(const optirs_pjrt_topology* topology,
                                                                const optirs_pjrt_array* array,
                                                                optirs_pjrt_bytes** out_text);

/**
 * The layout of a buffer in XLA's notation. Errors: FAILED_PRECONDITION (deleted or donated).
 * @fallible
 * @param[in] buffer
 * @param[out] out_text @owned UTF-8
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_layout_text(const optirs_pjrt_buffer* buffer,
                                                           optirs_pjrt_bytes** out_text);

/** Which values of a program a question is about. */
typedef int32_t optirs_pjrt_program_side;
enum {
    OPTIRS_PJRT_SIDE_PARAMETERS = 0, /**< what it takes */
    OPTIRS_PJRT_SIDE_OUTPUTS = 1     /**< what it returns */
};

/**
 * The layouts of a program's parameters or results in XLA's notation, one text each.
 * @fallible
 * @param[in] executable
 * @param[in] side OPTIRS_PJRT_SIDE_*
 * @param[out] out_layouts @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_layouts(const optirs_pjrt_executable* executable,
                                                           optirs_pjrt_program_side side,
                                                           optirs_pjrt_list** out_layouts);

/**
 * How a program's parameters or results are divided among its devices: one serialized OpSharding each; none
 * where the program was not partitioned.
 * @fallible
 * @param[in] executable
 * @param[in] side OPTIRS_PJRT_SIDE_*
 * @param[out] out_shardings @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_shardings(const optirs_pjrt_executable* executable,
                                                             optirs_pjrt_program_side side,
                                                             optirs_pjrt_list** out_shardings);

/**
 * What the plugin says of a program beyond the rest, a message of the plugin's own.
 * @fallible
 * @param[in] executable
 * @param[out] out_metadata @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_metadata(const optirs_pjrt_executable* executable,
                                                            optirs_pjrt_bytes** out_metadata);

/** A memory that a device of a topology has. */
typedef struct optirs_pjrt_memory_description {
    const char* kind; /**< UTF-8, not terminated, borrowed from the topology */
    uint64_t kind_size;
    int32_t kind_id;     /**< as optirs_pjrt_memory_kind_id */
    uint8_t is_default;  /**< 1 for the memory that buffers go to by default */
    uint8_t reserved[3]; /**< zero */
} optirs_pjrt_memory_description;

/**
 * Number of memories of device `device`. Errors: OUT_OF_RANGE.
 * @fallible
 * @param[in] topology
 * @param[in] device 0 <= device < num_devices
 * @param[out] out_count
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_topology_num_device_memories(const optirs_pjrt_topology* topology,
                                                                     int64_t device, int64_t* out_count);

/**
 * Memory `index` of device `device`. Errors: OUT_OF_RANGE.
 * @fallible
 * @param[in] topology
 * @param[in] device 0 <= device < num_devices
 * @param[in] index 0 <= index < num_device_memories
 * @param[out] out_memory
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_topology_device_memory(const optirs_pjrt_topology* topology,
                                                               int64_t device, int64_t index,
                                                               optirs_pjrt_memory_description* out_memory);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_LAYOUTS_H_ */
