// Control flow, random numbers, tuples and tokens, exchange between devices.
#include "pjrt_cpu/stablehlo/shape_rules.h"

namespace optirs::plugin {
namespace {

bool compatible(const Type& a, const Type& b) {
    const TensorType* left = a.tensorOrNull();
    const TensorType* right = b.tensorOrNull();
    if (left == nullptr || right == nullptr) return a == b;
    return left->element() == right->element() && compatibleShapes(left->dims(), right->dims());
}

void requireTypes(const Rule& rule, std::span<Value* const> got, std::span<const Type> wanted,
                  const std::string& what) {
    rule.require(got.size() == wanted.size(), what + " should be " + std::to_string(wanted.size()) +
                                                  " values, got " + std::to_string(got.size()));
    for (size_t i = 0; i < got.size(); ++i) {
        rule.require(compatible(got[i]->type(), wanted[i]), what + ": value " + std::to_string(i) +
                                                                " should be " + wanted[i].toString() +
                                                                ", got " + got[i]->type().toString());
    }
}

void requireReturn(const Rule& rule, size_t region, std::span<const Type> wanted, const std::string& name) {
    const Operation* end = body(rule.op(), region).terminator();
    rule.require(end != nullptr, name + " should end with a return");
    const std::vector<Value*> returned = end->operands();
    requireTypes(rule, returned, wanted, "what " + name + " returns");
}

std::vector<Type> inferBranches(const Rule& rule) {
    const Operation& op = rule.op();
    const bool is_case = op.kind() == OpKind::kCase;
    const TensorType& selector = rule.operand(0);
    const ElementType wanted = is_case ? ElementType::kI32 : ElementType::kI1;
    rule.require(
        selector.isScalar() && selector.element() == wanted,
        std::string(is_case ? "the index should be tensor<i32>" : "the predicate should be tensor<i1>") +
            ", got " + selector.toString());
    rule.require(op.regionCount() > 0, "at least one branch is needed");
    const std::vector<Type> types = op.resultTypes();
    for (size_t i = 0; i < op.regionCount(); ++i) {
        const std::string name = "branch " + std::to_string(i);
        rule.require(body(op, i).argumentCount() == 0, name + " should take no arguments");
        requireReturn(rule, i, types, name);
    }
    return {};
}

std::vector<Type> inferWhile(const Rule& rule) {
    const Operation& op = rule.op();
    const std::vector<Type> types = op.resultTypes();
    const std::vector<Value*> operands = op.operands();
    requireTypes(rule, operands, types, "operands");
    for (size_t i = 0; i < 2; ++i) {
        const Block& block = body(op, i);
        std::vector<Value*> arguments;
        for (const auto& argument : block.arguments()) arguments.push_back(argument.get());
        requireTypes(rule, arguments, types, i == 0 ? "arguments of the condition" : "arguments of the body");
    }
    const Type predicate = TensorType(ElementType::kI1, {});
    requireReturn(rule, 0, {&predicate, 1}, "the condition");
    requireReturn(rule, 1, types, "the body");
    return {};
}

std::vector<Type> inferRngBitGenerator(const Rule& rule) {
    const TensorType& state = rule.operand(0);
    const RngAlgorithm algorithm = rngAlgorithm(rule.op());
    // The definition of the operation takes any state; whether this one runs is for the compiler to say.
    if (state.rank() != 1) return {state, rule.op().result(1)->type()};
    rule.require(state.element() == ElementType::kUi64 || state.element() == ElementType::kUi32,
                 "the state should be ui64, got " + state.toString());
    const int64_t words = state.dim(0) * (state.element() == ElementType::kUi64 ? 2 : 1);
    rule.require(algorithm != RngAlgorithm::kThreeFry || state.dim(0) == kDynamic || words == 4,
                 "the state of THREE_FRY is tensor<2xui64>, got " + state.toString());
    rule.require(algorithm != RngAlgorithm::kPhilox || state.dim(0) == kDynamic || words == 4 || words == 6,
                 "the state of PHILOX is tensor<2xui64> or tensor<3xui64>, got " + state.toString());
    return {state, rule.op().result(1)->type()};
}

std::vector<Type> inferRng(const Rule& rule) {
    const TensorType& type = rule.operand(0);
    const bool normal = rngDistribution(rule.op()) == RngDistribution::kNormal;
    rule.require(!normal || isFloat(type.element()), "NORMAL gives floats, got " + type.toString());
    rule.requireSameSize(rule.operand(2).dim(0), rule.result().rank(),
                         "the shape operand and the rank of the result");
    std::vector<int64_t> dims(rule.result().dims().begin(), rule.result().dims().end());
    const Literal* shape = constantOrNull(rule.op().operand(2));
    if (shape != nullptr && shape->elementCount() == static_cast<int64_t>(dims.size()))
        dims = shape->integers();
    return {rule.typed(type.withDims(std::move(dims)))};
}

std::vector<Type> inferTuple(const Rule& rule) {
    TupleType tuple;
    for (const Value* operand : rule.op().operands()) tuple.elements.push_back(operand->type());
    return {Type(std::move(tuple))};
}

std::vector<Type> inferGetTupleElement(const Rule& rule) {
    const Type& type = rule.op().operand(0)->type();
    const TupleType* tuple = type.tupleOrNull();
    if (tuple == nullptr) rule.fail("the operand should be a tuple, got " + type.toString());
    const int64_t index = integerAttribute(rule.op(), "index");
    rule.requireInRange(index, 0, static_cast<int64_t>(tuple->elements.size()), "index");
    return {tuple->elements[static_cast<size_t>(index)]};
}

// As the operands; a root chosen at run time is a last one that gives no result.
std::vector<Type> sameAsOperands(const Rule& rule) {
    std::vector<Type> out;
    for (const Value* operand : rule.op().operands()) out.push_back(operand->type());
    if (boolAttribute(rule.op(), "has_dynamic_root")) {
        rule.require(!out.empty(), "the operand that says the root is missing");
        out.pop_back();
    }
    rule.require(
        rule.op().resultCount() == out.size(),
        "needs " + std::to_string(out.size()) + " results, got " + std::to_string(rule.op().resultCount()));
    return out;
}

void requireReducerOfOne(const Rule& rule) {
    const TensorType scalar = rule.result().withDims({});
    const TensorType arguments[] = {scalar, scalar};
    rule.requireRegion(0, arguments, {&scalar, 1}, "reducer");
}

// Each result as its operand, with dimension `dim` divided.
std::vector<Type> divided(const Rule& rule, int64_t dim, const char* name, int64_t divisor) {
    std::vector<Type> out;
    rule.require(rule.op().operandCount() == rule.op().resultCount(),
                 "results should be as many as operands");
    for (size_t i = 0; i < rule.op().operandCount(); ++i) {
        const TensorType& from = rule.operand(i);
        rule.requireInRange(dim, 0, from.rank(), name);
        std::vector<int64_t> dims(from.dims().begin(), from.dims().end());
        int64_t& size = dims[static_cast<size_t>(dim)];
        if (size != kDynamic) {
            rule.require(size % divisor == 0, "dimension " + std::to_string(dim) + " of " + from.toString() +
                                                  " does not divide by " + std::to_string(divisor));
            size /= divisor;
        }
        out.push_back(rule.typed(from.withDims(std::move(dims)), i));
    }
    return out;
}

// Operands with the element types of the results: a reducer may promote. A root chosen at run time is a last
// operand, which is not reduced.
std::vector<Type> reducedOperands(const Rule& rule) {
    std::vector<Type> out;
    const size_t count = rule.op().operandCount() - (boolAttribute(rule.op(), "has_dynamic_root") ? 1 : 0);
    rule.require(rule.op().resultCount() == count, "results should be as many as operands that are reduced");
    for (size_t i = 0; i < count; ++i) {
        rule.requireSameElement(rule.operand(0), rule.operand(i), "operands");
        out.push_back(rule.typed(rule.operand(i).withElement(rule.result(i).element()), i));
    }
    return out;
}

// all_gather, reduce_scatter: dimension `dim` of the larger of operand and result is a multiple of that of
// the smaller. Which one depends on how many devices the groups reach at run time.
std::vector<Type> gathered(const Rule& rule, int64_t dim, const char* name, bool grows) {
    std::vector<Type> out;
    rule.require(rule.op().operandCount() == rule.op().resultCount(),
                 "results should be as many as operands");
    for (size_t i = 0; i < rule.op().operandCount(); ++i) {
        const TensorType& from = rule.operand(i);
        const TensorType& to = rule.result(i);
        rule.requireInRange(dim, 0, from.rank(), name);
        rule.require(from.rank() == to.rank(),
                     "operand and result should have the same rank; " + signatureToString(rule.op()));
        const int64_t large = grows ? to.dim(dim) : from.dim(dim);
        const int64_t small = grows ? from.dim(dim) : to.dim(dim);
        const bool fits =
            large == kDynamic || small == kDynamic || (small == 0 ? large == 0 : large % small == 0);
        rule.require(fits, "dimension " + std::to_string(dim) + " should be divided into equal parts; " +
                               signatureToString(rule.op()));
        std::vector<int64_t> dims(from.dims().begin(), from.dims().end());
        dims[static_cast<size_t>(dim)] = to.dim(dim);
        out.push_back(rule.typed(from.withDims(std::move(dims)).withElement(to.element()), i));
    }
    return out;
}

int64_t groupSize(const Rule& rule) {
    // Groups of several meshes or of another dialect are checked where they are used.
    const Attribute* attribute = rule.op().attribute("replica_groups");
    if (attribute == nullptr || attribute->get<Literal>() == nullptr) return 0;
    const Literal& groups = *attribute->get<Literal>();
    rule.require(groups.type().rank() == 2,
                 "replica_groups should be tensor<GxNxi64>, got " + groups.type().toString());
    return groups.type().dim(1);
}

}  // namespace

std::vector<Type> inferControl(const Rule& rule) {
    const Operation& op = rule.op();
    switch (op.kind()) {
        case OpKind::kIf:
        case OpKind::kCase:
            return inferBranches(rule);
        case OpKind::kWhile:
            return inferWhile(rule);
        case OpKind::kRngBitGenerator:
            return inferRngBitGenerator(rule);
        case OpKind::kRng:
            rule.requireRank(0, 0);
            rule.requireRank(1, 0);
            rule.requireRank(2, 1);
            rule.requireSameElement(rule.operand(0), rule.operand(1), "operands");
            return inferRng(rule);
        case OpKind::kTuple:
            return inferTuple(rule);
        case OpKind::kGetTupleElement:
            return inferGetTupleElement(rule);
        case OpKind::kOptimizationBarrier:
        case OpKind::kSdyAllGather:
        case OpKind::kSdyAllReduce:
        case OpKind::kSdyAllSlice:
        case OpKind::kSdyAllToAll:
        case OpKind::kSdyCollectivePermute:
        case OpKind::kSdyDataFlowEdge:
        case OpKind::kSdyFuncDataFlowEdge:
        case OpKind::kSdyReduceScatter:
        case OpKind::kSdyReplicatedToUnreduced:
        case OpKind::kSdyShardedToUnreduced:
        case OpKind::kSdyShardingConstraint:
        case OpKind::kSdyReshard:
        case OpKind::kSdyPropagationBarrier:
            return sameAsOperands(rule);
        case OpKind::kAfterAll:
        case OpKind::kCreateToken:
            return {Type(TokenType{})};
        case OpKind::kCustomCall:
            rule.require(op.regionCount() == 0 || callStandsForBody(callee(op)),
                         "a call of " + quoted(callee(op)) + " has no regions");
            return {};
        default:
            return {};
    }
}

std::vector<Type> inferCollective(const Rule& rule) {
    const Operation& op = rule.op();
    const int64_t group = groupSize(rule);
    switch (op.kind()) {
        case OpKind::kAllReduce:
        case OpKind::kCollectiveReduce: {
            std::vector<Type> out = reducedOperands(rule);
            requireReducerOfOne(rule);
            return out;
        }
        case OpKind::kCollectivePermute:
            sourceTargetPairs(op);
            return sameAsOperands(rule);
        case OpKind::kCollectiveBroadcast:
            return sameAsOperands(rule);
        case OpKind::kAllGather:
            return gathered(rule, integerAttribute(op, "all_gather_dim"), "all_gather_dim", true);
        case OpKind::kReduceScatter:
            requireReducerOfOne(rule);
            return gathered(rule, integerAttribute(op, "scatter_dimension"), "scatter_dimension", false);
        case OpKind::kAllToAll: {
            const int64_t count = integerAttribute(op, "split_count");
            rule.require(count >= 1, "split_count " + std::to_string(count) + " should be positive");
            if (group > 0)
                rule.require(group == count, "split_count " + std::to_string(count) +
                                                 " should be the size of a group, " + std::to_string(group));
            const int64_t split = integerAttribute(op, "split_dimension");
            const int64_t concat = integerAttribute(op, "concat_dimension");
            std::vector<Type> out = divided(rule, split, "split_dimension", count);
            for (size_t i = 0; i < out.size(); ++i) {
                const TensorType& type = out[i].tensor();
                rule.requireInRange(concat, 0, type.rank(), "concat_dimension");
                std::vector<int64_t> dims(type.dims().begin(), type.dims().end());
                int64_t& size = dims[static_cast<size_t>(concat)];
                if (size != kDynamic) {
                    rule.require(size <= INT64_MAX / count, "the result is too large");
                    size *= count;
                }
                out[i] = type.withDims(std::move(dims));
            }
            return out;
        }
        default:
            return {};
    }
}

}  // namespace optirs::plugin
