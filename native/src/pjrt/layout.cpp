#include "src/pjrt/layout.h"

#include <algorithm>
#include <span>

#include "src/core/error.h"
#include "src/core/text.h"

using optirs::core::Code;
using optirs::core::concat;
using optirs::core::Error;

namespace {

template <class T>
std::vector<T> copied(const T* first, std::size_t count) {
    return first == nullptr ? std::vector<T>() : std::vector<T>(first, first + count);
}

}  // namespace

optirs_pjrt_layout::optirs_pjrt_layout(const PJRT_Buffer_MemoryLayout& layout)
    : Object(OPTIRS_OBJECT_PJRT_LAYOUT) {
    switch (layout.type) {
        case PJRT_Buffer_MemoryLayout_Type_Tiled: {
            const PJRT_Buffer_MemoryLayout_Tiled& tiled = layout.tiled;
            kind_ = OPTIRS_PJRT_LAYOUT_TILED;
            minor_to_major_ = copied(tiled.minor_to_major, tiled.minor_to_major_size);
            for (const std::size_t rank : std::span(tiled.tile_dim_sizes, tiled.num_tiles)) {
                tile_ranks_.push_back(rank);
                const std::size_t known = tile_dims_.size();
                tile_dims_.insert(tile_dims_.end(), tiled.tile_dims + known, tiled.tile_dims + known + rank);
            }
            return;
        }
        case PJRT_Buffer_MemoryLayout_Type_Strides:
            kind_ = OPTIRS_PJRT_LAYOUT_STRIDES;
            byte_strides_ = copied(layout.strides.byte_strides, layout.strides.num_byte_strides);
            return;
        default:
            throw Error(Code::kUnimplemented,
                        concat("the plugin gives a layout of kind ", static_cast<int>(layout.type),
                               ", which is newer than this library"));
    }
}

optirs_pjrt_layout_view optirs_pjrt_layout::view() const noexcept {
    return {
        .minor_to_major = minor_to_major_.data(),
        .rank = minor_to_major_.size(),
        .tile_dims = tile_dims_.data(),
        .tile_ranks = tile_ranks_.data(),
        .num_tiles = tile_ranks_.size(),
        .byte_strides = byte_strides_.data(),
        .num_strides = byte_strides_.size(),
        .kind = kind_,
        .reserved = 0,
    };
}

namespace optirs::pjrt {
namespace {

void checkOrder(std::span<const int64_t> order) {
    uint64_t seen = 0;
    for (const int64_t dimension : order) {
        const bool is_valid = dimension >= 0 && dimension < static_cast<int64_t>(order.size());
        if (!is_valid || (seen >> dimension & 1U) != 0) {
            throw Error(Code::kInvalidArgument,
                        concat("the layout's order of ", order.size(), " dimensions names dimension ",
                               dimension, is_valid ? " twice" : ", which there is not"));
        }
        seen |= uint64_t{1} << dimension;
    }
}

}  // namespace

PJRT_Buffer_MemoryLayout toPlugin(const optirs_pjrt_layout_view& view, std::size_t rank) {
    PJRT_Buffer_MemoryLayout layout{};
    layout.struct_size = PJRT_Buffer_MemoryLayout_STRUCT_SIZE;
    const bool is_tiled = view.kind == OPTIRS_PJRT_LAYOUT_TILED;
    if (!is_tiled && view.kind != OPTIRS_PJRT_LAYOUT_STRIDES) {
        throw Error(Code::kInvalidArgument,
                    concat("layout kind ", view.kind, " is not one of OPTIRS_PJRT_LAYOUT_*"));
    }
    const uint64_t given = is_tiled ? view.rank : view.num_strides;
    const int64_t* entries = is_tiled ? view.minor_to_major : view.byte_strides;
    if (given != rank || (entries == nullptr && rank != 0)) {
        throw Error(Code::kInvalidArgument,
                    concat("the layout is for ", given, " dimensions, but there are ", rank));
    }
    if (is_tiled) {
        checkOrder({entries, rank});
        layout.type = PJRT_Buffer_MemoryLayout_Type_Tiled;
        layout.tiled.struct_size = PJRT_Buffer_MemoryLayout_Tiled_STRUCT_SIZE;
        layout.tiled.minor_to_major = entries;
        layout.tiled.minor_to_major_size = rank;
        layout.tiled.tile_dims = view.tile_dims;
        layout.tiled.tile_dim_sizes = view.tile_ranks;
        layout.tiled.num_tiles = view.num_tiles;
        if (view.num_tiles != 0 && (view.tile_dims == nullptr || view.tile_ranks == nullptr)) {
            throw Error(Code::kInvalidArgument, "the layout has tiles without extents");
        }
    } else {
        layout.type = PJRT_Buffer_MemoryLayout_Type_Strides;
        layout.strides.struct_size = PJRT_Buffer_MemoryLayout_Strides_STRUCT_SIZE;
        layout.strides.byte_strides = entries;
        layout.strides.num_byte_strides = rank;
    }
    return layout;
}

void rowMajor(int64_t* out, std::size_t rank) noexcept {
    for (std::size_t i = 0; i < rank; ++i) {
        out[i] = static_cast<int64_t>(rank - 1 - i);
    }
}

}  // namespace optirs::pjrt
