// The pass: sizes of arguments are known, those of results go out beside them.
#include <algorithm>

#include "pjrt_cpu/passes/bounded/bounded_op.h"
#include "pjrt_cpu/passes/passes.h"

namespace optirs::plugin {
namespace {

/// Each result in the memory of its declared type. The sizes of all become one more result, whose attribute
/// says which they are.
void returnSizes(Padder& padder, Function& function, const std::vector<Type>& declared) {
    Operation& end = *function.body().last();
    BoundedOp at(padder, end);
    FunctionType type = function.type();
    std::vector<Value*> returned = end.operands();
    std::vector<Value*> sizes;
    std::vector<int64_t> which;
    for (size_t i = 0; i < returned.size(); ++i) {
        if (!hasBound(declared[i]) && !padder.isSized(returned[i])) continue;
        const std::vector<int64_t> dims = boundsOf(declared[i].tensor());
        if (std::ranges::find(dims, kDynamic) != dims.end() || !returned[i]->tensor().isStatic())
            throw unimplementedOperation(end,
                                         "result " + std::to_string(i) + " has a dimension without a bound");
        for (int64_t d = 0; d < declared[i].tensor().rank(); ++d) {
            if (declared[i].tensor().dim(d) != kDynamic) continue;
            sizes.push_back(at.build.reshape(at.extentOf(returned[i], d), {1}));
            which.insert(which.end(), {static_cast<int64_t>(i), d});
        }
        returned[i] = at.fit(returned[i], dims);
        type.results[i] = returned[i]->type();
    }
    if (!sizes.empty()) {
        NamedAttributes attributes;
        attributes.set("dimension", Attribute::integer(0));
        const Type list = TensorType(ElementType::kI32, {static_cast<int64_t>(sizes.size())});
        returned.push_back(
            at.build.create(OpKind::kConcatenate, sizes, {&list, 1}, std::move(attributes))->result());
        type.results.push_back(list);
        auto& of_results = function.resultAttributes();
        of_results.resize(returned.size());
        of_results.back().set(kSizesAttribute, Attribute::integers(std::move(which)));
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

}  // namespace

bool padBounded(Function& function, bool may_return_sizes) {
    if (function.isDeclaration()) return false;
    // What a program may say of it is not what this pass has found.
    for (NamedAttributes& attributes : function.resultAttributes()) attributes.erase(kSizesAttribute);
    for (const auto& argument : function.body().arguments()) {
        // Its shapes are not settled yet.
        if (argument->type().isTensor() && !argument->tensor().isStatic()) return false;
    }
    std::vector<Type> declared;
    for (const Value* result : function.returned()) declared.push_back(result->type());
    Padder padder;
    padder.visit(function.body());
    if (!padder.changed()) return false;
    returnSizes(padder, function, declared);
    requireFits(function);
    if (!may_return_sizes && function.returned().size() != declared.size()) {
        throw unimplementedOperation(*function.body().last(),
                                     "of a function that an operation calls by its name: "
                                     "its results cannot have bounded dimensions");
    }
    return true;
}

}  // namespace optirs::plugin
