#include "pjrt_cpu/codegen/jit/counted_loop.h"

#include <llvm/ADT/SetVector.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/PatternMatch.h>

#include <algorithm>

namespace optirs::plugin {

std::optional<CountedLoop> CountedLoop::of(const llvm::Loop& loop) {
    using namespace llvm::PatternMatch;
    CountedLoop out;
    out.preheader = loop.getLoopPreheader();
    out.header = loop.getHeader();
    out.body = loop.getLoopLatch();
    out.exit = loop.getUniqueExitBlock();
    if (!loop.isInnermost() || loop.getNumBlocks() != 2 || out.preheader == nullptr || out.body == nullptr ||
        out.body == out.header || out.exit == nullptr || llvm::isa<llvm::PHINode>(out.exit->front())) {
        return std::nullopt;
    }
    auto* branch = llvm::dyn_cast<llvm::BranchInst>(out.header->getTerminator());
    out.counter = llvm::dyn_cast<llvm::PHINode>(&out.header->front());
    if (branch == nullptr || !branch->isConditional() || branch->getSuccessor(0) != out.body ||
        out.counter == nullptr || out.header->size() != 3) {
        return std::nullopt;
    }
    out.test = llvm::dyn_cast<llvm::ICmpInst>(branch->getCondition());
    out.step = llvm::dyn_cast<llvm::Instruction>(out.counter->getIncomingValueForBlock(out.body));
    if (out.test == nullptr || out.test->getPredicate() != llvm::CmpInst::ICMP_SLT ||
        out.test->getOperand(0) != out.counter || !loop.isLoopInvariant(out.test->getOperand(1)) ||
        out.step == nullptr || !match(out.step, m_Add(m_Specific(out.counter), m_One()))) {
        return std::nullopt;
    }
    const auto is_within = [&](const llvm::User* user) {
        const llvm::BasicBlock* block = llvm::cast<llvm::Instruction>(user)->getParent();
        return block == out.body || block == out.header;
    };
    if (!out.step->hasOneUse() || !llvm::all_of(out.counter->users(), is_within)) return std::nullopt;
    out.begin = out.counter->getIncomingValueForBlock(out.preheader);
    out.end = out.test->getOperand(1);
    return out;
}

std::optional<int64_t> CountedLoop::rounds() const {
    const auto* first = llvm::dyn_cast<llvm::ConstantInt>(begin);
    const auto* last = llvm::dyn_cast<llvm::ConstantInt>(end);
    if (first == nullptr || last == nullptr) return std::nullopt;
    return std::max<int64_t>(0, last->getSExtValue() - first->getSExtValue());
}

bool CountedLoop::isContiguous(const llvm::Value* address) const {
    using namespace llvm::PatternMatch;
    const auto* place = llvm::dyn_cast<llvm::GetElementPtrInst>(address);
    if (place == nullptr || place->getNumIndices() != 1 || dependsOnCounter(place->getPointerOperand())) {
        return false;
    }
    const llvm::Value* index = place->getOperand(1);
    if (index == counter) return true;
    llvm::Value* base = nullptr;
    return match(index, m_c_Add(m_Value(base), m_Specific(counter))) && !dependsOnCounter(base);
}

bool CountedLoop::dependsOnCounter(const llvm::Value* value) const {
    llvm::SmallSetVector<const llvm::Value*, 16> found;
    found.insert(value);
    for (size_t i = 0; i < found.size(); ++i) {
        if (found[i] == counter) return true;
        const auto* instruction = llvm::dyn_cast<llvm::Instruction>(found[i]);
        if (instruction == nullptr || instruction->getParent() != body) continue;
        // What is in memory may have been written in this very round.
        if (instruction->mayReadFromMemory()) return true;
        found.insert(instruction->value_op_begin(), instruction->value_op_end());
    }
    return false;
}

}  // namespace optirs::plugin
