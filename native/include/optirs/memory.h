/**
 * @file
 * Memory that is short, and objects that are still alive.
 */
#ifndef OPTIRS_MEMORY_H_
#define OPTIRS_MEMORY_H_

#include <optirs/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Asked to free memory when an allocation on host or device has failed, so that a garbage collector can let
 * go of the objects it still holds. The allocation is then tried once more.
 *
 * Called on the thread that allocates, with no lock of this library held; it may release objects on any
 * thread. Not called again while it runs on the same thread.
 * @param[in] bytes Size of the allocation that failed; 0 if it is not known.
 * @param[in] context The pointer given to optirs_memory_set_pressure_handler.
 * @return 1 if memory may have been freed and the allocation should be tried again, 0 to fail at once.
 */
typedef uint8_t (*optirs_memory_pressure_handler)(uint64_t bytes, void* context);

/**
 * Sets the handler of the process. When this function returns, the previous handler does not run and will not
 * be called again, unless the call comes from the handler itself.
 * @param[in] handler The handler, or NULL for none.
 * @param[in] context Handed to the handler.
 */
OPTIRS_EXPORT void optirs_memory_set_pressure_handler(optirs_memory_pressure_handler handler, void* context);

/** A kind of object whose live instances are counted; one of the OPTIRS_OBJECT_* constants. */
typedef int32_t optirs_object_kind;

enum {
    OPTIRS_OBJECT_ERROR = 0,             /**< optirs_error. */
    OPTIRS_OBJECT_BUFFER = 1,            /**< optirs_buffer. */
    OPTIRS_OBJECT_DL_TENSOR = 2,         /**< optirs_dl_managed_tensor made by a `_to_dlpack` function. */
    OPTIRS_OBJECT_OPERATION = 3,         /**< optirs_operation. */
    OPTIRS_OBJECT_BACKEND = 4,           /**< optirs_backend. */
    OPTIRS_OBJECT_PJRT_PLUGIN = 5,       /**< optirs_pjrt_plugin. */
    OPTIRS_OBJECT_PJRT_CLIENT = 6,       /**< optirs_pjrt_client. */
    OPTIRS_OBJECT_PJRT_BUFFER = 7,       /**< optirs_pjrt_buffer. */
    OPTIRS_OBJECT_PJRT_EXECUTABLE = 8,   /**< optirs_pjrt_executable. */
    OPTIRS_OBJECT_PJRT_DISCOVERY = 9,    /**< optirs_pjrt_discovery. */
    OPTIRS_OBJECT_PJRT_TOPOLOGY = 10,    /**< optirs_pjrt_topology. */
    OPTIRS_OBJECT_PJRT_TRANSFER = 11,    /**< optirs_pjrt_transfer. */
    OPTIRS_OBJECT_PJRT_EVENT = 12,       /**< optirs_pjrt_event. */
    OPTIRS_OBJECT_PJRT_PROMISE = 13,     /**< optirs_pjrt_promise. */
    OPTIRS_OBJECT_PJRT_BYTES = 14,       /**< optirs_pjrt_bytes. */
    OPTIRS_OBJECT_PJRT_VALUES = 15,      /**< optirs_pjrt_values. */
    OPTIRS_OBJECT_PJRT_LAYOUT = 16,      /**< optirs_pjrt_layout. */
    OPTIRS_OBJECT_PJRT_HOLD = 17,        /**< optirs_pjrt_hold. */
    OPTIRS_OBJECT_PJRT_CONTEXT = 18,     /**< optirs_pjrt_context. */
    OPTIRS_OBJECT_PJRT_TRACKING = 19,    /**< optirs_pjrt_tracking. */
    OPTIRS_OBJECT_PJRT_COPY_STREAM = 20, /**< optirs_pjrt_copy_stream. */
    OPTIRS_OBJECT_STABLEHLO_TEXT = 21,   /**< optirs_stablehlo_text. */
    OPTIRS_OBJECT_STREAM = 22,           /**< optirs_stream. */
    OPTIRS_OBJECT_EVENT = 23,            /**< optirs_event. */
    OPTIRS_OBJECT_DEVICE_MEMORY = 24,    /**< optirs_device_memory. */
    OPTIRS_OBJECT_GRAPH = 25,            /**< optirs_graph. */
    OPTIRS_OBJECT_PJRT_LIST = 26,        /**< optirs_pjrt_list. */
    OPTIRS_OBJECT_PJRT_PROFILER = 27,    /**< optirs_pjrt_profiler. */
    OPTIRS_OBJECT_PJRT_RAW_BUFFER = 28,  /**< optirs_pjrt_raw_buffer. */
    OPTIRS_OBJECT_COMMUNICATOR = 29,     /**< optirs_communicator. */
    OPTIRS_OBJECT_KIND_COUNT = 30        /**< Number of kinds. */
};

/**
 * Objects of a kind that were created and not yet freed: what a leak test compares before and after.
 * @fast
 * @param[in] kind The kind.
 * @return The number; 0 for a number that is not a kind.
 */
OPTIRS_EXPORT int64_t optirs_live_objects(optirs_object_kind kind);

/**
 * The name of a kind, for instance `buffer`.
 * @param[in] kind The kind.
 * @param[out] out_size Length in bytes, without the terminating NUL; may be NULL.
 * @return @borrowed ASCII, NUL-terminated, valid for ever; `unknown` for a number that is not a kind.
 */
OPTIRS_EXPORT const char* optirs_object_kind_name(optirs_object_kind kind, uint64_t* out_size);

#ifdef __cplusplus
}
#endif

#endif
