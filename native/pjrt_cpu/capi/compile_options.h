#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace optirs::plugin {

/// What is read of a serialized xla.CompileOptionsProto (its other fields steer compilers that this is not).
struct CompileOptionsProto {
    int64_t num_replicas = 1;
    int64_t num_partitions = 1;
    int64_t device_ordinal = -1;
    /// Compiled for any one device: which, is said when it runs.
    bool portable = false;
    bool parameters_are_tupled = false;
    /// Device ids, [replica][partition]; empty: the default, counting up.
    std::vector<std::vector<int64_t>> device_assignment;
};

/// An empty text gives the defaults. Throws INVALID_ARGUMENT with the offset when the bytes are no such
/// message.
CompileOptionsProto readCompileOptions(std::string_view serialized);

/// xla.DeviceAssignmentProto of ids[replica][partition].
std::string serializeDeviceAssignment(const std::vector<std::vector<int64_t>>& ids);

}  // namespace optirs::plugin
