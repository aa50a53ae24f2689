// A program for arguments of unknown shape becomes one for the shapes they have.
#include <algorithm>

#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {
namespace {

// Shapes follow from shapes in program order; a loop inside a loop takes another round.
constexpr int kMaxRounds = 16;

bool isUnknown(const Type& type) {
    const TensorType* tensor = type.tensorOrNull();
    return tensor != nullptr && !tensor->isStatic();
}

void checkArgument(size_t i, const TensorType& declared, const TensorType& given) {
    const auto refuse = [&](const std::string& what) {
        return invalidArgument("argument " + std::to_string(i) + " is " + given.toString() +
                               ", the program takes " + declared.toString() + what);
    };
    const ElementType element =
        declared.quantized() != nullptr ? declared.quantized()->storage : declared.element();
    if (given.element() != element || given.rank() != declared.rank()) throw refuse("");
    for (int64_t d = 0; d < given.rank(); ++d) {
        if (given.dim(d) == kDynamic || given.dim(d) < 0) throw refuse(": its shape has to be known");
        if (declared.dim(d) != kDynamic && declared.dim(d) != given.dim(d)) throw refuse("");
    }
    if (const std::string excess = excessOverBound(given, declared); !excess.empty()) throw refuse(excess);
}

void settleShapes(Function& function, const PassLimits& limits) {
    for (int round = 0; round < kMaxRounds; ++round) {
        bool changed = canonicalise(function);
        changed |= refineShapes(function);
        changed |= foldConstants(function, limits);
        if (!changed) break;
    }
}

}  // namespace

bool hasDynamicArguments(const Module& module) {
    return std::ranges::any_of(module.entry().type().inputs, isUnknown);
}

std::string excessOverBound(const TensorType& given, const TensorType& declared) {
    if (given.rank() != declared.rank()) return "";
    const std::vector<int64_t> largest = boundsOf(declared);
    for (int64_t d = 0; d < given.rank(); ++d) {
        const int64_t bound = largest[static_cast<size_t>(d)];
        if (declared.dim(d) != kDynamic || bound == kDynamic || given.dim(d) <= bound) continue;
        return ": dimension " + std::to_string(d) + " has a bound of " + std::to_string(bound) +
               "; pass at most that much, or compile the program with a larger bound";
    }
    return "";
}

void specialiseArguments(Module& module, std::span<const TensorType> types, const PassLimits& limits) {
    Function& entry = module.entry();
    FunctionType signature = entry.type();
    if (types.size() != signature.inputs.size()) {
        throw invalidArgument("the program takes " + std::to_string(signature.inputs.size()) +
                              " arguments, not " + std::to_string(types.size()));
    }
    for (size_t i = 0; i < types.size(); ++i) {
        const TensorType* declared = signature.inputs[i].tensorOrNull();
        if (declared == nullptr) continue;
        checkArgument(i, *declared, types[i]);
        const auto dims = types[i].dims();
        const TensorType known = declared->withDims({dims.begin(), dims.end()});
        signature.inputs[i] = known;
        entry.body().argument(i)->setType(known);
    }
    entry.setType(std::move(signature));
    inlineCalls(module, limits);
    settleShapes(entry, limits);
}

void bindArguments(Module& module, std::span<const std::pair<size_t, Literal>> values,
                   const PassLimits& limits) {
    Function& entry = module.entry();
    for (const auto& [index, literal] : values) {
        Value* argument = entry.body().argument(index);
        if (!argument->hasUses()) continue;
        Builder builder(*entry.body().first());
        argument->replaceAllUsesWith(builder.constant(literal));
    }
    settleShapes(entry, limits);
}

bool shapesAreKnown(const Module& module) {
    bool known = true;
    walk(module.entry().body(), [&](const Operation& op) {
        for (const Value& result : op.results()) known = known && !isUnknown(result.type());
    });
    return known;
}

}  // namespace optirs::plugin
