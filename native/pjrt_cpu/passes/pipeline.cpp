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
        bool changed = canonicalise(function);
        changed |= refineShapes(function);
        changed |= decompose(function);
        changed |= foldConstants(function, limits);
        changed |= simplify(function);
        changed |= eliminateCommonSubexpressions(function);
        changed |= eliminateDeadCode(function);
        if (!changed) break;
    }
}

}  // namespace

void runPasses(Module& module, const PassLimits& limits) {
    inlineCalls(module, limits);
    for (const auto& function : module.functions()) {
        optimise(*function, limits);
        if (removeBarriers(*function)) eliminateDeadCode(*function);
        requireStatic(*function);
    }
}

}  // namespace optirs::plugin
