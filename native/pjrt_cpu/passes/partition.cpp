// SPMD: one program for all partitions, each of which holds its tile of sharded values.
//
// Arguments and results are tiles as their sharding says. Inside, an operation works on tiles when its
// operands are tiles and the rules in partition_rules.cpp know that the result is one then; otherwise its
// operands are gathered, and every partition computes the whole. Bodies that are written for one partition
// already (manual_computation, SPMDFullToShardShape) are taken as they are: partition_manual.cpp.
#include "pjrt_cpu/passes/partition.h"

#include <algorithm>

#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/passes/reshard.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {

Partitioner::Partitioner(const Module& module, int32_t num_replicas, int32_t num_partitions)
    : meshes_(meshes(module)), num_replicas_(num_replicas), num_partitions_(num_partitions) {}

const Tiling* Partitioner::tilingOfValue(const Value* value) const {
    const auto found = placed_.find(value);
    return found == placed_.end() || found->second.tile == nullptr ? nullptr : &found->second.tiling;
}

void Partitioner::setTile(Value* value, Value* tile, const Tiling& tiling) {
    if (tiling.isReplicated())
        placed_[value].whole = tile;
    else
        placed_[value] = {nullptr, tile, tiling};
}

Value* Partitioner::whole(Value* value, Builder& builder) {
    const auto found = placed_.find(value);
    if (found == placed_.end()) return value;
    Placed& placed = found->second;
    if (placed.whole == nullptr) {
        placed.whole = reshard(builder, placed.tile, placed.tiling,
                               Tiling::replicated(placed.tiling.rank(), num_partitions_), num_replicas_);
    }
    return placed.whole;
}

Value* Partitioner::tileOf(Value* value, const Tiling& tiling, Builder& builder) {
    const auto found = placed_.find(value);
    const Tiling none = Tiling::replicated(tiling.rank(), num_partitions_);
    if (found != placed_.end() && found->second.whole == nullptr)
        return reshard(builder, found->second.tile, found->second.tiling, tiling, num_replicas_);
    if (found != placed_.end() && found->second.tile != nullptr && found->second.tiling == tiling)
        return found->second.tile;
    Value* from = whole(value, builder);
    if (const Literal* literal = constantOrNull(from); literal != nullptr && literal->isSplat()) {
        const TensorType type = from->tensor().withDims(*tiling.tileDims(from->tensor().dims()));
        return builder.constant(Literal::splat(type, literal->bytes()));
    }
    return reshard(builder, from, none, tiling, num_replicas_);
}

std::optional<Tiling> Partitioner::shardyTiling(const Sharding& sharding, const TensorType& type) const {
    return tilingOf(sharding, meshOf(sharding, meshes_), static_cast<size_t>(type.rank()), num_partitions_);
}

std::optional<Tiling> Partitioner::annotated(const NamedAttributes& attributes,
                                             const TensorType& type) const {
    std::optional<Tiling> tiling;
    if (const auto shardy = shardingOf(attributes)) {
        tiling = shardyTiling(*shardy, type);
    } else if (const auto hlo = hloShardingOf(attributes)) {
        tiling = tilingOf(*hlo, static_cast<size_t>(type.rank()), num_partitions_);
    }
    return tiling;
}

/// Of an argument or result of the program, which has to be what the caller holds.
Tiling Partitioner::signatureTiling(const NamedAttributes& attributes, const TensorType& type,
                                    const std::string& what) const {
    const auto hlo = hloShardingOf(attributes);
    const bool is_said = shardingOf(attributes) || (hlo && hlo->kind != HloSharding::Kind::kUnknown);
    const auto tiling = annotated(attributes, type);
    if (!tiling && is_said) {
        throw invalidArgument("the sharding of " + what + ", " + type.toString() + ", does not fit " +
                              std::to_string(num_partitions_) + " partitions");
    }
    if (!tiling) return Tiling::replicated(static_cast<size_t>(type.rank()), num_partitions_);
    if (!tiling->tileDims(type.dims())) {
        throw unimplemented(what + ", " + type.toString() +
                            ", does not divide into the tiles of its sharding " + tiling->toHloText());
    }
    return *tiling;
}

void Partitioner::takeArguments(Function& function) {
    FunctionType type = function.type();
    auto& attributes = function.argumentAttributes();
    attributes.resize(type.inputs.size());
    for (size_t i = 0; i < type.inputs.size(); ++i) {
        const TensorType* tensor = type.inputs[i].tensorOrNull();
        if (tensor == nullptr) continue;
        const Tiling tiling = signatureTiling(attributes[i], *tensor, "argument " + std::to_string(i));
        if (num_partitions_ > 1) attributes[i].set("mhlo.sharding", Attribute(tiling.toHloText()));
        if (tiling.isReplicated()) continue;
        // Stands for the whole value until nobody asks for it any more.
        Value* argument = function.body().argument(i);
        Builder builder(*function.body().first());
        Operation* stand_in = builder.create(OpKind::kSdyPropagationBarrier, {}, {&type.inputs[i], 1});
        argument->replaceAllUsesWith(stand_in->result());
        dead_.push_back(stand_in);
        type.inputs[i] = tensor->withDims(*tiling.tileDims(tensor->dims()));
        argument->setType(type.inputs[i]);
        setTile(stand_in->result(), argument, tiling);
    }
    function.setType(type);
}

void Partitioner::giveResults(Function& function) {
    Operation& end = *function.body().last();
    Builder builder(end);
    FunctionType type = function.type();
    auto& attributes = function.resultAttributes();
    attributes.resize(type.results.size());
    for (size_t i = 0; i < type.results.size(); ++i) {
        const TensorType* tensor = type.results[i].tensorOrNull();
        if (tensor == nullptr) continue;
        const Tiling tiling = signatureTiling(attributes[i], *tensor, "result " + std::to_string(i));
        end.setOperand(i, tileOf(end.operand(i), tiling, builder));
        type.results[i] = end.operand(i)->type();
        if (num_partitions_ > 1) attributes[i].set("mhlo.sharding", Attribute(tiling.toHloText()));
    }
    function.setType(type);
    // Memory can only be handed on between parts of one size.
    auto& arguments = function.argumentAttributes();
    for (size_t i = 0; i < arguments.size(); ++i) {
        const Attribute* alias = arguments[i].find("tf.aliasing_output");
        const auto* output = alias != nullptr ? alias->get<IntegerAttribute>() : nullptr;
        if (output == nullptr || output->value < 0 ||
            static_cast<size_t>(output->value) >= type.results.size() ||
            type.results[static_cast<size_t>(output->value)] == type.inputs[i])
            continue;
        arguments[i].erase("tf.aliasing_output");
        arguments[i].set("jax.buffer_donor", Attribute(true));
    }
}

void Partitioner::visitWhole(Operation& op) {
    Builder builder(op);
    for (size_t i = 0; i < op.operandCount(); ++i) op.setOperand(i, whole(op.operand(i), builder));
    // What regions use from outside is gathered before, not in every round.
    const auto gatherCaptured = [&](const Operation& inner) {
        for (Value* operand : inner.operands()) {
            const auto found = placed_.find(operand);
            if (found != placed_.end()) whole(operand, builder);
        }
    };
    for (size_t i = 0; i < op.regionCount(); ++i) {
        for (const auto& block : op.region(i).blocks()) walk(*block, gatherCaptured);
    }
    for (size_t i = 0; i < op.regionCount(); ++i) {
        for (const auto& block : op.region(i).blocks()) visitFrom(block->first(), nullptr);
    }
}

void Partitioner::visit(Operation& op) {
    if (visitAnnotation(op) || visitTiled(op)) {
        dead_.push_back(&op);
        return;
    }
    visitWhole(op);
}

void Partitioner::visitFrom(Operation* first, const Operation* end) {
    for (Operation* op = first; op != nullptr && op != end;) {
        Operation* next = op->next();
        visit(*op);
        op = next;
    }
}

void Partitioner::run(Function& function) {
    Operation* first = function.body().first();
    takeArguments(function);
    visitFrom(first, function.body().last());
    giveResults(function);
    while (!dead_.empty()) {
        dead_.back()->erase();
        dead_.pop_back();
    }
}

void partition(Module& module, int32_t num_replicas, int32_t num_partitions) {
    constexpr int64_t kMaxDevices = 4096;
    if (int64_t{num_replicas} * num_partitions > kMaxDevices) {
        throw resourceExhausted(std::to_string(num_replicas) + " replicas of " +
                                std::to_string(num_partitions) + " partitions are more than " +
                                std::to_string(kMaxDevices) + " devices");
    }
    Function& entry = module.entry();
    bool is_written_for_parts = false;
    walk(entry.body(), [&](const Operation& op) {
        is_written_for_parts |= op.kind() == OpKind::kSdyManualComputation;
        if (op.kind() == OpKind::kCustomCall) is_written_for_parts |= callee(op).starts_with("SPMD");
    });
    // A program for one device ignores annotations.
    if (num_partitions == 1 && !is_written_for_parts) return;
    Partitioner(module, num_replicas, num_partitions).run(entry);
}

}  // namespace optirs::plugin
