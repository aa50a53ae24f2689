// Operations that say where a value is, and bodies that are written for one partition.
#include <algorithm>

#include "pjrt_cpu/passes/partition.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {

/// The result is the operand, where it is.
void Partitioner::forward(Operation& op) {
    for (size_t i = 0; i < op.resultCount(); ++i) setSame(op.result(i), op.operand(i));
}

void Partitioner::setSame(const Value* value, Value* other) {
    const auto found = placed_.find(other);
    const Placed same = found == placed_.end() ? Placed{other, nullptr, {}} : found->second;
    placed_[value] = same;
}

void Partitioner::visitSharding(Operation& op, const std::optional<Tiling>& tiling) {
    Value* operand = op.operand(0);
    if (is_manual_ || !tiling || !operand->type().isTensor() ||
        !tiling->tileDims(op.result()->tensor().dims())) {
        forward(op);  // it is advice, which is not taken
        return;
    }
    Builder builder(op);
    setTile(op.result(), tileOf(operand, *tiling, builder), *tiling);
}

void Partitioner::visitFullToShard(Operation& op) {
    Value* operand = op.operand(0);
    const auto found = placed_.find(operand);
    Value* part = operand;
    if (found != placed_.end())
        part = found->second.tile != nullptr ? found->second.tile : found->second.whole;
    if (part->type() != op.result()->type()) {
        throw invalidOperation(op, "a partition's part of the operand is " + part->type().toString() +
                                       ", not " + op.result()->type().toString());
    }
    setWhole(op.result(), part);  // from here on it is a value of its own on every partition
}

void Partitioner::visitShardToFull(Operation& op) {
    Builder builder(op);
    Value* part = whole(op.operand(0), builder);
    const TensorType& type = op.result()->tensor();
    const Tiling tiling =
        annotated(op.attributes(), type)
            .value_or(Tiling::replicated(static_cast<size_t>(type.rank()), num_partitions_));
    const auto dims = tiling.tileDims(type.dims());
    if (!dims || !std::ranges::equal(*dims, part->tensor().dims())) {
        throw invalidOperation(op, "parts of " + part->type().toString() + " do not make " + type.toString() +
                                       " under sharding " + tiling.toHloText());
    }
    setTile(op.result(), part, tiling);
}

/// Moves the operations of a body before `op`. @pre its arguments have been replaced
void Partitioner::spliceBody(Operation& op, Block& body) {
    while (Operation* first = body.first()) {
        if (first == body.last()) break;
        op.block()->insert(first->detach(), &op);
    }
}

void Partitioner::visitManualComputation(Operation& op) {
    if (is_manual_) throw unimplementedOperation(op, "a manual computation inside of another one");
    Block& inside = body(op);
    const std::vector<Sharding> in = inShardings(op);
    const std::vector<Sharding> out = outShardings(op);
    const std::vector<std::string> axes = manualAxes(op);
    if (in.size() != op.operandCount() || inside.argumentCount() != op.operandCount() ||
        out.size() != op.resultCount() || inside.last()->operandCount() != op.resultCount()) {
        throw invalidOperation(op, "operands, results, shardings and the body's arguments differ in number");
    }
    const auto tiling_on = [&](const Sharding& sharding, const TensorType& type) {
        const auto rank = static_cast<size_t>(type.rank());
        auto tiling = tilingOf(sharding, meshOf(sharding, meshes_), rank, num_partitions_, &axes);
        if (!tiling) {
            throw invalidOperation(op, "sharding " + sharding.toString() + " of " + type.toString() +
                                           " does not fit the " + std::to_string(num_partitions_) +
                                           " partitions of the program");
        }
        return *tiling;
    };
    Builder builder(op);
    for (size_t i = 0; i < op.operandCount(); ++i) {
        Value* operand = op.operand(i);
        Value* argument = inside.argument(i);
        Value* part = operand;
        if (operand->type().isTensor()) {
            const TensorType& type = operand->tensor();
            const Tiling tiling = tiling_on(in[i], type);
            const auto tile = tiling.tileDims(type.dims());
            if (!tile || !std::ranges::equal(*tile, argument->tensor().dims())) {
                throw invalidOperation(op, "argument " + std::to_string(i) + " of the body is " +
                                               argument->type().toString() + ", which is not a part of " +
                                               type.toString() + " under " + tiling.toHloText());
            }
            part = tileOf(operand, tiling, builder);
        }
        argument->replaceAllUsesWith(part);
    }
    const std::vector<Value*> returned = inside.last()->operands();
    Operation* first = inside.first() == inside.last() ? nullptr : inside.first();
    spliceBody(op, inside);
    // The body is a program of its own: what it computes is whole to it. Annotations inside it, over the axes
    // that are not manual, are advice.
    is_manual_ = true;
    visitFrom(first, &op);
    is_manual_ = false;
    for (size_t i = 0; i < op.resultCount(); ++i) {
        if (!op.result(i)->type().isTensor()) {
            setWhole(op.result(i), returned[i]);
            continue;
        }
        const TensorType& type = op.result(i)->tensor();
        const Tiling tiling = tiling_on(out[i], type);
        const auto tile = tiling.tileDims(type.dims());
        Value* part = whole(returned[i], builder);
        if (!tile || !std::ranges::equal(*tile, part->tensor().dims())) {
            throw invalidOperation(op, "result " + std::to_string(i) + " of the body is " +
                                           part->type().toString() + ", which is not a part of " +
                                           type.toString() + " under " + tiling.toHloText());
        }
        setTile(op.result(i), part, tiling);
    }
}

void Partitioner::visitNamedComputation(Operation& op) {
    Block& inside = body(op);
    for (size_t i = 0; i < op.operandCount(); ++i) inside.argument(i)->replaceAllUsesWith(op.operand(i));
    const std::vector<Value*> returned = inside.last()->operands();
    Operation* first = inside.first() == inside.last() ? nullptr : inside.first();
    spliceBody(op, inside);
    visitFrom(first, &op);
    for (size_t i = 0; i < op.resultCount(); ++i) setSame(op.result(i), returned[i]);
}

bool Partitioner::visitAnnotation(Operation& op) {
    switch (op.kind()) {
        case OpKind::kSdyShardingConstraint:
        case OpKind::kSdyReshard: {
            const std::vector<Sharding> shardings = operationShardings(op);
            std::optional<Tiling> tiling;
            if (shardings.size() == 1 && op.result()->type().isTensor())
                tiling = shardyTiling(shardings[0], op.result()->tensor());
            visitSharding(op, tiling);
            return true;
        }
        case OpKind::kSdyPropagationBarrier:
            forward(op);
            return true;
        case OpKind::kSdyShardingGroup:
            return true;
        case OpKind::kSdyManualComputation:
            visitManualComputation(op);
            return true;
        case OpKind::kSdyNamedComputation:
            visitNamedComputation(op);
            return true;
        case OpKind::kCustomCall:
            break;
        default:
            return false;
    }
    if (op.operandCount() != 1 || op.resultCount() != 1 || !op.operand(0)->type().isTensor()) return false;
    const std::string& target = callee(op);
    if (target == "Sharding")
        visitSharding(op, annotated(op.attributes(), op.result()->tensor()));
    else if (target == "SPMDFullToShardShape")
        visitFullToShard(op);
    else if (target == "SPMDShardToFullShape")
        visitShardToFull(op);
    else
        return false;
    return true;
}

}  // namespace optirs::plugin
