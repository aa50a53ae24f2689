#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pjrt_abi/pjrt_abi.h"
#include "pjrt_cpu/capi/client.h"
#include "pjrt_cpu/capi/compile_options.h"
#include "pjrt_cpu/runtime/program.h"

namespace optirs::plugin {

/// A program with everything that the C API asks about it. Immutable.
struct CompiledProgram {
    CompiledProgram(std::string_view source_text, std::string_view serialized_options);

    std::string source;
    std::string options_bytes;
    CompileOptionsProto options;
    std::unique_ptr<const Program> program;
    std::string fingerprint;

    // Lists in the form of the C API.
    std::vector<PJRT_Buffer_Type> output_types;
    std::vector<int64_t> output_dims;
    std::vector<size_t> output_ranks;
    std::vector<const char*> memory_kinds;  ///< as many as the larger of arguments and outputs
    std::vector<size_t> memory_kind_sizes;
    NamedValues cost;
    /// Argument -> output that takes its memory, or -1.
    std::vector<int32_t> donated_to;
    int64_t argument_bytes = 0, output_bytes = 0, alias_bytes = 0;
};

/// From PJRT_Program and serialized options. Throws the compiler's errors, and UNIMPLEMENTED for formats
/// other than StableHLO text.
std::shared_ptr<const CompiledProgram> compileProgram(const PJRT_Program& program, std::string_view options);
/// Source and options; loading compiles again.
std::string serializeProgram(const CompiledProgram& compiled);
/// `options`: in place of those that were serialized, unless empty. Throws INVALID_ARGUMENT when the bytes
/// are not from serializeProgram.
std::shared_ptr<const CompiledProgram> deserializeProgram(std::string_view serialized,
                                                          std::string_view options);

}  // namespace optirs::plugin

struct PJRT_Executable {
    std::shared_ptr<const optirs::plugin::CompiledProgram> compiled;
};

struct PJRT_LoadedExecutable {
    PJRT_LoadedExecutable(std::shared_ptr<optirs::plugin::ClientState> client_of_it,
                          std::shared_ptr<const optirs::plugin::CompiledProgram> compiled_of_it);
    const std::shared_ptr<optirs::plugin::ClientState> client;
    const std::shared_ptr<const optirs::plugin::CompiledProgram> compiled;
    /// Device ids, [replica][partition]. Empty for a portable executable.
    std::vector<std::vector<int64_t>> assignment;
    std::vector<PJRT_Device*> devices;
    std::vector<PJRT_LogicalDeviceIds> logical_ids;
    std::atomic<bool> deleted{false};
};

namespace optirs::plugin {

/// PJRT_LoadedExecutable_Execute, without the checks of the argument structs' sizes. Throws what is found
/// before anything starts; what fails later is in the outputs and events.
void executeLoaded(PJRT_LoadedExecutable& executable, const PJRT_LoadedExecutable_Execute_Args& args);

}  // namespace optirs::plugin
