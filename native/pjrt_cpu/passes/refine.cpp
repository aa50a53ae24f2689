// Dynamic forms with constant shapes become static ones, and result types that say `?` become what
// inference knows. One pass in program order reaches everything that follows from the arguments.
#include <algorithm>

#include "pjrt_cpu/passes/named_calls.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/passes/rewrite.h"
#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin {
namespace {

// Writes known dimensions into result types. Users see the new type through the value.
bool refineResults(Operation& op) {
    bool any_unknown = false;
    for (const Value& result : op.results()) {
        any_unknown = any_unknown || (result.type().isTensor() && !result.tensor().isStatic());
    }
    if (!any_unknown) return false;
    const std::vector<Type> inferred = inferTypes(op);
    bool changed = false;
    for (size_t i = 0; i < inferred.size(); ++i) {
        const TensorType* known = inferred[i].tensorOrNull();
        const Type& declared = op.result(i)->type();
        if (known == nullptr || !declared.isTensor()) continue;
        std::vector<int64_t> dims = dimsOf(op.result(i));
        for (size_t d = 0; d < dims.size(); ++d) {
            if (dims[d] == kDynamic) dims[d] = known->dims()[d];
        }
        if (std::ranges::equal(dims, declared.tensor().dims())) continue;
        op.result(i)->setType(declared.tensor().withDims(std::move(dims)));
        changed = true;
    }
    return changed;
}

bool isStatic(const Value* value) { return value->type().isTensor() && value->tensor().isStatic(); }

Value* makeStatic(Operation& op) {
    Builder builder(op);
    Value* operand = op.operandCount() > 0 ? op.operand(0) : nullptr;
    const Type& type = op.result()->type();
    NamedAttributes attributes;
    switch (op.kind()) {
        case OpKind::kDynamicReshape:
            return builder.create(OpKind::kReshape, {operand}, type);
        case OpKind::kDynamicIota:
            attributes.set("iota_dimension", Attribute::integer(dimension(op)));
            return builder.create(OpKind::kIota, {}, type, std::move(attributes));
        case OpKind::kDynamicBroadcastInDim: {
            const auto mapping = broadcastDimensions(op);
            return builder.broadcastInDim(operand, dimsOf(op.result()), {mapping.begin(), mapping.end()});
        }
        case OpKind::kDynamicPad:
        case OpKind::kRealDynamicSlice: {
            const bool pad = op.kind() == OpKind::kDynamicPad;
            static constexpr const char* kNames[2][3] = {
                {"start_indices", "limit_indices", "strides"},
                {"edge_padding_low", "edge_padding_high", "interior_padding"}};
            const size_t first = pad ? 2 : 1;
            for (size_t i = 0; i < 3; ++i) {
                const Literal* values = constantOrNull(op.operand(first + i));
                if (values == nullptr) return nullptr;
                attributes.set(kNames[pad ? 1 : 0][i], Attribute::integers(values->integers()));
            }
            if (!pad) return builder.create(OpKind::kSlice, {operand}, type, std::move(attributes));
            return builder.create(OpKind::kPad, {operand, op.operand(1)}, type, std::move(attributes));
        }
        case OpKind::kDynamicGather: {
            const Literal* sizes = constantOrNull(op.operand(2));
            if (sizes == nullptr) return nullptr;
            attributes = op.attributes();
            attributes.set("slice_sizes", Attribute::integers(sizes->integers()));
            return builder.create(OpKind::kGather, {operand, op.operand(1)}, type, std::move(attributes));
        }
        case OpKind::kDynamicConv: {
            const Literal* padding = constantOrNull(op.operand(2));
            if (padding == nullptr) return nullptr;
            attributes = op.attributes();
            attributes.set("padding", widened(*padding));
            return builder.create(OpKind::kConvolution, {operand, op.operand(1)}, type,
                                  std::move(attributes));
        }
        default:
            return nullptr;
    }
}

// A size that is known cuts the dimension to it.
bool setDimensionSize(Operation& op) {
    const Literal* size = constantOrNull(op.operand(1));
    Value* operand = op.operand(0);
    if (size == nullptr || !isStatic(operand)) return false;
    const auto dim = static_cast<size_t>(dimension(op));
    const std::vector<int64_t> dims = dimsOf(operand);
    const int64_t wanted = size->integer(0);
    if (wanted < 0 || wanted > dims[dim]) {
        throw invalidOperation(op, "size " + std::to_string(wanted) + " of dimension " + std::to_string(dim) +
                                       " should be from 0 to " + std::to_string(dims[dim]));
    }
    if (wanted == dims[dim]) {
        replaceWith(op, operand);
        return true;
    }
    std::vector<int64_t> limits = dims;
    limits[dim] = wanted;
    NamedAttributes attributes;
    attributes.set("start_indices", Attribute::integers(std::vector<int64_t>(dims.size(), 0)));
    attributes.set("limit_indices", Attribute::integers(limits));
    attributes.set("strides", Attribute::integers(std::vector<int64_t>(dims.size(), 1)));
    const TensorType type = operand->tensor().withDims(std::move(limits));
    replaceWith(op, Builder(op).create(OpKind::kSlice, {operand}, type, std::move(attributes)));
    return true;
}

// A loop carries what it is given: its regions see the shapes that are known outside. What has a bound may
// get another size in each round.
bool refineCarried(Operation& op) {
    bool changed = false;
    for (size_t i = 0; i < op.operandCount(); ++i) {
        if (!isStatic(op.operand(i))) continue;
        const Type& known = op.operand(i)->type();
        for (Value* value : {body(op, 0).argument(i), body(op, 1).argument(i), op.result(i)}) {
            if (!value->type().isTensor() || value->tensor().isStatic() || !value->tensor().bounds().empty())
                continue;
            value->setType(known);
            changed = true;
        }
    }
    return changed;
}

bool rewrite(Operation& op) {
    bool changed = refineResults(op);
    if (op.kind() == OpKind::kGetDimensionSize) {
        const int64_t size = op.operand(0)->tensor().dim(dimension(op));
        if (size == kDynamic) return changed;
        Builder builder(op);
        replaceWith(op, builder.constant(Literal::splatInteger(op.result()->tensor(), size)));
        return true;
    }
    if (op.kind() == OpKind::kSetDimensionSize) return setDimensionSize(op) || changed;
    if (op.kind() == OpKind::kCustomCall) return refineNamedCall(op) || changed;
    if (op.kind() == OpKind::kWhile) return refineCarried(op) || changed;
    if (op.kind() == OpKind::kDynamicGather && isStatic(op.operand(0)) && isStatic(op.operand(1))) {
        // The shape of its result follows from the sizes only in the static form.
        Value* value = makeStatic(op);
        if (value == nullptr) return changed;
        refineResults(*value->definition());
        replaceWith(op, value);
        return true;
    }
    if (op.resultCount() != 1 || op.operandCount() == 0 || !isStatic(op.result())) return changed;
    if (op.kind() != OpKind::kDynamicIota && !isStatic(op.operand(0))) return changed;
    if (Value* value = makeStatic(op)) {
        replaceWith(op, value);
        return true;
    }
    return changed;
}

}  // namespace

bool refineShapes(Function& function) {
    const bool changed = rewriteAll(function, rewrite);
    if (function.isDeclaration()) return changed;
    // What the function says it returns follows.
    FunctionType type = function.type();
    const std::vector<Value*> returned = function.returned();
    for (size_t i = 0; i < returned.size(); ++i) type.results[i] = returned[i]->type();
    function.setType(std::move(type));
    return changed;
}

}  // namespace optirs::plugin
