/// @file
/// What `interpreter.probe` saw during one execution.
#pragma once

#include <cstddef>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pjrt_cpu/ir/type.h"

namespace optirs::plugin {

/// Values by probe and iteration, in the order in which they were seen. Thread-safe.
///
/// The environment variable OPTIRS_PROBE_DIR names a folder that also receives each value as a NumPy file
/// `<probe>_<iteration>.npy` (characters that a file name cannot hold become `_`) and a line
/// `probe,type,file` in its index.csv.
class ProbeRecord {
 public:
    /// @throws Error UNAVAILABLE when the file cannot be written; RESOURCE_EXHAUSTED beyond 1 GiB of values
    void add(std::string_view probe, const TensorType& type, std::span<const std::byte> bytes);

    /// A value of one iteration (from 0), copied.
    struct Entry {
        std::string probe;
        TensorType type;
        std::vector<std::byte> bytes;
    };
    /// @throws Error FAILED_PRECONDITION when the probe was not reached so often
    Entry find(std::string_view probe, int64_t iteration) const;

 private:
    mutable std::mutex mutex_;
    std::vector<Entry> entries_;
    int64_t bytes_ = 0;
};

/// The NumPy file (format 1.0) of a dense row-major tensor. Types that NumPy lacks are void of their size.
std::string npyFile(const TensorType& type, std::span<const std::byte> bytes);

}  // namespace optirs::plugin
