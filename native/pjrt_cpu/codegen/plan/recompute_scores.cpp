#include "pjrt_cpu/codegen/plan/recompute_scores.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/codegen/plan/group.h"
#include "pjrt_cpu/ir/builder.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/runtime/tile_product.h"

namespace optirs::plugin {
namespace {

constexpr int64_t kSmallest = 64;

/// A batch of products that is larger than what it is made of.
bool isScores(const Operation& op) {
    if (op.kind() != OpKind::kDotGeneral || !isLibraryContraction(op)) return false;
    const TensorType& type = op.result()->tensor();
    if (type.rank() < 3 || !hasTileProduct(op.operand(0)->tensor().element()) ||
        !hasTileProduct(type.element()))
        return false;
    return type.dim(type.rank() - 1) >= kSmallest && type.dim(type.rank() - 2) >= kSmallest &&
           type.elementCount() >=
               op.operand(0)->tensor().elementCount() + op.operand(1)->tensor().elementCount();
}

template <typename Visit>
void forEachOperand(const Operation& op, const Visit& visit) {
    for (size_t i = 0; i < op.operandCount(); ++i) visit(op.operand(i));
    for (Value* captured : capturedValues(op)) visit(captured);
}

class Recomputation {
 public:
    Recomputation(Block& block, Operation& scores)
        : block_(block), scores_(scores), shape_(dimsOf(*scores.result())) {}

    bool run() {
        collect();
        if (first_ == nullptr || !hasRowReduction()) return false;
        const std::vector<Operation*> late = lateUses();
        if (late.empty()) return false;
        cloneBefore(*late.front());
        for (Operation* op : late) {
            for (size_t i = 0; i < op->operandCount(); ++i) {
                const auto clone = clones_.find(op->operand(i));
                if (clone != clones_.end()) op->setOperand(i, clone->second);
            }
        }
        return true;
    }

 private:
    bool inCone(const Value* value) const {
        return value->definition() != nullptr && cone_.contains(value->definition());
    }

    /// Whether evaluating a value element by element takes the result of a product.
    bool takesProduct(const Value* value) {
        const Operation* op = value->definition();
        if (op == nullptr || op->block() != &block_) return false;
        const auto [entry, added] = takes_product_.try_emplace(value, false);
        if (!added) return entry->second;
        bool result = op->kind() == OpKind::kDotGeneral;
        if (isElementwise(op->kind()) || fusionRole(*op) == FusionRole::kMovement) {
            for (const Value* operand : op->operands()) {
                if (operand->tensor().elementCount() * 4 > value->tensor().elementCount())
                    result |= takesProduct(operand);
            }
        }
        takes_product_[value] = result;
        return result;
    }

    /// Whether an operand from outside the cone takes the result of a product.
    bool takesOtherProduct(const Operation& op) {
        bool result = false;
        forEachOperand(op, [&](const Value* value) { result |= !inCone(value) && takesProduct(value); });
        return result;
    }

    /// The cone: what is computed from the scores, element by element, and from nothing dearer; the first
    /// product that consumes it; and what depends on that, which is not in the cone.
    void collect() {
        cone_.insert(&scores_);
        order_.push_back(&scores_);
        for (Operation* op = scores_.next(); op != nullptr; op = op->next()) {
            bool depends = false;
            bool inside = false;
            forEachOperand(*op, [&](const Value* value) {
                const Operation* made_by = value->definition();
                if (made_by == nullptr || depends) return;
                depends = dependent_.contains(made_by);
                inside = inside || cone_.contains(made_by);
            });
            if (depends || (inside && first_ == nullptr && op->kind() == OpKind::kDotGeneral)) {
                if (first_ == nullptr) first_ = op;
                dependent_.insert(op);
            } else if (inside && isElementwise(op->kind()) && dimsOf(*op->result()) == shape_ &&
                       !takesOtherProduct(*op)) {
                cone_.insert(op);
                order_.push_back(op);
            }
        }
    }

    /// Whether rows of it are reduced: without that it is no matrix that a row-wise nest would make.
    bool hasRowReduction() const {
        const auto last = static_cast<int64_t>(shape_.size()) - 1;
        for (const Operation* op = scores_.next(); op != nullptr; op = op->next()) {
            if (op->kind() == OpKind::kReduce && inCone(op->operand(0)) &&
                std::ranges::equal(dimensions(*op), std::vector<int64_t>{last}))
                return true;
        }
        return false;
    }

    /// Uses of the cone, in program order, that depend on its first one.
    std::vector<Operation*> lateUses() {
        std::vector<Operation*> late;
        for (Operation* op = first_->next(); op != nullptr; op = op->next()) {
            bool uses = false;
            forEachOperand(*op, [&](const Value* value) { uses |= inCone(value); });
            if (!uses || cone_.contains(op)) continue;
            const bool is_product = op->kind() == OpKind::kDotGeneral;
            // A product of the matrix need not depend on the first one, but belongs to its other late
            // readers.
            if (!dependent_.contains(op) && (late.empty() || !is_product)) continue;
            // Anything else than what may run in the cache again would need the matrix in memory.
            if (!is_product && !isElementwise(op->kind())) return {};
            late.push_back(op);
        }
        return late;
    }

    void cloneBefore(Operation& place) {
        for (Operation* op : order_) {
            const auto mapped = [&](Value* value) {
                const auto clone = clones_.find(value);
                return clone == clones_.end() ? value : clone->second;
            };
            block_.insert(cloneOperation(*op, mapped, [&](Value* from, Value* to) { clones_[from] = to; }),
                          &place);
        }
    }

    Block& block_;
    Operation& scores_;
    std::vector<int64_t> shape_;
    std::unordered_set<const Operation*> cone_;
    std::vector<Operation*> order_;
    Operation* first_ = nullptr;
    std::unordered_set<const Operation*> dependent_;
    std::unordered_map<const Value*, bool> takes_product_;
    std::unordered_map<Value*, Value*> clones_;
};

void removeUnused(Block& block) {
    for (Operation* op = block.last(); op != nullptr;) {
        Operation* before = op->previous();
        if (isElementwise(op->kind()) && !op->hasUses()) op->erase();
        op = before;
    }
}

}  // namespace

bool recomputeScores(Function& function) {
    if (function.isDeclaration()) return false;
    Block& block = function.body();
    std::vector<Operation*> scores;
    for (Operation& op : block) {
        if (isScores(op)) scores.push_back(&op);
    }
    bool changed = false;
    for (Operation* op : scores) changed |= Recomputation(block, *op).run();
    if (changed) removeUnused(block);
    return changed;
}

}  // namespace optirs::plugin
