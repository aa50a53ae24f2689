#pragma once

namespace llvm {
class Function;
}  // namespace llvm

namespace optirs::plugin {

/// Name of the alias scopes of stores that bypass the caches.
inline constexpr const char* kStreamScope = "streamed";

/// Makes whole vectors that a kernel stores into buffers of the scope `kStreamScope` bypass the caches, where
/// they are aligned: a cache line that is written whole is then not read first. Pieces that begin elsewhere
/// and buffers that are not aligned take a copy of the kernel without it. After vectorisation: the vectoriser
/// leaves such stores alone unless it can prove them aligned.
void streamStores(llvm::Function& function);

}  // namespace optirs::plugin
