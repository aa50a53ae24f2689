/**
 * @file
 * The nouns of the PJRT client, and the values that cross between it and its user.
 */
#ifndef OPTIRS_PJRT_TYPES_H_
#define OPTIRS_PJRT_TYPES_H_

#include <optirs/dtype.h>
#include <optirs/error.h>
#include <optirs/export.h>

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

/** One memory of a client, e.g. "device" or "pinned_host"; borrowed, valid as long as the client.
 * Thread-safe. */
typedef struct optirs_pjrt_memory optirs_pjrt_memory;

/** A cell that holds at most one device buffer. Thread-safe. */
typedef struct optirs_pjrt_buffer optirs_pjrt_buffer;

/** A compiled program; also loaded on devices, unless it was compiled for a topology. Thread-safe. */
typedef struct optirs_pjrt_executable optirs_pjrt_executable;

/** Something that the host owes a plugin (pjrt_event.h): a destination, a buffer, the end of some work.
 * Thread-safe. */
typedef struct optirs_pjrt_promise optirs_pjrt_promise;

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

/** Named values that a plugin gave, copied. Immutable. */
typedef struct optirs_pjrt_values optirs_pjrt_values;

/**
 * Adds a reference.
 * @param[in] values NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_values_retain(optirs_pjrt_values* values);

/**
 * Drops a reference.
 * @param[in] values @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_values_release(optirs_pjrt_values* values);

/**
 * Number of values.
 * @fast
 * @param[in] values
 */
OPTIRS_EXPORT int64_t optirs_pjrt_values_count(const optirs_pjrt_values* values);

/**
 * Value `index`. Errors: OUT_OF_RANGE.
 * @fallible
 * @param[in] values
 * @param[in] index 0 <= index < count
 * @param[out] out_value pointers in it are borrowed from the values
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_values_at(const optirs_pjrt_values* values, int64_t index,
                                                  optirs_pjrt_named_value* out_value);

/* ---- Bytes: what plugins serialize ---------------------------------------------------------- */

/** Bytes that a plugin made, copied: a serialized program, topology, message. Immutable. */
typedef struct optirs_pjrt_bytes optirs_pjrt_bytes;

/**
 * Adds a reference.
 * @param[in] bytes NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_bytes_retain(optirs_pjrt_bytes* bytes);

/**
 * Drops a reference.
 * @param[in] bytes @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_bytes_release(optirs_pjrt_bytes* bytes);

/**
 * The bytes.
 * @param[in] bytes
 * @param[out] out_size how many there are
 * @return @borrowed valid as long as the object
 */
OPTIRS_EXPORT const uint8_t* optirs_pjrt_bytes_data(const optirs_pjrt_bytes* bytes, uint64_t* out_size);

/* ---- Layouts: the order of elements in memory ----------------------------------------------- */

/** How an optirs_pjrt_layout_view says where elements are. */
typedef int32_t optirs_pjrt_layout_kind;
enum {
    OPTIRS_PJRT_LAYOUT_TILED = 0,  /**< an order of the dimensions, and tiles */
    OPTIRS_PJRT_LAYOUT_STRIDES = 1 /**< bytes from one index to the next, by dimension */
};

/** A layout; all pointers are borrowed. */
typedef struct optirs_pjrt_layout_view {
    const int64_t* minor_to_major; /**< dimensions, the fastest one first; tiled only */
    uint64_t rank;                 /**< elements of minor_to_major */
    const int64_t* tile_dims;      /**< extents of all tiles, one tile after the other; tiled only */
    const uint64_t* tile_ranks;    /**< number of extents of each tile */
    uint64_t num_tiles;            /**< elements of tile_ranks */
    const int64_t* byte_strides;   /**< by dimension; strides only */
    uint64_t num_strides;          /**< elements of byte_strides */
    optirs_pjrt_layout_kind kind;  /**< OPTIRS_PJRT_LAYOUT_* */
    int32_t reserved;              /**< zero */
} optirs_pjrt_layout_view;

/** A layout that a plugin gave, copied. Immutable. */
typedef struct optirs_pjrt_layout optirs_pjrt_layout;

/**
 * Adds a reference.
 * @param[in] layout NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_layout_retain(optirs_pjrt_layout* layout);

/**
 * Drops a reference.
 * @param[in] layout @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_layout_release(optirs_pjrt_layout* layout);

/**
 * What the layout is.
 * @param[in] layout
 * @param[out] out_view pointers in it are borrowed from the layout
 */
OPTIRS_EXPORT void optirs_pjrt_layout_read(const optirs_pjrt_layout* layout,
                                           optirs_pjrt_layout_view* out_view);

/* ---- Arrays: what a buffer is to be, and where ---------------------------------------------- */

/** Element type, extents, layout and place of a buffer that is to be made. */
typedef struct optirs_pjrt_array {
    size_t struct_size;                    /**< sizeof(optirs_pjrt_array) */
    const int64_t* dims;                   /**< extents, each >= 0; NULL if rank is 0 */
    int64_t rank;                          /**< number of dimensions, at most 64 */
    const optirs_pjrt_layout_view* layout; /**< on the device; NULL: the device's own */
    optirs_pjrt_device* device;            /**< NULL: the first addressable one; not beside `memory` */
    optirs_pjrt_memory* memory;            /**< NULL: the device's default memory */
    optirs_dtype dtype;                    /**< OPTIRS_DTYPE_* */
    int32_t reserved;                      /**< zero */
} optirs_pjrt_array;

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_TYPES_H_ */
