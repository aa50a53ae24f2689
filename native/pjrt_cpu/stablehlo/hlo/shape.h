/// @file
/// xla.ShapeProto and xla.LiteralProto.
#pragma once

#include <vector>

#include "pjrt_cpu/ir/literal.h"
#include "pjrt_cpu/ir/type.h"
#include "pjrt_cpu/stablehlo/hlo/proto_message.h"

namespace optirs::plugin::hlo {

/// A shape as a tree whose leaves are tensors and tokens.
struct Shape {
    Type type;                 ///< of a leaf
    std::vector<Shape> parts;  ///< of a tuple
    bool is_tuple = false;
    std::vector<int64_t> minor_to_major;  ///< of a tensor; empty: nothing is said, row-major

    size_t leafCount() const;
    void appendLeaves(std::vector<Type>& leaves) const;
    /// Number of the first leaf of the part that `index` leads to; throws INVALID_ARGUMENT without one.
    size_t leafAt(const std::vector<int64_t>& index) const;
    /// Rank - 1, ..., 1, 0, or nothing said.
    bool isRowMajor() const;
};

/// Throws INVALID_ARGUMENT, or UNIMPLEMENTED for element types that StableHLO lacks.
Shape readShape(const ProtoMessage& message, int depth = 0);

/// A tensor's literal. Throws as readShape, and for data that is not the shape's.
Literal readLiteral(const ProtoMessage& message);

}  // namespace optirs::plugin::hlo
