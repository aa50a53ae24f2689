// optirs/pjrt_executable.h: validation and translation only.
#include <optirs/pjrt_executable.h>

#include "src/abi/pjrt_arguments.h"
#include "src/abi/pjrt_compile_arguments.h"
#include "src/pjrt/executable.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

optirs_error* optirs_pjrt_executable_compile(optirs_pjrt_client* client, const char* program,
                                             uint64_t program_size,
                                             const optirs_pjrt_compile_options* options,
                                             optirs_pjrt_executable** out_executable) {
    return guard("optirs_pjrt_executable_compile", [&] {
        Out out(out_executable, "out_executable");
        const CompileArguments arguments(options);
        out = pjrt::compile(*required(client, "client"), requiredText(program, program_size, "program"),
                            arguments.format, arguments.options);
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
    return itemAt(executable->devices(), index);
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
optirs_error* optirs_pjrt_executable_output_memory_kind(const optirs_pjrt_executable* executable,
                                                        int64_t index, const char** out_kind,
                                                        uint64_t* out_size) {
    return guard("optirs_pjrt_executable_output_memory_kind", [&] {
        OutText out(out_kind, out_size, "out_kind");
        out = required(executable, "executable")->outputMemoryKind(index);
    });
}
optirs_error* optirs_pjrt_executable_num_parameters(const optirs_pjrt_executable* executable,
                                                    int64_t* out_count) {
    return guard("optirs_pjrt_executable_num_parameters", [&] {
        Out out(out_count, "out_count");
        out = required(executable, "executable")->numParameters();
    });
}
optirs_error* optirs_pjrt_executable_parameter_memory_kind(const optirs_pjrt_executable* executable,
                                                           int64_t index, const char** out_kind,
                                                           uint64_t* out_size) {
    return guard("optirs_pjrt_executable_parameter_memory_kind", [&] {
        OutText out(out_kind, out_size, "out_kind");
        out = required(executable, "executable")->parameterMemoryKind(index);
    });
}
optirs_error* optirs_pjrt_executable_optimized_program(const optirs_pjrt_executable* executable,
                                                       optirs_pjrt_bytes** out_program,
                                                       const char** out_format, uint64_t* out_format_size) {
    return guard("optirs_pjrt_executable_optimized_program", [&] {
        Out program(out_program, "out_program");
        OutText format(out_format, out_format_size, "out_format");
        auto optimized = required(executable, "executable")->optimizedProgram();
        format = optimized.format;
        program = std::move(optimized.code);
    });
}
optirs_error* optirs_pjrt_executable_compile_options(const optirs_pjrt_executable* executable,
                                                     optirs_pjrt_bytes** out_options) {
    return guard("optirs_pjrt_executable_compile_options", [&] {
        Out out(out_options, "out_options");
        out = required(executable, "executable")->compileOptions();
    });
}
optirs_error* optirs_pjrt_executable_device_assignment(const optirs_pjrt_executable* executable,
                                                       optirs_pjrt_bytes** out_assignment) {
    return guard("optirs_pjrt_executable_device_assignment", [&] {
        Out out(out_assignment, "out_assignment");
        out = required(executable, "executable")->deviceAssignment();
    });
}
optirs_error* optirs_pjrt_executable_logical_ids(const optirs_pjrt_executable* executable, int64_t index,
                                                 int32_t* out_replica, int32_t* out_partition) {
    return guard("optirs_pjrt_executable_logical_ids", [&] {
        Out replica(out_replica, "out_replica");
        Out partition(out_partition, "out_partition");
        const auto ids = required(executable, "executable")->logicalIds(index);
        replica = ids.replica;
        partition = ids.partition;
    });
}
uint8_t optirs_pjrt_executable_is_loaded(const optirs_pjrt_executable* executable) {
    return executable->isLoaded() ? 1 : 0;
}
optirs_error* optirs_pjrt_executable_delete(optirs_pjrt_executable* executable) {
    return guard("optirs_pjrt_executable_delete",
                 [&] { required(executable, "executable")->deleteProgram(); });
}
optirs_error* optirs_pjrt_executable_is_deleted(const optirs_pjrt_executable* executable,
                                                uint8_t* out_is_deleted) {
    return guard("optirs_pjrt_executable_is_deleted", [&] {
        Out out(out_is_deleted, "out_is_deleted");
        out = required(executable, "executable")->isDeleted() ? 1 : 0;
    });
}
