// A libnccl.so.2 whose ranks are threads of one process: collectives meet, compute on the host, and check
// that all ranks ask for the same.
#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "recorder.h"
#include "src/cuda/api/nccl.h"

using namespace optirs::cuda;
using optirs::mock::Named;
using optirs::mock::Recorder;

namespace {

struct Call {
    std::string signature;  // the same on all ranks
    const char* input;
    char* output;
};

/// The ranks that share an id.
struct Clique {
    explicit Clique(int32_t rank_count) : calls(static_cast<size_t>(rank_count)) {}

    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Call> calls;
    size_t arrived = 0;
    uint64_t round = 0;
    int64_t failed_signature = 0;

    /// The last rank to arrive does the work; the others wait for it.
    void meet(size_t rank, Call call, const std::function<void(const std::vector<Call>&)>& work) {
        std::unique_lock lock(mutex);
        calls[rank] = std::move(call);
        if (++arrived == calls.size()) {
            for (const Call& other : calls) {
                Recorder::instance().require(
                    other.signature == calls[0].signature,
                    "ranks disagree: " + other.signature + " and " + calls[0].signature);
            }
            work(calls);
            arrived = 0;
            ++round;
            changed.notify_all();
            return;
        }
        const uint64_t mine = round;
        changed.wait(lock, [&] { return round != mine; });
    }
};

std::mutex cliques_mutex;
std::map<std::string, std::shared_ptr<Clique>>& cliques() {
    static auto& all = *new std::map<std::string, std::shared_ptr<Clique>>;
    return all;
}

}  // namespace

namespace optirs::cuda {

struct ncclComm {
    std::shared_ptr<Clique> clique;
    int32_t rank;
    int32_t count;
};

}  // namespace optirs::cuda

namespace {

#define CALL(...) OPTIRS_MOCK_NOTE(__VA_ARGS__)
#define REQUIRE(condition) OPTIRS_MOCK_REQUIRE(condition, ncclInvalidArgument)

size_t bytesOf(int32_t type) {
    static constexpr size_t sizes[] = {1, 1, 4, 4, 8, 8, 2, 4, 8, 2, 1, 1};
    return type >= 0 && type < 12 ? sizes[type] : 0;
}

bool isStream(CUstream stream) { return stream != nullptr; }

/// Combines element i of all inputs; f32 and s32, which the tests use.
template <class T>
T combined(const std::vector<Call>& calls, size_t i, int32_t op) {
    T value{};
    for (size_t rank = 0; rank < calls.size(); ++rank) {
        T x;
        std::memcpy(&x, calls[rank].input + i * sizeof(T), sizeof(T));
        value = rank == 0 ? x
                : op == 1 ? value * x
                : op == 2 ? std::max(value, x)
                : op == 3 ? std::min(value, x)
                          : value + x;
    }
    return op == 4 ? value / static_cast<T>(calls.size()) : value;
}

void combineInto(const std::vector<Call>& calls, size_t i, int32_t type, int32_t op, char* to) {
    if (type == ncclFloat32) {
        const float value = combined<float>(calls, i, op);
        std::memcpy(to, &value, sizeof(value));
    } else {
        const int32_t value = combined<int32_t>(calls, i, op);
        std::memcpy(to, &value, sizeof(value));
    }
}

std::string signature(const char* name, size_t count, int32_t type, int32_t extra) {
    return std::string(name) + " " + std::to_string(count) + " " + std::to_string(type) + " " +
           std::to_string(extra);
}

/// Sends and receives between ncclGroupStart and ncclGroupEnd, of this thread.
struct Transfer {
    ncclComm_t comm;
    int32_t peer;
    const char* from;
    char* to;
    size_t bytes;
};
thread_local int group_depth = 0;
thread_local std::vector<Transfer> transfers;
std::mutex mailbox_mutex;
std::condition_variable mailbox_changed;
std::map<std::tuple<Clique*, int32_t, int32_t>, std::vector<std::string>>& mailboxes() {
    static auto& all = *new std::map<std::tuple<Clique*, int32_t, int32_t>, std::vector<std::string>>;
    return all;
}

void exchange() {
    for (const Transfer& t : transfers) {
        if (t.from != nullptr) {
            const std::scoped_lock lock(mailbox_mutex);
            mailboxes()[{t.comm->clique.get(), t.comm->rank, t.peer}].emplace_back(t.from, t.bytes);
            mailbox_changed.notify_all();
        }
    }
    for (const Transfer& t : transfers) {
        if (t.to != nullptr) {
            std::unique_lock lock(mailbox_mutex);
            auto& box = mailboxes()[{t.comm->clique.get(), t.peer, t.comm->rank}];
            mailbox_changed.wait(lock, [&] { return !box.empty(); });
            Recorder::instance().require(box.front().size() == t.bytes,
                                         "sender and receiver disagree about the size");
            std::memcpy(t.to, box.front().data(), t.bytes);
            box.erase(box.begin());
        }
    }
    transfers.clear();
}

}  // namespace

OPTIRS_MOCK_EXPORT ncclResult_t ncclGetVersion(int32_t* version) {
    *version = 22203;
    return ncclSuccess;
}
OPTIRS_MOCK_EXPORT const char* ncclGetErrorString(ncclResult_t) { return "as the test wanted"; }
OPTIRS_MOCK_EXPORT const char* ncclGetLastError(ncclComm_t) { return "more about it"; }

OPTIRS_MOCK_EXPORT ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
    CALL("ncclGetUniqueId")
    static int next = 0;
    std::memset(id->internal, 0, sizeof(id->internal));
    std::snprintf(id->internal, sizeof(id->internal), "clique %d", ++next);
    return ncclSuccess;
}

OPTIRS_MOCK_EXPORT ncclResult_t ncclCommInitRank(ncclComm_t* comm, int32_t ranks, ncclUniqueId id,
                                                 int32_t rank) {
    CALL("ncclCommInitRank", Named{"ranks", ranks}, Named{"rank", rank})
    REQUIRE(ranks > 0 && rank >= 0 && rank < ranks)
    std::shared_ptr<Clique> clique;
    {
        const std::scoped_lock lock(cliques_mutex);
        auto& slot = cliques()[id.internal];
        if (slot == nullptr) {
            slot = std::make_shared<Clique>(ranks);
        }
        clique = slot;
    }
    REQUIRE(clique->calls.size() == static_cast<size_t>(ranks))
    *comm = new ncclComm{clique, rank, ranks};
    clique->meet(static_cast<size_t>(rank), {"init", nullptr, nullptr}, [](const auto&) {});
    return ncclSuccess;
}

OPTIRS_MOCK_EXPORT ncclResult_t ncclCommDestroy(ncclComm_t comm) {
    CALL("ncclCommDestroy")
    delete comm;
    return ncclSuccess;
}
OPTIRS_MOCK_EXPORT ncclResult_t ncclCommAbort(ncclComm_t comm) {
    CALL("ncclCommAbort")
    delete comm;
    return ncclSuccess;
}
OPTIRS_MOCK_EXPORT ncclResult_t ncclCommGetAsyncError(ncclComm_t, ncclResult_t* error) {
    // What is injected here is the state of the communicator, not of the call.
    *error = Recorder::instance().note("ncclCommGetAsyncError");
    return ncclSuccess;
}

OPTIRS_MOCK_EXPORT ncclResult_t ncclAllReduce(const void* send, void* receive, size_t count, int32_t type,
                                              int32_t op, ncclComm_t comm, CUstream stream) {
    CALL("ncclAllReduce", Named{"count", count}, Named{"type", type}, Named{"op", op})
    REQUIRE(bytesOf(type) > 0 && op >= 0 && op <= 4 && isStream(stream) && send != nullptr &&
            receive != nullptr)
    comm->clique->meet(static_cast<size_t>(comm->rank),
                       {signature("all_reduce", count, type, op), static_cast<const char*>(send),
                        static_cast<char*>(receive)},
                       [&](const std::vector<Call>& calls) {
                           for (size_t i = 0; i < count; ++i) {
                               char value[8];
                               combineInto(calls, i, type, op, value);
                               for (const Call& call : calls) {
                                   std::memcpy(call.output + i * bytesOf(type), value, bytesOf(type));
                               }
                           }
                       });
    return ncclSuccess;
}

OPTIRS_MOCK_EXPORT ncclResult_t ncclAllGather(const void* send, void* receive, size_t count, int32_t type,
                                              ncclComm_t comm, CUstream stream) {
    CALL("ncclAllGather", Named{"count", count}, Named{"type", type})
    REQUIRE(bytesOf(type) > 0 && isStream(stream))
    const size_t bytes = count * bytesOf(type);
    comm->clique->meet(static_cast<size_t>(comm->rank),
                       {signature("all_gather", count, type, 0), static_cast<const char*>(send),
                        static_cast<char*>(receive)},
                       [&](const std::vector<Call>& calls) {
                           for (const Call& to : calls) {
                               for (size_t rank = 0; rank < calls.size(); ++rank) {
                                   std::memmove(to.output + rank * bytes, calls[rank].input, bytes);
                               }
                           }
                       });
    return ncclSuccess;
}

OPTIRS_MOCK_EXPORT ncclResult_t ncclReduceScatter(const void* send, void* receive, size_t count, int32_t type,
                                                  int32_t op, ncclComm_t comm, CUstream stream) {
    CALL("ncclReduceScatter", Named{"count", count}, Named{"type", type}, Named{"op", op})
    REQUIRE(bytesOf(type) > 0 && op >= 0 && op <= 4 && isStream(stream))
    comm->clique->meet(static_cast<size_t>(comm->rank),
                       {signature("reduce_scatter", count, type, op), static_cast<const char*>(send),
                        static_cast<char*>(receive)},
                       [&](const std::vector<Call>& calls) {
                           for (size_t rank = 0; rank < calls.size(); ++rank) {
                               for (size_t i = 0; i < count; ++i) {
                                   combineInto(calls, rank * count + i, type, op,
                                               calls[rank].output + i * bytesOf(type));
                               }
                           }
                       });
    return ncclSuccess;
}

OPTIRS_MOCK_EXPORT ncclResult_t ncclReduce(const void* send, void* receive, size_t count, int32_t type,
                                           int32_t op, int32_t root, ncclComm_t comm, CUstream stream) {
    CALL("ncclReduce", Named{"count", count}, Named{"root", root})
    REQUIRE(bytesOf(type) > 0 && op >= 0 && op <= 4 && isStream(stream) && root >= 0 && root < comm->count)
    comm->clique->meet(static_cast<size_t>(comm->rank),
                       {signature("reduce", count, type, op * 100 + root), static_cast<const char*>(send),
                        static_cast<char*>(receive)},
                       [&](const std::vector<Call>& calls) {
                           for (size_t i = 0; i < count; ++i) {
                               combineInto(calls, i, type, op,
                                           calls[static_cast<size_t>(root)].output + i * bytesOf(type));
                           }
                       });
    return ncclSuccess;
}

OPTIRS_MOCK_EXPORT ncclResult_t ncclBroadcast(const void* send, void* receive, size_t count, int32_t type,
                                              int32_t root, ncclComm_t comm, CUstream stream) {
    CALL("ncclBroadcast", Named{"count", count}, Named{"root", root})
    REQUIRE(bytesOf(type) > 0 && isStream(stream) && root >= 0 && root < comm->count)
    comm->clique->meet(static_cast<size_t>(comm->rank),
                       {signature("broadcast", count, type, root), static_cast<const char*>(send),
                        static_cast<char*>(receive)},
                       [&](const std::vector<Call>& calls) {
                           for (const Call& call : calls) {
                               std::memmove(call.output, calls[static_cast<size_t>(root)].input,
                                            count * bytesOf(type));
                           }
                       });
    return ncclSuccess;
}

OPTIRS_MOCK_EXPORT ncclResult_t ncclGroupStart() {
    CALL("ncclGroupStart")
    ++group_depth;
    return ncclSuccess;
}
OPTIRS_MOCK_EXPORT ncclResult_t ncclGroupEnd() {
    --group_depth;
    if (const ncclResult_t injected = Recorder::instance().note("ncclGroupEnd")) {
        transfers.clear();
        return injected;
    }
    REQUIRE(group_depth == 0)
    exchange();
    return ncclSuccess;
}
OPTIRS_MOCK_EXPORT ncclResult_t ncclSend(const void* from, size_t count, int32_t type, int32_t peer,
                                         ncclComm_t comm, CUstream stream) {
    CALL("ncclSend", Named{"count", count}, Named{"peer", peer})
    REQUIRE(group_depth == 1 && peer >= 0 && peer < comm->count && isStream(stream) && from != nullptr)
    transfers.push_back({comm, peer, static_cast<const char*>(from), nullptr, count * bytesOf(type)});
    return ncclSuccess;
}
OPTIRS_MOCK_EXPORT ncclResult_t ncclRecv(void* to, size_t count, int32_t type, int32_t peer, ncclComm_t comm,
                                         CUstream stream) {
    CALL("ncclRecv", Named{"count", count}, Named{"peer", peer})
    REQUIRE(group_depth == 1 && peer >= 0 && peer < comm->count && isStream(stream) && to != nullptr)
    transfers.push_back({comm, peer, nullptr, static_cast<char*>(to), count * bytesOf(type)});
    return ncclSuccess;
}

OPTIRS_MOCK_EXPORT const optirs::mock::Control* optirs_mock_control() { return &optirs::mock::control(); }
