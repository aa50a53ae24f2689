#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "pjrt_cpu/runtime/process_group.h"
#include "pjrt_cpu/runtime/rendezvous.h"

namespace optirs::plugin {

/// The operands of those members of a collective operation that live in other processes. Each process sends
/// its own members' operands to all others of the group, so that every process can do the operation for its
/// own members, in the same order and with the same bits.
class RemoteMembers {
 public:
    /// Fills the operands of the remote members in `contributions` with memory that this object owns.
    /// @throws Error FAILED_PRECONDITION when another process is at another operation
    void fetch(ProcessGroup& group, std::span<const int32_t> process_of, int64_t run_id,
               const CollectiveName& name, std::span<const int32_t> members,
               std::span<Contribution> contributions);

 private:
    std::map<int, std::vector<std::byte>> received_;
};

}  // namespace optirs::plugin
