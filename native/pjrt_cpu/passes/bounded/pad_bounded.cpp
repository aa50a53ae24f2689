// The pass: sizes of arguments are known, those of results go out beside them.
#include <algorithm>

#include "pjrt_cpu/passes/bounded/bounded_op.h"
#include "pjrt_cpu/passes/passes.h"

namespace optirs::plugin {
namespace {

using Dimensions = std::vector<std::pair<size_t, int64_t>>;

/// The attribute of a list of sizes: which dimensions they are of.
Attribute sizesAttribute(const Dimensions& dimensions) {
    std::vector<int64_t> flat;
    for (const auto& [array, dim] : dimensions) flat.insert(flat.end(), {static_cast<int64_t>(array), dim});
    return Attribute::integers(std::move(flat));
}

TensorType sizesType(const Dimensions& dimensions) {
    return {ElementType::kI32, {static_cast<int64_t>(dimensions.size())}};
}

/// The memory of the argument, which may be smaller, is not that of a result.
void keepMemory(NamedAttributes& attributes) {
    if (attributes.find("tf.aliasing_output") == nullptr) return;
    attributes.erase("tf.aliasing_output");
    attributes.set("jax.buffer_donor", Attribute(true));
}

/// Each argument in the memory of its bounds. The sizes of all are one more argument, whose attribute says
/// which they are.
void takeSizes(Padder& padder, Function& function) {
    FunctionType type = function.type();
    auto& attributes = function.argumentAttributes();
    attributes.resize(type.inputs.size());
    Dimensions taken;
    for (size_t i = 0; i < type.inputs.size(); ++i) {
        if (!hasBound(type.inputs[i])) continue;
        const TensorType& declared = type.inputs[i].tensor();
        for (int64_t d = 0; d < declared.rank(); ++d) {
            if (declared.dim(d) == kDynamic) taken.emplace_back(i, d);
        }
        type.inputs[i] = declared.withDims(boundsOf(declared));
        function.body().argument(i)->setType(type.inputs[i]);
        keepMemory(attributes[i]);
    }
    if (taken.empty()) return;
    Value* list = function.body().addArgument(sizesType(taken));
    type.inputs.push_back(list->type());
    attributes.emplace_back().set(kSizesAttribute, sizesAttribute(taken));
    function.setType(std::move(type));
    BoundedOp at(padder, *function.body().first());
    for (size_t i = 0; i < taken.size(); ++i) {
        const auto& [number, dim] = taken[i];
        const Value* argument = function.body().argument(number);
        Sizes sizes = padder.sizesOf(argument);
        sizes[static_cast<size_t>(dim)] = at.pick(list, static_cast<int64_t>(i));
        padder.setSizes(argument, std::move(sizes));
    }
}

/// Each result in the memory of its declared type, and the sizes of all as one more result, in the same way.
void returnSizes(Padder& padder, Function& function, const std::vector<Type>& declared) {
    Operation& end = *function.body().last();
    BoundedOp at(padder, end);
    FunctionType type = function.type();
    std::vector<Value*> returned = end.operands();
    std::vector<Value*> sizes;
    Dimensions given;
    for (size_t i = 0; i < returned.size(); ++i) {
        if (!hasBound(declared[i]) && !padder.isSized(returned[i])) continue;
        const std::vector<int64_t> dims = boundsOf(declared[i].tensor());
        if (std::ranges::find(dims, kDynamic) != dims.end() || !returned[i]->tensor().isStatic())
            throw unimplementedOperation(end,
                                         "result " + std::to_string(i) + " has a dimension without a bound");
        for (int64_t d = 0; d < declared[i].tensor().rank(); ++d) {
            if (declared[i].tensor().dim(d) != kDynamic) continue;
            sizes.push_back(at.build.reshape(at.extentOf(returned[i], d), {1}));
            given.emplace_back(i, d);
        }
        returned[i] = at.fit(returned[i], dims);
        type.results[i] = returned[i]->type();
    }
    if (!sizes.empty()) {
        NamedAttributes attributes;
        attributes.set("dimension", Attribute::integer(0));
        const Type list = sizesType(given);
        returned.push_back(
            at.build.create(OpKind::kConcatenate, sizes, {&list, 1}, std::move(attributes))->result());
        type.results.push_back(list);
        auto& of_results = function.resultAttributes();
        of_results.resize(returned.size());
        of_results.back().set(kSizesAttribute, sizesAttribute(given));
    }
    end.setOperands(returned);
    function.setType(std::move(type));
}

/// Masks and joined memory are larger than what the types of the program promised.
void requireFits(const Function& function) {
    walk(function.body(), [](const Operation& op) {
        for (const Value& result : op.results()) {
            const TensorType* type = result.type().tensorOrNull();
            if (type != nullptr && type->isStatic() && !type->sizeFits())
                throw unimplementedOperation(op, "the memory for bounded dimensions does not fit 64 bits");
        }
    });
}

bool isKnown(const Type& type) { return !type.isTensor() || type.tensor().isStatic(); }

}  // namespace

bool argumentsHaveBounds(const Function& function) {
    return std::ranges::all_of(function.type().inputs, [](const Type& type) {
        if (isKnown(type)) return true;
        // A size is an i32.
        const auto is_bound = [](int64_t dim) { return dim != kDynamic && dim <= INT32_MAX; };
        return std::ranges::all_of(boundsOf(type.tensor()), is_bound);
    });
}

bool padBounded(Function& function, bool is_entry) {
    if (function.isDeclaration()) return false;
    // What a program may say of it is not what this pass has found.
    for (NamedAttributes& attributes : function.resultAttributes()) attributes.erase(kSizesAttribute);
    for (NamedAttributes& attributes : function.argumentAttributes()) attributes.erase(kSizesAttribute);
    const bool takes_sizes = !std::ranges::all_of(function.type().inputs, isKnown);
    if (takes_sizes && !(is_entry && argumentsHaveBounds(function))) return false;
    std::vector<Type> declared;
    for (const Value* result : function.returned()) declared.push_back(result->type());
    Padder padder;
    takeSizes(padder, function);
    padder.visit(function.body());
    if (!takes_sizes && !padder.changed()) return false;
    returnSizes(padder, function, declared);
    requireFits(function);
    if (!is_entry && function.returned().size() != declared.size()) {
        throw unimplementedOperation(*function.body().last(),
                                     "of a function that an operation calls by its name: "
                                     "its results cannot have bounded dimensions");
    }
    return true;
}

}  // namespace optirs::plugin
