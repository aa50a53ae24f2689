#pragma once

namespace llvm {
class Function;
}  // namespace llvm

namespace optirs::plugin {

/// Metadata of the branch back of a loop that works on two elements a round.
inline constexpr const char* kPairedLoop = "optirs.paired";

/// Has innermost loops over bf16 work on two neighbours a round, which they read and write as one word: for
/// vectors of such words, decoding is a shift or a mask and encoding a shift, a mask and an or, where vectors
/// of neighbours have to be spread over twice their width and packed again. Rows of f32 that a kernel keeps
/// to itself then hold their even elements first and their odd ones behind them; other f32 has to be picked
/// apart, so loops that have more of it than they gain stay as they are. Before vectorisation, on loops as
/// kernels are emitted: a header that tests and one block.
void pairBf16(llvm::Function& function);

}  // namespace optirs::plugin
