#include "pjrt_cpu/runtime/collective_groups.h"

#include <algorithm>
#include <set>
#include <string>

#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

enum class GroupMode : uint8_t { kCrossReplica, kCrossPartition, kCrossReplicaAndPartition, kFlattenedIds };

GroupMode modeOf(const Operation& op) {
    const bool has_channel = channelHandle(op).handle > 0;
    switch (op.kind()) {
        case OpKind::kAllGather:
        case OpKind::kAllReduce:
        case OpKind::kCollectiveReduce:
        case OpKind::kReduceScatter:
            if (boolAttribute(op, "use_global_device_ids")) {
                if (!has_channel)
                    throw invalidOperation(op, "use_global_device_ids needs a channel_handle above 0");
                return GroupMode::kFlattenedIds;
            }
            return has_channel ? GroupMode::kCrossReplicaAndPartition : GroupMode::kCrossReplica;
        default:
            return has_channel ? GroupMode::kCrossPartition : GroupMode::kCrossReplica;
    }
}

int64_t idCount(GroupMode mode, int64_t replicas, int64_t partitions) {
    switch (mode) {
        case GroupMode::kCrossPartition:
            return partitions;
        case GroupMode::kFlattenedIds:
            return replicas * partitions;
        default:
            return replicas;
    }
}

const char* idName(GroupMode mode) {
    switch (mode) {
        case GroupMode::kCrossPartition:
            return "partition";
        case GroupMode::kFlattenedIds:
            return "device";
        default:
            return "replica";
    }
}

void requireId(const Operation& op, GroupMode mode, int64_t id, int64_t count, const char* attribute) {
    if (id >= 0 && id < count) return;
    throw invalidOperation(op, std::string(attribute) + " names " + idName(mode) + " " + std::to_string(id) +
                                   ", but the program runs on " + std::to_string(count) + " of them");
}

/// The groups of ids, without padding.
std::vector<std::vector<int64_t>> idGroups(const Operation& op, GroupMode mode, int64_t count) {
    std::vector<std::vector<int64_t>> groups;
    if (op.attribute("replica_groups") != nullptr) groups = replicaGroups(op);
    std::set<int64_t> seen;
    for (auto& group : groups) {
        std::erase(group, -1);
        for (const int64_t id : group) {
            requireId(op, mode, id, count, "replica_groups");
            if (!seen.insert(id).second) {
                throw invalidOperation(op, "replica_groups lists " + std::string(idName(mode)) + " " +
                                               std::to_string(id) + " twice");
            }
        }
    }
    std::erase_if(groups, [](const auto& group) { return group.empty(); });
    if (groups.empty()) {
        std::vector<int64_t>& all = groups.emplace_back();
        for (int64_t id = 0; id < count; ++id) all.push_back(id);
    }
    return groups;
}

}  // namespace

ParticipantGroups participantGroups(const Operation& op, int32_t num_replicas, int32_t num_partitions) {
    const GroupMode mode = modeOf(op);
    const auto at = [&](int64_t replica, int64_t partition) {
        return static_cast<int32_t>(replica * num_partitions + partition);
    };
    ParticipantGroups result;
    for (const auto& group : idGroups(op, mode, idCount(mode, num_replicas, num_partitions))) {
        switch (mode) {
            case GroupMode::kCrossReplica:
                for (int32_t p = 0; p < num_partitions; ++p) {
                    std::vector<int32_t>& members = result.emplace_back();
                    for (const int64_t r : group) members.push_back(at(r, p));
                }
                break;
            case GroupMode::kCrossPartition:
                for (int32_t r = 0; r < num_replicas; ++r) {
                    std::vector<int32_t>& members = result.emplace_back();
                    for (const int64_t p : group) members.push_back(at(r, p));
                }
                break;
            case GroupMode::kCrossReplicaAndPartition: {
                std::vector<int32_t>& members = result.emplace_back();
                for (int32_t p = 0; p < num_partitions; ++p) {
                    for (const int64_t r : group) members.push_back(at(r, p));
                }
                break;
            }
            case GroupMode::kFlattenedIds:
                result.emplace_back(group.begin(), group.end());
                break;
        }
    }
    return result;
}

std::vector<std::pair<int32_t, int32_t>> participantPairs(const Operation& op, int32_t num_replicas,
                                                          int32_t num_partitions) {
    std::vector<std::pair<int32_t, int32_t>> result;
    if (op.attribute("source_target_pairs") == nullptr) return result;
    // Who exchanges a message is not said as a mode: where there is one partition, replicas do.
    const bool is_message = op.kind() == OpKind::kSend || op.kind() == OpKind::kRecv;
    const bool cross_partition = channelHandle(op).handle > 0 && !(is_message && num_partitions == 1);
    const GroupMode mode = cross_partition ? GroupMode::kCrossPartition : GroupMode::kCrossReplica;
    const int64_t count = idCount(mode, num_replicas, num_partitions);
    std::set<int64_t> sources;
    std::set<int64_t> targets;
    for (const auto& [source, target] : sourceTargetPairs(op)) {
        requireId(op, mode, source, count, "source_target_pairs");
        requireId(op, mode, target, count, "source_target_pairs");
        if (!sources.insert(source).second || !targets.insert(target).second) {
            throw invalidOperation(op, "source_target_pairs names a source or a target twice: " +
                                           std::to_string(source) + " -> " + std::to_string(target));
        }
        const bool replicas = mode == GroupMode::kCrossReplica;
        for (int32_t other = 0; other < (replicas ? num_partitions : num_replicas); ++other) {
            const auto at = [&](int64_t id) {
                return static_cast<int32_t>(replicas ? id * num_partitions + other
                                                     : other * num_partitions + id);
            };
            result.emplace_back(at(source), at(target));
        }
    }
    return result;
}

}  // namespace optirs::plugin
