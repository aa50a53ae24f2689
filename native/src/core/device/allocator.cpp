#include "src/core/device/allocator.h"

#include <algorithm>
#include <tuple>

#include "src/core/error.h"
#include "src/core/pressure.h"
#include "src/core/text.h"

namespace optirs::core {
namespace {

constexpr uint64_t kMiB = 1024 * 1024;
constexpr uint64_t kUnit = OPTIRS_DEVICE_MEMORY_ALIGNMENT;
constexpr uint64_t kLargestSmall = kMiB;  // larger requests do not come from small segments
constexpr uint64_t kSmallSegment = 2 * kMiB;
constexpr uint64_t kLargestShared = 10 * kMiB;  // larger requests get a segment of their own
constexpr uint64_t kLargeSegment = 20 * kMiB;
constexpr uint64_t kSegmentUnit = 2 * kMiB;  // the driver's own granularity
constexpr uint64_t kLargest = uint64_t{1} << 62;

uint64_t roundUp(uint64_t size, uint64_t unit) { return (size + unit - 1) / unit * unit; }

uint64_t segmentSize(uint64_t rounded) {
    return rounded <= kLargestSmall    ? kSmallSegment
           : rounded <= kLargestShared ? kLargeSegment
                                       : roundUp(rounded, kSegmentUnit);
}

/// What is left over is worth a block of its own.
bool isWorthSplitting(const Block& block, uint64_t rounded) {
    const uint64_t rest = block.size - rounded;
    return block.segment->is_small ? rest >= kUnit : rest > kLargestSmall;
}

/// A search key: the first free block of a kind and owner that is large enough.
struct Wanted {
    bool is_small;
    StreamId owner;
    uint64_t size;
};

auto key(const Block* block) {
    return std::tuple(block->segment->is_small, block->owner, block->size, block->address);
}
auto key(const Wanted& wanted) {
    return std::tuple(wanted.is_small, wanted.owner, wanted.size, static_cast<std::byte*>(nullptr));
}

void raise(uint64_t value, uint64_t& peak) { peak = std::max(peak, value); }

}  // namespace

template <class Left, class Right>
bool BlockOrder::operator()(const Left& left, const Right& right) const noexcept {
    return key(left) < key(right);
}

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
    const uint64_t rounded = roundUp(std::max<uint64_t>(size, 1), kUnit);
    const bool is_small = rounded <= kLargestSmall;
    collect();
    const auto take_free = [&] {
        Block* block = is_idle ? nullptr : takeFree(rounded, is_small, stream, stream);
        return block != nullptr ? block : takeFree(rounded, is_small, stream, kAnyStream);
    };
    Block* block = take_free();
    if (block != nullptr) {
        ++stats_.reuses;
    } else {
        try {
            block = takeNewSegment(rounded, is_small, stream);
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
                    block = takeNewSegment(rounded, is_small, stream);
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

Block* CachingAllocator::takeFree(uint64_t rounded, bool is_small, StreamId stream, StreamId owner) {
    const auto found = free_.lower_bound(Wanted{is_small, owner, rounded});
    if (found == free_.end() || (*found)->segment->is_small != is_small || (*found)->owner != owner) {
        return nullptr;
    }
    Block* block = *found;
    if (block->size > split_limit_) {
        // Stays whole: for a request that is about as large, and for no other.
        if (rounded <= split_limit_ || block->size - rounded > kLargeSegment) {
            return nullptr;
        }
    } else if (isWorthSplitting(*block, rounded)) {
        split(block, rounded);
    }
    block->node = removeFree(block);
    block->is_free = false;
    block->owner = stream;
    return block;
}

Block* CachingAllocator::takeNewSegment(uint64_t rounded, bool is_small, StreamId stream) {
    const uint64_t size = segmentSize(rounded);
    // Every node first: once the driver has given the memory nothing can fail.
    std::list<Segment> segment(1);
    std::list<Block> block(1);
    FreeBlocks node_source;
    node_source.insert(&block.front());
    Block& made = block.front();
    segment.front() = {nullptr, size, is_small, &made};
    made.segment = segment.begin();
    void* memory = nullptr;
    FreeBlocks::node_type node = node_source.extract(node_source.begin());
    calls_(&optirs_device_table::memory_allocate, size, &memory);
    segment.front().base = static_cast<std::byte*>(memory);
    made.address = segment.front().base;
    made.size = size;
    made.owner = stream;
    made.self = block.begin();
    made.node = std::move(node);
    segments_.splice(segments_.end(), segment);
    blocks_.splice(blocks_.end(), block);
    ++stats_.segments;
    stats_.reserved_bytes += size;
    raise(stats_.reserved_bytes, stats_.reserved_peak_bytes);
    if (isWorthSplitting(made, rounded) && size <= split_limit_) {
        insertFree(&made);  // as a free block it is cut like any other, and stays one if that fails
        split(&made, rounded);
        made.node = removeFree(&made);
        made.is_free = false;
    }
    return &made;
}

/// Cuts a free block in two free ones; unchanged if there is no host memory for that.
void CachingAllocator::split(Block* block, uint64_t size) {
    std::list<Block> rest(1);
    Block& made = rest.front();
    made.segment = block->segment;
    made.address = block->address + size;
    made.size = block->size - size;
    made.owner = block->owner;
    made.self = rest.begin();
    FreeBlocks::node_type node;
    {
        FreeBlocks node_source;
        node_source.insert(&made);
        node = node_source.extract(node_source.begin());
    }
    made.node = std::move(node);
    made.previous = block;
    made.next = block->next;
    if (made.next != nullptr) {
        made.next->previous = &made;
    }
    block->node = removeFree(block);
    block->size = size;
    block->next = &made;
    blocks_.splice(blocks_.end(), rest);
    insertFree(block);
    insertFree(&made);
}

void CachingAllocator::insertFree(Block* block) noexcept {
    block->is_free = true;
    block->node.value() = block;
    free_.insert(std::move(block->node));
}

FreeBlocks::node_type CachingAllocator::removeFree(Block* block) noexcept {
    return free_.extract(free_.find(block));
}

/// Joins a block that is in no set with its free successor, which ceases to exist.
void CachingAllocator::joinNext(Block* block) noexcept {
    Block* next = block->next;
    removeFree(next);
    block->size += next->size;
    block->next = next->next;
    if (block->next != nullptr) {
        block->next->previous = block;
    }
    blocks_.erase(next->self);
}

void CachingAllocator::freeBlock(Block* block) noexcept {
    const auto can_join = [](const Block* left, const Block* right) {
        return left != nullptr && right != nullptr && left->owner == right->owner;
    };
    block->requested = 0;
    if (can_join(block, block->next) && block->next->is_free) {
        joinNext(block);
    }
    if (can_join(block->previous, block) && block->previous->is_free) {
        Block* previous = block->previous;
        previous->node = removeFree(previous);
        previous->is_free = false;
        insertFree(block);  // joinNext takes it out again
        joinNext(previous);
        block = previous;
    }
    insertFree(block);
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

uint64_t CachingAllocator::freeWholeSegments() noexcept {
    uint64_t freed = 0;
    for (auto segment = segments_.begin(); segment != segments_.end();) {
        const auto current = segment++;
        bool is_free = true;
        for (const Block* block = current->first; block != nullptr; block = block->next) {
            is_free &= block->is_free;
        }
        // The driver waits for work that still uses the memory.
        if (is_free && calls_.attempt(&optirs_device_table::memory_free, static_cast<void*>(current->base))) {
            freed += current->size;
            stats_.reserved_bytes -= current->size;
            --stats_.segments;
            for (Block* block = current->first; block != nullptr;) {
                Block* next = block->next;
                removeFree(block);
                blocks_.erase(block->self);
                block = next;
            }
            segments_.erase(current);
        }
    }
    return freed;
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
