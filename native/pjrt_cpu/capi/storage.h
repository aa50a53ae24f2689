#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "pjrt_cpu/capi/array_type.h"
#include "pjrt_cpu/capi/counted.h"
#include "pjrt_cpu/capi/element_types.h"
#include "pjrt_cpu/runtime/allocator.h"

namespace optirs::plugin {

/// Bytes that buffers, and operations in flight, hold together: a block of a device's memory, or memory of
/// the caller's.
class Storage final : public Counted {
 public:
    /// `type`: what an out-of-memory message says of the block.
    Storage(std::shared_ptr<DeviceMemory> memory, MemoryBlock block, SharedType type)
        : type_(std::move(type)),
          memory_(std::move(memory)),
          block_(std::move(block)),
          data_(block_.data()),
          size_(block_.size()) {
        memory_->relabel(
            block_,
            [](const void* owner) { return shortName(static_cast<const Storage*>(owner)->type_->type); },
            this);
    }
    /// `release` runs when the last holder is gone, on any thread.
    Storage(std::byte* data, int64_t size, bool writable, std::function<void()> release)
        : data_(data), size_(size), writable_(writable), release_(std::move(release)) {}
    ~Storage() {
        if (release_) release_();
    }

    std::byte* data() const { return data_; }
    int64_t size() const { return size_; }
    /// The program may write into it when it is donated.
    bool writable() const { return writable_; }

 private:
    SharedType type_;                       // of a block
    std::shared_ptr<DeviceMemory> memory_;  // both before the block: they must outlive it
    MemoryBlock block_;
    std::byte* data_;
    int64_t size_;
    bool writable_ = true;
    std::function<void()> release_;
};

}  // namespace optirs::plugin
