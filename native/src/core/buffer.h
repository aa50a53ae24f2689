// Host memory behind optirs_buffer.
#pragma once

#include <optirs/buffer.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <vector>

#include "src/core/object.h"

namespace optirs::core {

struct FreeMemory {
    void operator()(std::byte* memory) const noexcept { std::free(memory); }
};
using HostMemory = std::unique_ptr<std::byte, FreeMemory>;

/// Aligned to OPTIRS_BUFFER_ALIGNMENT and padded with zeros to a multiple of it. Throws RESOURCE_EXHAUSTED.
HostMemory allocateHostMemory(uint64_t size);

struct ReleaseTensor {
    void operator()(optirs_dl_managed_tensor* tensor) const noexcept;
};
using ManagedTensor = std::unique_ptr<optirs_dl_managed_tensor, ReleaseTensor>;

}  // namespace optirs::core

/// Memory of our own, or of the producer of an imported tensor.
struct optirs_buffer final : optirs::core::Object {
    optirs_buffer(optirs::core::HostMemory memory, uint64_t size) noexcept
        : Object(OPTIRS_OBJECT_BUFFER), memory_(std::move(memory)), data_(memory_.get()), size_(size) {}

    optirs_buffer(std::byte* data, uint64_t size, bool is_read_only) noexcept
        : Object(OPTIRS_OBJECT_BUFFER), data_(data), size_(size), is_read_only_(is_read_only) {}

    std::byte* data() const noexcept { return data_; }
    uint64_t size() const noexcept { return size_; }
    bool isReadOnly() const noexcept { return is_read_only_; }

    /// The shape of an imported tensor lives as long as the buffer.
    std::vector<int64_t>& dims() noexcept { return dims_; }
    /// Memory that somebody else frees, with the last reference.
    void keepOwner(std::shared_ptr<void> owner) noexcept { owner_ = std::move(owner); }
    void keepProducer(optirs::core::ManagedTensor producer) noexcept { producer_ = std::move(producer); }

 private:
    optirs::core::HostMemory memory_;
    optirs::core::ManagedTensor producer_;
    std::shared_ptr<void> owner_;
    std::byte* data_;
    uint64_t size_;
    bool is_read_only_ = false;
    std::vector<int64_t> dims_;
};

namespace optirs::core {

Ref<optirs_buffer> createBuffer(uint64_t size);

}  // namespace optirs::core
