#include <algorithm>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/codegen/plan/tiles.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {

ContractionSpec contractionSpec(const Operation& op, const std::vector<View>& views, const Value* target) {
    const std::vector<int64_t> lhs_dims = dimsOf(*op.operand(0));
    const std::vector<int64_t> rhs_dims = dimsOf(*op.operand(1));
    const DotDimensions& numbers = dotDimensions(op);
    // Strides of the operation's own result in what is stored: the target may be a transpose of it.
    const std::vector<int64_t> target_dims = dimsOf(*target);
    std::vector<int64_t> dense(target_dims.size());
    int64_t stride = 1;
    for (size_t d = target_dims.size(); d-- > 0;) {
        dense[d] = stride;
        stride *= target_dims[d];
    }
    std::vector<int64_t> out_strides = dense;
    if (target != op.result()) {
        const auto order = permutation(*target->definition());
        for (size_t d = 0; d < order.size(); ++d) out_strides[static_cast<size_t>(order[d])] = dense[d];
    }
    using Kind = ContractionSpec::Kind;
    ContractionSpec spec;
    spec.lhs = op.operand(0)->tensor().element();
    spec.rhs = op.operand(1)->tensor().element();
    spec.out = op.result()->tensor().element();
    spec.lhs_offset = views[0].offset;
    spec.rhs_offset = views[1].offset;
    size_t next = 0;
    for (size_t k = 0; k < numbers.lhs_batch.size(); ++k) {
        const auto l = static_cast<size_t>(numbers.lhs_batch[k]);
        const auto r = static_cast<size_t>(numbers.rhs_batch[k]);
        spec.dims.push_back(
            {lhs_dims[l], Kind::kBatch, views[0].strides[l], views[1].strides[r], out_strides[next++]});
    }
    const auto is_in = [](const std::vector<int64_t>& list, size_t d) {
        return std::ranges::find(list, static_cast<int64_t>(d)) != list.end();
    };
    for (size_t d = 0; d < lhs_dims.size(); ++d) {
        if (is_in(numbers.lhs_batch, d) || is_in(numbers.lhs_contracting, d)) continue;
        spec.dims.push_back({lhs_dims[d], Kind::kM, views[0].strides[d], 0, out_strides[next++]});
    }
    for (size_t d = 0; d < rhs_dims.size(); ++d) {
        if (is_in(numbers.rhs_batch, d) || is_in(numbers.rhs_contracting, d)) continue;
        spec.dims.push_back({rhs_dims[d], Kind::kN, 0, views[1].strides[d], out_strides[next++]});
    }
    for (size_t k = 0; k < numbers.lhs_contracting.size(); ++k) {
        const auto l = static_cast<size_t>(numbers.lhs_contracting[k]);
        const auto r = static_cast<size_t>(numbers.rhs_contracting[k]);
        spec.dims.push_back({lhs_dims[l], Kind::kK, views[0].strides[l], views[1].strides[r], 0});
    }
    return spec;
}

bool fitTile(const ContractionSpec& spec, const std::vector<int64_t>& shape, TileContraction::Role role,
             int side, TileContraction& out) {
    using Kind = ContractionSpec::Kind;
    using Role = TileContraction::Role;
    const size_t rank = shape.size();
    const int64_t rows = shape[rank - 2];
    const int64_t columns = shape[rank - 1];
    out.role = role;
    out.side = side;
    std::vector<ContractionSpec::Dim> free[4];
    for (const ContractionSpec::Dim& dim : spec.dims) {
        if (dim.size != 1) free[static_cast<size_t>(dim.kind)].push_back(dim);
    }
    out.batch = free[static_cast<size_t>(Kind::kBatch)];
    for (const Kind kind : {Kind::kM, Kind::kN, Kind::kK}) {
        if (free[static_cast<size_t>(kind)].size() != 1) return false;
    }
    const auto& m = free[static_cast<size_t>(Kind::kM)][0];
    const auto& n = free[static_cast<size_t>(Kind::kN)][0];
    const auto& k = free[static_cast<size_t>(Kind::kK)][0];
    const auto matrix_stride = [&](const ContractionSpec::Dim& dim) {
        if (role == Role::kProducer) return dim.out_stride;
        return side == 0 ? dim.lhs_stride : dim.rhs_stride;
    };
    const auto& own = side == 0 ? m : n;    // the matrix's own free dimension, or a producer's rows
    const auto& other = side == 0 ? n : m;  // of the other operand
    switch (role) {
        case Role::kProducer:
            out.rows = own;
            out.columns = other;
            out.other = k;
            break;
        case Role::kRowConsumer:
            out.rows = own;
            out.columns = k;
            out.other = other;
            break;
        case Role::kColumnConsumer:
            out.rows = k;
            out.columns = own;
            out.other = other;
            break;
    }
    if (out.rows.size != rows || out.columns.size != columns) return false;
    if (matrix_stride(out.rows) != columns || matrix_stride(out.columns) != 1) return false;
    // The batch dimensions are those of the matrix, in any order; they are put into its order.
    int64_t stride = rows * columns;
    std::vector<ContractionSpec::Dim> ordered;
    for (size_t d = rank - 2; d-- > 0;) {
        if (shape[d] == 1) continue;
        const auto found = std::ranges::find_if(out.batch, [&](const ContractionSpec::Dim& dim) {
            return dim.size == shape[d] && matrix_stride(dim) == stride;
        });
        if (found == out.batch.end()) return false;
        ordered.insert(ordered.begin(), *found);
        stride *= shape[d];
    }
    if (ordered.size() != out.batch.size()) return false;
    out.batch = std::move(ordered);
    out.size = out.other.size;
    return true;
}

}  // namespace optirs::plugin
