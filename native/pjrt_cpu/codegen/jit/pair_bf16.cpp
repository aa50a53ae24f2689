#include "pjrt_cpu/codegen/jit/pair_bf16.h"

#include <llvm/ADT/DenseSet.h>
#include <llvm/ADT/MapVector.h>
#include <llvm/ADT/SetVector.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/PatternMatch.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <optional>
#include <utility>
#include <vector>

#include "pjrt_cpu/codegen/jit/counted_loop.h"
#include "pjrt_cpu/codegen/jit/neighbour_merging.h"

namespace optirs::plugin {
namespace {

/// bf16 on its way to f32: the upper half of a word.
bool isDecoded(const llvm::LoadInst& load) {
    using namespace llvm::PatternMatch;
    if (!load.getType()->isIntegerTy(16) || !load.hasOneUse()) return false;
    const auto* wide = llvm::dyn_cast<llvm::ZExtInst>(load.user_back());
    return wide != nullptr && wide->getType()->isIntegerTy(32) && wide->hasOneUse() &&
           match(wide->user_back(), m_Shl(m_Specific(wide), m_SpecificInt(16)));
}

/// bf16 out of the upper half of a word.
bool isEncoded(const llvm::StoreInst& store) {
    using namespace llvm::PatternMatch;
    llvm::Value* wide = nullptr;
    return store.getValueOperand()->getType()->isIntegerTy(16) &&
           match(store.getValueOperand(), m_Trunc(m_LShr(m_Value(wide), m_SpecificInt(16)))) &&
           wide->getType()->isIntegerTy(32);
}

bool isHalfOfWord(const CountedLoop& loop, const llvm::Instruction& instruction) {
    const auto* load = llvm::dyn_cast<llvm::LoadInst>(&instruction);
    const auto* store = llvm::dyn_cast<llvm::StoreInst>(&instruction);
    return ((load != nullptr && isDecoded(*load)) || (store != nullptr && isEncoded(*store))) &&
           loop.isContiguous(llvm::getLoadStorePointerOperand(&instruction));
}

/// The memory of the kernel's own that an address lies in, else NULL.
const llvm::AllocaInst* ownMemory(const llvm::Value* address) {
    const auto* place = llvm::dyn_cast<llvm::GetElementPtrInst>(address);
    return place == nullptr ? nullptr : llvm::dyn_cast<llvm::AllocaInst>(place->getPointerOperand());
}

llvm::BasicBlock* blockOf(llvm::User* user) { return llvm::cast<llvm::Instruction>(user)->getParent(); }

/// What two vectors gain, in instructions of AVX2.
int gainOf(const CountedLoop& loop) {
    constexpr int kDecode = 3;
    constexpr int kEncode = 5;
    constexpr int kPickApart = 4;
    int gain = 0;
    for (const llvm::Instruction& instruction : *loop.body) {
        const llvm::Value* address = llvm::getLoadStorePointerOperand(&instruction);
        if (isHalfOfWord(loop, instruction)) {
            gain += llvm::isa<llvm::LoadInst>(instruction) ? kDecode : kEncode;
        } else if (address != nullptr && loop.isContiguous(address) && ownMemory(address) == nullptr) {
            gain -= kPickApart;
        }
    }
    return gain;
}

class Pairing {
 public:
    explicit Pairing(llvm::Function& function) : function_(function) {}

    void run() {
        const llvm::DominatorTree dominators(function_);
        const llvm::LoopInfo loops(dominators);
        for (const llvm::Loop* loop : loops.getLoopsInPreorder()) {
            const auto counted = CountedLoop::of(*loop);
            if (!counted) continue;
            candidates_.insert({counted->body, *counted});
            if (gainOf(*counted) > 0) chosen_.insert(counted->body);
        }
        if (chosen_.empty()) return;
        chooseRows();
        for (llvm::BasicBlock* body : chosen_) pair(candidates_.find(body)->second);
        NeighbourMerging merging(function_);
        for (const auto& [first, second] : neighbours_) {
            if (llvm::isa<llvm::LoadInst>(first)) {
                merging.loads(llvm::cast<llvm::LoadInst>(*first), llvm::cast<llvm::LoadInst>(*second));
            } else {
                merging.stores(llvm::cast<llvm::StoreInst>(*first), llvm::cast<llvm::StoreInst>(*second));
            }
        }
        for (const auto& [original, copy] : twins_) merging.hoist(*original, *copy);
    }

 private:
    /// The rows of the kernel's own that chosen loops use, whose other loops are then chosen too.
    void chooseRows() {
        std::vector<llvm::AllocaInst*> rows;
        for (llvm::Instruction& instruction : function_.getEntryBlock()) {
            auto* row = llvm::dyn_cast<llvm::AllocaInst>(&instruction);
            if (row != nullptr && canSplit(*row)) rows.push_back(row);
        }
        for (bool has_changed = true; has_changed;) {
            has_changed = false;
            for (llvm::AllocaInst* row : rows) {
                const auto is_chosen = [&](llvm::User* user) { return chosen_.contains(blockOf(user)); };
                if (split_.contains(row) || llvm::none_of(row->users(), is_chosen)) continue;
                split_.insert(row);
                for (llvm::User* user : row->users()) chosen_.insert(blockOf(user));
                has_changed = true;
            }
        }
    }

    /// Whether loops over the whole row, and these alone, use it, each round its own element.
    bool canSplit(const llvm::AllocaInst& row) const {
        const auto* type = llvm::dyn_cast<llvm::ArrayType>(row.getAllocatedType());
        if (type == nullptr || !type->getElementType()->isFloatTy() || type->getNumElements() % 2 != 0) {
            return false;
        }
        return llvm::all_of(row.users(), [&](const llvm::User* user) {
            const auto* place = llvm::dyn_cast<llvm::GetElementPtrInst>(user);
            if (place == nullptr || place->getNumIndices() != 1) return false;
            const auto found = candidates_.find(const_cast<llvm::BasicBlock*>(place->getParent()));
            return found != candidates_.end() && place->getOperand(1) == found->second.counter &&
                   found->second.rounds() == static_cast<int64_t>(type->getNumElements()) &&
                   llvm::all_of(place->users(), [&](const llvm::User* access) {
                       return llvm::getLoadStorePointerOperand(access) == place;
                   });
        });
    }

    /// The loop takes two elements a round; what an odd number leaves over, a copy of its block.
    void pair(const CountedLoop& loop) {
        std::vector<llvm::Instruction*> originals;
        std::vector<llvm::Instruction*> words;
        for (llvm::Instruction& instruction : *loop.body) {
            if (&instruction == loop.step || instruction.isTerminator()) continue;
            originals.push_back(&instruction);
            if (isHalfOfWord(loop, instruction)) words.push_back(&instruction);
        }
        const std::optional<int64_t> rounds = loop.rounds();
        llvm::IRBuilder<> before(loop.preheader->getTerminator());
        llvm::Value* length = before.CreateNSWSub(loop.end, loop.begin);
        length = before.CreateBinaryIntrinsic(llvm::Intrinsic::smax, length, before.getInt64(0));
        llvm::Value* pairs = before.CreateAShr(length, 1);
        if (!rounds || *rounds % 2 != 0) {
            addRest(loop, originals,
                    before.CreateNSWAdd(loop.begin, before.CreateNSWMul(pairs, before.getInt64(2))));
        }
        loop.counter->setIncomingValueForBlock(loop.preheader, before.getInt64(0));
        loop.test->setOperand(1, pairs);
        loop.body->getTerminator()->setMetadata(kPairedLoop, llvm::MDNode::get(function_.getContext(), {}));

        llvm::IRBuilder<> b(loop.body, loop.body->begin());
        llvm::Value* first = b.CreateNSWAdd(loop.begin, b.CreateShl(loop.counter, 1, "", true, true));
        llvm::ValueToValueMapTy copies;
        copies[loop.counter] = b.CreateNSWAdd(first, b.getInt64(1));
        copy(originals, copies, *loop.body);
        for (llvm::Instruction* original : originals) {
            if (!split_.contains(ownMemory(original))) {
                original->replaceUsesOfWith(loop.counter, first);
                continue;
            }
            auto* other = llvm::cast<llvm::Instruction>(copies[original]);
            llvm::IRBuilder<> at(other);
            other->setOperand(1, at.CreateNSWAdd(loop.counter, at.getInt64(*rounds / 2)));
        }
        for (llvm::Instruction* original : originals) {
            auto& list = llvm::is_contained(words, original) ? neighbours_ : twins_;
            list.emplace_back(original, llvm::cast<llvm::Instruction>(copies[original]));
        }
    }

    /// Behind the loop: its block once more, if `place` is before the end.
    void addRest(const CountedLoop& loop, const std::vector<llvm::Instruction*>& originals,
                 llvm::Value* place) {
        auto* test = llvm::BasicBlock::Create(function_.getContext(), "rest.test", &function_, loop.exit);
        auto* body = llvm::BasicBlock::Create(function_.getContext(), "rest", &function_, loop.exit);
        llvm::IRBuilder<> b(test);
        b.CreateCondBr(b.CreateICmpSLT(place, loop.end), body, loop.exit);
        llvm::BranchInst::Create(loop.exit, body);
        llvm::ValueToValueMapTy copies;
        copies[loop.counter] = place;
        copy(originals, copies, *body);
        loop.header->getTerminator()->replaceSuccessorWith(loop.exit, test);
    }

    static void copy(const std::vector<llvm::Instruction*>& originals, llvm::ValueToValueMapTy& copies,
                     llvm::BasicBlock& to) {
        for (llvm::Instruction* original : originals) {
            llvm::Instruction* copy = original->clone();
            copy->insertBefore(to.getTerminator()->getIterator());
            llvm::RemapInstruction(copy, copies,
                                   llvm::RF_NoModuleLevelChanges | llvm::RF_IgnoreMissingLocals);
            copies[original] = copy;
        }
    }

    llvm::Function& function_;
    llvm::MapVector<llvm::BasicBlock*, CountedLoop> candidates_;  // by the body
    llvm::SetVector<llvm::BasicBlock*> chosen_;
    llvm::DenseSet<const llvm::AllocaInst*> split_;
    // Instructions and their copies: halves of a word, and others.
    std::vector<std::pair<llvm::Instruction*, llvm::Instruction*>> neighbours_;
    std::vector<std::pair<llvm::Instruction*, llvm::Instruction*>> twins_;
};

}  // namespace

void pairBf16(llvm::Function& function) { Pairing(function).run(); }

}  // namespace optirs::plugin
