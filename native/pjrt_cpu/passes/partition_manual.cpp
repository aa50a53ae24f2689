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
    if (is_manual_ || is_of_elements_ || !tiling || !operand->type().isTensor() ||
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

Tiling Partitioner::manualTiling(const Operation& op, const Sharding& sharding, const TensorType& type,
                                 const std::vector<std::string>& axes) const {
    const auto rank = static_cast<size_t>(type.rank());
    auto tiling = tilingOf(sharding, meshOf(sharding, meshes_), rank, num_partitions_, &axes);
    if (!tiling) {
        throw invalidOperation(op, "sharding " + sharding.toString() + " of " + type.toString() +
                                       " does not fit the " + std::to_string(num_partitions_) +
                                       " partitions of the program");
    }
    return *tiling;
}

namespace {

void requirePart(const Operation& op, const Type& part, const TensorType& type, const Tiling& tiling,
                 const std::string& what) {
    const auto tile = tiling.tileDims(type.dims());
    if (tile && part.isTensor() && std::ranges::equal(*tile, part.tensor().dims())) return;
    throw invalidOperation(op, what + " of the body is " + part.toString() + ", which is not a part of " +
                                   type.toString() + " under " + tiling.toHloText());
}

}  // namespace

/// The parts of the operands that a body takes whose arguments are `arguments`. From here on values are the
/// body's own.
std::vector<Value*> Partitioner::enterManual(Operation& op, std::span<Value* const> arguments) {
    if (is_manual_) throw unimplementedOperation(op, "a manual computation inside of another one");
    const std::vector<Sharding> in = inShardings(op);
    const std::vector<std::string> axes = manualAxes(op);
    if (in.size() != op.operandCount() || arguments.size() != op.operandCount())
        throw invalidOperation(op, "operands, shardings and the body's arguments differ in number");
    Builder builder(op);
    std::vector<Value*> parts = op.operands();
    for (size_t i = 0; i < parts.size(); ++i) {
        if (!parts[i]->type().isTensor()) continue;
        const TensorType& type = parts[i]->tensor();
        const Tiling tiling = manualTiling(op, in[i], type, axes);
        requirePart(op, arguments[i]->type(), type, tiling, "argument " + std::to_string(i));
        parts[i] = tileOf(parts[i], tiling, builder);
    }
    is_manual_ = true;
    return parts;
}

/// The results of `op` are made of what the body has returned on each partition.
void Partitioner::leaveManual(Operation& op, std::span<Value* const> returned) {
    is_manual_ = false;
    const std::vector<Sharding> out = outShardings(op);
    const std::vector<std::string> axes = manualAxes(op);
    if (out.size() != op.resultCount() || returned.size() != op.resultCount())
        throw invalidOperation(op, "results, shardings and what the body returns differ in number");
    Builder builder(op);
    for (size_t i = 0; i < op.resultCount(); ++i) {
        if (!op.result(i)->type().isTensor()) {
            setWhole(op.result(i), returned[i]);
            continue;
        }
        const TensorType& type = op.result(i)->tensor();
        const Tiling tiling = manualTiling(op, out[i], type, axes);
        Value* part = whole(returned[i], builder);
        requirePart(op, part->type(), type, tiling, "result " + std::to_string(i));
        setTile(op.result(i), part, tiling);
    }
}

void Partitioner::visitManualComputation(Operation& op) {
    Block& inside = body(op);
    std::vector<Value*> arguments;
    for (size_t i = 0; i < inside.argumentCount(); ++i) arguments.push_back(inside.argument(i));
    const std::vector<Value*> parts = enterManual(op, arguments);
    for (size_t i = 0; i < parts.size(); ++i) arguments[i]->replaceAllUsesWith(parts[i]);
    const std::vector<Value*> returned = inside.last()->operands();
    Operation* first = inside.first() == inside.last() ? nullptr : inside.first();
    spliceBody(op, inside);
    // The body is a program of its own: what it computes is whole to it. Annotations inside it, over the axes
    // that are not manual, are advice.
    visitFrom(first, &op);
    leaveManual(op, returned);
}

/// Manual computations as XLA's clients write them where there are no operations of Shardy: the body is a
/// function, called between these two.
void Partitioner::visitGlobalToLocal(Operation& op) {
    std::vector<Value*> arguments;
    for (size_t i = 0; i < op.resultCount(); ++i) arguments.push_back(op.result(i));
    const std::vector<Value*> parts = enterManual(op, arguments);
    for (size_t i = 0; i < parts.size(); ++i) setWhole(arguments[i], parts[i]);
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
    if (placementAttribute(op.kind()) != nullptr) {
        const std::vector<Sharding> shardings = operationShardings(op);
        std::optional<Tiling> tiling;
        if (shardings.size() == 1 && op.result()->type().isTensor())
            tiling = shardyTiling(shardings[0], op.result()->tensor());
        visitSharding(op, tiling);
        return true;
    }
    switch (op.kind()) {
        case OpKind::kSdyPropagationBarrier:
        case OpKind::kSdyFuncDataFlowEdge:
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
    const std::string& target = callee(op);
    if (target == kGlobalToLocalShape) {
        visitGlobalToLocal(op);
        return true;
    }
    if (target == kLocalToGlobalShape) {
        leaveManual(op, op.operands());
        return true;
    }
    if (target == kShardingGroup) return true;
    if (op.operandCount() != 1 || op.resultCount() != 1 || !op.operand(0)->type().isTensor()) return false;
    if (target == kFuncResultSharding || target == kPropagationBarrier)
        forward(op);  // a function's results say it themselves
    else if (target == "Sharding")
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
