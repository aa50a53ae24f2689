// The blocks of the allocator: cut from segments, kept free in an order, joined again. With its lock held.
#include <algorithm>
#include <tuple>

#include "src/core/device/allocator.h"

namespace optirs::core {
namespace {

constexpr uint64_t kMiB = 1024 * 1024;
constexpr uint64_t kUnit = OPTIRS_DEVICE_MEMORY_ALIGNMENT;
constexpr uint64_t kLargestSmall = kMiB;  // larger requests do not come from small segments
constexpr uint64_t kSmallSegment = 2 * kMiB;
constexpr uint64_t kLargestShared = 10 * kMiB;  // larger requests get a segment of their own
constexpr uint64_t kLargeSegment = 20 * kMiB;
constexpr uint64_t kSegmentUnit = 2 * kMiB;  // the driver's own granularity

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

}  // namespace

template <class Left, class Right>
bool BlockOrder::operator()(const Left& left, const Right& right) const noexcept {
    return key(left) < key(right);
}

CachingAllocator::Need::Need(uint64_t size)
    : rounded(roundUp(std::max<uint64_t>(size, 1), kUnit)), is_small(rounded <= kLargestSmall) {}

Block* CachingAllocator::takeFree(const Need& need, StreamId stream, StreamId owner) {
    const auto found = free_.lower_bound(Wanted{need.is_small, owner, need.rounded});
    if (found == free_.end() || (*found)->segment->is_small != need.is_small || (*found)->owner != owner) {
        return nullptr;
    }
    Block* block = *found;
    if (block->size > split_limit_) {
        // Stays whole: for a request that is about as large, and for no other.
        if (need.rounded <= split_limit_ || block->size - need.rounded > kLargeSegment) {
            return nullptr;
        }
    } else if (isWorthSplitting(*block, need.rounded)) {
        split(block, need.rounded);
    }
    block->node = removeFree(block);
    block->is_free = false;
    block->owner = stream;
    return block;
}

Block* CachingAllocator::takeNewSegment(const Need& need, StreamId stream) {
    const uint64_t size = segmentSize(need.rounded);
    // Every node first: once the driver has given the memory nothing can fail.
    std::list<Segment> segment(1);
    std::list<Block> block(1);
    FreeBlocks node_source;
    node_source.insert(&block.front());
    Block& made = block.front();
    segment.front() = {nullptr, size, need.is_small, &made};
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
    stats_.reserved_peak_bytes = std::max(stats_.reserved_bytes, stats_.reserved_peak_bytes);
    if (isWorthSplitting(made, need.rounded) && size <= split_limit_) {
        insertFree(&made);  // as a free block it is cut like any other, and stays one if that fails
        split(&made, need.rounded);
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

}  // namespace optirs::core
