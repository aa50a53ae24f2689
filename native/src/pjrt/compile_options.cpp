#include "src/pjrt/compile_options.h"

#include "src/core/error.h"
#include "src/core/text.h"

namespace optirs::pjrt {
namespace {

// Numbers of the fields, by message.
namespace compile_options {
constexpr int kExecutableBuildOptions = 3;
}
namespace build_options {
constexpr int kDeviceOrdinal = 1;
constexpr int kNumReplicas = 4;
constexpr int kNumPartitions = 5;
constexpr int kUseSpmdPartitioning = 6;
constexpr int kDeviceAssignment = 9;
}  // namespace build_options
namespace assignment {
constexpr int kReplicaCount = 1;
constexpr int kComputationCount = 2;
constexpr int kComputationDevices = 3;
}  // namespace assignment
namespace computation_device {
constexpr int kReplicaDeviceIds = 1;
}

/// Writes the two wire forms that are needed: varints, and bytes with their length.
class ProtoWriter {
 public:
    void integer(int field, int64_t value) {
        varint(static_cast<uint64_t>(field) << 3);
        varint(static_cast<uint64_t>(value));
    }

    void bytes(int field, std::string_view content) {
        constexpr uint64_t kLengthDelimited = 2;
        varint(static_cast<uint64_t>(field) << 3 | kLengthDelimited);
        varint(content.size());
        text_ += content;
    }

    void varint(uint64_t value) {
        while (value >= 0x80) {
            text_ += static_cast<char>(value | 0x80);
            value >>= 7;
        }
        text_ += static_cast<char>(value);
    }

    std::string take() { return std::move(text_); }

 private:
    std::string text_;
};

std::string deviceAssignment(const CompileOptions& options) {
    ProtoWriter message;
    message.integer(assignment::kReplicaCount, options.num_replicas);
    message.integer(assignment::kComputationCount, options.num_partitions);
    for (int64_t partition = 0; partition < options.num_partitions; ++partition) {
        ProtoWriter ids;  // packed
        for (int64_t replica = 0; replica < options.num_replicas; ++replica) {
            const auto index = static_cast<std::size_t>(replica * options.num_partitions + partition);
            ids.varint(static_cast<uint64_t>(options.device_assignment[index]));
        }
        ProtoWriter device;
        device.bytes(computation_device::kReplicaDeviceIds, ids.take());
        message.bytes(assignment::kComputationDevices, device.take());
    }
    return message.take();
}

void check(const CompileOptions& options) {
    int64_t devices = 0;
    if (options.num_replicas < 1 || options.num_partitions < 1 ||
        __builtin_mul_overflow(options.num_replicas, options.num_partitions, &devices)) {
        throw core::Error(core::Code::kInvalidArgument,
                          core::concat(options.num_replicas, " replicas and ", options.num_partitions,
                                       " partitions: both must be at least 1"));
    }
    if (!options.device_assignment.empty() &&
        options.device_assignment.size() != static_cast<std::size_t>(devices)) {
        throw core::Error(core::Code::kInvalidArgument,
                          core::concat("the device assignment has ", options.device_assignment.size(),
                                       " devices, but ", options.num_replicas, " replicas of ",
                                       options.num_partitions, " partitions need ", devices));
    }
}

}  // namespace

std::string serialize(const CompileOptions& options) {
    check(options);
    ProtoWriter build;
    build.integer(build_options::kDeviceOrdinal, -1);  // none in particular
    build.integer(build_options::kNumReplicas, options.num_replicas);
    build.integer(build_options::kNumPartitions, options.num_partitions);
    if (options.use_spmd_partitioning) {
        build.integer(build_options::kUseSpmdPartitioning, 1);
    }
    if (!options.device_assignment.empty()) {
        build.bytes(build_options::kDeviceAssignment, deviceAssignment(options));
    }
    ProtoWriter message;
    message.bytes(compile_options::kExecutableBuildOptions, build.take());
    return message.take().append(options.extra);  // messages merge when their bytes are joined
}

}  // namespace optirs::pjrt
