#include "pjrt_cpu/codegen/jit/interleave.h"

#include <llvm/Analysis/AssumptionCache.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/Analysis/ScalarEvolution.h>
#include <llvm/Analysis/TargetLibraryInfo.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Module.h>

#include "pjrt_cpu/codegen/jit/pair_bf16.h"

namespace optirs::plugin {
namespace {

bool isLong(const llvm::Instruction& instruction) {
    if (instruction.getOpcode() == llvm::Instruction::FDiv) return true;
    const auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
    if (call == nullptr || call->getCalledFunction() == nullptr) return false;
    return call->getCalledFunction()->getName().starts_with("optirs_") ||
           call->getIntrinsicID() == llvm::Intrinsic::sqrt;
}

/// Vectors at once, at most so many, in a loop of `trips` rounds (0: unknown, and many), of which one vector
/// takes `lanes`. What is left over at the end is computed one by one.
unsigned vectorsAtOnce(unsigned most, unsigned trips, unsigned lanes) {
    constexpr unsigned kMany = 64;
    for (unsigned count = most; count > 1; count /= 2) {
        const unsigned round = count * lanes;
        if (trips == 0 || trips % round == 0 || trips >= kMany * round) return count;
    }
    return 1;
}

void setInterleaveCount(llvm::Loop& loop, unsigned count) {
    llvm::LLVMContext& context = loop.getHeader()->getContext();
    auto* number = llvm::ConstantInt::get(llvm::Type::getInt32Ty(context), count);
    llvm::Metadata* const entry[] = {llvm::MDString::get(context, "llvm.loop.interleave.count"),
                                     llvm::ConstantAsMetadata::get(number)};
    llvm::MDNode* id = llvm::MDNode::getDistinct(context, {nullptr, llvm::MDNode::get(context, entry)});
    id->replaceOperandWith(0, id);
    loop.setLoopID(id);
}

}  // namespace

void interleaveLongChains(llvm::Function& function, unsigned lanes) {
    llvm::DominatorTree dominators(function);
    llvm::LoopInfo loops(dominators);
    llvm::AssumptionCache assumptions(function);
    llvm::TargetLibraryInfoImpl library_table(llvm::Triple(function.getParent()->getTargetTriple()));
    llvm::TargetLibraryInfo library(library_table);
    llvm::ScalarEvolution evolution(function, library, assumptions, dominators, loops);
    for (llvm::Loop* loop : loops.getLoopsInPreorder()) {
        if (!loop->isInnermost()) continue;
        bool is_long = false;
        for (const llvm::BasicBlock* block : loop->blocks()) {
            for (const llvm::Instruction& instruction : *block) is_long = is_long || isLong(instruction);
        }
        if (!is_long) continue;
        const llvm::BasicBlock* latch = loop->getLoopLatch();
        const bool is_paired = latch != nullptr && latch->getTerminator()->hasMetadata(kPairedLoop);
        const unsigned count =
            vectorsAtOnce(is_paired ? 2 : 4, evolution.getSmallConstantTripCount(loop), lanes);
        if (count > 1) setInterleaveCount(*loop, count);
    }
}

}  // namespace optirs::plugin
