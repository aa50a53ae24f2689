// What a backend with devices of its own implements: raw streams, events, memory, copies and graphs.
//
// C layout, as backend_table.h: grows at the end only. All functions are thread-safe, return 0 (OPTIRS_OK) or
// a code with the status filled in, and take the `self` of the backend's table and the number of a device
// first. Everything above it (reference counts, the caching allocator, statistics) is core's.
#pragma once

#include "src/core/backend_table.h"

extern "C" {

/// Facts of one device; texts are NUL-terminated.
struct optirs_backend_device_info {
    char name[128];
    char uuid[40];     // 8-4-4-4-12 hexadecimal digits
    char address[32];  // on the bus
    int32_t capability_major;
    int32_t capability_minor;
    int32_t multiprocessors;
    int32_t clock_khz;
    int32_t memory_clock_khz;
    int32_t memory_bus_bits;
    uint64_t memory_bytes;
    uint64_t l2_bytes;
    uint64_t shared_bytes_per_block;
    int32_t is_integrated;
    int32_t has_ecc;
};

/// A collective operation; the fields that an operation does not have are 0.
struct optirs_backend_collective {
    int32_t operation;  // OPTIRS_BACKEND_*
    int32_t dtype;      // OPTIRS_DTYPE_*
    int32_t reduction;  // OPTIRS_REDUCTION_*
    int32_t root;       // or the rank to send to; -1 for none
    int32_t from;       // the rank to receive from; -1 for none
    int32_t rank_count;
    uint64_t count;  // elements of one rank
    const void* input;
    void* output;
};

enum {
    OPTIRS_BACKEND_ALL_REDUCE = 0,
    OPTIRS_BACKEND_ALL_GATHER = 1,
    OPTIRS_BACKEND_REDUCE_SCATTER = 2,
    OPTIRS_BACKEND_BROADCAST = 3,
    OPTIRS_BACKEND_REDUCE = 4,
    OPTIRS_BACKEND_ALL_TO_ALL = 5,
    OPTIRS_BACKEND_SEND_RECEIVE = 6
};

struct optirs_device_table {
    uint64_t struct_size;

    int32_t (*device_count)(void* self, int32_t* out_count, optirs_backend_status* status);
    int32_t (*device_info)(void* self, int32_t device, optirs_backend_device_info* out_info,
                           optirs_backend_status* status);
    /// Whether `device` can read and write the memory of `peer` directly; enables it if so.
    int32_t (*peer_enable)(void* self, int32_t device, int32_t peer, uint8_t* out_is_direct,
                           optirs_backend_status* status);

    int32_t (*memory_info)(void* self, int32_t device, uint64_t* out_free, uint64_t* out_total,
                           optirs_backend_status* status);
    /// RESOURCE_EXHAUSTED if there is not enough.
    int32_t (*memory_allocate)(void* self, int32_t device, uint64_t size, void** out_memory,
                               optirs_backend_status* status);
    int32_t (*memory_free)(void* self, int32_t device, void* memory, optirs_backend_status* status);
    /// Host memory that every device of the backend can copy from and to without staging.
    int32_t (*host_allocate)(void* self, int32_t device, uint64_t size, void** out_memory,
                             optirs_backend_status* status);
    int32_t (*host_free)(void* self, int32_t device, void* memory, optirs_backend_status* status);

    /// `priority`: 0 is normal, higher is more urgent; cut to what the device knows.
    int32_t (*stream_create)(void* self, int32_t device, int32_t priority, void** out_stream,
                             optirs_backend_status* status);
    int32_t (*stream_destroy)(void* self, int32_t device, void* stream, optirs_backend_status* status);
    int32_t (*stream_query)(void* self, int32_t device, void* stream, uint8_t* out_is_done,
                            optirs_backend_status* status);
    int32_t (*stream_wait)(void* self, int32_t device, void* stream, optirs_backend_status* status);

    /// An event that has never been recorded is done.
    int32_t (*event_create)(void* self, int32_t device, uint8_t has_timing, void** out_event,
                            optirs_backend_status* status);
    int32_t (*event_destroy)(void* self, int32_t device, void* event, optirs_backend_status* status);
    int32_t (*event_record)(void* self, int32_t device, void* event, void* stream,
                            optirs_backend_status* status);
    int32_t (*event_query)(void* self, int32_t device, void* event, uint8_t* out_is_done,
                           optirs_backend_status* status);
    int32_t (*event_wait)(void* self, int32_t device, void* event, optirs_backend_status* status);
    int32_t (*event_elapsed)(void* self, int32_t device, void* start, void* end, float* out_milliseconds,
                             optirs_backend_status* status);
    /// Later work of the stream, which may be another device's, waits for the event.
    int32_t (*stream_follow)(void* self, int32_t device, void* stream, void* event,
                             optirs_backend_status* status);

    /// Between host and device memory, in any direction, in the order of the stream.
    int32_t (*copy)(void* self, int32_t device, void* destination, const void* source, uint64_t size,
                    void* stream, optirs_backend_status* status);
    /// From the memory of `source_device` to that of `device`.
    int32_t (*copy_peer)(void* self, int32_t device, void* destination, int32_t source_device,
                         const void* source, uint64_t size, void* stream, optirs_backend_status* status);
    int32_t (*fill)(void* self, int32_t device, void* destination, uint8_t value, uint64_t size, void* stream,
                    optirs_backend_status* status);

    /// Work of this thread on the stream is recorded instead of run, until capture_end, which gives NULL with
    /// its failure where the recording was invalidated.
    int32_t (*capture_begin)(void* self, int32_t device, void* stream, optirs_backend_status* status);
    int32_t (*capture_end)(void* self, int32_t device, void* stream, void** out_graph,
                           optirs_backend_status* status);
    int32_t (*graph_launch)(void* self, int32_t device, void* graph, void* stream,
                            optirs_backend_status* status);
    int32_t (*graph_destroy)(void* self, int32_t device, void* graph, optirs_backend_status* status);

    int32_t (*communicator_id)(void* self, int32_t device, uint8_t* out_id_of_128_bytes,
                               optirs_backend_status* status);
    /// Blocks until all ranks have called it.
    int32_t (*communicator_create)(void* self, int32_t device, const uint8_t* id, int32_t rank_count,
                                   int32_t rank, void** out_communicator, optirs_backend_status* status);
    int32_t (*communicator_run)(void* self, int32_t device, void* communicator,
                                const optirs_backend_collective* collective, void* stream,
                                optirs_backend_status* status);
    /// Fails where something has gone wrong since.
    int32_t (*communicator_check)(void* self, int32_t device, void* communicator,
                                  optirs_backend_status* status);
    /// Leaves in order, or gives up where something has gone wrong.
    int32_t (*communicator_destroy)(void* self, int32_t device, void* communicator,
                                    optirs_backend_status* status);

    /// The device of a stream that somebody else has made.
    int32_t (*stream_device)(void* self, void* stream, int32_t* out_device, optirs_backend_status* status);
};

}  // extern "C"
