// Operations that give a tile of the result when they are given tiles of the operands.
#include <algorithm>

#include "pjrt_cpu/passes/partition.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {
namespace {

bool contains(std::span<const int64_t> list, size_t d) {
    return std::ranges::find(list, static_cast<int64_t>(d)) != list.end();
}

}  // namespace

/// The operation on these operands; each result is the tile of the old one.
bool Partitioner::placeTiled(Operation& op, const std::vector<Value*>& operands, const Tiling& result) {
    for (const Value& old : op.results()) {
        if (!result.tileDims(old.tensor().dims())) return false;
    }
    Builder builder(op);
    std::map<const Value*, Value*> inside;
    size_t next = 0;  // operands are asked for first, then those of operations in regions
    const auto mapped = [&](Value* value) {
        if (next < operands.size()) return operands[next++];
        const auto found = inside.find(value);
        return found != inside.end() ? found->second : whole(value, builder);
    };
    auto copy = cloneOperation(op, mapped, [&](Value* from, Value* to) { inside[from] = to; });
    for (size_t i = 0; i < op.resultCount(); ++i) {
        const TensorType& type = op.result(i)->tensor();
        copy->result(i)->setType(type.withDims(*result.tileDims(type.dims())));
    }
    Operation* placed = op.block()->insert(std::move(copy), &op);
    for (size_t i = 0; i < op.resultCount(); ++i) setTile(op.result(i), placed->result(i), result);
    return true;
}

bool Partitioner::tileElementwise(Operation& op) {
    const std::vector<int64_t> dims = dimsOf(op.result());
    const Tiling* tiling = nullptr;
    for (const Value* operand : op.operands()) {
        if (operand->tensor().isScalar() && !dims.empty()) continue;
        if (tiling == nullptr) tiling = tilingOfValue(operand);
    }
    if (tiling == nullptr || !tiling->tileDims(dims)) return false;
    const Tiling chosen = *tiling;
    Builder builder(op);
    std::vector<Value*> operands;
    for (Value* operand : op.operands()) {
        const bool is_scalar = operand->tensor().isScalar() && !dims.empty();
        operands.push_back(is_scalar ? whole(operand, builder) : tileOf(operand, chosen, builder));
    }
    return placeTiled(op, operands, chosen);
}

bool Partitioner::tileTranspose(Operation& op) {
    const Tiling* from = tilingOfValue(op.operand(0));
    if (from == nullptr) return false;
    Tiling to = *from;
    const auto order = permutation(op);
    for (size_t d = 0; d < order.size(); ++d) {
        const auto source = static_cast<size_t>(order[d]);
        to.tiles[d] = from->tiles[source];
        for (size_t p = 0; p < to.position.size(); ++p) to.position[p][d] = from->position[p][source];
    }
    Builder builder(op);
    return placeTiled(op, {tileOf(op.operand(0), *from, builder)}, to);
}

bool Partitioner::tileBroadcast(Operation& op) {
    const Tiling* from = tilingOfValue(op.operand(0));
    if (from == nullptr) return false;
    Tiling to = Tiling::replicated(static_cast<size_t>(op.result()->tensor().rank()), num_partitions_);
    const auto mapping = broadcastDimensions(op);
    for (size_t d = 0; d < mapping.size(); ++d) {
        const auto target = static_cast<size_t>(mapping[d]);
        to.tiles[target] = from->tiles[d];
        for (size_t p = 0; p < to.position.size(); ++p) to.position[p][target] = from->position[p][d];
    }
    Builder builder(op);
    return placeTiled(op, {tileOf(op.operand(0), *from, builder)}, to);
}

/// What is reduced is made whole; the other dimensions stay cut.
bool Partitioner::tileReduce(Operation& op) {
    const Tiling* found = nullptr;
    for (size_t i = 0; i < tupleSize(op); ++i) {
        if (found == nullptr) found = tilingOfValue(op.operand(i));
    }
    if (found == nullptr) return false;
    Tiling from = *found;
    const auto reduced = dimensions(op);
    for (const int64_t d : reduced) from = from.without(static_cast<size_t>(d));
    if (from.isReplicated()) return false;
    Tiling to;
    to.position.resize(from.position.size());
    for (size_t d = 0; d < from.rank(); ++d) {
        if (contains(reduced, d)) continue;
        to.tiles.push_back(from.tiles[d]);
        for (size_t p = 0; p < from.position.size(); ++p) to.position[p].push_back(from.position[p][d]);
    }
    Builder builder(op);
    std::vector<Value*> operands;
    for (size_t i = 0; i < op.operandCount(); ++i) {
        operands.push_back(i < tupleSize(op) ? tileOf(op.operand(i), from, builder)
                                             : whole(op.operand(i), builder));
    }
    return placeTiled(op, operands, to);
}

/// Batch dimensions, rows of the left and columns of the right side may be cut; what is summed over is made
/// whole.
bool Partitioner::tileDot(Operation& op) {
    Value* lhs = op.operand(0);
    Value* rhs = op.operand(1);
    const Tiling* lhs_now = tilingOfValue(lhs);
    const Tiling* rhs_now = tilingOfValue(rhs);
    if (lhs_now == nullptr && rhs_now == nullptr) return false;
    const DotDimensions& numbers = dotDimensions(op);
    const auto lhs_rank = static_cast<size_t>(lhs->tensor().rank());
    const auto rhs_rank = static_cast<size_t>(rhs->tensor().rank());
    Tiling left = lhs_now != nullptr ? *lhs_now : Tiling::replicated(lhs_rank, num_partitions_);
    Tiling right = rhs_now != nullptr ? *rhs_now : Tiling::replicated(rhs_rank, num_partitions_);
    for (const int64_t d : numbers.lhs_contracting) left = left.without(static_cast<size_t>(d));
    for (const int64_t d : numbers.rhs_contracting) right = right.without(static_cast<size_t>(d));
    const auto copy_dimension = [](const Tiling& from, size_t d, Tiling& to, size_t target) {
        to.tiles[target] = from.tiles[d];
        for (size_t p = 0; p < to.position.size(); ++p) to.position[p][target] = from.position[p][d];
    };
    for (size_t b = 0; b < numbers.lhs_batch.size(); ++b) {
        const auto l = static_cast<size_t>(numbers.lhs_batch[b]);
        const auto r = static_cast<size_t>(numbers.rhs_batch[b]);
        if (left.tiles[l] > 1)
            copy_dimension(left, l, right, r);
        else
            copy_dimension(right, r, left, l);
    }
    const auto result_tiling = [&] {
        Tiling to = Tiling::replicated(static_cast<size_t>(op.result()->tensor().rank()), num_partitions_);
        size_t next = 0;
        for (const int64_t d : numbers.lhs_batch) copy_dimension(left, static_cast<size_t>(d), to, next++);
        for (size_t d = 0; d < lhs_rank; ++d) {
            if (!contains(numbers.lhs_batch, d) && !contains(numbers.lhs_contracting, d))
                copy_dimension(left, d, to, next++);
        }
        for (size_t d = 0; d < rhs_rank; ++d) {
            if (!contains(numbers.rhs_batch, d) && !contains(numbers.rhs_contracting, d))
                copy_dimension(right, d, to, next++);
        }
        return to;
    };
    // Rows and columns cut along the same devices would leave blocks that nobody computes.
    if (!result_tiling().isComplete()) {
        for (size_t d = 0; d < rhs_rank; ++d) {
            if (!contains(numbers.rhs_batch, d)) right = right.without(d);
        }
    }
    const Tiling to = result_tiling();
    if (to.isReplicated() || !to.isComplete() || !left.isComplete() || !right.isComplete()) return false;
    if (!left.tileDims(lhs->tensor().dims()) || !right.tileDims(rhs->tensor().dims())) return false;
    Builder builder(op);
    Value* left_tile = tileOf(lhs, left, builder);
    Value* right_tile = tileOf(rhs, right, builder);
    return placeTiled(op, {left_tile, right_tile}, to);
}

bool Partitioner::visitTiled(Operation& op) {
    for (const Value& result : op.results()) {
        if (!result.type().isTensor() || !result.type().tensor().isStatic()) return false;
    }
    if (op.resultCount() == 0) return false;
    if (isElementwise(op.kind()) && op.resultCount() == 1) return tileElementwise(op);
    switch (op.kind()) {
        case OpKind::kTranspose:
            return tileTranspose(op);
        case OpKind::kBroadcastInDim:
            return tileBroadcast(op);
        case OpKind::kReduce:
            return tileReduce(op);
        case OpKind::kDotGeneral:
            return tileDot(op);
        default:
            return false;
    }
}

}  // namespace optirs::plugin
