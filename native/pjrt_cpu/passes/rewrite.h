/// @file
/// Small helpers that the passes share.
#pragma once

#include <vector>

#include "pjrt_cpu/ir/builder.h"
#include "pjrt_cpu/ir/module.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {

/// Uses `value` for the only result of `op` and erases it.
inline void replaceWith(Operation& op, Value* value) {
    op.result()->replaceAllUsesWith(value);
    op.erase();
}

/// Calls `rewrite(Operation&) -> bool` for every operation of the function, inner ones first; it may
/// erase the one it is given and insert others before it. @returns whether any call gave true
template <typename Rewrite>
bool rewriteAll(Function& function, const Rewrite& rewrite) {
    if (function.isDeclaration()) return false;
    bool changed = false;
    walk(function.body(), [&](Operation& op) { changed |= rewrite(op); });
    return changed;
}

inline std::vector<int64_t> dimsOf(const Value* value) {
    const auto dims = value->tensor().dims();
    return {dims.begin(), dims.end()};
}

inline std::vector<int64_t> iotaList(int64_t begin, int64_t end) {
    std::vector<int64_t> out;
    for (int64_t i = begin; i < end; ++i) out.push_back(i);
    return out;
}

/// Moves the operations of a block whose arguments nobody uses before `op`, and uses what the block returns
/// for the results of `op`, which is erased.
inline void inlineBlock(Operation& op, Block& block) {
    std::vector<Value*> returned = block.last()->operands();
    block.last()->erase();
    while (Operation* first = block.first()) op.block()->insert(first->detach(), &op);
    for (size_t i = 0; i < returned.size(); ++i) op.result(i)->replaceAllUsesWith(returned[i]);
    op.erase();
}

/// Equal, but for dimensions that one of them does not know.
inline bool isCompatible(const Type& a, const Type& b) {
    const TensorType* x = a.tensorOrNull();
    const TensorType* y = b.tensorOrNull();
    if (x == nullptr || y == nullptr || (x->isStatic() && y->isStatic())) return a == b;
    if (x->element() != y->element() || x->rank() != y->rank()) return false;
    for (int64_t d = 0; d < x->rank(); ++d) {
        if (x->dim(d) != y->dim(d) && x->dim(d) != kDynamic && y->dim(d) != kDynamic) return false;
    }
    return true;
}

/// The same integers as i64, which attributes are made of.
inline Literal widened(const Literal& literal) {
    std::vector<std::byte> bytes;
    for (const int64_t number : literal.integers()) {
        const auto* first = reinterpret_cast<const std::byte*>(&number);
        bytes.insert(bytes.end(), first, first + sizeof number);
    }
    return {literal.type().withElement(ElementType::kI64), std::move(bytes)};
}

}  // namespace optirs::plugin
