// What the allocator tells about itself, and its settings.
#include <algorithm>

#include "src/core/device/allocator.h"
#include "src/core/error.h"
#include "src/core/text.h"

namespace optirs::core {

constexpr uint64_t kLeastSplitLimit = 20 * 1024 * 1024;

TagUse& CachingAllocator::findTag(std::string_view name) {
    const auto found = tags_by_name_.find(name);
    if (found != tags_by_name_.end()) {
        return *found->second;
    }
    TagUse& tag = tags_.emplace_back();
    try {
        tag.name = name;
        tags_by_name_.emplace(name, &tag);
    } catch (...) {
        tags_.pop_back();
        throw;
    }
    return tag;
}

void* CachingAllocator::createEvent() {
    void* event = nullptr;
    calls_(&optirs_device_table::event_create, uint8_t{0}, &event);
    return event;
}

void CachingAllocator::returnEvent(void* event) noexcept {
    calls_.attempt(&optirs_device_table::event_destroy, event);
}

uint64_t CachingAllocator::trim() {
    const std::scoped_lock lock(mutex_);
    waitForPending();
    return freeWholeSegments();
}

void CachingAllocator::setSplitLimit(uint64_t bytes) {
    if (bytes < kLeastSplitLimit) {
        throw Error(Code::kInvalidArgument,
                    concat("limit is ", bytes, " bytes; the least is ", kLeastSplitLimit));
    }
    const std::scoped_lock lock(mutex_);
    split_limit_ = bytes;
}

void CachingAllocator::resetPeaks() noexcept {
    const std::scoped_lock lock(mutex_);
    stats_.used_peak_bytes = stats_.used_bytes;
    stats_.reserved_peak_bytes = stats_.reserved_bytes;
    for (TagUse& tag : tags_) {
        tag.peak = tag.used;
    }
}

optirs_allocator_stats CachingAllocator::stats() {
    const std::scoped_lock lock(mutex_);
    optirs_allocator_stats stats = stats_;
    for (const Block* block : free_) {
        stats.largest_free_bytes = std::max(stats.largest_free_bytes, block->size);
    }
    return stats;
}

uint64_t CachingAllocator::tagCount() {
    const std::scoped_lock lock(mutex_);
    return tags_.size();
}

optirs_allocator_tag CachingAllocator::tagAt(uint64_t index) {
    const std::scoped_lock lock(mutex_);
    if (index >= tags_.size()) {
        throw Error(Code::kOutOfRange, concat("index is ", index, "; there are ", tags_.size(), " tags"));
    }
    const TagUse& tag = tags_[index];
    return {tag.name.c_str(), tag.name.size(), tag.used, tag.peak, tag.blocks};
}

}  // namespace optirs::core
