// The options of a compilation as the serialized message that plugins read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace optirs::pjrt {

struct CompileOptions {
    int64_t num_replicas = 1;
    int64_t num_partitions = 1;
    std::span<const int64_t> device_assignment;  // ids, [num_replicas x num_partitions]; empty: the plugin's
    bool use_spmd_partitioning = false;
    std::string_view extra;  // a serialized message of the same kind, merged over the rest
};

/// The bytes. Throws INVALID_ARGUMENT for counts below 1 or an assignment of another size.
std::string serialize(const CompileOptions& options);

}  // namespace optirs::pjrt
