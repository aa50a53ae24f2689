/// @file
/// Which devices take part in a collective operation together.
#pragma once

#include <cstdint>
#include <vector>

#include "pjrt_cpu/ir/operation.h"

namespace optirs::plugin {

/// Groups of participants (replica * num_partitions + partition), each in the order in which its members
/// count. A participant is in one group at most.
using ParticipantGroups = std::vector<std::vector<int32_t>>;

/// Reads replica_groups, channel_handle and use_global_device_ids of a collective operation on a grid of
/// replicas and partitions (StableHLO specification, "Execution of ... collectives"): cross_replica,
/// cross_partition, cross_replica_and_partition or flattened_ids. Padding (-1) is dropped; no groups at all
/// mean one group of everybody.
/// @throws Error INVALID_ARGUMENT naming the id that is out of range or listed twice
ParticipantGroups participantGroups(const Operation& op, int32_t num_replicas, int32_t num_partitions);

/// source_target_pairs as pairs of participants, those of collective_permute, send and recv.
std::vector<std::pair<int32_t, int32_t>> participantPairs(const Operation& op, int32_t num_replicas,
                                                          int32_t num_partitions);

}  // namespace optirs::plugin
