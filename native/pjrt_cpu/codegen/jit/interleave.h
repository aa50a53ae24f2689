#pragma once

namespace llvm {
class Function;
class TargetMachine;
}  // namespace llvm

namespace optirs::plugin {

/// Asks the vectoriser to work on several vectors at once in innermost loops whose elements take a long chain
/// of dependent instructions: a function of the math library, a division, a square root. Its own choice goes
/// by the registers alone, and leaves such a loop waiting for its latencies. Before the math library's
/// functions are inlined.
void interleaveLongChains(llvm::Function& function, const llvm::TargetMachine& machine);

}  // namespace optirs::plugin
