/**
 * @file
 * Running programs.
 */
#ifndef OPTIRS_PJRT_EXECUTION_H_
#define OPTIRS_PJRT_EXECUTION_H_

#include <optirs/operation.h>
#include <optirs/pjrt_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Contexts ------------------------------------------------------------------------------- */

/** What executions share with the custom calls in them. Thread-safe. */
typedef struct optirs_pjrt_context optirs_pjrt_context;

/**
 * An empty context. Errors: UNIMPLEMENTED.
 * @fallible
 * @param[in] client
 * @param[out] out_context @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_context_create(optirs_pjrt_client* client,
                                                       optirs_pjrt_context** out_context);

/**
 * Adds a reference.
 * @param[in] context NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_context_retain(optirs_pjrt_context* context);

/**
 * Drops a reference.
 * @param[in] context @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_context_release(optirs_pjrt_context* context);

/* ---- Send and receive ----------------------------------------------------------------------- */

/** Data on its way from the host to a recv of a program. Thread-safe. */
typedef struct optirs_pjrt_copy_stream optirs_pjrt_copy_stream;

/**
 * Adds a reference.
 * @param[in] copy_stream NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_copy_stream_retain(optirs_pjrt_copy_stream* copy_stream);

/**
 * Drops a reference.
 * @param[in] copy_stream @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_copy_stream_release(optirs_pjrt_copy_stream* copy_stream);

/**
 * Bytes that the program expects.
 * @fallible
 * @param[in] copy_stream
 * @param[out] out_total all of them
 * @param[out] out_granule chunks must be multiples of this
 * @param[out] out_current so many have been given
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_copy_stream_progress(const optirs_pjrt_copy_stream* copy_stream,
                                                             int64_t* out_total, int64_t* out_granule,
                                                             int64_t* out_current);

/**
 * Gives the program its next bytes, which are copied during the call.
 * @fallible
 * @param[in] copy_stream
 * @param[in] data
 * @param[in] size @size_of{data}
 * @param[in] done NULL, or called when the program has them
 * @param[in] context passed to done
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_copy_stream_add(optirs_pjrt_copy_stream* copy_stream,
                                                        const uint8_t* data, uint64_t size,
                                                        optirs_completion done, void* context);

/**
 * Takes bytes that a program sends. Called on a thread of the plugin. `data` is valid during the call.
 * @param[in] data
 * @param[in] size bytes
 * @param[in] total bytes of the whole send
 * @param[in] is_last 1: nothing follows
 * @param[in] device_index row of the execution
 * @param[in] context as given
 * @return NULL, or an error that the send fails with; the caller releases it
 */
typedef optirs_error* (*optirs_pjrt_send)(const uint8_t* data, uint64_t size, uint64_t total, uint8_t is_last,
                                          int64_t device_index, void* context);

/**
 * Is to give the bytes of a recv, now or later. Called on a thread of the plugin.
 * @param[in] copy_stream @owned the callee releases it
 * @param[in] device_index row of the execution
 * @param[in] context as given
 */
typedef void (*optirs_pjrt_recv)(optirs_pjrt_copy_stream* copy_stream, int64_t device_index, void* context);

/** What happens on one channel of a program. */
typedef struct optirs_pjrt_channel {
    int64_t channel_id;    /**< as in the program */
    optirs_pjrt_send send; /**< for a send of the program; else NULL */
    optirs_pjrt_recv recv; /**< for a recv of the program; else NULL */
    void* context;         /**< passed to them */
} optirs_pjrt_channel;

/* ---- Execution ------------------------------------------------------------------------------ */

/** Options of one execution; start from OPTIRS_PJRT_EXECUTE_OPTIONS_INIT. */
typedef struct optirs_pjrt_execute_options {
    size_t struct_size;
    const int64_t* not_donated;          /**< arguments that stay valid although the program donates them */
    int64_t not_donated_size;            /**< elements of not_donated, or 0 */
    int32_t launch_id;                   /**< equal on all hosts of one execution */
    int32_t reserved;                    /**< zero */
    optirs_pjrt_context* context;        /**< NULL, or shared with custom calls; since ABI 1.1 */
    const char* call_location;           /**< UTF-8, NUL-terminated: what profiles call it; or NULL */
    const optirs_pjrt_channel* channels; /**< of the program's sends and recvs, kept until it is done */
    int64_t num_channels;                /**< elements of channels */
    optirs_pjrt_device* device;          /**< for a program that runs on any device: on which; or NULL */
    /** NULL, or becomes 1 when all devices have finished, without an error, before the function returns:
       `done` is then not called; else 0. */
    int32_t* finished;
} optirs_pjrt_execute_options;

/** Every donation that the program declares takes place. */
#define OPTIRS_PJRT_EXECUTE_OPTIONS_INIT \
    {sizeof(optirs_pjrt_execute_options), NULL, 0, 0, 0, NULL, NULL, NULL, 0, NULL, NULL}

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
 * @param[in] done NULL, or called when all devices have finished (but see `finished` of the options);
 *                 not NULL with channels
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

#endif /* OPTIRS_PJRT_EXECUTION_H_ */
