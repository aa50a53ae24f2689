// Custom calls that stand for an operation. A portable artifact holds nothing but StableHLO: XLA's clients
// write operations of CHLO into it as calls of `mhlo.erf`, `mhlo.topk`, ... with the attributes in
// `mhlo.attributes`. JAX writes operations whose sizes are operands as `stablehlo.dynamic_top_k`, ..., and
// what it has found out about the shapes of a program as calls of `shape_assertion`. Top-k with a comparison
// of its own is in named_top_k.cpp.
#include "pjrt_cpu/passes/named_calls.h"

#include <array>

#include "pjrt_cpu/passes/rewrite.h"
#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin {
namespace {

constexpr std::string_view kPrefix = "mhlo.";

OpKind operationOf(std::string_view target) {
    if (!target.starts_with(kPrefix)) return OpKind::kUnknown;
    const std::string name(target == "mhlo.topk" ? "top_k" : target.substr(kPrefix.size()));
    if (const OpKind kind = opKindFromName("chlo." + name); kind != OpKind::kUnknown) return kind;
    // What CHLO had before StableHLO did.
    const OpKind kind = opKindFromName("stablehlo." + name);
    return isElementwise(kind) ? kind : OpKind::kUnknown;
}

/// Those of the operation, and what others have said about the call.
NamedAttributes attributesOf(const Operation& call) {
    NamedAttributes out;
    for (const auto& [name, value] : call.attributes()) {
        if (name == "mhlo.attributes") {
            if (const auto* own = value.get<NamedAttributes>()) {
                for (const auto& [own_name, own_value] : *own) out.set(own_name, own_value);
            }
        } else if (name != "mhlo.version" && name.find('.') != std::string::npos) {
            out.set(name, value);
        }
    }
    return out;
}

/// Puts `made`, which has the call's result types, in the place of the call.
void replaceCall(Operation& call, Operation& made) {
    const std::vector<Type> inferred = inferTypes(made);
    for (size_t i = 0; i < inferred.size(); ++i) {
        if (i < call.resultCount() && isCompatible(inferred[i], call.result(i)->type())) continue;
        throw invalidOperation(call, "result " + std::to_string(i) + " should be " + inferred[i].toString());
    }
    for (size_t i = 0; i < call.resultCount(); ++i) call.result(i)->replaceAllUsesWith(made.result(i));
    call.erase();
}

Operation& makeFor(Operation& call, OpKind kind, std::span<Value* const> operands, NamedAttributes attributes,
                   size_t regions = 0) {
    std::vector<Type> types;
    for (const Value& result : call.results()) types.push_back(result.type());
    return *Builder(call).create(kind, operands, types, std::move(attributes), regions);
}

bool refineReduceWindow(Operation& call) {
    constexpr std::array kLists = {"window_dimensions", "window_strides", "base_dilations",
                                   "window_dilations"};
    const size_t n = call.resultCount();
    if (n == 0 || call.operandCount() != 2 * n + kLists.size() + 1 || call.regionCount() != 1) {
        throw invalidOperation(call,
                               "operands should be N inputs, N initial values and five lists of sizes, for "
                               "N results");
    }
    NamedAttributes attributes;
    for (size_t i = 0; i < kLists.size(); ++i) {
        const Literal* list = constantOrNull(call.operand(2 * n + i));
        if (list == nullptr) return false;
        attributes.set(kLists[i], Attribute::integers(list->integers()));
    }
    const Literal* padding = constantOrNull(call.operand(2 * n + kLists.size()));
    if (padding == nullptr) return false;
    attributes.set("padding", widened(*padding));
    const std::vector<Value*> operands = call.operands();
    Operation& window =
        makeFor(call, OpKind::kReduceWindow, std::span(operands).first(2 * n), std::move(attributes), 1);
    for (auto& block : call.region(0).takeBlocks()) window.region(0).adopt(std::move(block));
    replaceCall(call, window);
    return true;
}

/// Writes sizes that are known into the type of a result.
void setDims(Operation& call, size_t result, const std::vector<int64_t>& dims) {
    const TensorType& declared = call.result(result)->tensor();
    const TensorType known = declared.withDims(dims);
    if (!isCompatible(known, declared))
        throw invalidOperation(call, "result " + std::to_string(result) + " should be " + known.toString());
    call.result(result)->setType(known);
}

bool refineRngBitGenerator(Operation& call) {
    if (call.operandCount() != 2 || call.resultCount() != 2)
        throw invalidOperation(call, "operands should be a state and a shape, results a state and bits");
    const Literal* shape = constantOrNull(call.operand(1));
    if (shape == nullptr) return false;
    const std::vector<int64_t> dims = shape->integers();
    if (static_cast<int64_t>(dims.size()) != call.result(1)->tensor().rank())
        throw invalidOperation(call, "the shape should have as many sizes as the result has dimensions");
    setDims(call, 1, dims);
    NamedAttributes attributes;
    if (const Attribute* algorithm = call.attribute("rng_algorithm"))
        attributes.set("rng_algorithm", *algorithm);
    Value* const state = call.operand(0);
    replaceCall(call, makeFor(call, OpKind::kRngBitGenerator, {&state, 1}, std::move(attributes)));
    return true;
}

bool refineTopK(Operation& call) {
    if (call.operandCount() != 2 || call.resultCount() != 2)
        throw invalidOperation(call, "operands should be a tensor and k, results values and indices");
    const Literal* k = constantOrNull(call.operand(1));
    if (k == nullptr) return false;
    if (k->elementCount() != 1) throw invalidOperation(call, "k should be one number");
    NamedAttributes attributes;
    attributes.set("k", Attribute::integer(k->integer(0)));
    Value* const operand = call.operand(0);
    replaceCall(call, makeFor(call, OpKind::kChloTopK, {&operand, 1}, std::move(attributes)));
    return true;
}

// What the program asserts of its own shapes: {0}, {1}, ... in the message are the further operands.
bool checkShapeAssertion(Operation& op) {
    const Literal* holds = op.operandCount() > 0 ? constantOrNull(op.operand(0)) : nullptr;
    if (holds == nullptr || holds->type().element() != ElementType::kI1 || holds->elementCount() != 1)
        return false;
    if (holds->integer(0) != 0) {
        op.erase();
        return true;
    }
    const Attribute* attribute = op.attribute("error_message");
    const auto* given = attribute != nullptr ? attribute->get<std::string>() : nullptr;
    std::string message = given != nullptr ? *given : "a shape assertion does not hold";
    for (size_t i = 1; i < op.operandCount(); ++i) {
        const Literal* value = constantOrNull(op.operand(i));
        const bool is_integer =
            value != nullptr && isInteger(value->type().element()) && value->elementCount() == 1;
        const std::string text = is_integer ? std::to_string(value->integer(0)) : "?";
        const std::string mark = "{" + std::to_string(i - 1) + "}";
        for (size_t at = message.find(mark); at != std::string::npos;
             at = message.find(mark, at + text.size()))
            message.replace(at, mark.size(), text);
    }
    throw invalidOperation(op, message);
}

}  // namespace

bool recogniseNamedCalls(Function& function) {
    return rewriteAll(function, [](Operation& op) {
        if (op.kind() != OpKind::kCustomCall) return false;
        if (callee(op) == kTopKCall || callee(op) == kApproxTopKCall) {
            callee(op) == kTopKCall ? expandTopKCall(op) : expandApproxTopKCall(op);
            return true;
        }
        const OpKind kind = operationOf(callee(op));
        if (kind == OpKind::kUnknown) return false;
        replaceCall(op, makeFor(op, kind, op.operands(), attributesOf(op)));
        return true;
    });
}

bool refineNamedCall(Operation& op) {
    const std::string& target = callee(op);
    if (target == "shape_assertion") return checkShapeAssertion(op);
    if (target == kDynamicReduceWindow) return refineReduceWindow(op);
    if (target == "stablehlo.dynamic_rng_bit_generator") return refineRngBitGenerator(op);
    if (target == "stablehlo.dynamic_top_k") return refineTopK(op);
    return false;
}

}  // namespace optirs::plugin
