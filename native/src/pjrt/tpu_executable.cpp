// The extension TpuExecutable: everything in it goes from messages to messages.
#include <vector>

#include "src/core/text.h"
#include "src/pjrt/tpu.h"

namespace optirs::pjrt {
namespace {

using core::Code;
using core::concat;
using core::Error;
using core::Ref;
using Table = PJRT_TpuExecutable_Extension;
using Program = Extension<Table>;

// One message in, one out, which the plugin lends with a deleter.
template <class Args, class Holder>
Ref<optirs_pjrt_bytes> part(const Program& program, PJRT_Error* (*Table::*function)(Args*), const char* name,
                            std::string_view in, const char* Args::* bytes, std::size_t Args::* size,
                            const char* Args::* out, std::size_t Args::* out_size, Holder* Args::* holder,
                            void (*Args::*deleter)(Holder*)) {
    auto args = extensionArgs<Args>();
    args.*bytes = in.data();
    args.*size = in.size();
    program.call(function, name, args);
    const Backing backing(args.*holder, args.*deleter);
    return copyBytes(args.*out, args.*out_size);
}

#define PART(function, Name, in, out)                                                           \
    part(program, &Table::function, "PJRT_TpuExecutable_" #Name, bytes,                         \
         &PJRT_TpuExecutable_##Name##_Args::in, &PJRT_TpuExecutable_##Name##_Args::in##_size,   \
         &PJRT_TpuExecutable_##Name##_Args::out, &PJRT_TpuExecutable_##Name##_Args::out##_size, \
         &PJRT_TpuExecutable_##Name##_Args::out##_ptr, &PJRT_TpuExecutable_##Name##_Args::out##_deleter)

}  // namespace

Ref<optirs_pjrt_bytes> tpuProgramPart(const PluginLibrary& library, optirs_pjrt_tpu_part which,
                                      std::string_view bytes) {
    const Program program(library);
    switch (which) {
        case OPTIRS_PJRT_TPU_TARGET_ARGUMENTS:
            return PART(get_target_arguments, GetTargetArguments, serialized_executable, target_arguments);
        case OPTIRS_PJRT_TPU_HLO_MODULE:
            return PART(get_hlo_module_with_config, GetHloModuleWithConfig, serialized_executable,
                        hlo_module_with_config);
        case OPTIRS_PJRT_TPU_MEMORY_STATS:
            return PART(get_compiled_memory_stats, GetCompiledMemoryStats, serialized_executable,
                        compiled_memory_stats);
        case OPTIRS_PJRT_TPU_COMPILATION_ENVIRONMENT:
            return PART(set_tpu_compilation_env, SetTpuCompilationEnv, serialized_compilation_environments,
                        result_compilation_environments);
        default:
            throw Error(Code::kInvalidArgument, concat("part ", which, " is not one of OPTIRS_PJRT_TPU_*"));
    }
}

Ref<optirs_pjrt_bytes> tpuEnvironmentField(const PluginLibrary& library, std::string_view environments,
                                           std::string_view field) {
    const Program program(library);
    auto args = extensionArgs<PJRT_TpuExecutable_GetTpuCompilationEnvFieldAsString_Args>();
    args.serialized_compilation_environments = environments.data();
    args.serialized_compilation_environments_size = environments.size();
    args.field_name = field.data();
    args.field_name_size = field.size();
    program.call(&Table::get_tpu_compilation_env_field_as_string,
                 "PJRT_TpuExecutable_GetTpuCompilationEnvFieldAsString", args);
    const Backing backing(args.field_value_ptr, args.field_value_deleter);
    return copyBytes(args.field_value, args.field_value_size);
}

Ref<optirs_pjrt_values> tpuCostAnalysis(const PluginLibrary& library, std::string_view target_arguments,
                                        std::span<const optirs_pjrt_blob> modules) {
    const Program program(library);
    std::vector<const char*> data;
    std::vector<std::size_t> sizes;
    for (const optirs_pjrt_blob& module : modules) {
        data.push_back(reinterpret_cast<const char*>(module.data));
        sizes.push_back(module.size);
    }
    auto args = extensionArgs<PJRT_TpuExecutable_RunHloCostAnalysis_Args>();
    args.target_arguments = target_arguments.data();
    args.target_arguments_size = target_arguments.size();
    args.hlo_module = data.data();
    args.hlo_module_size = sizes.data();
    args.num_hlo_modules = data.size();
    program.call(&Table::run_hlo_cost_analysis, "PJRT_TpuExecutable_RunHloCostAnalysis", args);
    const Backing backing(args.analysis_results_ptr, args.analysis_results_deleter);
    return core::makeObject<optirs_pjrt_values>(args.analysis_results, args.num_analysis_results);
}

bool askTpuError(const PluginLibrary& library, optirs_pjrt_tpu_error_question question,
                 std::string_view status) {
    const Program program(library);
    if (question == OPTIRS_PJRT_TPU_ERROR_IS_PREDETERMINED) {
        auto args = extensionArgs<PJRT_TpuExecutable_IsTpuPredeterminedError_Args>();
        args.serialized_status = status.data();
        args.serialized_status_size = status.size();
        program.call(&Table::is_tpu_predetermined_error, "PJRT_TpuExecutable_IsTpuPredeterminedError", args);
        return args.is_predetermined;
    }
    if (question != OPTIRS_PJRT_TPU_ERROR_IS_CANCELLATION) {
        throw Error(Code::kInvalidArgument,
                    concat("question ", question, " is not one of OPTIRS_PJRT_TPU_ERROR_*"));
    }
    auto args = extensionArgs<PJRT_TpuExecutable_IsTpuCancellationPlaceholderError_Args>();
    args.serialized_status = status.data();
    args.serialized_status_size = status.size();
    program.call(&Table::is_tpu_cancellation_placeholder_error,
                 "PJRT_TpuExecutable_IsTpuCancellationPlaceholderError", args);
    return args.is_cancellation_placeholder;
}

}  // namespace optirs::pjrt
