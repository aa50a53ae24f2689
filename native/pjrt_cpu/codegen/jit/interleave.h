#pragma once

namespace llvm {
class Function;
}  // namespace llvm

namespace optirs::plugin {

/// Asks the vectoriser to work on several vectors at once in innermost loops whose elements take a long chain
/// of dependent instructions: a function of the math library, a division, a square root. Its own choice goes
/// by the registers alone, and leaves such a loop waiting for its latencies. Before the math library's
/// functions are inlined. `lanes`: f32 numbers of a vector.
void interleaveLongChains(llvm::Function& function, unsigned lanes);

}  // namespace optirs::plugin
