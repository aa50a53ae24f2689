// Exchange between devices.
#include <algorithm>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/codegen/lower/lowering.h"
#include "pjrt_cpu/ir/builder.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/runtime/collective.h"
#include "pjrt_cpu/runtime/host_feed.h"

namespace optirs::plugin {
namespace {

/// Kernels that combine are compiled for this many elements and called for as many as there are.
constexpr int64_t kAnyCount = int64_t{1} << 32;

CollectiveSpec::Kind kindOf(const Operation& op) {
    switch (op.kind()) {
        case OpKind::kAllGather:
            return CollectiveSpec::Kind::kAllGather;
        case OpKind::kAllReduce:
            return CollectiveSpec::Kind::kAllReduce;
        case OpKind::kAllToAll:
            return CollectiveSpec::Kind::kAllToAll;
        case OpKind::kCollectiveBroadcast:
            return CollectiveSpec::Kind::kBroadcast;
        case OpKind::kCollectivePermute:
            return CollectiveSpec::Kind::kPermute;
        case OpKind::kCollectiveReduce:
            return CollectiveSpec::Kind::kReduce;
        default:
            return CollectiveSpec::Kind::kReduceScatter;
    }
}

/// Participants that pairs connect, directly or through others, are one group.
ParticipantGroups connected(const std::vector<std::pair<int32_t, int32_t>>& pairs, int32_t count) {
    std::vector<int32_t> leader(static_cast<size_t>(count));
    for (int32_t i = 0; i < count; ++i) leader[static_cast<size_t>(i)] = i;
    const auto find = [&](int32_t i) {
        while (leader[static_cast<size_t>(i)] != i) i = leader[static_cast<size_t>(i)];
        return i;
    };
    for (const auto& [source, target] : pairs) {
        const int32_t a = find(source);
        const int32_t b = find(target);
        leader[static_cast<size_t>(std::max(a, b))] = std::min(a, b);
    }
    std::vector<bool> named(leader.size());
    for (const auto& [source, target] : pairs)
        named[static_cast<size_t>(source)] = named[static_cast<size_t>(target)] = true;
    std::map<int32_t, std::vector<int32_t>> groups;
    for (int32_t i = 0; i < count; ++i) {
        if (named[static_cast<size_t>(i)]) groups[find(i)].push_back(i);
    }
    ParticipantGroups result;
    for (auto& [first, members] : groups) result.push_back(std::move(members));
    return result;
}

/// Bytes that a member of a ring of n sends (R. Thakur et al., "Optimization of Collective Communication
/// Operations in MPICH", 2005): (n - 1) / n of the larger side; twice that for all_reduce.
double linkBytes(const Operation& op, const CollectiveSpec& spec) {
    double members = 1;
    for (const auto& group : spec.groups) members = std::max(members, static_cast<double>(group.size()));
    double bytes = 0;
    for (size_t k = 0; k < op.resultCount(); ++k) {
        bytes += static_cast<double>(
            std::max(op.operand(k)->tensor().byteCount(), op.result(k)->tensor().byteCount()));
    }
    if (spec.kind == CollectiveSpec::Kind::kPermute || members == 1) return members == 1 ? 0 : bytes;
    return bytes * (members - 1) / members * (spec.kind == CollectiveSpec::Kind::kAllReduce ? 2 : 1);
}

std::string placeOf(const Operation& op) {
    return std::string(op.name()) + " at " + op.location().toString() + ", " + signatureToString(op);
}

/// What two programs must have in common to meet: everything but where it is written.
std::string agreementOf(const Operation& op) {
    std::string text = std::string(op.name()) + signatureToString(op);
    for (const auto& [name, value] : op.attributes()) text += " " + name + "=" + value.toString();
    return text;
}

}  // namespace

/// A kernel of the element-wise operation that `build` makes of arguments of these types; the first argument
/// and the result are one buffer when `in_place`.
void Lowering::addElementwiseKernel(const std::vector<TensorType>& arguments, bool in_place,
                                    const std::function<Value*(Builder&, Block&)>& build,
                                    std::function<void(KernelFunction)> receive) {
    own_regions_.push_back(std::make_unique<Region>());
    Block& block = own_regions_.back()->addBlock();
    for (const TensorType& type : arguments) block.addArgument(type);
    Builder builder(block);
    Value* result = build(builder, block);
    own_groups_.push_back(std::make_unique<Group>());
    Group& group = *own_groups_.back();
    group.roots = {result};
    group.shape = dimsOf(*result);
    KernelSpec spec;
    spec.group = &group;
    spec.operand_of[result] = 0;
    for (size_t i = 0; i < arguments.size(); ++i)
        spec.operand_of[block.argument(i)] = static_cast<int32_t>(in_place ? i : i + 1);
    spec.operand_count = static_cast<int32_t>(arguments.size() + (in_place ? 0 : 1));
    spec.schedule = makeSchedule(group, [&](const Value* value) { return spec.operand_of.contains(value); });
    kernels_.add(std::move(spec), std::move(receive));
}

void Lowering::addReducer(const Operation& op, size_t k, CollectiveStep& step) {
    const TensorType to = TensorType(op.result(k)->tensor().element(), {kAnyCount});
    const TensorType from = to.withElement(op.operand(k)->tensor().element());
    const Block& combine = body(op);
    if (from != to) {
        addElementwiseKernel(
            {from}, false,
            [&](Builder& builder, Block& block) { return builder.convert(block.argument(0), to.element()); },
            [&step, k](KernelFunction function) { step.reducer(k).convert = function; });
    }
    addElementwiseKernel(
        {to, from}, true,
        [&](Builder& builder, Block& block) {
            Value* operand = builder.convert(block.argument(1), to.element());
            const OpKind simple = reducerKind(combine);
            if (simple != OpKind::kUnknown) return builder.binary(simple, block.argument(0), operand);
            Value* operands[] = {block.argument(0), operand};
            const Type type = to;
            NamedAttributes attributes;
            attributes.set("dimensions", Attribute::integers({0}));
            Operation* map = builder.create(OpKind::kMap, operands, {&type, 1}, std::move(attributes), 1);
            std::map<Value*, Value*> copies;
            const auto mapped = [&](Value* value) {
                const auto found = copies.find(value);
                return found == copies.end() ? value : found->second;
            };
            const auto define = [&](Value* from_value, Value* to_value) { copies[from_value] = to_value; };
            cloneBlock(combine, map->region(0).addBlock(), mapped, define);
            return map->result();
        },
        [&step, k](KernelFunction function) { step.reducer(k).combine = function; });
}

void Lowering::lowerCollective(Group& group, Scope& scope) {
    const Operation& op = *group.op;
    CollectiveSpec spec;
    spec.kind = kindOf(op);
    spec.name.program = &program_;
    spec.name.ordinal = collective_count_++;
    spec.name.text = placeOf(op);
    spec.name.signature = agreementOf(op);
    if (spec.kind == CollectiveSpec::Kind::kPermute) {
        spec.pairs = participantPairs(op, options_.num_replicas, options_.num_partitions);
        spec.groups = connected(spec.pairs, options_.num_replicas * options_.num_partitions);
    } else {
        spec.groups = participantGroups(op, options_.num_replicas, options_.num_partitions);
    }
    switch (spec.kind) {
        case CollectiveSpec::Kind::kAllGather:
            spec.dimension = integerAttribute(op, "all_gather_dim");
            break;
        case CollectiveSpec::Kind::kReduceScatter:
            spec.dimension = integerAttribute(op, "scatter_dimension");
            break;
        case CollectiveSpec::Kind::kAllToAll:
            spec.dimension = integerAttribute(op, "split_dimension");
            spec.concat_dimension = integerAttribute(op, "concat_dimension");
            for (const auto& members : spec.groups) {
                if (static_cast<int64_t>(members.size()) != integerAttribute(op, "split_count"))
                    throw invalidOperation(
                        op, "split_count should be the size of a group, " + std::to_string(members.size()));
            }
            break;
        default:
            break;
    }
    const bool reduces = op.regionCount() > 0;
    if (reduces) {
        for (const Value* value : capturedValues(op)) {
            const Operation* definition = value->definition();
            if (definition == nullptr || fusionRole(*definition) != FusionRole::kSource)
                throw unimplementedOperation(op, "a reduction that uses values from outside of it");
        }
    }
    if (boolAttribute(op, "has_dynamic_root")) {
        const Value* root = op.operand(op.operandCount() - 1);
        const TensorType wanted(ElementType::kI32, {static_cast<int64_t>(op.resultCount())});
        if (root->tensor() != wanted)
            throw invalidOperation(
                op, "the root should be " + wanted.toString() + ", got " + root->tensor().toString());
        spec.root = read(root);
    }
    for (size_t k = 0; k < op.resultCount(); ++k) {
        const TensorType& from = op.operand(k)->tensor();
        const TensorType& to = op.result(k)->tensor();
        CollectiveSpec::Tensor tensor;
        tensor.operand = read(op.operand(k));
        tensor.operand_shape = dimsOf(*op.operand(k));
        tensor.result_shape = dimsOf(*op.result(k));
        tensor.operand_width = from.elementCount() == 0 ? 1 : from.byteCount() / from.elementCount();
        tensor.result_width = to.elementCount() == 0 ? 1 : to.byteCount() / to.elementCount();
        spec.tensors.push_back(std::move(tensor));
    }
    for (size_t k = 0; k < op.resultCount(); ++k) spec.tensors[k].result = makeSlot(op.result(k), scope);
    program_.cost.link_bytes += linkBytes(op, spec);
    auto step = std::make_unique<CollectiveStep>(std::move(spec));
    for (size_t k = 0; reduces && k < op.resultCount(); ++k) addReducer(op, k, *step);
    program_.has_collectives = true;
    scope.steps->push_back(std::move(step));
}

void Lowering::lowerMessage(Group& group, Scope& scope) {
    const Operation& op = *group.op;
    const bool sends = op.kind() == OpKind::kSend;
    MessageSpec spec;
    spec.channel = channelHandle(op).handle;
    spec.has_pairs = op.attribute("source_target_pairs") != nullptr;
    spec.pairs = participantPairs(op, options_.num_replicas, options_.num_partitions);
    spec.text = placeOf(op);
    if (sends) {
        for (const Value* operand : op.operands()) {
            if (operand->type().isTensor())
                spec.buffers.emplace_back(read(operand), operand->tensor().byteCount());
        }
    } else {
        for (const Value& result : op.results()) {
            if (result.type().isTensor())
                spec.buffers.emplace_back(makeSlot(&result, scope), result.tensor().byteCount());
        }
    }
    program_.has_collectives = true;
    auto step = sends ? makeSendStep(spec) : makeReceiveStep(spec);
    if (boolAttribute(op, "is_host_transfer")) {
        step = sends ? makeHostSendStep(std::move(spec), std::move(step))
                     : makeHostReceiveStep(std::move(spec), std::move(step));
    }
    scope.steps->push_back(std::move(step));
}

void Lowering::lowerFeed(Group& group, Scope& scope) {
    const Operation& op = *group.op;
    FeedSpec spec;
    spec.is_infeed = op.kind() == OpKind::kInfeed;
    spec.text = std::string(op.name()) + " at " + op.location().toString();
    if (spec.is_infeed) {
        for (const Value& result : op.results()) {
            if (!result.type().isTensor()) continue;
            spec.types.push_back(result.tensor());
            spec.allocations.push_back(makeSlot(&result, scope));
        }
    } else {
        for (const Value* operand : op.operands()) {
            if (!operand->type().isTensor()) continue;
            spec.types.push_back(operand->tensor());
            spec.allocations.push_back(read(operand));
        }
    }
    program_.has_collectives = true;
    scope.steps->push_back(makeFeedStep(std::move(spec)));
}

}  // namespace optirs::plugin
