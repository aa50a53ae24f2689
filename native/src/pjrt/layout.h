// Layouts on both sides of the plugin's ABI.
#pragma once

#include <optirs/pjrt_types.h>

#include <vector>

#include "pjrt_abi/pjrt_abi.h"
#include "src/core/object.h"

/// A copy of what a plugin gave.
struct optirs_pjrt_layout final : optirs::core::Object {
    /// Throws UNIMPLEMENTED for a kind of layout that is newer than this library.
    explicit optirs_pjrt_layout(const PJRT_Buffer_MemoryLayout& layout);

    optirs_pjrt_layout_view view() const noexcept;

 private:
    std::vector<int64_t> minor_to_major_;
    std::vector<int64_t> tile_dims_;
    std::vector<uint64_t> tile_ranks_;
    std::vector<int64_t> byte_strides_;
    optirs_pjrt_layout_kind kind_;
};

namespace optirs::pjrt {

/// The plugin's form of a layout; its arrays stay the caller's. Throws INVALID_ARGUMENT where it does not fit
/// the rank.
PJRT_Buffer_MemoryLayout toPlugin(const optirs_pjrt_layout_view& view, std::size_t rank);

/// Writes the dimensions of row-major order, last one first; `out` has room for `rank`.
void rowMajor(int64_t* out, std::size_t rank) noexcept;

}  // namespace optirs::pjrt
