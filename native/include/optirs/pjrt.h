/**
 * @file
 * Client of any PJRT plugin: load it, open its devices, move data, compile StableHLO, execute.
 *
 * Lifetime. Plugin, client, executable and buffer are reference counted; `_create`, `_load` and
 * `_compile` hand out one reference. Children retain their parents, so references may be released
 * in any order and while work is in flight. Devices belong to their client and are borrowed from it.
 *
 * Buffers are cells. An `optirs_pjrt_buffer` holds at most one device buffer. A function that
 * produces device data takes `optirs_pjrt_buffer** inout`: where `*inout` is NULL a new cell is
 * created, otherwise the existing cell is re-pointed at the new data and lets go of the old. A
 * training step therefore donates its parameters and writes them back into the very same cells.
 *
 * Asynchrony. Functions with an `optirs_completion` start work and return. If the function returns
 * an error nothing was started and the completion is never called; otherwise it is called exactly
 * once, on any thread (often one of the plugin), possibly before the function returns. It must not
 * block. Nothing waits unless its name ends in `_wait`.
 *
 * Errors carry the plugin's own message and code. The backend of such an error is the platform name
 * or, before there is a client, the plugin's file.
 *
 * Threading. Every type of this header is thread-safe unless its own comment says otherwise.
 */
#ifndef OPTIRS_PJRT_H_
#define OPTIRS_PJRT_H_

#include <optirs/dtype.h>
#include <optirs/error.h>
#include <optirs/operation.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A loaded plugin library. It stays mapped until the process ends. Thread-safe. */
typedef struct optirs_pjrt_plugin optirs_pjrt_plugin;

/** The record of a search for plugins: every place tried, and what was found there. Immutable. */
typedef struct optirs_pjrt_discovery optirs_pjrt_discovery;

/** A plugin's connection to its devices. Thread-safe. */
typedef struct optirs_pjrt_client optirs_pjrt_client;

/** One device of a client; borrowed, valid as long as the client. Thread-safe. */
typedef struct optirs_pjrt_device optirs_pjrt_device;

/** A cell that holds at most one device buffer. Thread-safe. */
typedef struct optirs_pjrt_buffer optirs_pjrt_buffer;

/** A compiled program, loaded on its devices. Thread-safe. */
typedef struct optirs_pjrt_executable optirs_pjrt_executable;

/* ---- Named values: options that go in, attributes that come out ---------------------------- */

/** Which field of an optirs_pjrt_named_value holds its value. */
typedef int32_t optirs_pjrt_value_kind;
enum {
    OPTIRS_PJRT_VALUE_STRING = 0,     /**< string_value, value_size bytes */
    OPTIRS_PJRT_VALUE_INT64 = 1,      /**< int64_value */
    OPTIRS_PJRT_VALUE_INT64_LIST = 2, /**< int64_list, value_size elements */
    OPTIRS_PJRT_VALUE_FLOAT = 3,      /**< float_value */
    OPTIRS_PJRT_VALUE_BOOL = 4        /**< bool_value, 0 or 1 */
};

/** A name with a value of one of five kinds; all pointers are borrowed. */
typedef struct optirs_pjrt_named_value {
    const char* name;          /**< UTF-8, not terminated */
    uint64_t name_size;        /**< bytes */
    const char* string_value;  /**< UTF-8, not terminated */
    const int64_t* int64_list; /**< value_size elements */
    uint64_t value_size;       /**< bytes of the string or elements of the list; else 1 */
    int64_t int64_value;
    float float_value;
    uint8_t bool_value;
    uint8_t reserved[3];         /**< zero */
    optirs_pjrt_value_kind kind; /**< OPTIRS_PJRT_VALUE_* */
    int32_t reserved_kind;       /**< zero */
} optirs_pjrt_named_value;

/* ---- Plugins ------------------------------------------------------------------------------- */

/**
 * Loads a plugin and initialises it.
 *
 * A text with a '/' or ending in ".so" is a path. Any other text is a name, looked up among the
 * candidates of optirs_pjrt_discovery_create ("tpu", "cuda", "cpu", or a name that
 * PJRT_NAMES_AND_LIBRARY_PATHS defines). An empty text takes the first candidate that loads.
 * Loading the same file again gives the same plugin.
 *
 * Errors: NOT_FOUND (no such file or name, or no candidate loads; the message holds the table of
 * what was tried), INVALID_ARGUMENT (not a shared library, or no GetPjrtApi),
 * FAILED_PRECONDITION (another major version, a minor version below 40 or with a table layout of
 * its own, or a dependency that is missing, which is named), or what the plugin's own
 * initialisation reported.
 *
 * @fallible
 * @param[in] name_or_path UTF-8
 * @param[in] name_or_path_size @size_of{name_or_path}
 * @param[out] out_plugin @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_plugin_load(const char* name_or_path, uint64_t name_or_path_size,
                                                    optirs_pjrt_plugin** out_plugin);

/**
 * Adds a reference.
 * @param[in] plugin NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_plugin_retain(optirs_pjrt_plugin* plugin);

/**
 * Drops a reference.
 * @param[in] plugin @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_plugin_release(optirs_pjrt_plugin* plugin);

/**
 * Absolute path of the plugin's file.
 * @param[in] plugin
 * @param[out] out_size bytes
 * @return @borrowed UTF-8, valid as long as the plugin
 */
OPTIRS_EXPORT const char* optirs_pjrt_plugin_path(const optirs_pjrt_plugin* plugin, uint64_t* out_size);

/**
 * Major version of the C API that the plugin speaks.
 * @fast
 * @param[in] plugin
 */
OPTIRS_EXPORT int32_t optirs_pjrt_plugin_api_major(const optirs_pjrt_plugin* plugin);

/**
 * Minor version of the C API that the plugin speaks.
 * @fast
 * @param[in] plugin
 */
OPTIRS_EXPORT int32_t optirs_pjrt_plugin_api_minor(const optirs_pjrt_plugin* plugin);

/**
 * 1 where the plugin offers a function of the C API, for example "PJRT_Client_DmaMap"; else 0.
 * @param[in] plugin
 * @param[in] name UTF-8
 * @param[in] name_size @size_of{name}
 */
OPTIRS_EXPORT uint8_t optirs_pjrt_plugin_has_function(const optirs_pjrt_plugin* plugin, const char* name,
                                                      uint64_t name_size);

/**
 * Number of attributes that the plugin states about itself.
 * @fast
 * @param[in] plugin
 */
OPTIRS_EXPORT int64_t optirs_pjrt_plugin_num_attributes(const optirs_pjrt_plugin* plugin);

/**
 * Attribute `index`. Errors: OUT_OF_RANGE.
 * @fallible
 * @param[in] plugin
 * @param[in] index 0 <= index < num_attributes
 * @param[out] out_value pointers in it are borrowed from the plugin
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_plugin_attribute(const optirs_pjrt_plugin* plugin, int64_t index,
                                                         optirs_pjrt_named_value* out_value);

/**
 * Number of extensions in the plugin's list.
 * @fast
 * @param[in] plugin
 */
OPTIRS_EXPORT int64_t optirs_pjrt_plugin_num_extensions(const optirs_pjrt_plugin* plugin);

/**
 * Type number and name of extension `index`; an extension newer than this library is "unknown".
 * Errors: OUT_OF_RANGE.
 * @fallible
 * @param[in] plugin
 * @param[in] index 0 <= index < num_extensions
 * @param[out] out_type number of PJRT_Extension_Type
 * @param[out] out_name UTF-8, static
 * @param[out] out_name_size bytes
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_plugin_extension(const optirs_pjrt_plugin* plugin, int64_t index,
                                                         int32_t* out_type, const char** out_name,
                                                         uint64_t* out_name_size);

/* ---- Discovery ----------------------------------------------------------------------------- */

/** What is known of a candidate without loading it. */
typedef int32_t optirs_pjrt_candidate_state;
enum {
    OPTIRS_PJRT_CANDIDATE_MISSING = 0, /**< no such file, or the source is not set */
    OPTIRS_PJRT_CANDIDATE_FOUND = 1,   /**< the file exists */
    OPTIRS_PJRT_CANDIDATE_LOADED = 2   /**< already loaded in this process */
};

/** One place where a plugin may be. All strings are borrowed from the discovery. */
typedef struct optirs_pjrt_candidate {
    const char* name; /**< "tpu", "cuda", "cpu", or a name that the user gave */
    uint64_t name_size;
    const char* source; /**< where the path comes from, e.g. "OPTIRS_PJRT_PLUGIN" */
    uint64_t source_size;
    const char* path; /**< absolute; empty where the source gives none */
    uint64_t path_size;
    const char* note; /**< one sentence on why it is missing; else empty */
    uint64_t note_size;
    optirs_pjrt_candidate_state state;
    int32_t reserved; /**< zero */
} optirs_pjrt_candidate;

/**
 * Lists the places where plugins are looked for, in order: OPTIRS_PJRT_PLUGIN;
 * PJRT_NAMES_AND_LIBRARY_PATHS ("name:path,name:path"); TPU_LIBRARY_PATH; libtpu and the jax-cuda
 * plugins of the active Python environment; the folder of this library and of the program, which
 * hold the embedded plugin. Opens no library.
 * @fallible
 * @param[out] out_discovery @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_discovery_create(optirs_pjrt_discovery** out_discovery);

/**
 * Adds a reference.
 * @param[in] discovery NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_discovery_retain(optirs_pjrt_discovery* discovery);

/**
 * Drops a reference.
 * @param[in] discovery @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_discovery_release(optirs_pjrt_discovery* discovery);

/**
 * Number of candidates.
 * @fast
 * @param[in] discovery
 */
OPTIRS_EXPORT int64_t optirs_pjrt_discovery_num_candidates(const optirs_pjrt_discovery* discovery);

/**
 * Candidate `index`. Errors: OUT_OF_RANGE.
 * @fallible
 * @param[in] discovery
 * @param[in] index 0 <= index < num_candidates
 * @param[out] out_candidate strings in it are borrowed from the discovery
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_discovery_candidate(const optirs_pjrt_discovery* discovery,
                                                            int64_t index,
                                                            optirs_pjrt_candidate* out_candidate);

/* ---- Clients ------------------------------------------------------------------------------- */

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

/* ---- Devices ------------------------------------------------------------------------------- */

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

/* ---- Buffers ------------------------------------------------------------------------------- */

/** What the plugin may do with the host memory of optirs_pjrt_buffer_from_host. */
typedef int32_t optirs_pjrt_host_semantics;
enum {
    /** Read during the call only; the memory is free again when the call returns. */
    OPTIRS_PJRT_HOST_DURING_CALL = 0,
    /** Read until host_released is called; the memory must not change before that. */
    OPTIRS_PJRT_HOST_UNTIL_COPIED = 1,
    /** The buffer may be this memory (no copy); it must not change until host_released. */
    OPTIRS_PJRT_HOST_ZERO_COPY = 2,
    /** As above, and programs may write into it when the buffer is donated. */
    OPTIRS_PJRT_HOST_MUTABLE_ZERO_COPY = 3
};

/**
 * Creates an empty cell, to be filled by a function that produces a buffer.
 * @fallible
 * @param[in] client
 * @param[out] out_buffer @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_create(optirs_pjrt_client* client,
                                                      optirs_pjrt_buffer** out_buffer);

/**
 * Adds a reference.
 * @param[in] buffer NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_buffer_retain(optirs_pjrt_buffer* buffer);

/**
 * Drops a reference. Work in flight finishes first.
 * @param[in] buffer @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_buffer_release(optirs_pjrt_buffer* buffer);

/**
 * Copies host memory to a device, or lends it to the device.
 *
 * Errors: INVALID_ARGUMENT (dtype without a host form, negative extent, rank above 64, data_size
 * that does not fit the shape), RESOURCE_EXHAUSTED (names the largest live buffers), or what the
 * plugin reports.
 *
 * @fallible
 * @param[in] client
 * @param[in] data dense row-major elements unless byte_strides says otherwise; sub-byte types one
 *             element a byte
 * @param[in] data_size @size_of{data} bytes that may be read; must hold the whole shape
 * @param[in] dtype OPTIRS_DTYPE_*
 * @param[in] dims extents, each >= 0
 * @param[in] rank @size_of{dims}
 * @param[in] byte_strides NULL, or `rank` strides in bytes
 * @param[in] semantics OPTIRS_PJRT_HOST_*
 * @param[in] device NULL takes the first addressable device
 * @param[in] host_released NULL, or called when the plugin is done with `data`
 * @param[in] context passed to host_released
 * @param[in,out] inout_buffer @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_from_host(
    optirs_pjrt_client* client, const void* data, uint64_t data_size, optirs_dtype dtype, const int64_t* dims,
    int64_t rank, const int64_t* byte_strides, optirs_pjrt_host_semantics semantics,
    optirs_pjrt_device* device, optirs_completion host_released, void* context,
    optirs_pjrt_buffer** inout_buffer);

/**
 * Starts the copy of a buffer to host memory, dense and row-major. The memory must stay valid
 * until the completion. Errors: INVALID_ARGUMENT (a destination of another size than
 * optirs_pjrt_buffer_size), FAILED_PRECONDITION (empty, deleted or donated; says by which program).
 * @fallible
 * @param[in] buffer
 * @param[in] destination host memory
 * @param[in] destination_size @size_of{destination} bytes
 * @param[in] done called when the data is there
 * @param[in] context passed to done
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_to_host(optirs_pjrt_buffer* buffer, void* destination,
                                                       uint64_t destination_size, optirs_completion done,
                                                       void* context);

/**
 * As optirs_pjrt_buffer_to_host, and returns when the data is there.
 * @fallible
 * @param[in] buffer
 * @param[in] destination host memory
 * @param[in] destination_size @size_of{destination} bytes
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_to_host_wait(optirs_pjrt_buffer* buffer, void* destination,
                                                            uint64_t destination_size);

/**
 * Copies a buffer to another device of the same client.
 * @fallible
 * @param[in] buffer
 * @param[in] device
 * @param[in,out] inout_buffer @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_copy_to_device(optirs_pjrt_buffer* buffer,
                                                              optirs_pjrt_device* device,
                                                              optirs_pjrt_buffer** inout_buffer);

/**
 * Calls `done` when the data of the buffer exists, or the program that makes it has failed.
 * @fallible
 * @param[in] buffer
 * @param[in] done called when the data is there, with the error of its producer
 * @param[in] context passed to done
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_ready(optirs_pjrt_buffer* buffer, optirs_completion done,
                                                     void* context);

/**
 * Returns when the data of the buffer exists, with the error of its producer.
 * @fallible
 * @param[in] buffer
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_wait(optirs_pjrt_buffer* buffer);

/**
 * Element type; OPTIRS_DTYPE_INVALID where the cell is empty.
 * @param[in] buffer
 */
OPTIRS_EXPORT optirs_dtype optirs_pjrt_buffer_dtype(const optirs_pjrt_buffer* buffer);

/**
 * Number of dimensions; 0 for a scalar and for an empty cell.
 * @param[in] buffer
 */
OPTIRS_EXPORT int64_t optirs_pjrt_buffer_rank(const optirs_pjrt_buffer* buffer);

/**
 * Extents. Errors: FAILED_PRECONDITION (empty cell), INVALID_ARGUMENT (another rank).
 * @fallible
 * @param[in] buffer
 * @param[out] out_dims `rank` extents
 * @param[in] rank @size_of{out_dims}
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_dims(const optirs_pjrt_buffer* buffer, int64_t* out_dims,
                                                    int64_t rank);

/**
 * Bytes of the dense host form; 0 where the cell is empty.
 * @param[in] buffer
 */
OPTIRS_EXPORT uint64_t optirs_pjrt_buffer_size(const optirs_pjrt_buffer* buffer);

/**
 * Bytes that the buffer takes on its device, padding included.
 * @fallible
 * @param[in] buffer
 * @param[out] out_size bytes
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_device_size(const optirs_pjrt_buffer* buffer,
                                                           uint64_t* out_size);

/**
 * Device that holds the buffer; NULL where the cell is empty.
 * @param[in] buffer
 * @return @borrowed valid as long as the client
 */
OPTIRS_EXPORT optirs_pjrt_device* optirs_pjrt_buffer_device(const optirs_pjrt_buffer* buffer);

/**
 * 1 where the cell is empty, or its data was deleted or donated.
 * @param[in] buffer
 */
OPTIRS_EXPORT uint8_t optirs_pjrt_buffer_is_deleted(const optirs_pjrt_buffer* buffer);

/**
 * Frees the device memory now; the cell lives on and reports that it is deleted.
 * @fallible
 * @param[in] buffer
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_delete(optirs_pjrt_buffer* buffer);

/* ---- Compilation --------------------------------------------------------------------------- */

/** Language of the program given to optirs_pjrt_executable_compile. */
typedef int32_t optirs_pjrt_program_format;
enum {
    OPTIRS_PJRT_PROGRAM_MLIR = 0, /**< StableHLO, as text or as portable bytecode */
    OPTIRS_PJRT_PROGRAM_HLO = 1   /**< a serialized HloModuleProto */
};

/** Options of a compilation; start from OPTIRS_PJRT_COMPILE_OPTIONS_INIT. */
typedef struct optirs_pjrt_compile_options {
    size_t struct_size;
    int64_t num_replicas;             /**< >= 1 */
    int64_t num_partitions;           /**< >= 1 */
    const int64_t* device_assignment; /**< ids, [num_replicas x num_partitions]; NULL: the plugin's */
    int64_t device_assignment_size;   /**< elements of device_assignment, or 0 */
    const uint8_t* extra_options;     /**< bytes of a CompileOptionsProto, merged over the above */
    uint64_t extra_options_size;      /**< bytes */
    optirs_pjrt_program_format format;
    uint8_t use_spmd_partitioning; /**< 1: one program, its arguments sharded over partitions */
    uint8_t reserved[3];           /**< zero */
} optirs_pjrt_compile_options;

/** One replica, one partition, StableHLO. */
#define OPTIRS_PJRT_COMPILE_OPTIONS_INIT \
    {sizeof(optirs_pjrt_compile_options), 1, 1, NULL, 0, NULL, 0, OPTIRS_PJRT_PROGRAM_MLIR, 0, {0, 0, 0}}

/**
 * Compiles a program and loads it on its devices. Blocks while the plugin compiles.
 * Errors: INVALID_ARGUMENT (empty program, counts below 1, assignment of another size), or what
 * the plugin's compiler reports.
 * @fallible
 * @param[in] client
 * @param[in] program text or bytes
 * @param[in] program_size @size_of{program}
 * @param[in] options NULL means OPTIRS_PJRT_COMPILE_OPTIONS_INIT
 * @param[out] out_executable @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_compile(optirs_pjrt_client* client, const char* program,
                                                           uint64_t program_size,
                                                           const optirs_pjrt_compile_options* options,
                                                           optirs_pjrt_executable** out_executable);

/**
 * Adds a reference.
 * @param[in] executable NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_executable_retain(optirs_pjrt_executable* executable);

/**
 * Drops a reference. Calls in flight finish.
 * @param[in] executable @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_executable_release(optirs_pjrt_executable* executable);

/**
 * Name of the program.
 * @param[in] executable
 * @param[out] out_size bytes
 * @return @borrowed UTF-8, valid as long as the executable
 */
OPTIRS_EXPORT const char* optirs_pjrt_executable_name(const optirs_pjrt_executable* executable,
                                                      uint64_t* out_size);

/**
 * Number of results per device.
 * @fast
 * @param[in] executable
 */
OPTIRS_EXPORT int64_t optirs_pjrt_executable_num_outputs(const optirs_pjrt_executable* executable);

/**
 * Number of addressable devices that one execution runs on.
 * @fast
 * @param[in] executable
 */
OPTIRS_EXPORT int64_t optirs_pjrt_executable_num_devices(const optirs_pjrt_executable* executable);

/**
 * Device `index` of an execution; its arguments are the index-th row. NULL where out of range.
 * @param[in] executable
 * @param[in] index 0 <= index < num_devices
 * @return @borrowed valid as long as the client
 */
OPTIRS_EXPORT optirs_pjrt_device* optirs_pjrt_executable_device(const optirs_pjrt_executable* executable,
                                                                int64_t index);

/**
 * Number of replicas compiled for.
 * @fast
 * @param[in] executable
 */
OPTIRS_EXPORT int64_t optirs_pjrt_executable_num_replicas(const optirs_pjrt_executable* executable);

/**
 * Number of partitions compiled for.
 * @fast
 * @param[in] executable
 */
OPTIRS_EXPORT int64_t optirs_pjrt_executable_num_partitions(const optirs_pjrt_executable* executable);

/**
 * Element type and number of dimensions of result `index`.
 * Errors: OUT_OF_RANGE, UNIMPLEMENTED where the plugin does not say.
 * @fallible
 * @param[in] executable
 * @param[in] index 0 <= index < num_outputs
 * @param[out] out_dtype OPTIRS_DTYPE_*
 * @param[out] out_rank number of dimensions
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_output_type(const optirs_pjrt_executable* executable,
                                                               int64_t index, optirs_dtype* out_dtype,
                                                               int64_t* out_rank);

/**
 * Extents of result `index`. Errors: OUT_OF_RANGE, INVALID_ARGUMENT (another rank), UNIMPLEMENTED.
 * @fallible
 * @param[in] executable
 * @param[in] index 0 <= index < num_outputs
 * @param[out] out_dims `rank` extents
 * @param[in] rank @size_of{out_dims}
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_output_dims(const optirs_pjrt_executable* executable,
                                                               int64_t index, int64_t* out_dims,
                                                               int64_t rank);

/** Memory that one execution needs on a device, in bytes. */
typedef struct optirs_pjrt_executable_memory {
    int64_t generated_code_bytes;
    int64_t argument_bytes;
    int64_t output_bytes;
    int64_t alias_bytes; /**< output bytes that live in donated arguments */
    int64_t temporary_bytes;
    int64_t peak_bytes; /**< -1 where the plugin does not say */
    int64_t host_generated_code_bytes;
    int64_t host_argument_bytes;
    int64_t host_output_bytes;
    int64_t host_alias_bytes;
    int64_t host_temporary_bytes;
} optirs_pjrt_executable_memory;

/**
 * Memory analysis of the compiled program. Errors: UNIMPLEMENTED where the plugin has none.
 * @fallible
 * @param[in] executable
 * @param[out] out_memory bytes
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_memory_stats(const optirs_pjrt_executable* executable,
                                                                optirs_pjrt_executable_memory* out_memory);

/**
 * Size of the machine code.
 * @fallible
 * @param[in] executable
 * @param[out] out_size bytes
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_code_size(const optirs_pjrt_executable* executable,
                                                             int64_t* out_size);

/**
 * Number of properties of the cost analysis. Errors: UNIMPLEMENTED where the plugin has none.
 * @fallible
 * @param[in] executable
 * @param[out] out_count number of properties
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_num_costs(const optirs_pjrt_executable* executable,
                                                             int64_t* out_count);

/**
 * Property `index` of the cost analysis, e.g. "flops". Errors: OUT_OF_RANGE, UNIMPLEMENTED.
 * @fallible
 * @param[in] executable
 * @param[in] index 0 <= index < num_costs
 * @param[out] out_value pointers in it are borrowed from the executable
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_cost(const optirs_pjrt_executable* executable,
                                                        int64_t index, optirs_pjrt_named_value* out_value);

/**
 * Fingerprint of the compiled program: equal programs have equal bytes.
 * Errors: UNIMPLEMENTED where the plugin has none.
 * @fallible
 * @param[in] executable
 * @param[out] out_bytes borrowed from the executable
 * @param[out] out_size bytes
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_fingerprint(const optirs_pjrt_executable* executable,
                                                               const char** out_bytes, uint64_t* out_size);

/* ---- Execution ----------------------------------------------------------------------------- */

/** Options of one execution; start from OPTIRS_PJRT_EXECUTE_OPTIONS_INIT. */
typedef struct optirs_pjrt_execute_options {
    size_t struct_size;
    const int64_t* not_donated; /**< arguments that stay valid although the program donates them */
    int64_t not_donated_size;   /**< elements of not_donated, or 0 */
    int32_t launch_id;          /**< equal on all hosts of one execution */
    int32_t reserved;           /**< zero */
} optirs_pjrt_execute_options;

/** Every donation that the program declares takes place. */
#define OPTIRS_PJRT_EXECUTE_OPTIONS_INIT {sizeof(optirs_pjrt_execute_options), NULL, 0, 0, 0}

/**
 * Starts one execution on every addressable device of the program and returns when it is enqueued.
 *
 * Arguments and results are flat, device by device: `arguments[d * per_device + i]`. One cell may
 * stand in arguments and in results: it gives the old value and receives the new one. An argument
 * that the program donates and that receives no result reports that it is deleted, and names the
 * program in every later error. On an error no result cell has changed.
 *
 * Errors: INVALID_ARGUMENT (counts that do not fit, a NULL or repeated cell, a cell of another
 * client), FAILED_PRECONDITION (an argument that is empty, deleted or donated),
 * RESOURCE_EXHAUSTED (names the largest live buffers), or what the plugin reports.
 *
 * @fallible
 * @param[in] executable
 * @param[in] options NULL means OPTIRS_PJRT_EXECUTE_OPTIONS_INIT
 * @param[in] arguments cells, [num_devices x arguments per device]
 * @param[in] num_arguments @size_of{arguments} number of all cells, a multiple of num_devices
 * @param[in] results cells to fill, [num_devices x num_outputs]; a NULL entry gets a new owned cell
 * @param[in] num_results @size_of{results} must be num_devices * num_outputs
 * @param[in] done NULL, or called when all devices have finished
 * @param[in] context passed to done
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_execute(optirs_pjrt_executable* executable,
                                                           const optirs_pjrt_execute_options* options,
                                                           optirs_pjrt_buffer* const* arguments,
                                                           int64_t num_arguments,
                                                           optirs_pjrt_buffer** results, int64_t num_results,
                                                           optirs_completion done, void* context);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_H_ */
