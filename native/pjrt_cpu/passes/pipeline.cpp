#include <algorithm>

#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {
namespace {

// Rounds stop when nothing changes; each is linear, and a program settles in two or three.
constexpr int kMaxRounds = 6;

// A barrier is a promise about scheduling. Once common subexpressions are merged it has kept it.
bool removeBarriers(Function& function) {
    return rewriteAll(function, [](Operation& op) {
        if (op.kind() != OpKind::kOptimizationBarrier) return false;
        for (size_t i = 0; i < op.resultCount(); ++i) op.result(i)->replaceAllUsesWith(op.operand(i));
        op.erase();
        return true;
    });
}

void requireStatic(const Function& function) {
    for (const Type& type : function.type().inputs) {
        const TensorType* tensor = type.tensorOrNull();
        if (tensor != nullptr && !tensor->isStatic()) {
            throw unimplemented("function " + symbolToString(function.name()) + " at " +
                                function.location().toString() + " has an argument of dynamic shape, " +
                                tensor->toString() + "; compile it for the shapes of its arguments");
        }
    }
    if (function.isDeclaration()) return;
    walk(function.body(), [](const Operation& op) {
        for (const Value& result : op.results()) {
            const TensorType* tensor = result.type().tensorOrNull();
            if (tensor != nullptr && !tensor->isStatic()) {
                throw unimplementedOperation(
                    op, "the shape of the result, " + tensor->toString() + ", is dynamic");
            }
        }
    });
}

void optimise(Function& function, const PassLimits& limits) {
    for (int round = 0; round < kMaxRounds; ++round) {
        bool changed = false;
        const auto note = [&](std::string_view pass, bool pass_changed) {
            changed |= pass_changed;
            if (pass_changed && limits.after_pass) limits.after_pass(pass, function);
        };
        note("canonicalise", canonicalise(function));
        note("refine_shapes", refineShapes(function));
        note("decompose", decompose(function));
        note("fold_constants", foldConstants(function, limits));
        note("simplify", simplify(function));
        note("merge_common_subexpressions", eliminateCommonSubexpressions(function));
        note("eliminate_dead_code", eliminateDeadCode(function));
        if (!changed) break;
    }
}

bool usesQuantized(const Function& function) {
    if (function.isDeclaration()) return false;
    const auto is_quantized = [](const Type& type) {
        const TensorType* tensor = type.tensorOrNull();
        return tensor != nullptr && tensor->quantized() != nullptr;
    };
    bool found = std::ranges::any_of(function.type().inputs, is_quantized);
    walk(function.body(), [&](const Operation& op) {
        for (const Value& result : op.results()) found = found || is_quantized(result.type());
    });
    return found;
}

// Quantized numbers go before anything that would take them for plain ones, and after their shapes are known.
void removeQuantized(Function& function, const PassLimits& limits) {
    if (!usesQuantized(function)) return;
    for (int round = 0; round < kMaxRounds; ++round) {
        const bool refined = refineShapes(function);
        if (!foldConstants(function, limits) && !refined) break;
    }
    expandQuantized(function);
}

}  // namespace

void runPasses(Module& module, const PassLimits& limits) {
    inlineCalls(module, limits);
    for (const auto& function : module.functions()) {
        if (limits.after_pass) limits.after_pass("inline_calls", *function);
        inlineAsync(*function);
        flattenTuples(*function);
        lowerChecks(*function);
        removeQuantized(*function, limits);
        optimise(*function, limits);
        if (padBounded(*function, function.get() == &module.entry())) {
            if (limits.after_pass) limits.after_pass("pad_bounded", *function);
            optimise(*function, limits);
        }
        if (removeBarriers(*function)) eliminateDeadCode(*function);
        requireStatic(*function);
    }
}

}  // namespace optirs::plugin
