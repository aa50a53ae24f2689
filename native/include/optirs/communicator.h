/**
 * @file
 * Collectives: devices, of one process or of several, exchange data in the order of their streams.
 *
 * Every rank of a communicator calls the same functions in the same order, with the same counts and types. On
 * CUDA this is NCCL.
 */
#ifndef OPTIRS_COMMUNICATOR_H_
#define OPTIRS_COMMUNICATOR_H_

#include <optirs/dtype.h>
#include <optirs/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * One rank of a group of devices.
 *
 * Any thread, one at a time.
 */
typedef struct optirs_communicator optirs_communicator;

/** What the ranks of one communicator have in common: made by one, handed to the others by any means. */
typedef struct optirs_communicator_id {
    uint8_t bytes[128]; /**< Opaque. */
} optirs_communicator_id;

/** How numbers are combined; one of the constants below. */
typedef int32_t optirs_reduction;

enum {
    OPTIRS_REDUCTION_SUM = 0,     /**< Sum. */
    OPTIRS_REDUCTION_PRODUCT = 1, /**< Product. */
    OPTIRS_REDUCTION_MAX = 2,     /**< Greatest. */
    OPTIRS_REDUCTION_MIN = 3,     /**< Least. */
    OPTIRS_REDUCTION_MEAN = 4     /**< Sum divided by the number of ranks. */
};

/**
 * Makes the id of a new communicator.
 * @fallible UNAVAILABLE if the backend's library for collectives is missing, with the reason.
 * @param[in] device Any device of the backend.
 * @param[out] out_id The id.
 */
OPTIRS_EXPORT optirs_error* optirs_communicator_create_id(optirs_device* device,
                                                          optirs_communicator_id* out_id);

/**
 * Joins a communicator. Blocks until all ranks have joined.
 * @fallible INVALID_ARGUMENT for a rank that is not below the count; UNAVAILABLE; ABORTED if a peer failed.
 * @param[in] device The device of this rank; no two ranks have the same one.
 * @param[in] id The id, the same for all ranks.
 * @param[in] rank_count Number of ranks.
 * @param[in] rank From 0.
 * @param[out] out_communicator @owned The communicator; NULL on failure.
 */
OPTIRS_EXPORT optirs_error* optirs_communicator_create_wait(optirs_device* device,
                                                            const optirs_communicator_id* id,
                                                            int32_t rank_count, int32_t rank,
                                                            optirs_communicator** out_communicator);

/**
 * Every rank gets the combination of all ranks' elements.
 * @fallible INVALID_ARGUMENT for an element type that cannot be combined or exchanged, a stream of another
 * device, or an argument that is NULL; UNAVAILABLE; ABORTED if a peer failed.
 * @param[in] communicator The communicator.
 * @param[in] input Device memory with count elements.
 * @param[out] output Device memory for count elements; may be the input.
 * @param[in] count Elements.
 * @param[in] dtype Their type.
 * @param[in] reduction How they are combined.
 * @param[in] stream A stream of the rank's device.
 */
OPTIRS_EXPORT optirs_error* optirs_communicator_all_reduce(optirs_communicator* communicator,
                                                           const void* input, void* output, uint64_t count,
                                                           optirs_dtype dtype, optirs_reduction reduction,
                                                           optirs_stream* stream);

/**
 * Every rank gets all ranks' elements, in the order of the ranks.
 * @fallible As optirs_communicator_all_reduce.
 * @param[in] communicator The communicator.
 * @param[in] input Device memory with count elements.
 * @param[out] output Device memory for count elements of each rank.
 * @param[in] count Elements of one rank.
 * @param[in] dtype Their type.
 * @param[in] stream A stream of the rank's device.
 */
OPTIRS_EXPORT optirs_error* optirs_communicator_all_gather(optirs_communicator* communicator,
                                                           const void* input, void* output, uint64_t count,
                                                           optirs_dtype dtype, optirs_stream* stream);

/**
 * Every rank gets its share of the combination of all ranks' elements.
 * @fallible As optirs_communicator_all_reduce.
 * @param[in] communicator The communicator.
 * @param[in] input Device memory with count elements for each rank, in the order of the ranks.
 * @param[out] output Device memory for count elements.
 * @param[in] count Elements of one share.
 * @param[in] dtype Their type.
 * @param[in] reduction How they are combined.
 * @param[in] stream A stream of the rank's device.
 */
OPTIRS_EXPORT optirs_error* optirs_communicator_reduce_scatter(optirs_communicator* communicator,
                                                               const void* input, void* output,
                                                               uint64_t count, optirs_dtype dtype,
                                                               optirs_reduction reduction,
                                                               optirs_stream* stream);

/**
 * Every rank gets the elements of one.
 * @fallible As optirs_communicator_all_reduce; INVALID_ARGUMENT for a root that is not a rank.
 * @param[in] communicator The communicator.
 * @param[in,out] data Device memory with count elements: read on the root, written on the others.
 * @param[in] count Elements.
 * @param[in] dtype Their type.
 * @param[in] root The rank whose elements they are.
 * @param[in] stream A stream of the rank's device.
 */
OPTIRS_EXPORT optirs_error* optirs_communicator_broadcast(optirs_communicator* communicator, void* data,
                                                          uint64_t count, optirs_dtype dtype, int32_t root,
                                                          optirs_stream* stream);

/**
 * One rank gets the combination of all ranks' elements.
 * @fallible As optirs_communicator_all_reduce; INVALID_ARGUMENT for a root that is not a rank.
 * @param[in] communicator The communicator.
 * @param[in] input Device memory with count elements.
 * @param[out] output Device memory for count elements, written on the root; not NULL on the others either.
 * @param[in] count Elements.
 * @param[in] dtype Their type.
 * @param[in] reduction How they are combined.
 * @param[in] root The rank that gets them.
 * @param[in] stream A stream of the rank's device.
 */
OPTIRS_EXPORT optirs_error* optirs_communicator_reduce(optirs_communicator* communicator, const void* input,
                                                       void* output, uint64_t count, optirs_dtype dtype,
                                                       optirs_reduction reduction, int32_t root,
                                                       optirs_stream* stream);

/**
 * Every rank sends a share to each rank and gets one from each.
 * @fallible As optirs_communicator_all_reduce.
 * @param[in] communicator The communicator.
 * @param[in] input Device memory with count elements for each rank, in the order of the ranks.
 * @param[out] output Device memory for count elements of each rank; not the input.
 * @param[in] count Elements of one share.
 * @param[in] dtype Their type.
 * @param[in] stream A stream of the rank's device.
 */
OPTIRS_EXPORT optirs_error* optirs_communicator_all_to_all(optirs_communicator* communicator,
                                                           const void* input, void* output, uint64_t count,
                                                           optirs_dtype dtype, optirs_stream* stream);

/**
 * Sends to one rank and receives from one: a shift along a ring, or a permutation.
 * @fallible As optirs_communicator_all_reduce; INVALID_ARGUMENT for a peer that is not a rank.
 * @param[in] communicator The communicator.
 * @param[in] input Device memory with count elements; not read if to is -1.
 * @param[in] to The rank that gets them; -1 for none.
 * @param[out] output Device memory for count elements; not written if from is -1.
 * @param[in] from The rank whose elements they are; -1 for none.
 * @param[in] count Elements.
 * @param[in] dtype Their type.
 * @param[in] stream A stream of the rank's device.
 */
OPTIRS_EXPORT optirs_error* optirs_communicator_send_receive(optirs_communicator* communicator,
                                                             const void* input, int32_t to, void* output,
                                                             int32_t from, uint64_t count, optirs_dtype dtype,
                                                             optirs_stream* stream);

/**
 * Fails if a peer or the network has failed since: streams of this communicator may then wait for ever.
 * Release it to go on.
 * @fallible ABORTED, UNAVAILABLE.
 * @param[in] communicator The communicator.
 */
OPTIRS_EXPORT optirs_error* optirs_communicator_check(optirs_communicator* communicator);

/**
 * Adds a reference.
 * @param[in] communicator The communicator; NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_communicator_retain(optirs_communicator* communicator);

/**
 * Drops a reference. The last one leaves the communicator: work that was given is done, unless a peer has
 * failed; then it is given up.
 * @param[in] communicator @owned The communicator; NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_communicator_release(optirs_communicator* communicator);

#ifdef __cplusplus
}
#endif

#endif
