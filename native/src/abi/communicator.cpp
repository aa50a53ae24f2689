#include "src/core/device/communicator.h"

#include "src/core/guard.h"

using namespace optirs::core;

optirs_error* optirs_communicator_create_id(optirs_device* device, optirs_communicator_id* out_id) {
    return guard("optirs_communicator_create_id", [&] {
        const Out cleared(out_id, "out_id");
        createCommunicatorId(*required(device, "device"), *out_id);
    });
}

optirs_error* optirs_communicator_create_wait(optirs_device* device, const optirs_communicator_id* id,
                                              int32_t rank_count, int32_t rank,
                                              optirs_communicator** out_communicator) {
    return guard("optirs_communicator_create_wait", [&] {
        Out out(out_communicator, "out_communicator");
        out = makeObject<optirs_communicator>(*required(device, "device"), *required(id, "id"), rank_count,
                                              rank);
    });
}

optirs_error* optirs_communicator_all_reduce(optirs_communicator* communicator, const void* input,
                                             void* output, uint64_t count, optirs_dtype dtype,
                                             optirs_reduction reduction, optirs_stream* stream) {
    return guard("optirs_communicator_all_reduce", [&] {
        required(communicator, "communicator")
            ->run({.operation = OPTIRS_BACKEND_ALL_REDUCE,
                   .dtype = dtype,
                   .reduction = reduction,
                   .root = 0,
                   .from = 0,
                   .rank_count = 0,
                   .count = count,
                   .input = input,
                   .output = output},
                  *required(stream, "stream"));
    });
}

optirs_error* optirs_communicator_all_gather(optirs_communicator* communicator, const void* input,
                                             void* output, uint64_t count, optirs_dtype dtype,
                                             optirs_stream* stream) {
    return guard("optirs_communicator_all_gather", [&] {
        required(communicator, "communicator")
            ->run({.operation = OPTIRS_BACKEND_ALL_GATHER,
                   .dtype = dtype,
                   .reduction = 0,
                   .root = 0,
                   .from = 0,
                   .rank_count = 0,
                   .count = count,
                   .input = input,
                   .output = output},
                  *required(stream, "stream"));
    });
}

optirs_error* optirs_communicator_reduce_scatter(optirs_communicator* communicator, const void* input,
                                                 void* output, uint64_t count, optirs_dtype dtype,
                                                 optirs_reduction reduction, optirs_stream* stream) {
    return guard("optirs_communicator_reduce_scatter", [&] {
        required(communicator, "communicator")
            ->run({.operation = OPTIRS_BACKEND_REDUCE_SCATTER,
                   .dtype = dtype,
                   .reduction = reduction,
                   .root = 0,
                   .from = 0,
                   .rank_count = 0,
                   .count = count,
                   .input = input,
                   .output = output},
                  *required(stream, "stream"));
    });
}

optirs_error* optirs_communicator_broadcast(optirs_communicator* communicator, void* data, uint64_t count,
                                            optirs_dtype dtype, int32_t root, optirs_stream* stream) {
    return guard("optirs_communicator_broadcast", [&] {
        required(communicator, "communicator")->checkRank(root, "root");
        communicator->run({.operation = OPTIRS_BACKEND_BROADCAST,
                           .dtype = dtype,
                           .reduction = 0,
                           .root = root,
                           .from = 0,
                           .rank_count = 0,
                           .count = count,
                           .input = data,
                           .output = data},
                          *required(stream, "stream"));
    });
}

optirs_error* optirs_communicator_reduce(optirs_communicator* communicator, const void* input, void* output,
                                         uint64_t count, optirs_dtype dtype, optirs_reduction reduction,
                                         int32_t root, optirs_stream* stream) {
    return guard("optirs_communicator_reduce", [&] {
        required(communicator, "communicator")->checkRank(root, "root");
        communicator->run({.operation = OPTIRS_BACKEND_REDUCE,
                           .dtype = dtype,
                           .reduction = reduction,
                           .root = root,
                           .from = 0,
                           .rank_count = 0,
                           .count = count,
                           .input = input,
                           .output = output},
                          *required(stream, "stream"));
    });
}

optirs_error* optirs_communicator_all_to_all(optirs_communicator* communicator, const void* input,
                                             void* output, uint64_t count, optirs_dtype dtype,
                                             optirs_stream* stream) {
    return guard("optirs_communicator_all_to_all", [&] {
        required(communicator, "communicator")
            ->run({.operation = OPTIRS_BACKEND_ALL_TO_ALL,
                   .dtype = dtype,
                   .reduction = 0,
                   .root = 0,
                   .from = 0,
                   .rank_count = 0,
                   .count = count,
                   .input = input,
                   .output = output},
                  *required(stream, "stream"));
    });
}

optirs_error* optirs_communicator_send_receive(optirs_communicator* communicator, const void* input,
                                               int32_t to, void* output, int32_t from, uint64_t count,
                                               optirs_dtype dtype, optirs_stream* stream) {
    return guard("optirs_communicator_send_receive", [&] {
        required(communicator, "communicator");
        if (to != -1) {
            communicator->checkRank(to, "to");
        }
        if (from != -1) {
            communicator->checkRank(from, "from");
        }
        communicator->run({.operation = OPTIRS_BACKEND_SEND_RECEIVE,
                           .dtype = dtype,
                           .reduction = 0,
                           .root = to,
                           .from = from,
                           .rank_count = 0,
                           .count = count,
                           .input = input,
                           .output = output},
                          *required(stream, "stream"));
    });
}

optirs_error* optirs_communicator_check(optirs_communicator* communicator) {
    return guard("optirs_communicator_check", [&] { required(communicator, "communicator")->check(); });
}

void optirs_communicator_retain(optirs_communicator* communicator) { retainHandle(communicator); }
void optirs_communicator_release(optirs_communicator* communicator) { releaseHandle(communicator); }
