#include "src/core/device/allocator.h"

#include <algorithm>

#include "src/core/error.h"
#include "src/core/pressure.h"
#include "src/core/text.h"

namespace optirs::core {
namespace {

constexpr uint64_t kLargest = uint64_t{1} << 62;

void raise(uint64_t value, uint64_t& peak) { peak = std::max(peak, value); }

}  // namespace

Block* CachingAllocator::allocate(uint64_t size, StreamId stream, std::string_view tag, bool is_idle) {
    if (size > kLargest) {
        throw Error(Code::kInvalidArgument, concat("size is ", size, " bytes; the most is 2^62"));
    }
    return retryUnderPressure(size, [&] {
        const std::scoped_lock lock(mutex_);
        return tryAllocate(size, stream, findTag(tag), is_idle);
    });
}

void CachingAllocator::rename(Block* block, uint64_t size, std::string_view tag) {
    const std::scoped_lock lock(mutex_);
    TagUse& next = findTag(tag);
    block->tag->used -= block->size;
    --block->tag->blocks;
    stats_.requested_bytes += size - block->requested;
    block->requested = size;
    block->tag = &next;
    next.used += block->size;
    ++next.blocks;
    raise(next.used, next.peak);
    ++stats_.allocations;
    ++stats_.reuses;
}

Block* CachingAllocator::tryAllocate(uint64_t size, StreamId stream, TagUse& tag, bool is_idle) {
    const Need need(size);
    collect();
    const auto take_free = [&] {
        Block* block = is_idle ? nullptr : takeFree(need, stream, stream);
        return block != nullptr ? block : takeFree(need, stream, kAnyStream);
    };
    Block* block = take_free();
    if (block != nullptr) {
        ++stats_.reuses;
    } else {
        try {
            block = takeNewSegment(need, stream);
        } catch (const Error& error) {
            if (error.code() != Code::kResourceExhausted) {
                throw;
            }
            // First what other streams still hold, then what lies in segments that nobody uses.
            ++stats_.recoveries;
            waitForPending();
            block = take_free();
            if (block == nullptr) {
                freeWholeSegments();
                try {
                    block = takeNewSegment(need, stream);
                } catch (const Error& second) {
                    if (second.code() != Code::kResourceExhausted) {
                        throw;
                    }
                    throwExhausted(size, second);
                }
            }
        }
    }
    block->requested = size;
    block->tag = &tag;
    tag.used += block->size;
    ++tag.blocks;
    raise(tag.used, tag.peak);
    stats_.used_bytes += block->size;
    stats_.requested_bytes += size;
    ++stats_.blocks;
    ++stats_.allocations;
    raise(stats_.used_bytes, stats_.used_peak_bytes);
    return block;
}

void CachingAllocator::countRelease(const Block& block) noexcept {
    block.tag->used -= block.size;
    --block.tag->blocks;
    stats_.used_bytes -= block.size;
    stats_.requested_bytes -= block.requested;
    --stats_.blocks;
}

void CachingAllocator::release(Block* block) noexcept {
    const std::scoped_lock lock(mutex_);
    countRelease(*block);
    freeBlock(block);
}

void CachingAllocator::releaseLater(std::list<Pending>& pending) noexcept {
    const std::scoped_lock lock(mutex_);
    for (const Block* block : pending.front().blocks) {
        countRelease(*block);
        stats_.pending_bytes += block->size;
    }
    pending_.splice(pending_.end(), pending);
}

void CachingAllocator::finish(Pending& pending) noexcept {
    for (Block* block : pending.blocks) {
        stats_.pending_bytes -= block->size;
        freeBlock(block);
    }
    if (pending.retired == kAnyStream) {
        return;
    }
    // The owner's number stands in the order of the set: out and in again, without allocating.
    for (Block& block : blocks_) {
        if (block.owner == pending.retired && block.is_free) {
            block.node = removeFree(&block);
            block.owner = kAnyStream;
            insertFree(&block);
        }
    }
}

/// Does what is due. An event whose query fails stays: its work, and so its memory, is in doubt.
void CachingAllocator::collect() {
    for (auto entry = pending_.begin(); entry != pending_.end();) {
        while (!entry->events.empty()) {
            uint8_t is_done = 0;
            if (!calls_.attempt(&optirs_device_table::event_query, entry->events.back(), &is_done) ||
                is_done == 0) {
                break;
            }
            returnEvent(entry->events.back());
            entry->events.pop_back();
        }
        if (entry->events.empty()) {
            finish(*entry);
            entry = pending_.erase(entry);
        } else {
            ++entry;
        }
    }
}

void CachingAllocator::waitForPending() {
    for (const Pending& entry : pending_) {
        for (void* event : entry.events) {
            calls_(&optirs_device_table::event_wait, event);
        }
    }
    collect();
}

void CachingAllocator::throwExhausted(uint64_t size, const Error& cause) {
    uint64_t free_bytes = 0;
    uint64_t total_bytes = 0;
    calls_.attempt(&optirs_device_table::memory_info, &free_bytes, &total_bytes);
    const TagUse* largest = nullptr;
    for (const TagUse& tag : tags_) {
        largest = largest == nullptr || tag.used > largest->used ? &tag : largest;
    }
    std::string text = concat("no device memory for ", size, " bytes on device ", calls_.index(), ": ",
                              stats_.used_bytes, " bytes in use, ", stats_.reserved_bytes - stats_.used_bytes,
                              " kept in pieces, ", free_bytes, " of ", total_bytes, " free");
    if (largest != nullptr && largest->used != 0) {
        text += concat("; the tag '", largest->name, "' has most, ", largest->used);
    }
    throw Error(Code::kResourceExhausted,
                text + "; release memory or use smaller batches (" + cause.message() + ")", cause.backend());
}

}  // namespace optirs::core
