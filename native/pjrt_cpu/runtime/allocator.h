#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace optirs::plugin {

class DeviceMemory;

/// One piece of a device's memory. Given back when destroyed. Movable, not thread-safe by itself.
class MemoryBlock {
 public:
    MemoryBlock() = default;
    MemoryBlock(MemoryBlock&& other) noexcept;
    MemoryBlock& operator=(MemoryBlock&& other) noexcept;
    ~MemoryBlock() { reset(); }
    void reset();
    std::byte* data() const { return data_; }
    int64_t size() const { return size_; }
    explicit operator bool() const { return data_ != nullptr; }

 private:
    friend class DeviceMemory;
    struct Record;
    MemoryBlock(DeviceMemory* memory, Record* record, std::byte* data, int64_t size)
        : memory_(memory), record_(record), data_(data), size_(size) {}
    DeviceMemory* memory_ = nullptr;
    Record* record_ = nullptr;
    std::byte* data_ = nullptr;
    int64_t size_ = 0;
};

/// All in bytes, except the counts.
struct MemoryStatistics {
    int64_t bytes_in_use = 0;
    int64_t peak_bytes_in_use = 0;
    int64_t allocations = 0;
    int64_t largest_allocation = 0;
    int64_t bytes_limit = 0;  ///< 0: none
    int64_t bytes_cached = 0;
    int64_t peak_bytes_held = 0;  ///< in use and cached together
};

/// What a block holds, for the message when memory runs out: a name and a type of at most a line, made at no
/// cost.
using BlockLabel = std::string (*)(const void* owner);

/// The memory of one (virtual) device: aligned to 64 bytes, freed blocks are cached by size class, so that a
/// loop in steady state asks the system for nothing. Thread-safe. Must outlive its blocks.
class DeviceMemory {
 public:
    /// `limit_bytes` 0: only the machine limits.
    DeviceMemory(std::string device_name, int64_t limit_bytes);
    ~DeviceMemory();
    DeviceMemory(const DeviceMemory&) = delete;
    DeviceMemory& operator=(const DeviceMemory&) = delete;

    /// At least `bytes` bytes, size rounded up to 64. Throws RESOURCE_EXHAUSTED that names the request, the
    /// limit and the largest live blocks. `label(owner)` may be called from any thread while the block lives.
    MemoryBlock allocate(int64_t bytes, BlockLabel label, const void* owner);
    /// Names a block anew, for instance when a donated block becomes a result.
    void relabel(const MemoryBlock& block, BlockLabel label, const void* owner);
    MemoryStatistics statistics() const;
    void resetPeak();
    /// Gives every cached block back to the system.
    void trim();
    int64_t limit() const { return limit_; }

 private:
    friend class MemoryBlock;
    using Record = MemoryBlock::Record;
    static constexpr size_t kClasses = 64 * 8;

    void release(Record* record, std::byte* data);
    std::byte* takeFromSystem(int64_t class_bytes);
    void trimLocked();
    std::string exhausted(int64_t bytes) const;

    const std::string device_name_;
    const int64_t limit_;
    mutable std::mutex mutex_;
    MemoryStatistics statistics_;
    std::array<std::vector<std::byte*>, kClasses> cache_;
    std::vector<std::unique_ptr<Record>> records_;
    Record* free_records_ = nullptr;
    Record* live_ = nullptr;
};

}  // namespace optirs::plugin
