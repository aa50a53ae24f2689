// The fake plugin: compilation, and what programs tell of themselves.
#include <mutex>

#include "tests/pjrt/fake_functions.h"

namespace fake {
namespace {

FAKE_FUNCTION(PJRT_Client_Compile) {
    FAKE_ENTER(PJRT_Client_Compile) {
        // Many threads may compile; tests read these when they have.
        static std::mutex mutex;
        const std::scoped_lock lock(mutex);
        control().compile_options.assign(args->compile_options, args->compile_options_size);
        control().program_format.assign(args->program->format, args->program->format_size);
    }
    auto program = std::make_shared<Program>();
    program->text.assign(args->program->code, args->program->code_size);
    if (!program->parse(std::string(args->program->code, args->program->code_size))) {
        return makeError(PJRT_Error_Code_INVALID_ARGUMENT,
                         "line 1, column 1: the fake compiler does not understand");
    }
    auto executable = std::make_unique<Executable>();
    const auto& devices = as<Client>(args->client).devices;
    if (program->devices > devices.size()) {
        return makeError(PJRT_Error_Code_INVALID_ARGUMENT, "the program wants more devices than there are");
    }
    executable->devices.assign(devices.begin(),
                               devices.begin() + static_cast<std::ptrdiff_t>(program->devices));
    executable->program = std::move(program);
    args->executable = reinterpret_cast<PJRT_LoadedExecutable*>(executable.release());
    return nullptr;
}
FAKE_FUNCTION(PJRT_LoadedExecutable_Destroy) {
    FAKE_ENTER(PJRT_LoadedExecutable_Destroy)
    delete &as<Executable>(args->executable);
    return nullptr;
}
FAKE_FUNCTION(PJRT_LoadedExecutable_GetExecutable) {
    FAKE_ENTER(PJRT_LoadedExecutable_GetExecutable)
    auto copy = std::make_unique<Executable>();
    copy->program = as<Executable>(args->loaded_executable).program;
    args->executable = reinterpret_cast<PJRT_Executable*>(copy.release());
    return nullptr;
}
FAKE_FUNCTION(PJRT_Executable_Destroy) {
    FAKE_ENTER(PJRT_Executable_Destroy)
    delete &as<Executable>(args->executable);
    return nullptr;
}
FAKE_FUNCTION(PJRT_LoadedExecutable_AddressableDevices) {
    FAKE_ENTER(PJRT_LoadedExecutable_AddressableDevices)
    const auto& devices = as<Executable>(args->executable).devices;
    args->addressable_devices = reinterpret_cast<PJRT_Device* const*>(devices.data());
    args->num_addressable_devices = devices.size();
    return nullptr;
}
FAKE_FUNCTION(PJRT_Executable_Name) {
    FAKE_ENTER(PJRT_Executable_Name)
    const std::string& name = as<Executable>(args->executable).program->name;
    args->executable_name = name.data();
    args->executable_name_size = name.size();
    return nullptr;
}
FAKE_FUNCTION(PJRT_Executable_NumOutputs) {
    FAKE_ENTER(PJRT_Executable_NumOutputs)
    args->num_outputs = as<Executable>(args->executable).program->outputs.size();
    return nullptr;
}
FAKE_FUNCTION(PJRT_Executable_NumReplicas) {
    FAKE_ENTER(PJRT_Executable_NumReplicas)
    const Program& program = *as<Executable>(args->executable).program;
    args->num_replicas = program.devices / program.partitions;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Executable_NumPartitions) {
    FAKE_ENTER(PJRT_Executable_NumPartitions)
    args->num_partitions = as<Executable>(args->executable).program->partitions;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Executable_OutputElementTypes) {
    FAKE_ENTER(PJRT_Executable_OutputElementTypes)
    if (!control().has_output_types) {
        return makeError(PJRT_Error_Code_UNIMPLEMENTED, "the fake plugin does not know its results");
    }
    auto& types = const_cast<Program&>(*as<Executable>(args->executable).program).output_types;
    args->output_types = types.data();
    args->num_output_types = types.size();
    return nullptr;
}
FAKE_FUNCTION(PJRT_Executable_OutputDimensions) {
    FAKE_ENTER(PJRT_Executable_OutputDimensions)
    const Program& program = *as<Executable>(args->executable).program;
    args->num_outputs = program.outputs.size();
    args->dims = program.output_dims.data();
    args->dim_sizes = program.output_ranks.data();
    return nullptr;
}
FAKE_FUNCTION(PJRT_Executable_SizeOfGeneratedCodeInBytes) {
    FAKE_ENTER(PJRT_Executable_SizeOfGeneratedCodeInBytes)
    args->size_in_bytes = 1234;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Executable_GetCostAnalysis) {
    FAKE_ENTER(PJRT_Executable_GetCostAnalysis)
    static const PJRT_NamedValue kFlops = [] {
        PJRT_NamedValue value = named("flops", PJRT_NamedValue_kFloat);
        value.float_value = 42.0F;
        return value;
    }();
    args->num_properties = 1;
    args->properties = &kFlops;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Executable_GetCompiledMemoryStats) {
    FAKE_ENTER(PJRT_Executable_GetCompiledMemoryStats)
    args->generated_code_size_in_bytes = 1;
    args->argument_size_in_bytes = 2;
    args->output_size_in_bytes = 3;
    args->alias_size_in_bytes = 4;
    args->temp_size_in_bytes = 5;
    if (kMinor >= 72) {
        args->peak_memory_in_bytes = 6;
    }
    return nullptr;
}
FAKE_FUNCTION(PJRT_Executable_Fingerprint) {
    FAKE_ENTER(PJRT_Executable_Fingerprint)
    args->executable_fingerprint = "print";
    args->executable_fingerprint_size = 5;
    return nullptr;
}
FAKE_FUNCTION(PJRT_LoadedExecutable_Fingerprint) {
    FAKE_ENTER(PJRT_LoadedExecutable_Fingerprint)
    args->executable_fingerprint = "old print";
    args->executable_fingerprint_size = 9;
    return nullptr;
}

}  // namespace

void addProgramFunctions(PJRT_Api& table) {
    FAKE_ENTRY(PJRT_Client_Compile)
    FAKE_ENTRY(PJRT_LoadedExecutable_Destroy)
    FAKE_ENTRY(PJRT_LoadedExecutable_GetExecutable)
    FAKE_ENTRY(PJRT_Executable_Destroy)
    FAKE_ENTRY(PJRT_LoadedExecutable_AddressableDevices)
    FAKE_ENTRY(PJRT_Executable_Name)
    FAKE_ENTRY(PJRT_Executable_NumOutputs)
    FAKE_ENTRY(PJRT_Executable_NumReplicas)
    FAKE_ENTRY(PJRT_Executable_NumPartitions)
    FAKE_ENTRY(PJRT_Executable_OutputElementTypes)
    FAKE_ENTRY(PJRT_Executable_OutputDimensions)
    FAKE_ENTRY(PJRT_Executable_SizeOfGeneratedCodeInBytes)
    FAKE_ENTRY(PJRT_Executable_GetCostAnalysis)
    FAKE_ENTRY(PJRT_Executable_GetCompiledMemoryStats)
    FAKE_ENTRY(PJRT_Executable_Fingerprint)
    FAKE_ENTRY(PJRT_LoadedExecutable_Fingerprint)
}

}  // namespace fake
