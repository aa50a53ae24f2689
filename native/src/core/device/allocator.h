// The caching allocator of one device: blocks cut from segments, reused in the order of their stream.
//
// Nothing here allocates host memory while it frees: list and set nodes are made beforehand and moved.
#pragma once

#include <optirs/device_memory.h>

#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "src/core/device/calls.h"
#include "src/core/error.h"

namespace optirs::core {

/// Who may use a free block at once: a stream, by a number that is never used twice, or anybody.
using StreamId = uint64_t;
inline constexpr StreamId kAnyStream = 0;

struct Block;

/// The order in which free blocks are searched.
struct BlockOrder {
    using is_transparent = void;
    template <class Left, class Right>
    bool operator()(const Left& left, const Right& right) const noexcept;
};
using FreeBlocks = std::set<Block*, BlockOrder>;

struct TagUse {
    std::string name;
    uint64_t used = 0;
    uint64_t peak = 0;
    uint64_t blocks = 0;
};

struct Segment {
    std::byte* base = nullptr;
    uint64_t size = 0;
    bool is_small = false;
    Block* first = nullptr;
};

struct Block {
    std::list<Segment>::iterator segment;
    std::byte* address = nullptr;
    uint64_t size = 0;
    StreamId owner = kAnyStream;
    bool is_free = false;
    Block* previous = nullptr;  // neighbours in the segment
    Block* next = nullptr;
    uint64_t requested = 0;
    TagUse* tag = nullptr;
    FreeBlocks::node_type node;       // kept here while the block is in use
    std::list<Block>::iterator self;  // in the list that owns it
};

/// Something to do once events are done: free blocks, or hand a dead stream's free blocks to everybody.
struct Pending {
    std::vector<void*> events;
    std::vector<Block*> blocks;
    StreamId retired = kAnyStream;
};

/// Thread-safe.
class CachingAllocator {
 public:
    explicit CachingAllocator(const DeviceCalls& calls) : calls_(calls) {}

    /// A block of at least `size` bytes. With `is_idle` no work that was given uses it, on any stream.
    /// Throws RESOURCE_EXHAUSTED.
    Block* allocate(uint64_t size, StreamId stream, std::string_view tag, bool is_idle = false);
    /// The block, which is in use, serves another request.
    void rename(Block* block, uint64_t size, std::string_view tag);

    /// The block may be used by later work of its stream.
    void release(Block* block) noexcept;
    /// The same once the events of the one element of `pending`, which are recorded, are done. The allocator
    /// takes the events over.
    void releaseLater(std::list<Pending>& pending) noexcept;

    /// An event without timing for Pending.
    void* createEvent();
    void returnEvent(void* event) noexcept;

    uint64_t trim();
    void setSplitLimit(uint64_t bytes);
    void resetPeaks() noexcept;
    optirs_allocator_stats stats();
    uint64_t tagCount();
    optirs_allocator_tag tagAt(uint64_t index);

 private:
    /// What a request takes from a segment.
    struct Need {
        explicit Need(uint64_t size);

        uint64_t rounded;
        bool is_small;
    };

    Block* tryAllocate(uint64_t size, StreamId stream, TagUse& tag, bool is_idle);
    void countRelease(const Block& block) noexcept;
    Block* takeFree(const Need& need, StreamId stream, StreamId owner);
    Block* takeNewSegment(const Need& need, StreamId stream);
    void split(Block* block, uint64_t size);
    void insertFree(Block* block) noexcept;
    FreeBlocks::node_type removeFree(Block* block) noexcept;
    void joinNext(Block* block) noexcept;
    void freeBlock(Block* block) noexcept;
    void finish(Pending& pending) noexcept;
    void collect();
    void waitForPending();
    uint64_t freeWholeSegments() noexcept;
    TagUse& findTag(std::string_view name);
    [[noreturn]] void throwExhausted(uint64_t size, const Error& cause);

    DeviceCalls calls_;
    std::mutex mutex_;
    std::list<Segment> segments_;
    std::list<Block> blocks_;
    FreeBlocks free_;
    std::list<Pending> pending_;
    std::map<std::string, TagUse*, std::less<>> tags_by_name_;
    std::deque<TagUse> tags_;
    uint64_t split_limit_ = UINT64_MAX;
    optirs_allocator_stats stats_{};
};

}  // namespace optirs::core
