#include "src/pjrt/live_buffers.h"

#include <algorithm>
#include <map>
#include <utility>

#include "src/core/text.h"
#include "src/pjrt/client.h"

namespace optirs::pjrt {
namespace {

constexpr std::size_t kLargestNamed = 5;

// "4.0 MiB"
std::string bytesText(uint64_t bytes) {
    constexpr const char* kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    uint64_t tenths = bytes * 10;
    while (tenths >= 10240 && unit + 1 < std::size(kUnits)) {
        tenths /= 1024;
        ++unit;
    }
    return unit == 0 ? core::concat(bytes, " bytes")
                     : core::concat(tenths / 10, ".", tenths % 10, " ", kUnits[unit]);
}

}  // namespace

void DeviceBuffer::release() const noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        client_->recycle(const_cast<DeviceBuffer*>(this));
    }
}

const TensorType& DeviceBuffer::type() const {
    if (const TensorType* known = knownType(); known != nullptr) {
        return *known;
    }
    const TensorType* type = client_->askType(buffer_);
    type_.store(type, std::memory_order_release);
    return *type;
}

DeviceBuffer* DeviceBufferPool::takeFree() noexcept {
    const std::scoped_lock lock(free_lock_);
    DeviceBuffer* buffer = free_;
    if (buffer != nullptr) {
        free_ = std::exchange(buffer->next_free_, nullptr);
    }
    return buffer;
}

DeviceBuffer* DeviceBufferPool::grow() {
    const std::scoped_lock lock(mutex_);
    DeviceBuffer& fresh = all_.emplace_back();
    fresh.client_ = client_;
    return &fresh;
}

void DeviceBufferPool::take(std::size_t count, std::vector<core::Ref<DeviceBuffer>>& out) {
    out.reserve(out.size() + count);
    for (std::size_t i = 0; i < count; ++i) {
        out.push_back(take());
    }
}

core::Ref<DeviceBuffer> DeviceBufferPool::take() {
    DeviceBuffer* free = takeFree();
    DeviceBuffer* buffer = free != nullptr ? free : grow();
    buffer->references_.store(1, std::memory_order_relaxed);
    return core::Ref<DeviceBuffer>::adopt(buffer);
}

void DeviceBufferPool::giveBack(DeviceBuffer* buffer) noexcept {
    buffer->is_live_.store(false, std::memory_order_relaxed);
    buffer->buffer_ = nullptr;
    buffer->device_ = nullptr;
    buffer->type_.store(nullptr, std::memory_order_relaxed);
    buffer->gone_.store(nullptr, std::memory_order_relaxed);
    const std::scoped_lock lock(free_lock_);
    buffer->next_free_ = free_;
    free_ = buffer;
}

optirs_pjrt_live_buffers DeviceBufferPool::count() const noexcept {
    optirs_pjrt_live_buffers live{};
    const std::scoped_lock lock(mutex_);
    for (const DeviceBuffer& buffer : all_) {
        if (buffer.is_live_.load(std::memory_order_acquire) && buffer.goneReason() == nullptr) {
            const TensorType* type = buffer.knownType();
            ++live.count;
            live.bytes += type == nullptr ? 0 : static_cast<int64_t>(type->bytes);
        }
    }
    return live;
}

std::string DeviceBufferPool::describeLargest() const {
    std::map<const TensorType*, int64_t> counts;
    {
        const std::scoped_lock lock(mutex_);
        for (const DeviceBuffer& buffer : all_) {
            const TensorType* type = buffer.knownType();
            if (buffer.is_live_.load(std::memory_order_acquire) && buffer.goneReason() == nullptr &&
                type != nullptr) {
                ++counts[type];
            }
        }
    }
    const optirs_pjrt_live_buffers live = count();
    std::vector<std::pair<const TensorType*, int64_t>> largest(counts.begin(), counts.end());
    // By the memory that all buffers of a type take together; then by text, so that the order is always the
    // same.
    std::ranges::sort(largest, [](const auto& a, const auto& b) {
        const uint64_t a_bytes = a.first->bytes * static_cast<uint64_t>(a.second);
        const uint64_t b_bytes = b.first->bytes * static_cast<uint64_t>(b.second);
        return a_bytes != b_bytes
                   ? a_bytes > b_bytes
                   : describe(a.first->dtype, a.first->dims) < describe(b.first->dtype, b.first->dims);
    });
    std::string text = core::concat(live.count, live.count == 1 ? " live buffer of " : " live buffers of ",
                                    bytesText(static_cast<uint64_t>(live.bytes)), " in all");
    for (std::size_t i = 0; i < std::min(largest.size(), kLargestNamed); ++i) {
        const auto& [type, times] = largest[i];
        core::append(text, i == 0 ? "; the largest: " : ", ");
        core::append(text, core::concat(times == 1 ? "" : core::concat(times, " x "),
                                        describe(type->dtype, type->dims), " of ", bytesText(type->bytes)));
    }
    return text;
}

}  // namespace optirs::pjrt
