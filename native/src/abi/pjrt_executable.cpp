// optirs/pjrt.h, programs: validation and translation only.
#include <optirs/pjrt.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/executable.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

// ---- Compilation
// ------------------------------------------------------------------------------------------------

optirs_error* optirs_pjrt_executable_compile(optirs_pjrt_client* client, const char* program,
                                             uint64_t program_size,
                                             const optirs_pjrt_compile_options* options,
                                             optirs_pjrt_executable** out_executable) {
    return guard("optirs_pjrt_executable_compile", [&] {
        Out out(out_executable, "out_executable");
        const auto given = readOptions(options, optirs_pjrt_compile_options OPTIRS_PJRT_COMPILE_OPTIONS_INIT);
        if (given.format != OPTIRS_PJRT_PROGRAM_MLIR && given.format != OPTIRS_PJRT_PROGRAM_HLO) {
            throw Error(Code::kInvalidArgument,
                        concat("format ", given.format, " is not one of OPTIRS_PJRT_PROGRAM_*"));
        }
        pjrt::CompileOptions compile_options;
        compile_options.num_replicas = given.num_replicas;
        compile_options.num_partitions = given.num_partitions;
        compile_options.device_assignment =
            requiredArray(given.device_assignment, given.device_assignment_size, "device_assignment");
        compile_options.use_spmd_partitioning = given.use_spmd_partitioning != 0;
        compile_options.extra = requiredText(reinterpret_cast<const char*>(given.extra_options),
                                             given.extra_options_size, "extra_options");
        out = pjrt::compile(*required(client, "client"), requiredText(program, program_size, "program"),
                            given.format == OPTIRS_PJRT_PROGRAM_HLO ? "hlo" : "mlir", compile_options);
    });
}
void optirs_pjrt_executable_retain(optirs_pjrt_executable* executable) {
    optirs::core::retainHandle(executable);
}
void optirs_pjrt_executable_release(optirs_pjrt_executable* executable) {
    optirs::core::releaseHandle(executable);
}
const char* optirs_pjrt_executable_name(const optirs_pjrt_executable* executable, uint64_t* out_size) {
    return returnText(executable->name(), out_size);
}
int64_t optirs_pjrt_executable_num_outputs(const optirs_pjrt_executable* executable) {
    return executable->numOutputs();
}
int64_t optirs_pjrt_executable_num_devices(const optirs_pjrt_executable* executable) {
    return static_cast<int64_t>(executable->devices().size());
}
optirs_pjrt_device* optirs_pjrt_executable_device(const optirs_pjrt_executable* executable, int64_t index) {
    return deviceAt(executable->devices(), index);
}
int64_t optirs_pjrt_executable_num_replicas(const optirs_pjrt_executable* executable) {
    return executable->numReplicas();
}
int64_t optirs_pjrt_executable_num_partitions(const optirs_pjrt_executable* executable) {
    return executable->numPartitions();
}
optirs_error* optirs_pjrt_executable_output_type(const optirs_pjrt_executable* executable, int64_t index,
                                                 optirs_dtype* out_dtype, int64_t* out_rank) {
    return guard("optirs_pjrt_executable_output_type", [&] {
        Out dtype(out_dtype, "out_dtype");
        Out rank(out_rank, "out_rank");
        const pjrt::TensorType& type = required(executable, "executable")->outputType(index);
        dtype = type.dtype;
        rank = static_cast<int64_t>(type.dims.size());
    });
}
optirs_error* optirs_pjrt_executable_output_dims(const optirs_pjrt_executable* executable, int64_t index,
                                                 int64_t* out_dims, int64_t rank) {
    return guard("optirs_pjrt_executable_output_dims",
                 [&] { copyDims(required(executable, "executable")->outputType(index), out_dims, rank); });
}
optirs_error* optirs_pjrt_executable_memory_stats(const optirs_pjrt_executable* executable,
                                                  optirs_pjrt_executable_memory* out_memory) {
    return guard("optirs_pjrt_executable_memory_stats", [&] {
        Out out(out_memory, "out_memory");
        out = required(executable, "executable")->memory();
    });
}
optirs_error* optirs_pjrt_executable_code_size(const optirs_pjrt_executable* executable, int64_t* out_size) {
    return guard("optirs_pjrt_executable_code_size", [&] {
        Out out(out_size, "out_size");
        out = required(executable, "executable")->codeSize();
    });
}
optirs_error* optirs_pjrt_executable_num_costs(const optirs_pjrt_executable* executable, int64_t* out_count) {
    return guard("optirs_pjrt_executable_num_costs", [&] {
        Out out(out_count, "out_count");
        out = required(executable, "executable")->costs().size();
    });
}
optirs_error* optirs_pjrt_executable_cost(const optirs_pjrt_executable* executable, int64_t index,
                                          optirs_pjrt_named_value* out_value) {
    return guard("optirs_pjrt_executable_cost", [&] {
        Out out(out_value, "out_value");
        out = required(executable, "executable")->costs().at(index, "cost property");
    });
}
optirs_error* optirs_pjrt_executable_fingerprint(const optirs_pjrt_executable* executable,
                                                 const char** out_bytes, uint64_t* out_size) {
    return guard("optirs_pjrt_executable_fingerprint", [&] {
        Out bytes(out_bytes, "out_bytes");
        Out size(out_size, "out_size");
        const auto& text = required(executable, "executable")->fingerprint();
        bytes = text.data();
        size = text.size();
    });
}

// ---- Execution
// --------------------------------------------------------------------------------------------------

optirs_error* optirs_pjrt_executable_execute(optirs_pjrt_executable* executable,
                                             const optirs_pjrt_execute_options* options,
                                             optirs_pjrt_buffer* const* arguments, int64_t num_arguments,
                                             optirs_pjrt_buffer** results, int64_t num_results,
                                             optirs_completion done, void* context) {
    constexpr const char* kOperation = "optirs_pjrt_executable_execute";
    return guard(kOperation, [&] {
        const auto given = readOptions(options, optirs_pjrt_execute_options OPTIRS_PJRT_EXECUTE_OPTIONS_INIT);
        const pjrt::ExecuteRequest request{
            .arguments = requiredArray(arguments, num_arguments, "arguments"),
            .results = requiredArray(results, num_results, "results"),
            .not_donated = requiredArray(given.not_donated, given.not_donated_size, "not_donated"),
            .launch_id = given.launch_id,
            .operation = kOperation,
            .done = done,
            .context = context,
        };
        required(executable, "executable")->execution().run(request);
    });
}
