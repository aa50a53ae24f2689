/// @file
/// What compiled code depends on beside the program, and digests to find it again by.
#pragma once

#include <string>
#include <string_view>

namespace optirs::plugin {

/// Code runs where all four are equal.
struct CodeIdentity {
    std::string build;      ///< build id of the library this is in
    std::string compiler;   ///< LLVM's version
    std::string processor;  ///< LLVM's name of the processor's kind
    std::string features;   ///< the processor's features, as LLVM names them
};

/// Of this process.
const CodeIdentity& codeIdentity();

/// "+avx,+avx2,-avx512f,...", sorted by name.
const std::string& hostFeatures();

/// 256 bits (BLAKE3) as 64 hexadecimal digits. Equal digests: equal bytes, as far as anyone can make them.
std::string contentDigest(std::string_view bytes);

}  // namespace optirs::plugin
