/// @file
/// A compiled program as bytes, for PJRT_Executable_Serialize and the disk cache.
///
///     optirs executable 1\n
///     <decimal number of bytes that follow the digest line>\n
///     <64 hexadecimal digits: BLAKE3 of those bytes>\n
///     fields, each 8 bytes of length (little endian) and the bytes:
///       build, compiler, processor, features (see CodeIdentity), compile options, program as it was given,
///       program after the passes, then name and bytes of each object file
///
/// Object code runs only in the build and on the processor that it was made for; the program as it was given
/// is there for everyone else, who compiles it anew (PJRT_Program of format "optirs_executable").
#pragma once

#include <string>
#include <string_view>

#include "pjrt_cpu/runtime/program.h"

namespace optirs::plugin {

/// What a program is made from. `optimised` and `objects` may be empty: then it is made from `source`.
struct ProgramImage {
    std::string source;     ///< as it was given
    std::string options;    ///< serialized xla.CompileOptionsProto
    std::string optimised;  ///< after the passes
    ObjectFiles objects;
};

std::string serialize(const ProgramImage& image);

/// @throws Error INVALID_ARGUMENT: these are no such bytes; DATA_LOSS: they are damaged or cut off;
///     FAILED_PRECONDITION, saying what differs: they are of another build or for another processor
ProgramImage deserialize(std::string_view bytes);

/// The same without `optimised` and `objects`, which need not be for this build and processor.
ProgramImage deserializeSource(std::string_view bytes);

}  // namespace optirs::plugin
