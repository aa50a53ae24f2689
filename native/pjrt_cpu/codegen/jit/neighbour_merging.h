#pragma once

#include <llvm/Analysis/AliasAnalysis.h>
#include <llvm/Analysis/AssumptionCache.h>
#include <llvm/Analysis/BasicAliasAnalysis.h>
#include <llvm/Analysis/ScopedNoAliasAA.h>
#include <llvm/Analysis/TargetLibraryInfo.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/Instructions.h>

namespace optirs::plugin {

/// Instructions of a block, and copies of them further down that work on the neighbouring elements, come
/// together: where nothing between them touches what they move over.
class NeighbourMerging {
 public:
    explicit NeighbourMerging(llvm::Function& function);

    /// Two numbers of 16 bits are read as one word.
    void loads(llvm::LoadInst& first, llvm::LoadInst& second);

    /// Two numbers of 16 bits are written as one word.
    void stores(llvm::StoreInst& first, llvm::StoreInst& second);

    /// Moves the copy of an instruction up behind it: the vectoriser keeps the order, and two long chains of
    /// instructions one after the other would each wait for its latencies.
    void hoist(llvm::Instruction& original, llvm::Instruction& copy);

 private:
    bool isTouched(const llvm::Instruction& first, const llvm::Instruction& second,
                   const llvm::MemoryLocation& place, llvm::ModRefInfo how);

    llvm::TargetLibraryInfoImpl table_;
    llvm::TargetLibraryInfo library_;
    llvm::DominatorTree dominators_;
    llvm::AssumptionCache assumptions_;
    llvm::BasicAAResult basic_;
    llvm::ScopedNoAliasAAResult scoped_;
    llvm::AAResults aliases_;
};

}  // namespace optirs::plugin
