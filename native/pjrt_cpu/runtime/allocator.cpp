#include "pjrt_cpu/runtime/allocator.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <utility>

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

constexpr int64_t kAlignment = 64;
constexpr int64_t kHugePage = int64_t{2} << 20;
// Beyond the peak of what was in use at once, the cache keeps this much for blocks of classes that come and
// go.
constexpr int64_t kCacheSlack = int64_t{64} << 20;
constexpr size_t kNamedBlocks = 5;

// Size classes: eight steps per power of two, all multiples of 64 bytes. At most 12.5 % is wasted, and that
// only as address space: pages that nobody touches are never backed.
struct SizeClass {
    size_t index;
    int64_t bytes;
};

SizeClass sizeClass(int64_t bytes) {
    const auto units = static_cast<uint64_t>((bytes + kAlignment - 1) / kAlignment);
    if (units <= 8) return {static_cast<size_t>(units), static_cast<int64_t>(units) * kAlignment};
    const int shift = std::bit_width(units - 1) - 4;  // leaves four leading bits: 8..15
    const uint64_t steps = (units + (uint64_t{1} << shift) - 1) >> shift;
    return {static_cast<size_t>(shift) * 8 + steps, static_cast<int64_t>(steps << shift) * kAlignment};
}

}  // namespace

struct MemoryBlock::Record {
    Record* previous = nullptr;
    Record* next = nullptr;
    int64_t bytes = 0;
    size_t class_index = 0;
    int64_t class_bytes = 0;
    BlockLabel label = nullptr;
    const void* owner = nullptr;
};

MemoryBlock::MemoryBlock(MemoryBlock&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)),
      record_(std::exchange(other.record_, nullptr)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MemoryBlock& MemoryBlock::operator=(MemoryBlock&& other) noexcept {
    if (this != &other) {
        reset();
        memory_ = std::exchange(other.memory_, nullptr);
        record_ = std::exchange(other.record_, nullptr);
        data_ = std::exchange(other.data_, nullptr);
        size_ = std::exchange(other.size_, 0);
    }
    return *this;
}

void MemoryBlock::reset() {
    if (memory_ != nullptr) memory_->release(record_, data_);
    memory_ = nullptr;
    record_ = nullptr;
    data_ = nullptr;
    size_ = 0;
}

DeviceMemory::DeviceMemory(std::string device_name, int64_t limit_bytes)
    : device_name_(std::move(device_name)), limit_(limit_bytes) {
    statistics_.bytes_limit = limit_bytes;
}

DeviceMemory::~DeviceMemory() { trim(); }

MemoryBlock DeviceMemory::allocate(int64_t bytes, BlockLabel label, const void* owner) {
    if (bytes < 0) throw invalidArgument("cannot allocate " + std::to_string(bytes) + " bytes");
    std::lock_guard lock(mutex_);
    if (bytes > INT64_MAX / 4) throw resourceExhausted(exhausted(bytes));
    const int64_t size = std::max(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
    const SizeClass size_class = sizeClass(size);
    if (limit_ > 0 && size > limit_ - statistics_.bytes_in_use) throw resourceExhausted(exhausted(bytes));

    Record* record = free_records_;
    if (record == nullptr) {
        records_.push_back(std::make_unique<Record>());
        record = records_.back().get();
        free_records_ = record;
    }
    std::byte* data = nullptr;
    if (auto& cached = cache_[size_class.index]; !cached.empty()) {
        data = cached.back();
        cached.pop_back();
        statistics_.bytes_cached -= size_class.bytes;
    } else {
        data = takeFromSystem(size_class.bytes);
        if (data == nullptr) throw resourceExhausted(exhausted(bytes));
    }
    free_records_ = record->next;
    *record = {nullptr, live_, size, size_class.index, size_class.bytes, label, owner};
    if (live_ != nullptr) live_->previous = record;
    live_ = record;

    statistics_.bytes_in_use += size;
    statistics_.peak_bytes_in_use = std::max(statistics_.peak_bytes_in_use, statistics_.bytes_in_use);
    statistics_.peak_bytes_held =
        std::max(statistics_.peak_bytes_held, statistics_.bytes_in_use + statistics_.bytes_cached);
    statistics_.largest_allocation = std::max(statistics_.largest_allocation, size);
    ++statistics_.allocations;
    return {this, record, data, size};
}

std::byte* DeviceMemory::takeFromSystem(int64_t class_bytes) {
    const bool huge = class_bytes >= kHugePage;
    const auto alignment = static_cast<size_t>(huge ? kHugePage : kAlignment);
    const auto size = static_cast<size_t>(class_bytes);
    for (int attempt = 0; attempt < 2; ++attempt) {
        void* data = nullptr;
        if (posix_memalign(&data, alignment, size) == 0) {
            if (huge) madvise(data, size, MADV_HUGEPAGE);  // a hint: failing changes nothing
            return static_cast<std::byte*>(data);
        }
        trimLocked();
    }
    return nullptr;
}

void DeviceMemory::release(Record* record, std::byte* data) {
    std::lock_guard lock(mutex_);
    (record->previous != nullptr ? record->previous->next : live_) = record->next;
    if (record->next != nullptr) record->next->previous = record->previous;
    statistics_.bytes_in_use -= record->bytes;
    const int64_t held = statistics_.bytes_in_use + statistics_.bytes_cached + record->class_bytes;
    if (held <= statistics_.peak_bytes_in_use + statistics_.peak_bytes_in_use / 4 + kCacheSlack) {
        cache_[record->class_index].push_back(data);
        statistics_.bytes_cached += record->class_bytes;
    } else {
        std::free(data);  // NOLINT: from posix_memalign
    }
    record->next = free_records_;
    free_records_ = record;
}

void DeviceMemory::relabel(const MemoryBlock& block, BlockLabel label, const void* owner) {
    std::lock_guard lock(mutex_);
    if (block.record_ == nullptr) return;
    block.record_->label = label;
    block.record_->owner = owner;
}

MemoryStatistics DeviceMemory::statistics() const {
    std::lock_guard lock(mutex_);
    return statistics_;
}

void DeviceMemory::resetPeak() {
    std::lock_guard lock(mutex_);
    statistics_.peak_bytes_in_use = statistics_.bytes_in_use;
    statistics_.peak_bytes_held = statistics_.bytes_in_use + statistics_.bytes_cached;
    statistics_.largest_allocation = 0;
    statistics_.allocations = 0;
}

void DeviceMemory::trim() {
    std::lock_guard lock(mutex_);
    trimLocked();
}

void DeviceMemory::trimLocked() {
    for (auto& blocks : cache_) {
        for (std::byte* data : blocks) std::free(data);  // NOLINT: from posix_memalign
        blocks.clear();
    }
    statistics_.bytes_cached = 0;
}

std::string DeviceMemory::exhausted(int64_t bytes) const {
    std::string message = "out of memory on " + device_name_ + ": " + std::to_string(bytes) +
                          " bytes requested, " + std::to_string(statistics_.bytes_in_use) + " in use";
    message += limit_ > 0 ? " of the limit of " + std::to_string(limit_) : " and the system has no more";
    std::vector<const Record*> blocks;
    for (const Record* record = live_; record != nullptr; record = record->next) blocks.push_back(record);
    const size_t shown = std::min(kNamedBlocks, blocks.size());
    std::partial_sort(blocks.begin(), blocks.begin() + static_cast<ptrdiff_t>(shown), blocks.end(),
                      [](const Record* a, const Record* b) { return a->bytes > b->bytes; });
    for (size_t i = 0; i < shown; ++i) {
        message += i == 0 ? "; largest live buffers: " : ", ";
        if (blocks[i]->label != nullptr) message += blocks[i]->label(blocks[i]->owner) + " ";
        message += "(" + std::to_string(blocks[i]->bytes) + " bytes)";
    }
    return message;
}

}  // namespace optirs::plugin
