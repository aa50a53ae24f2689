#include "pjrt_cpu/codegen/index/walk.h"

#include <algorithm>

#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

/// The operand index of a reduction: kept dimensions from `index`, the others fresh variables.
Index reducedIndex(const Operation& op, const Index& index, IndexContext& context) {
    const std::vector<int64_t> dims = dimsOf(*op.operand(0));
    const auto reduced = dimensions(op);
    Index full(dims.size());
    size_t kept = 0;
    for (size_t d = 0; d < dims.size(); ++d) {
        const bool is_reduced = std::ranges::find(reduced, static_cast<int64_t>(d)) != reduced.end();
        full[d] = is_reduced ? context.variable(dims[d]) : index[kept++];
    }
    return full;
}

/// False if it is there already.
bool insert(std::vector<Index>& indices, const Index& index) {
    if (std::ranges::find(indices, index) != indices.end()) return false;
    indices.push_back(index);
    return true;
}

}  // namespace

void AccessWalker::visitSomewhere(const Value* value) {
    Index at(static_cast<size_t>(value->tensor().rank()));
    for (size_t d = 0; d < at.size(); ++d)
        at[d] = context_.variable(value->tensor().dim(static_cast<int64_t>(d)));
    visit(value, at);
}

void AccessWalker::visitRegion(const Operation& op) {
    for (const Value* value : capturedValues(op)) visitSomewhere(value);
}

void AccessWalker::visit(const Value* value, const Index& index) {
    if (in_memory_(value)) {
        const auto [entry, added] = reads_.try_emplace(value);
        if (added) read_order_.push_back(value);
        insert(entry->second, index);
        return;
    }
    const Operation* definition = value->definition();
    if (definition == nullptr) return;  // argument of a region
    const Operation& op = *definition;
    const FusionRole role = fusionRole(op);
    std::vector<Index>& evaluations = evaluations_[&op];
    const bool branches = role != FusionRole::kMovement && role != FusionRole::kSource;
    if (branches && op.resultCount() == 1 && evaluations.size() >= most_) return;
    if (!insert(evaluations, index)) return;
    switch (role) {
        case FusionRole::kSource:
            return;
        case FusionRole::kMovement:
            visit(op.operand(0), operandIndex(op, index, context_));
            return;
        case FusionRole::kElementwise:
            for (size_t i = 0; i < op.operandCount(); ++i) {
                visit(op.operand(i), op.operand(i)->tensor().isScalar() ? Index{} : index);
            }
            visitRegion(op);
            return;
        case FusionRole::kGuarded:
            visitWindow(op, index);
            return;
        case FusionRole::kComputed: {
            for (size_t i = 1; i < op.operandCount(); ++i) visitSomewhere(op.operand(i));
            const std::vector<int64_t> dims = dimsOf(*op.operand(0));
            Index at(dims.size());
            for (size_t d = 0; d < dims.size(); ++d) at[d] = context_.dynamic({0, dims[d] - 1});
            visit(op.operand(0), at);
            return;
        }
        case FusionRole::kNone:
            break;
    }
    if (op.kind() == OpKind::kReduce) {
        const Index full = reducedIndex(op, index, context_);
        const size_t n = tupleSize(op);
        for (size_t i = 0; i < n; ++i) visit(op.operand(i), full);
        for (size_t i = n; i < 2 * n; ++i) visit(op.operand(i), {});
        visitRegion(op);
        return;
    }
    // Windows, products: which elements does not matter, only that they are read.
    for (const Value* operand : op.operands()) visitSomewhere(operand);
    visitRegion(op);
}

void AccessWalker::visitWindow(const Operation& op, const Index& index) {
    if (op.kind() == OpKind::kPad) {
        const PadAttributes pad = padAttributes(op);
        Index inner(index.size());
        for (size_t d = 0; d < index.size(); ++d) {
            const IndexExpr position = context_.add(index[d], -pad.low[d]);
            guards_.push_back(position);
            inner[d] = context_.quotient(position, pad.interior[d] + 1);
        }
        visit(op.operand(0), inner);
        visit(op.operand(1), {});
        return;
    }
    const auto d = static_cast<size_t>(dimension(op));
    guards_.push_back(index[d]);
    int64_t start = 0;
    for (size_t i = 0; i < op.operandCount(); ++i) {
        Index inner = index;
        inner[d] = context_.add(index[d], -start);
        visit(op.operand(i), inner);
        start += op.operand(i)->tensor().dim(static_cast<int64_t>(d));
    }
}

int64_t AccessWalker::awkwardTerms() const {
    int64_t count = 0;
    const auto weigh = [&](const IndexExpr& expression) {
        for (const auto& term : expression.terms) {
            const auto kind = context_.atom(term.first).kind;
            if (kind == IndexContext::AtomKind::kQuotient || kind == IndexContext::AtomKind::kRemainder)
                ++count;
        }
    };
    for (const IndexExpr& guard : guards_) weigh(guard);
    for (const auto& [value, indices] : reads_) {
        for (const Index& index : indices) weigh(context_.linear(index, dimsOf(*value)));
    }
    return count;
}

}  // namespace optirs::plugin
