// async_start and async_done become the operation between them: everything here is asynchronous already, by
// device and not by operation.
#include <unordered_map>

#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {
namespace {

/// What the region of `start` computes, made before it, in place of the region's arguments its operands.
std::vector<Value*> inlineRegion(Operation& start) {
    const Block& block = body(start);
    if (block.argumentCount() != start.operandCount()) {
        throw invalidOperation(start, "has " + std::to_string(start.operandCount()) +
                                          " operands for a region of " +
                                          std::to_string(block.argumentCount()) + " arguments");
    }
    std::unordered_map<Value*, Value*> map;
    for (size_t i = 0; i < start.operandCount(); ++i) map[block.argument(i)] = start.operand(i);
    const auto mapped = [&](Value* value) {
        const auto found = map.find(value);
        return found == map.end() ? value : found->second;
    };
    const auto define = [&](Value* from, Value* to) { map[from] = to; };
    for (const Operation& op : block) {
        if (&op == block.last()) break;
        start.block()->insert(cloneOperation(op, mapped, define), &start);
    }
    std::vector<Value*> out;
    for (Value* value : block.last()->operands()) out.push_back(mapped(value));
    return out;
}

void replaceStart(Operation& start) {
    const std::vector<Value*> values = inlineRegion(start);
    while (start.result()->firstUse() != nullptr) {
        Operation& done = *start.result()->firstUse()->owner();
        if (done.kind() != OpKind::kAsyncDone)
            throw invalidOperation(done, "takes the future of an async_start; only async_done does");
        if (done.resultCount() != values.size()) {
            throw invalidOperation(done, "gives " + std::to_string(done.resultCount()) +
                                             " results of an operation that has " +
                                             std::to_string(values.size()));
        }
        for (size_t i = 0; i < values.size(); ++i) {
            if (done.result(i)->type() != values[i]->type()) {
                throw invalidOperation(done, "gives " + done.result(i)->type().toString() +
                                                 " where the operation has " + values[i]->type().toString());
            }
            done.result(i)->replaceAllUsesWith(values[i]);
        }
        done.erase();
    }
    start.erase();
}

}  // namespace

bool inlineAsync(Function& function) {
    if (function.isDeclaration()) return false;
    // Found first: replacing one erases operations elsewhere in the block.
    std::vector<Operation*> starts;
    walk(function.body(), [&](Operation& op) {
        if (op.kind() == OpKind::kAsyncStart) starts.push_back(&op);
    });
    for (Operation* start : starts) replaceStart(*start);
    return !starts.empty();
}

}  // namespace optirs::plugin
