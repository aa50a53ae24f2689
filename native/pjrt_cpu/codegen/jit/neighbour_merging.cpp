#include "pjrt_cpu/codegen/jit/neighbour_merging.h"

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

namespace optirs::plugin {
namespace {

/// The math library's functions are not linked in yet.
bool isOfNumbers(const llvm::Instruction& instruction) {
    const auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
    return call != nullptr &&
           llvm::none_of(call->args(), [](const llvm::Use& use) { return use->getType()->isPointerTy(); });
}

}  // namespace

NeighbourMerging::NeighbourMerging(llvm::Function& function)
    : table_(llvm::Triple(function.getParent()->getTargetTriple())),
      library_(table_),
      dominators_(function),
      assumptions_(function),
      basic_(function.getDataLayout(), function, library_, assumptions_, &dominators_),
      aliases_(library_) {
    aliases_.addAAResult(basic_);
    aliases_.addAAResult(scoped_);
}

void NeighbourMerging::loads(llvm::LoadInst& first, llvm::LoadInst& second) {
    if (isTouched(first, second, llvm::MemoryLocation::get(&second), llvm::ModRefInfo::Mod)) return;
    llvm::IRBuilder<> b(&first);
    llvm::LoadInst* word = b.CreateAlignedLoad(b.getInt32Ty(), first.getPointerOperand(), first.getAlign());
    word->setAAMetadata(first.getAAMetadata());
    first.replaceAllUsesWith(b.CreateTrunc(word, first.getType()));
    second.replaceAllUsesWith(b.CreateTrunc(b.CreateLShr(word, 16), second.getType()));
    first.eraseFromParent();
    second.eraseFromParent();
}

void NeighbourMerging::stores(llvm::StoreInst& first, llvm::StoreInst& second) {
    if (isTouched(first, second, llvm::MemoryLocation::get(&first), llvm::ModRefInfo::ModRef)) return;
    llvm::IRBuilder<> b(&second);
    llvm::Value* low = b.CreateZExt(first.getValueOperand(), b.getInt32Ty());
    llvm::Value* high = b.CreateShl(b.CreateZExt(second.getValueOperand(), b.getInt32Ty()), 16);
    llvm::StoreInst* word =
        b.CreateAlignedStore(b.CreateOr(low, high), first.getPointerOperand(), first.getAlign());
    word->setAAMetadata(first.getAAMetadata());
    first.eraseFromParent();
    second.eraseFromParent();
}

void NeighbourMerging::hoist(llvm::Instruction& original, llvm::Instruction& copy) {
    const auto* load = llvm::dyn_cast<llvm::LoadInst>(&copy);
    if (load != nullptr ? isTouched(original, copy, llvm::MemoryLocation::get(load), llvm::ModRefInfo::Mod)
                        : copy.mayReadOrWriteMemory() && !isOfNumbers(copy)) {
        return;
    }
    const auto is_late = [&](llvm::Value* operand) {
        const auto* maker = llvm::dyn_cast<llvm::Instruction>(operand);
        return maker != nullptr && maker->getParent() == original.getParent() && original.comesBefore(maker);
    };
    if (llvm::none_of(copy.operand_values(), is_late)) copy.moveAfter(&original);
}

bool NeighbourMerging::isTouched(const llvm::Instruction& first, const llvm::Instruction& second,
                                 const llvm::MemoryLocation& place, llvm::ModRefInfo how) {
    for (const llvm::Instruction* at = first.getNextNode(); at != &second; at = at->getNextNode()) {
        if (isOfNumbers(*at)) continue;
        if (llvm::isModOrRefSet(aliases_.getModRefInfo(at, place) & how)) return true;
    }
    return false;
}

}  // namespace optirs::plugin
