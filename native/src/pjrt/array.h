// Buffers that are to be made: checked, and in the terms of the plugin.
#pragma once

#include <optirs/pjrt_types.h>

#include <optional>
#include <span>

#include "src/pjrt/client.h"
#include "src/pjrt/layout.h"

namespace optirs::pjrt {

/// An optirs_pjrt_array as its maker means it. Borrows the arrays behind it.
class ArrayArgument {
 public:
    /// Throws INVALID_ARGUMENT for anything about it that cannot be.
    ArrayArgument(optirs_pjrt_client& client, const optirs_pjrt_array& array);

    /// Where it is to be: the device, that of its memory, or the first addressable one.
    optirs_pjrt_device& place() const noexcept { return *place_; }
    /// The memory that was asked for; NULL: the place's default one.
    PJRT_Memory* memory() const noexcept { return memory_ == nullptr ? nullptr : memory_->handle; }
    /// The memory that was asked for, or the place's default one. Throws UNIMPLEMENTED where the plugin has
    /// none.
    PJRT_Memory* requiredMemory() const;
    /// NULL where a memory was asked for: plugins take one or the other.
    PJRT_Device* device() const noexcept { return memory_ == nullptr ? place_->handle : nullptr; }
    /// NULL: the device's own.
    PJRT_Buffer_MemoryLayout* layout() noexcept { return layout_ ? &*layout_ : nullptr; }
    const TensorType* type() const noexcept { return type_; }
    PJRT_Buffer_Type elementType() const noexcept { return static_cast<PJRT_Buffer_Type>(type_->dtype); }
    std::span<const int64_t> dims() const noexcept { return type_->dims; }

    /// Throws INVALID_ARGUMENT where a place was given, although `operation` leaves no choice of one.
    static void requireNoPlace(const optirs_pjrt_array& array, std::string_view operation);

 private:
    const TensorType* type_;
    optirs_pjrt_memory* memory_;
    optirs_pjrt_device* place_;
    std::optional<PJRT_Buffer_MemoryLayout> layout_;
};

/// Fills the fields that the functions for new buffers share.
template <class Args>
void setShape(Args& args, ArrayArgument& array) {
    args.shape_dims = array.dims().data();
    args.shape_num_dims = array.dims().size();
    args.shape_element_type = array.elementType();
    args.shape_layout = array.layout();
}

}  // namespace optirs::pjrt
