#include "pjrt_cpu/passes/bounded/padder.h"

#include <algorithm>
#include <utility>

#include "pjrt_cpu/passes/bounded/rules.h"

namespace optirs::plugin {
namespace {

/// A form whose operands are computed, while its type says the shape: the same rules serve it.
bool isDynamicForm(const Operation& op) {
    switch (op.kind()) {
        case OpKind::kDynamicConv:
        case OpKind::kDynamicGather:
        case OpKind::kDynamicPad:
        case OpKind::kRealDynamicSlice:
            return op.result()->tensor().isStatic();
        default:
            return false;
    }
}

}  // namespace

std::vector<Value*> resultsOf(const Operation& op) {
    std::vector<Value*> out;
    for (size_t i = 0; i < op.resultCount(); ++i) out.push_back(op.result(i));
    return out;
}

Value* Padder::sizeOf(const Value* value, int64_t dim) const {
    const auto found = sizes_.find(value);
    return found == sizes_.end() ? nullptr : found->second[static_cast<size_t>(dim)];
}

Sizes Padder::sizesOf(const Value* value) const {
    const auto found = sizes_.find(value);
    return found == sizes_.end() ? Sizes(static_cast<size_t>(value->tensor().rank())) : found->second;
}

void Padder::setSizes(const Value* value, Sizes sizes) {
    const bool any = std::ranges::any_of(sizes, [](const Value* size) { return size != nullptr; });
    if (any)
        sizes_[value] = std::move(sizes);
    else
        sizes_.erase(value);
}

void Padder::forget(const Operation& op) {
    for (const Value& result : op.results()) sizes_.erase(&result);
}

bool Padder::concerns(const Operation& op) const {
    const auto is_sized = [this](const Value* value) { return isSized(value); };
    const auto is_bounded = [](const Value& value) { return hasBound(value.type()); };
    const std::vector<Value*> operands = op.operands();
    if (std::ranges::any_of(operands, is_sized) || std::ranges::any_of(op.results(), is_bounded)) return true;
    if (isDynamicForm(op)) return true;
    if (op.kind() != OpKind::kWhile && op.kind() != OpKind::kIf && op.kind() != OpKind::kCase) return false;
    for (size_t i = 0; i < op.regionCount(); ++i) {
        const std::vector<Value*> returned = body(op, i).last()->operands();
        const auto is_either = [&](const Value* value) { return is_sized(value) || is_bounded(*value); };
        if (std::ranges::any_of(returned, is_either)) return true;
    }
    return false;
}

void Padder::visit(Block& block) {
    for (Operation* op = block.first(); op != nullptr;) {
        Operation* const next = op->next();
        visit(*op);
        op = next;
    }
}

void Padder::visitExpansion(Operation* first, const Operation* end) {
    const bool before = std::exchange(is_expanding_, true);
    while (first != end) {
        Operation* const next = first->next();
        visit(*first);
        first = next;
    }
    is_expanding_ = before;
}

void Padder::visit(Operation& op) {
    if (op.kind() == OpKind::kReturn) return;  // those who own the block see to it
    const bool is_concerned = concerns(op);
    changed_ = changed_ || is_concerned;
    if (is_concerned && padControl(*this, op)) return;
    for (size_t i = 0; i < op.regionCount(); ++i) {
        for (const auto& block : op.region(i).blocks()) visit(*block);
    }
    if (is_concerned) applyRule(*this, op);
}

}  // namespace optirs::plugin
