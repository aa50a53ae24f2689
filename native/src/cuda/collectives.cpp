#include "src/cuda/collectives.h"

#include <optirs/dtype.h>

#include <cstring>

#include "src/core/text.h"
#include "src/cuda/api/nccl.h"
#include "src/cuda/context.h"
#include "src/cuda/libraries.h"
#include "src/cuda/status.h"

namespace optirs::cuda {
namespace {

using core::Code;
using core::concat;

const NcclApi& nccl() {
    if (!libraries().nccl.is_loaded) {
        throw core::Error(Code::kUnavailable, libraries().nccl.reason, "cuda");
    }
    return libraries().nccl.api;
}

Code codeOf(ncclResult_t result) {
    switch (result) {
        case ncclInvalidArgument:
            return Code::kInvalidArgument;
        case ncclInvalidUsage:
            return Code::kFailedPrecondition;
        case ncclRemoteError:
            return Code::kAborted;
        case ncclTimeout:
            return Code::kDeadlineExceeded;
        case ncclSystemError:
            return Code::kUnavailable;
        default:
            return Code::kInternal;
    }
}

/// NCCL says more about a failure than its code does; `comm` may be NULL.
void check(ncclResult_t result, const char* call, ncclComm_t comm) {
    if (result == ncclSuccess) {
        return;
    }
    const char* text = nccl().getErrorString(result);
    const char* more = nccl().getLastError(comm);
    throw CudaError(codeOf(result), result,
                    concat(call, " failed: ", text == nullptr ? "no description" : text,
                           more == nullptr || *more == '\0' ? "" : concat(" (", more, ")")));
}

struct NcclType {
    int32_t type;
    int64_t bytes;
};

NcclType typeOf(int32_t dtype, bool is_combined) {
    switch (dtype) {
        case OPTIRS_DTYPE_S8:
            return {ncclInt8, 1};
        case OPTIRS_DTYPE_U8:
            return {ncclUint8, 1};
        case OPTIRS_DTYPE_S32:
            return {ncclInt32, 4};
        case OPTIRS_DTYPE_U32:
            return {ncclUint32, 4};
        case OPTIRS_DTYPE_S64:
            return {ncclInt64, 8};
        case OPTIRS_DTYPE_U64:
            return {ncclUint64, 8};
        case OPTIRS_DTYPE_F16:
            return {ncclFloat16, 2};
        case OPTIRS_DTYPE_F32:
            return {ncclFloat32, 4};
        case OPTIRS_DTYPE_F64:
            return {ncclFloat64, 8};
        case OPTIRS_DTYPE_BF16:
            return {ncclBfloat16, 2};
        case OPTIRS_DTYPE_F8E4M3FN:
        case OPTIRS_DTYPE_F8E5M2:
            if (!is_combined) {
                return {ncclUint8, 1};  // bytes are bytes; older versions have no 8-bit floats
            }
            if (libraries().nccl.version >= kNcclWithFloat8) {
                return {dtype == OPTIRS_DTYPE_F8E4M3FN ? ncclFloat8e4m3 : ncclFloat8e5m2, 1};
            }
            break;
        case OPTIRS_DTYPE_PRED:
            if (!is_combined) {
                return {ncclUint8, 1};
            }
            break;
        case OPTIRS_DTYPE_S16:
        case OPTIRS_DTYPE_U16:
            if (!is_combined) {
                return {ncclFloat16, 2};
            }
            break;
        default:
            break;
    }
    throw core::Error(
        Code::kInvalidArgument,
        concat("element type ", dtype, is_combined ? " cannot be combined" : " cannot be exchanged",
               " by NCCL ", libraries().nccl.version / 10000, ".", libraries().nccl.version % 10000 / 100));
}

/// Sends and receives of one group: none waits for another.
class Group {
 public:
    explicit Group(ncclComm_t comm) : comm_(comm) { check(nccl().groupStart(), "ncclGroupStart", comm_); }
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;
    ~Group() {
        if (is_open_) {
            nccl().groupEnd();  // after a failure, which is the one to report
        }
    }
    void end() {
        is_open_ = false;
        check(nccl().groupEnd(), "ncclGroupEnd", comm_);
    }

 private:
    ncclComm_t comm_;
    bool is_open_ = true;
};

void allToAll(ncclComm_t comm, const optirs_backend_collective& c, NcclType type, CUstream stream) {
    const auto bytes = static_cast<ptrdiff_t>(c.count) * type.bytes;
    Group group(comm);
    for (int32_t rank = 0; rank < c.rank_count; ++rank) {
        check(nccl().send(static_cast<const char*>(c.input) + rank * bytes, c.count, type.type, rank, comm,
                          stream),
              "ncclSend", comm);
        check(
            nccl().recv(static_cast<char*>(c.output) + rank * bytes, c.count, type.type, rank, comm, stream),
            "ncclRecv", comm);
    }
    group.end();
}

void sendReceive(ncclComm_t comm, const optirs_backend_collective& c, NcclType type, CUstream stream) {
    Group group(comm);
    if (c.root >= 0) {
        check(nccl().send(c.input, c.count, type.type, c.root, comm, stream), "ncclSend", comm);
    }
    if (c.from >= 0) {
        check(nccl().recv(c.output, c.count, type.type, c.from, comm, stream), "ncclRecv", comm);
    }
    group.end();
}

void runCollective(ncclComm_t comm, const optirs_backend_collective& c, CUstream stream) {
    const bool is_combined = c.operation == OPTIRS_BACKEND_ALL_REDUCE ||
                             c.operation == OPTIRS_BACKEND_REDUCE_SCATTER ||
                             c.operation == OPTIRS_BACKEND_REDUCE;
    const NcclType type = typeOf(c.dtype, is_combined);
    // ncclRedOp_t has the numbers of OPTIRS_REDUCTION_*.
    switch (c.operation) {
        case OPTIRS_BACKEND_ALL_REDUCE:
            return check(nccl().allReduce(c.input, c.output, c.count, type.type, c.reduction, comm, stream),
                         "ncclAllReduce", comm);
        case OPTIRS_BACKEND_ALL_GATHER:
            return check(nccl().allGather(c.input, c.output, c.count, type.type, comm, stream),
                         "ncclAllGather", comm);
        case OPTIRS_BACKEND_REDUCE_SCATTER:
            return check(
                nccl().reduceScatter(c.input, c.output, c.count, type.type, c.reduction, comm, stream),
                "ncclReduceScatter", comm);
        case OPTIRS_BACKEND_BROADCAST:
            return check(nccl().broadcast(c.input, c.output, c.count, type.type, c.root, comm, stream),
                         "ncclBroadcast", comm);
        case OPTIRS_BACKEND_REDUCE:
            return check(
                nccl().reduce(c.input, c.output, c.count, type.type, c.reduction, c.root, comm, stream),
                "ncclReduce", comm);
        case OPTIRS_BACKEND_ALL_TO_ALL:
            return allToAll(comm, c, type, stream);
        case OPTIRS_BACKEND_SEND_RECEIVE:
            return sendReceive(comm, c, type, stream);
        default:
            throw core::Error(Code::kUnimplemented, concat("there is no collective operation ", c.operation),
                              "cuda");
    }
}

/// Throws what has gone wrong in the communicator since it was made.
void checkCommunicator(ncclComm_t comm) {
    ncclResult_t error = ncclSuccess;
    check(nccl().commGetAsyncError(comm, &error), "ncclCommGetAsyncError", comm);
    if (error != ncclInProgress) {
        check(error, "the communicator", comm);
    }
}

template <class Body>
int32_t onDevice(int32_t device, optirs_backend_status* status, Body&& body) noexcept {
    return reported(status, [&] {
        const ContextScope scope(device);
        body();
    });
}

}  // namespace

int32_t communicatorId(void*, int32_t, uint8_t* out_id, optirs_backend_status* status) noexcept {
    return reported(status, [&] {
        ncclUniqueId id{};
        check(nccl().getUniqueId(&id), "ncclGetUniqueId", nullptr);
        std::memcpy(out_id, id.internal, sizeof(id.internal));
    });
}

int32_t communicatorCreate(void*, int32_t device, const uint8_t* id, int32_t rank_count, int32_t rank,
                           void** out_communicator, optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] {
        *out_communicator = nullptr;
        ncclUniqueId unique{};
        std::memcpy(unique.internal, id, sizeof(unique.internal));
        ncclComm_t comm = nullptr;
        check(nccl().commInitRank(&comm, rank_count, unique, rank), "ncclCommInitRank", nullptr);
        *out_communicator = comm;
    });
}

int32_t communicatorRun(void*, int32_t device, void* communicator,
                        const optirs_backend_collective* collective, void* stream,
                        optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] {
        runCollective(static_cast<ncclComm_t>(communicator), *collective, static_cast<CUstream>(stream));
    });
}

int32_t communicatorCheck(void*, int32_t device, void* communicator, optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] { checkCommunicator(static_cast<ncclComm_t>(communicator)); });
}

int32_t communicatorDestroy(void*, int32_t device, void* communicator,
                            optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] {
        auto* comm = static_cast<ncclComm_t>(communicator);
        ncclResult_t error = ncclSuccess;
        const bool is_good = nccl().commGetAsyncError(comm, &error) == ncclSuccess && error == ncclSuccess;
        // Leaving in order waits for peers, which a failed one would never answer.
        check(is_good ? nccl().commDestroy(comm) : nccl().commAbort(comm),
              is_good ? "ncclCommDestroy" : "ncclCommAbort", nullptr);
    });
}

}  // namespace optirs::cuda
