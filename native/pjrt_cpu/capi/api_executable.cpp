#include <algorithm>
#include <cstring>

#include "pjrt_cpu/capi/api.h"
#include "pjrt_cpu/capi/error_object.h"
#include "pjrt_cpu/capi/executable.h"

struct PJRT_SerializedExecutable {
    std::string bytes;
};
struct PJRT_SerializedCompileOptions {
    std::string bytes;
};

namespace optirs::plugin {
namespace {

const CompiledProgram& compiledOf(const PJRT_Executable* executable) {
    return *deref(executable, "executable").compiled;
}

PJRT_Error* executableDestroy(PJRT_Executable_Destroy_Args* args) {
    return guarded("PJRT_Executable_Destroy", args, [](auto& a) { delete a.executable; });
}

PJRT_Error* executableName(PJRT_Executable_Name_Args* args) {
    return guarded("PJRT_Executable_Name", args, [](auto& a) {
        const std::string& name = compiledOf(a.executable).program->name;
        a.executable_name = name.data();
        a.executable_name_size = name.size();
    });
}

PJRT_Error* executableNumReplicas(PJRT_Executable_NumReplicas_Args* args) {
    return guarded("PJRT_Executable_NumReplicas", args, [](auto& a) {
        a.num_replicas = static_cast<size_t>(compiledOf(a.executable).options.num_replicas);
    });
}

PJRT_Error* executableNumPartitions(PJRT_Executable_NumPartitions_Args* args) {
    return guarded("PJRT_Executable_NumPartitions", args, [](auto& a) {
        a.num_partitions = static_cast<size_t>(compiledOf(a.executable).options.num_partitions);
    });
}

PJRT_Error* executableNumOutputs(PJRT_Executable_NumOutputs_Args* args) {
    return guarded("PJRT_Executable_NumOutputs", args,
                   [](auto& a) { a.num_outputs = compiledOf(a.executable).program->outputs.size(); });
}

PJRT_Error* executableCodeSize(PJRT_Executable_SizeOfGeneratedCodeInBytes_Args* args) {
    return guarded("PJRT_Executable_SizeOfGeneratedCodeInBytes", args,
                   [](auto& a) { a.size_in_bytes = compiledOf(a.executable).program->generated_code_bytes; });
}

PJRT_Error* executableFingerprint(PJRT_Executable_Fingerprint_Args* args) {
    return guarded("PJRT_Executable_Fingerprint", args, [](auto& a) {
        a.executable_fingerprint = compiledOf(a.executable).fingerprint.data();
        a.executable_fingerprint_size = compiledOf(a.executable).fingerprint.size();
    });
}

PJRT_Error* executableCostAnalysis(PJRT_Executable_GetCostAnalysis_Args* args) {
    return guarded("PJRT_Executable_GetCostAnalysis", args, [](auto& a) {
        const NamedValues& own = compiledOf(a.executable).cost;
        const NamedValues& cost = a.executable->cost_on_slice != nullptr ? *a.executable->cost_on_slice : own;
        a.properties = cost.data();
        a.num_properties = cost.size();
    });
}

PJRT_Error* executableMemoryStats(PJRT_Executable_GetCompiledMemoryStats_Args* args) {
    return guarded("PJRT_Executable_GetCompiledMemoryStats", args, [](auto& a) {
        const CompiledProgram& compiled = compiledOf(a.executable);
        a.generated_code_size_in_bytes = compiled.program->generated_code_bytes;
        a.argument_size_in_bytes = compiled.arguments.bytes;
        a.output_size_in_bytes = compiled.outputs.bytes;
        a.alias_size_in_bytes = compiled.alias_bytes;
        a.temp_size_in_bytes = compiled.program->arena_bytes;
        a.host_generated_code_size_in_bytes = 0;
        a.host_argument_size_in_bytes = 0;
        a.host_output_size_in_bytes = 0;
        a.host_alias_size_in_bytes = 0;
        a.host_temp_size_in_bytes = 0;
        const int64_t peak = compiled.arguments.bytes + compiled.outputs.bytes - compiled.alias_bytes +
                             compiled.program->arena_bytes;
        if (OPTIRS_HAS_FIELD(&a, peak_memory_in_bytes)) a.peak_memory_in_bytes = peak;
        if (OPTIRS_HAS_FIELD(&a, total_size_in_bytes)) {
            a.total_size_in_bytes =
                peak + compiled.program->generated_code_bytes + compiled.program->constant_bytes;
        }
        if (OPTIRS_HAS_FIELD(&a, total_allocation_bytes)) a.total_allocation_bytes = peak;
        if (OPTIRS_HAS_FIELD(&a, indefinite_allocations)) a.indefinite_allocations = 0;
        if (OPTIRS_HAS_FIELD(&a, peak_unpadded_heap_bytes))
            a.peak_unpadded_heap_bytes = compiled.program->arena_bytes;
    });
}

PJRT_Error* executableOutputElementTypes(PJRT_Executable_OutputElementTypes_Args* args) {
    return guarded("PJRT_Executable_OutputElementTypes", args, [](auto& a) {
        const CompiledProgram& compiled = compiledOf(a.executable);
        a.output_types =
            const_cast<PJRT_Buffer_Type*>(compiled.outputs.types.data());  // NOLINT: the field's type
        a.num_output_types = compiled.outputs.types.size();
    });
}

PJRT_Error* executableOutputDimensions(PJRT_Executable_OutputDimensions_Args* args) {
    return guarded("PJRT_Executable_OutputDimensions", args, [](auto& a) {
        const CompiledProgram& compiled = compiledOf(a.executable);
        if (!std::ranges::all_of(compiled.program->outputs, &TensorType::isStatic))
            throw unimplemented("the shapes of the outputs follow from those of the arguments");
        a.num_outputs = compiled.outputs.ranks.size();
        a.dims = compiled.outputs.dims.data();
        a.dim_sizes = compiled.outputs.ranks.data();
    });
}

PJRT_Error* executableOutputMemoryKinds(PJRT_Executable_OutputMemoryKinds_Args* args) {
    return guarded("PJRT_Executable_OutputMemoryKinds", args, [](auto& a) {
        const CompiledProgram& compiled = compiledOf(a.executable);
        a.num_outputs = compiled.program->outputs.size();
        a.memory_kinds = compiled.outputs.memory_kinds.data();
        a.memory_kind_sizes = compiled.outputs.memory_kind_sizes.data();
    });
}

PJRT_Error* executableParameterMemoryKinds(PJRT_Executable_ParameterMemoryKinds_Args* args) {
    return guarded("PJRT_Executable_ParameterMemoryKinds", args, [](auto& a) {
        const CompiledProgram& compiled = compiledOf(a.executable);
        a.num_parameters = compiled.program->arguments.size();
        a.memory_kinds = compiled.arguments.memory_kinds.data();
        a.memory_kind_sizes = compiled.arguments.memory_kind_sizes.data();
    });
}

PJRT_Error* executableOptimizedProgram(PJRT_Executable_OptimizedProgram_Args* args) {
    return guarded("PJRT_Executable_OptimizedProgram", args, [](auto& a) {
        static constexpr char kFormat[] = "mlir";
        const std::string& text = compiledOf(a.executable).program->optimized_text;
        PJRT_Program& out = deref(a.program, "program");
        checkStructSize(out.struct_size, pjrt_abi::structSize<PJRT_Program>(kOldestMinor));
        out.format = kFormat;
        out.format_size = sizeof(kFormat) - 1;
        if (out.code == nullptr) {
            out.code_size = text.size();
            return;
        }
        if (out.code_size < text.size()) {
            throw invalidArgument("room for " + std::to_string(out.code_size) + " bytes of code, " +
                                  std::to_string(text.size()) + " needed");
        }
        std::memcpy(out.code, text.data(), text.size());
        out.code_size = text.size();
    });
}

PJRT_Error* executableSerialize(PJRT_Executable_Serialize_Args* args) {
    return guarded("PJRT_Executable_Serialize", args, [](auto& a) {
        auto* owner = new PJRT_SerializedExecutable{serializeProgram(compiledOf(a.executable))};
        a.serialized_bytes = owner->bytes.data();
        a.serialized_bytes_size = owner->bytes.size();
        a.serialized_executable = owner;
        a.serialized_executable_deleter = [](PJRT_SerializedExecutable* of) { delete of; };
    });
}

PJRT_Error* executableCompileOptions(PJRT_Executable_GetCompileOptions_Args* args) {
    return guarded("PJRT_Executable_GetCompileOptions", args, [](auto& a) {
        auto* owner = new PJRT_SerializedCompileOptions{compiledOf(a.executable).options_bytes};
        a.serialized_bytes = owner->bytes.data();
        a.serialized_bytes_size = owner->bytes.size();
        a.serialized_compile_options = owner;
        a.serialized_compile_options_deleter = [](PJRT_SerializedCompileOptions* of) { delete of; };
    });
}

PJRT_Error* compileForTopology(PJRT_Compile_Args* args) {
    return guarded("PJRT_Compile", args, [](auto& a) {
        a.executable = nullptr;
        const PJRT_TopologyDescription& topology = deref(a.topology, "topology");
        if (a.compile_options == nullptr && a.compile_options_size > 0)
            throw invalidArgument("compile_options is null");
        const std::string_view options = a.compile_options_size > 0
                                             ? std::string_view(a.compile_options, a.compile_options_size)
                                             : std::string_view();
        auto compiled = compileProgram(deref(a.program, "program"), options);
        auto cost = costOnSlice(*compiled, topology.options);
        a.executable = new PJRT_Executable{std::move(compiled), std::move(cost)};
    });
}

}  // namespace

void fillExecutable(PJRT_Api& api) {
    api.PJRT_Executable_Destroy = executableDestroy;
    api.PJRT_Executable_Name = executableName;
    api.PJRT_Executable_NumReplicas = executableNumReplicas;
    api.PJRT_Executable_NumPartitions = executableNumPartitions;
    api.PJRT_Executable_NumOutputs = executableNumOutputs;
    api.PJRT_Executable_SizeOfGeneratedCodeInBytes = executableCodeSize;
    api.PJRT_Executable_Fingerprint = executableFingerprint;
    api.PJRT_Executable_GetCostAnalysis = executableCostAnalysis;
    api.PJRT_Executable_GetCompiledMemoryStats = executableMemoryStats;
    api.PJRT_Executable_OutputElementTypes = executableOutputElementTypes;
    api.PJRT_Executable_OutputDimensions = executableOutputDimensions;
    api.PJRT_Executable_OutputMemoryKinds = executableOutputMemoryKinds;
    api.PJRT_Executable_ParameterMemoryKinds = executableParameterMemoryKinds;
    api.PJRT_Executable_OptimizedProgram = executableOptimizedProgram;
    api.PJRT_Executable_Serialize = executableSerialize;
    api.PJRT_Executable_GetCompileOptions = executableCompileOptions;
    api.PJRT_Compile = compileForTopology;
}

}  // namespace optirs::plugin
