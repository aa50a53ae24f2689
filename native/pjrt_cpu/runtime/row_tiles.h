/// @file
/// A matrix that products make, a kernel changes row by row, and further products consume, computed a few
/// rows at a time in the cache: scores of attention never reach memory (Dao et al., "FlashAttention", 2022;
/// here each row is whole, so its softmax is the plain one).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pjrt_cpu/ir/element_type.h"
#include "pjrt_cpu/runtime/step.h"

namespace optirs::plugin {

/// For every index of the batch dimensions the step works on matrices of `rows` x `columns` ("tiles" are
/// blocks of their rows).
struct RowTileSpec {
    /// A matrix for each batch index, in an allocation; strides in elements.
    struct Matrix {
        int32_t allocation = -1;
        int64_t offset = 0;
        std::vector<int64_t> batch_strides;
        int64_t row_stride = 0;
        int64_t column_stride = 0;
    };
    /// tile[r, c] = sum_k left[r, k] right[k, c].
    struct Producer {
        int32_t tile = -1;
        int64_t depth = 0;
        Matrix left, right;
        ElementType type{};  ///< of the operands
    };
    /// out[r, e] = sum_c tile[r, c] right[c, e].
    struct RowConsumer {
        int32_t tile = -1;
        int64_t width = 0;
        Matrix right, out;
        ElementType out_type{};
    };
    /// out[e, c] = sum_r left[e, r] tile[r, c].
    struct ColumnConsumer {
        int32_t tile = -1;
        int64_t width = 0;
        Matrix left, out;
        ElementType out_type{};
    };
    /// What the kernel gets: an allocation, a tile, or the address of the number of columns it shall work on.
    struct Operand {
        enum class Kind : uint8_t { kAllocation, kTile, kColumnCount };
        Kind kind = Kind::kAllocation;
        int32_t index = -1;
    };

    std::vector<int64_t> batch;
    int64_t rows = 0;
    int64_t columns = 0;
    /// Row r has nothing but zeros from column r + zeros_from on (where all that products and kernel read are
    /// finite numbers: the step makes sure of that as it runs); INT64_MAX: it may have something everywhere.
    int64_t zeros_from = INT64_MAX;
    /// Element types of the tiles (f32 or bf16); a tile's products have operands of its type.
    std::vector<ElementType> tiles;
    std::vector<Producer> producers;
    std::vector<RowConsumer> row_consumers;
    std::vector<ColumnConsumer> column_consumers;
    /// Over the rows [0, batch * rows). A tile has rowTileStride() elements from row to row.
    KernelFunction kernel = nullptr;
    std::vector<Operand> operands;
};

/// Elements from row to row of a tile: whole cache lines, not a multiple of a power of two of them.
int64_t rowTileStride(ElementType type, int64_t columns);

/// The kernel may be set later: `spec` is shared.
std::unique_ptr<Step> makeRowTileStep(std::shared_ptr<const RowTileSpec> spec);

}  // namespace optirs::plugin
