#include "pjrt_cpu/runtime/remote_members.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <string_view>

#include "src/core/fnv.h"

namespace optirs::plugin {
namespace {

/// What is said of the operation before its operands: hash of the signature, bytes that follow.
constexpr size_t kHeader = 2 * sizeof(uint64_t);

int64_t roundUp(int64_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

void RemoteMembers::fetch(ProcessGroup& group, std::span<const int32_t> process_of, int64_t run_id,
                          const CollectiveName& name, std::span<const int32_t> members,
                          std::span<Contribution> contributions) {
    std::map<int, std::vector<size_t>> by_process;
    for (size_t i = 0; i < members.size(); ++i)
        by_process[process_of[static_cast<size_t>(members[i])]].push_back(i);
    if (by_process.size() == 1) return;
    int64_t member_bytes = 0;
    for (const int64_t bytes : name.operand_bytes) member_bytes += roundUp(bytes);

    const uint64_t signature = core::fnv1a(name.signature.data(), name.signature.size());
    const auto header = [&](size_t count) { return static_cast<uint64_t>(member_bytes) * count; };
    const std::vector<size_t>& own = by_process[group.rank()];
    std::vector<std::byte> outgoing(64 + static_cast<size_t>(member_bytes) * own.size());
    const uint64_t words[] = {signature, header(own.size())};
    std::memcpy(outgoing.data(), words, kHeader);
    size_t at = 64;
    for (const size_t member : own) {
        for (size_t k = 0; k < name.operand_bytes.size(); ++k) {
            std::memcpy(outgoing.data() + at, contributions[member].operands[k],
                        static_cast<size_t>(name.operand_bytes[k]));
            at += static_cast<size_t>(roundUp(name.operand_bytes[k]));
        }
    }

    // The exchange's tag: the execution, the operation, the members. What differs between two processes that
    // disagree is left to the header, so that they meet and find out.
    uint64_t tag = core::fnv1a(&run_id, sizeof run_id);
    tag = core::fnv1a(members.data(), members.size_bytes(), tag);
    std::vector<ProcessGroup::Transfer> send;
    std::vector<ProcessGroup::Transfer> receive;
    // Sizes first: a process that is at another operation sends another number of bytes.
    std::map<int, std::vector<std::byte>> headers;
    for (const auto& [process, list] : by_process) {
        if (process == group.rank()) continue;
        headers[process].resize(kHeader);
        send.push_back({process, std::span(outgoing).first(kHeader)});
        receive.push_back({process, headers[process]});
    }
    group.exchange(tag, send, receive);
    for (const auto& [process, bytes] : headers) {
        uint64_t theirs[2];
        std::memcpy(theirs, bytes.data(), kHeader);
        if (theirs[0] == signature && theirs[1] == header(by_process[process].size())) continue;
        throw Error(Code::kFailedPrecondition, "process " + std::to_string(process) +
                                                   " is at another operation, or has other shapes, than "
                                                   "process " +
                                                   std::to_string(group.rank()));
    }
    send.clear();
    receive.clear();
    for (const auto& [process, list] : by_process) {
        if (process == group.rank()) continue;
        std::vector<std::byte>& incoming = received_[process];
        incoming.resize(static_cast<size_t>(member_bytes) * list.size());
        send.push_back({process, std::span(outgoing).subspan(64)});
        receive.push_back({process, incoming});
        size_t from = 0;
        for (const size_t member : list) {
            for (const int64_t bytes : name.operand_bytes) {
                contributions[member].operands.push_back(incoming.data() + from);
                from += static_cast<size_t>(roundUp(bytes));
            }
        }
    }
    group.exchange(tag, send, receive);
}

}  // namespace optirs::plugin
