// Device memory: blocks of the caching allocator, or tensors of other libraries.
#pragma once

#include <optirs/device_memory.h>

#include <list>
#include <mutex>
#include <span>
#include <vector>

#include "src/core/buffer.h"
#include "src/core/device/stream.h"

struct optirs_device_memory final : optirs::core::Object {
    /// A block that was allocated for `stream`; takes it over.
    optirs_device_memory(optirs_stream& stream, uint64_t size, std::string_view tag);
    /// Somebody else's memory.
    optirs_device_memory(optirs_device& owner, std::byte* data, uint64_t size) noexcept
        : Object(OPTIRS_OBJECT_DEVICE_MEMORY), device_(owner), data_(data), size_(size) {}
    ~optirs_device_memory() override;

    optirs_device& device() const noexcept { return device_; }
    std::byte* data() const noexcept { return data_; }
    uint64_t size() const noexcept { return size_; }

    void use(optirs_stream& stream);
    /// The address of `size` bytes at `offset`; throws OUT_OF_RANGE, naming the argument.
    std::byte* range(uint64_t offset, uint64_t size, const char* what) const;

    /// The shape of an imported tensor lives as long as the memory.
    std::vector<int64_t>& dims() noexcept { return dims_; }
    void keepProducer(optirs::core::ManagedTensor producer) noexcept { producer_ = std::move(producer); }

 private:
    optirs_device& device_;
    optirs::core::Ref<optirs_stream> stream_;
    optirs::core::Block* block_ = nullptr;
    std::byte* data_;
    uint64_t size_;
    optirs::core::ManagedTensor producer_;
    std::vector<int64_t> dims_;
    bool is_recorded_ = false;                  // allocated while the stream was captured
    std::mutex mutex_;                          // guards what follows
    optirs::core::StreamUses uses_;             // by other streams
    std::list<optirs::core::Pending> pending_;  // one element, made while there is memory
};

namespace optirs::core {

optirs_dl_managed_tensor* exportDeviceTensor(optirs_device_memory& memory, uint64_t byte_offset,
                                             optirs_dtype dtype, std::span<const int64_t> dims);
Ref<optirs_device_memory> importDeviceTensor(optirs_device& device, optirs_dl_managed_tensor* tensor,
                                             optirs_dlpack_view& view);

void writeMemory(optirs_device_memory& memory, uint64_t offset, const void* source, uint64_t size,
                 optirs_stream& stream);
void readMemory(optirs_device_memory& memory, uint64_t offset, void* destination, uint64_t size,
                optirs_stream& stream);
void copyMemory(optirs_device_memory& destination, uint64_t destination_offset, optirs_device_memory& source,
                uint64_t source_offset, uint64_t size, optirs_stream& stream);
void fillMemory(optirs_device_memory& memory, uint64_t offset, uint8_t value, uint64_t size,
                optirs_stream& stream);

}  // namespace optirs::core
