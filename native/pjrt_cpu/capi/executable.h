#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pjrt_abi/pjrt_abi.h"
#include "pjrt_cpu/capi/array_type.h"
#include "pjrt_cpu/capi/client.h"
#include "pjrt_cpu/capi/compile_options.h"
#include "pjrt_cpu/capi/program_lists.h"
#include "pjrt_cpu/capi/serialized_program.h"
#include "pjrt_cpu/capi/specialisation.h"
#include "pjrt_cpu/runtime/program.h"

namespace optirs::plugin {

/// A program with everything that the C API asks about it. Immutable.
struct CompiledProgram {
    explicit CompiledProgram(const ProgramImage& image);

    std::string source;
    std::string options_bytes;
    CompileOptionsProto options;
    std::unique_ptr<const Program> program;
    std::string fingerprint;
    ValueLists arguments, outputs;
    /// Those of the same type are one object: thousands of results find it in the cache, and what was a
    /// result is known by it as an argument.
    std::vector<SharedType> argument_types, output_types;
    /// What buffers that it took are to say of it.
    std::shared_ptr<const std::string> shared_name;
    NamedValues cost;
    /// Argument -> output that takes its memory, or -1.
    std::vector<int32_t> donated_to;
    int64_t alias_bytes = 0;
    /// Programs for the shapes that its arguments turn out to have; null when all shapes are known.
    std::unique_ptr<Specialisations> specialisations;
};

/// From PJRT_Program and serialized options, or from the disk cache in `cache_folder` (empty: see
/// ProgramCache). Throws the compiler's errors, and UNIMPLEMENTED for formats that it does not know.
std::shared_ptr<const CompiledProgram> compileProgram(const PJRT_Program& program, std::string_view options,
                                                      const std::string& cache_folder = {});
/// What PJRT_Executable::cost_on_slice says.
std::shared_ptr<const NamedValues> costOnSlice(const CompiledProgram& compiled, const ClientOptions& options);
/// See serialized_program.h.
std::string serializeProgram(const CompiledProgram& compiled);
/// `options`: in place of those that were serialized, unless empty. Throws what deserialize() does.
std::shared_ptr<const CompiledProgram> deserializeProgram(std::string_view serialized,
                                                          std::string_view options);
/// The same program with other compile options, without compiling its kernels again.
std::shared_ptr<const CompiledProgram> withOptions(const CompiledProgram& compiled, std::string_view options);

}  // namespace optirs::plugin

struct PJRT_Executable {
    std::shared_ptr<const optirs::plugin::CompiledProgram> compiled;
    /// With the estimate for the slice that the client is, or the program is compiled for; null: the
    /// program's own.
    std::shared_ptr<const optirs::plugin::NamedValues> cost_on_slice = nullptr;
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
