/// @file
/// Large intermediate matrices that need not be in memory: attention's scores, above all.
#pragma once

#include "pjrt_cpu/codegen/plan/group.h"
#include "pjrt_cpu/runtime/contraction.h"

namespace optirs::plugin {

/// Dimensions and offsets of a contraction that reads its operands through `views` and leaves its result,
/// maybe transposed, in `target`. Allocations are left open.
ContractionSpec contractionSpec(const Operation& op, const std::vector<View>& views, const Value* target);

/// A contraction one side of which is the row-wise matrix [batch..., rows, columns] of a kTiles group.
struct TileContraction {
    enum class Role : uint8_t {
        kProducer,       ///< its result is the matrix
        kRowConsumer,    ///< sums over the columns
        kColumnConsumer  ///< sums over the rows
    };
    Role role = Role::kProducer;
    /// The other free dimension, or for a producer the summed one.
    int64_t size = 0;
    /// Which operand is, or corresponds to the rows of, the matrix: 0 lhs, 1 rhs.
    int side = 0;
    std::vector<ContractionSpec::Dim> batch;
    ContractionSpec::Dim rows, columns, other;
};

/// How a contraction fits to a matrix of these dimensions. False: not at all.
bool fitTile(const ContractionSpec& spec, const std::vector<int64_t>& shape, TileContraction::Role role,
             int side, TileContraction& out);

/// Where every row r of what a row-wise nest makes is zero from column r + result on, as causal masks make
/// it, and its reductions do not see those columns; INT64_MAX when that cannot be shown. That is so where the
/// products' operands are finite and the row's first column is: who runs it has to look. `tiles`: what is not
/// in memory, the products' results and `made` among them.
int64_t zeroColumns(const Group& nest, const std::set<const Value*>& made,
                    const std::set<const Value*>& tiles);

/// Puts contractions and the row-wise nest between them into one kTiles group wherever the matrix between
/// them has no other reader.
void groupTiles(Plan& plan, const Block& block);

}  // namespace optirs::plugin
