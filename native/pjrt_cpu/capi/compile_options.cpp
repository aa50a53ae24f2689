#include "pjrt_cpu/capi/compile_options.h"

#include <algorithm>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/stablehlo/hlo/proto_message.h"

namespace optirs::plugin {
namespace {

// Field numbers are those of XLA's compile_options.proto and xla_data.proto.
std::vector<std::vector<int64_t>> readDeviceAssignment(const ProtoMessage& assignment) {
    // The message lists, for each partition, the replicas' devices.
    std::vector<std::vector<int64_t>> by_partition;
    for (const ProtoMessage& devices : assignment.messages(3, "ComputationDevice"))
        by_partition.push_back(devices.integers(1));
    std::vector<std::vector<int64_t>> by_replica;
    for (const auto& replicas : by_partition) {
        by_replica.resize(std::max(by_replica.size(), replicas.size()));
        for (size_t r = 0; r < replicas.size(); ++r) by_replica[r].push_back(replicas[r]);
    }
    return by_replica;
}

void putVarint(std::string& out, uint64_t value) {
    for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
    out += static_cast<char>(value);
}

}  // namespace

CompileOptionsProto readCompileOptions(std::string_view serialized) {
    CompileOptionsProto options;
    const ProtoMessage message(serialized, "CompileOptionsProto");
    options.parameters_are_tupled = message.flag(2);
    options.portable = message.flag(4);
    const ProtoMessage build = message.message(3, "ExecutableBuildOptionsProto");
    if (build.has(1)) options.device_ordinal = build.integer(1);
    if (build.has(4)) options.num_replicas = build.integer(4);
    if (build.has(5)) options.num_partitions = build.integer(5);
    if (build.has(9))
        options.device_assignment = readDeviceAssignment(build.message(9, "DeviceAssignmentProto"));
    // Zero is protobuf's way to say that a number was not set.
    if (options.num_replicas == 0) options.num_replicas = 1;
    if (options.num_partitions == 0) options.num_partitions = 1;
    constexpr int64_t kMaxDevices = 1 << 20;
    if (options.num_replicas < 0 || options.num_partitions < 0 || options.num_replicas > kMaxDevices ||
        options.num_partitions > kMaxDevices) {
        throw invalidArgument("compile options: " + std::to_string(options.num_replicas) + " replicas, " +
                              std::to_string(options.num_partitions) + " partitions");
    }
    if (!options.device_assignment.empty()) {
        bool fits = options.device_assignment.size() == static_cast<size_t>(options.num_replicas);
        for (const auto& row : options.device_assignment) {
            fits = fits && row.size() == static_cast<size_t>(options.num_partitions);
        }
        if (!fits) {
            throw invalidArgument("compile options: the device assignment is not " +
                                  std::to_string(options.num_replicas) + " replicas by " +
                                  std::to_string(options.num_partitions) + " partitions");
        }
    }
    return options;
}

std::string serializeDeviceAssignment(const std::vector<std::vector<int64_t>>& ids) {
    std::string out;
    const size_t partitions = ids.empty() ? 0 : ids[0].size();
    putVarint(out, 1 << 3);
    putVarint(out, ids.size());
    putVarint(out, 2 << 3);
    putVarint(out, partitions);
    for (size_t p = 0; p < partitions; ++p) {
        std::string packed;
        for (const auto& replica : ids) putVarint(packed, static_cast<uint64_t>(replica[p]));
        std::string devices;
        putVarint(devices, 1 << 3 | 2);
        putVarint(devices, packed.size());
        devices += packed;
        putVarint(out, 3 << 3 | 2);
        putVarint(out, devices.size());
        out += devices;
    }
    return out;
}

}  // namespace optirs::plugin
