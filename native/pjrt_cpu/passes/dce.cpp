// Removes operations whose results nobody uses.
#include "pjrt_cpu/passes/passes.h"

namespace optirs::plugin {
namespace {

// Backwards: when an operation goes, those that only it used come next.
bool sweep(Block& block) {
    bool changed = false;
    for (Operation* op = block.last(); op != nullptr;) {
        Operation* previous = op->previous();
        if (!op->hasUses() && !hasSideEffect(*op)) {
            op->erase();
            changed = true;
        } else {
            for (size_t i = 0; i < op->regionCount(); ++i) {
                for (const auto& inner : op->region(i).blocks()) changed |= sweep(*inner);
            }
        }
        op = previous;
    }
    return changed;
}

}  // namespace

bool eliminateDeadCode(Function& function) {
    if (function.isDeclaration()) return false;
    // An operation inside a region may have been the last use of one outside that the sweep had not
    // reached yet, never of one it had passed: one sweep is enough.
    return sweep(function.body());
}

}  // namespace optirs::plugin
