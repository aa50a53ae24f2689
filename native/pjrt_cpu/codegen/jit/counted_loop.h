#pragma once

#include <llvm/IR/Instructions.h>

#include <cstdint>
#include <optional>

namespace llvm {
class Loop;
}  // namespace llvm

namespace optirs::plugin {

/// A loop as kernels are emitted: for (counter = begin; counter < end; ++counter), a header and one block.
struct CountedLoop {
    llvm::BasicBlock* preheader;
    llvm::BasicBlock* header;
    llvm::BasicBlock* body;
    llvm::BasicBlock* exit;
    llvm::PHINode* counter;
    llvm::ICmpInst* test;
    llvm::Instruction* step;  // counter + 1
    llvm::Value* begin;
    llvm::Value* end;

    static std::optional<CountedLoop> of(const llvm::Loop& loop);

    /// The number of rounds, if it is known.
    std::optional<int64_t> rounds() const;

    /// Whether an address moves on by one element each round.
    bool isContiguous(const llvm::Value* address) const;

 private:
    bool dependsOnCounter(const llvm::Value* value) const;
};

}  // namespace optirs::plugin
