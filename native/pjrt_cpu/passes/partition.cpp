// SPMD: one program for all partitions, each of which holds its tile of sharded values.
//
// Arguments and results are tiles as their sharding says. Inside, an operation works on tiles when its
// operands are tiles and the rules in partition_rules.cpp know that the result is one then; otherwise its
// operands are gathered, and every partition computes the whole. Bodies that are written for one partition
// already (manual_computation, SPMDFullToShardShape) are taken as they are: partition_manual.cpp.
#include "pjrt_cpu/passes/partition.h"

#include <algorithm>
#include <utility>

#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/passes/reshard.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {

namespace {

// Tiles have one size: what does not divide is filled up at its end (as XLA's partitioner does), and cut off
// again.

Operation* cutTo(Builder& builder, Value* value, const TensorType& type) {
    NamedAttributes attributes;
    attributes.set("start_indices", Attribute::integers(std::vector<int64_t>(type.dims().size(), 0)));
    attributes.set("limit_indices", Attribute::integers({type.dims().begin(), type.dims().end()}));
    attributes.set("strides", Attribute::integers(std::vector<int64_t>(type.dims().size(), 1)));
    const Type result = type;
    return builder.create(OpKind::kSlice, {&value, 1}, {&result, 1}, std::move(attributes));
}

Value* padTo(Builder& builder, Value* value, const std::vector<int64_t>& dims) {
    const TensorType& type = value->tensor();
    const std::vector<int64_t> none(dims.size(), 0);
    std::vector<int64_t> high = dims;
    for (size_t d = 0; d < dims.size(); ++d) high[d] -= type.dims()[d];
    NamedAttributes attributes;
    attributes.set("edge_padding_low", Attribute::integers(none));
    attributes.set("edge_padding_high", Attribute::integers(high));
    attributes.set("interior_padding", Attribute::integers(none));
    return builder.create(OpKind::kPad, {value, builder.constant(type.withDims({}), 0)}, type.withDims(dims),
                          std::move(attributes));
}

bool isControl(OpKind kind) { return kind == OpKind::kWhile || kind == OpKind::kIf || kind == OpKind::kCase; }

}  // namespace

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
    if (!type.isStatic()) return tiling;  // tiles of what?
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
    if (!tiling && is_said && !type.isStatic()) {
        throw unimplemented("a sharding of " + what + ", " + type.toString() +
                            ", whose size is known only at run time; leave its sharding out, so that every "
                            "partition has the whole");
    }
    if (!tiling && is_said) {
        throw invalidArgument("the sharding of " + what + ", " + type.toString() + ", does not fit " +
                              std::to_string(num_partitions_) + " partitions");
    }
    if (!tiling) return Tiling::replicated(static_cast<size_t>(type.rank()), num_partitions_);
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
        const Type full = tensor->withDims(tiling.evenDims(tensor->dims()));
        Operation* stand_in = builder.create(OpKind::kSdyPropagationBarrier, {}, {&full, 1});
        Operation* cut = full == type.inputs[i] ? nullptr : cutTo(builder, stand_in->result(), *tensor);
        argument->replaceAllUsesWith((cut != nullptr ? cut : stand_in)->result());
        dead_.push_back(stand_in);
        type.inputs[i] = full.tensor().withDims(*tiling.tileDims(full.tensor().dims()));
        argument->setType(type.inputs[i]);
        setTile(stand_in->result(), argument, tiling);
        if (cut != nullptr) visitWhole(*cut);
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
        const std::vector<int64_t> full = tiling.evenDims(tensor->dims());
        if (std::ranges::equal(full, tensor->dims())) {
            end.setOperand(i, tileOf(end.operand(i), tiling, builder));
        } else {
            const Tiling none = Tiling::replicated(tiling.rank(), num_partitions_);
            Value* padded = padTo(builder, whole(end.operand(i), builder), full);
            end.setOperand(i, reshard(builder, padded, none, tiling, num_replicas_));
        }
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
    const auto gather_captured = [&](const Operation& inner) {
        for (Value* operand : inner.operands()) {
            const auto found = placed_.find(operand);
            if (found != placed_.end()) whole(operand, builder);
        }
    };
    for (size_t i = 0; i < op.regionCount(); ++i) {
        for (const auto& block : op.region(i).blocks()) walk(*block, gather_captured);
    }
    const bool is_of_elements = std::exchange(is_of_elements_, is_of_elements_ || !isControl(op.kind()));
    for (size_t i = 0; i < op.regionCount(); ++i) {
        for (const auto& block : op.region(i).blocks()) visitFrom(block->first(), nullptr);
    }
    is_of_elements_ = is_of_elements;
}

void Partitioner::visit(Operation& op) {
    if (visitAnnotation(op) || (!is_of_elements_ && visitTiled(op))) {
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
        if (op.kind() == OpKind::kCustomCall) {
            is_written_for_parts |= callee(op).starts_with("SPMD") || callee(op) == kGlobalToLocalShape ||
                                    callee(op) == kLocalToGlobalShape;
        }
    });
    // A program for one device ignores annotations.
    if (num_partitions == 1 && !is_written_for_parts) return;
    Partitioner(module, num_replicas, num_partitions).run(entry);
}

}  // namespace optirs::plugin
