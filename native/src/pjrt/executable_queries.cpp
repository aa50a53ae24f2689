// What a program tells of itself beyond what executing it needs.
#include "src/core/text.h"
#include "src/pjrt/executable.h"

using optirs::core::Code;
using optirs::core::concat;
using optirs::core::Error;
using optirs::core::Ref;
namespace pjrt = optirs::pjrt;

template <class Args, auto kFunction>
const std::vector<std::string>& optirs_pjrt_executable::memoryKinds(
    std::optional<std::vector<std::string>>& known, std::size_t Args::* count) const {
    const std::scoped_lock lock(mutex_);
    if (!known) {
        auto args = api().make<Args>();
        args.executable = executable_.get();
        api().call<kFunction>(args);
        auto& kinds = known.emplace();
        kinds.reserve(args.*count);
        for (std::size_t i = 0; i < args.*count; ++i) {
            kinds.emplace_back(args.memory_kinds[i], args.memory_kind_sizes[i]);
        }
    }
    return *known;
}

const std::string& optirs_pjrt_executable::outputMemoryKind(int64_t index) const {
    using Args = PJRT_Executable_OutputMemoryKinds_Args;
    const auto& kinds = memoryKinds<Args, &PJRT_Api::PJRT_Executable_OutputMemoryKinds>(output_memory_kinds_,
                                                                                        &Args::num_outputs);
    pjrt::checkIndex(index, static_cast<int64_t>(kinds.size()), "result");
    return kinds[static_cast<std::size_t>(index)];
}

int64_t optirs_pjrt_executable::numParameters() const {
    using Args = PJRT_Executable_ParameterMemoryKinds_Args;
    return static_cast<int64_t>(memoryKinds<Args, &PJRT_Api::PJRT_Executable_ParameterMemoryKinds>(
                                    parameter_memory_kinds_, &Args::num_parameters)
                                    .size());
}

const std::string& optirs_pjrt_executable::parameterMemoryKind(int64_t index) const {
    pjrt::checkIndex(index, numParameters(), "parameter");
    const std::scoped_lock lock(mutex_);
    return (*parameter_memory_kinds_)[static_cast<std::size_t>(index)];
}

optirs_pjrt_executable::OptimizedProgram optirs_pjrt_executable::optimizedProgram() const {
    auto program = api().make<PJRT_Program>();
    auto args = api().make<PJRT_Executable_OptimizedProgram_Args>();
    args.executable = executable_.get();
    args.program = &program;
    // Asked twice: without room for the code, the plugin says how much it needs.
    api().call<&PJRT_Api::PJRT_Executable_OptimizedProgram>(args);
    std::string code(program.code_size, '\0');
    program.code = code.data();
    api().call<&PJRT_Api::PJRT_Executable_OptimizedProgram>(args);
    const std::scoped_lock lock(mutex_);
    if (optimized_format_.empty()) {
        optimized_format_.assign(program.format, program.format_size);
    }
    return {optirs::core::makeObject<optirs_pjrt_bytes>(std::move(code)), optimized_format_};
}

Ref<optirs_pjrt_bytes> optirs_pjrt_executable::compileOptions() const {
    auto args = api().make<PJRT_Executable_GetCompileOptions_Args>();
    args.executable = executable_.get();
    api().call<&PJRT_Api::PJRT_Executable_GetCompileOptions>(args);
    const pjrt::Backing backing(args.serialized_compile_options, args.serialized_compile_options_deleter);
    return pjrt::copyBytes(args.serialized_bytes, args.serialized_bytes_size);
}

Ref<optirs_pjrt_bytes> optirs_pjrt_executable::deviceAssignment() const {
    requireLoaded();
    auto args = api().make<PJRT_LoadedExecutable_GetDeviceAssignment_Args>();
    args.executable = loaded_.get();
    api().call<&PJRT_Api::PJRT_LoadedExecutable_GetDeviceAssignment>(args);
    const pjrt::Backing backing(args.serialized_device_assignment, args.serialized_device_assignment_deleter);
    return pjrt::copyBytes(args.serialized_bytes, args.serialized_bytes_size);
}

PJRT_LogicalDeviceIds optirs_pjrt_executable::logicalIds(int64_t index) const {
    requireLoaded();
    auto args = api().make<PJRT_LoadedExecutable_AddressableDeviceLogicalIds_Args>();
    args.executable = loaded_.get();
    api().call<&PJRT_Api::PJRT_LoadedExecutable_AddressableDeviceLogicalIds>(args);
    pjrt::checkIndex(index, static_cast<int64_t>(args.num_addressable_device_logical_ids), "device");
    return args.addressable_device_logical_ids[index];
}

Ref<optirs_pjrt_bytes> optirs_pjrt_executable::serialize() const {
    auto args = api().make<PJRT_Executable_Serialize_Args>();
    args.executable = executable_.get();
    api().call<&PJRT_Api::PJRT_Executable_Serialize>(args);
    const pjrt::Backing backing(args.serialized_executable, args.serialized_executable_deleter);
    return pjrt::copyBytes(args.serialized_bytes, args.serialized_bytes_size);
}

void optirs_pjrt_executable::deleteProgram() {
    requireLoaded();
    auto args = api().make<PJRT_LoadedExecutable_Delete_Args>();
    args.executable = loaded_.get();
    api().call<&PJRT_Api::PJRT_LoadedExecutable_Delete>(args);
}

bool optirs_pjrt_executable::isDeleted() const {
    requireLoaded();
    auto args = api().make<PJRT_LoadedExecutable_IsDeleted_Args>();
    args.executable = loaded_.get();
    api().call<&PJRT_Api::PJRT_LoadedExecutable_IsDeleted>(args);
    return args.is_deleted;
}
