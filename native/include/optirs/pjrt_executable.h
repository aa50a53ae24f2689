/**
 * @file
 * Programs: compiled, described, serialized, loaded.
 */
#ifndef OPTIRS_PJRT_EXECUTABLE_H_
#define OPTIRS_PJRT_EXECUTABLE_H_

#include <optirs/pjrt_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Language of the program given to optirs_pjrt_executable_compile. */
typedef int32_t optirs_pjrt_program_format;
enum {
    OPTIRS_PJRT_PROGRAM_MLIR = 0, /**< StableHLO, as text or as portable bytecode */
    OPTIRS_PJRT_PROGRAM_HLO = 1   /**< a serialized HloModuleProto */
};

/** Options of a compilation; start from OPTIRS_PJRT_COMPILE_OPTIONS_INIT. */
typedef struct optirs_pjrt_compile_options {
    size_t struct_size;
    int64_t num_replicas;             /**< >= 1 */
    int64_t num_partitions;           /**< >= 1 */
    const int64_t* device_assignment; /**< ids, [num_replicas x num_partitions]; NULL: the plugin's */
    int64_t device_assignment_size;   /**< elements of device_assignment, or 0 */
    const uint8_t* extra_options;     /**< bytes of a CompileOptionsProto, merged over the above */
    uint64_t extra_options_size;      /**< bytes */
    optirs_pjrt_program_format format;
    uint8_t use_spmd_partitioning; /**< 1: one program, its arguments sharded over partitions */
    uint8_t reserved[3];           /**< zero */
} optirs_pjrt_compile_options;

/** One replica, one partition, StableHLO. */
#define OPTIRS_PJRT_COMPILE_OPTIONS_INIT \
    {sizeof(optirs_pjrt_compile_options), 1, 1, NULL, 0, NULL, 0, OPTIRS_PJRT_PROGRAM_MLIR, 0, {0, 0, 0}}

/**
 * Compiles a program and loads it on its devices. Blocks while the plugin compiles.
 * Errors: INVALID_ARGUMENT (empty program, counts below 1, assignment of another size), or what
 * the plugin's compiler reports.
 * @fallible
 * @param[in] client
 * @param[in] program text or bytes
 * @param[in] program_size @size_of{program}
 * @param[in] options NULL means OPTIRS_PJRT_COMPILE_OPTIONS_INIT
 * @param[out] out_executable @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_compile(optirs_pjrt_client* client, const char* program,
                                                           uint64_t program_size,
                                                           const optirs_pjrt_compile_options* options,
                                                           optirs_pjrt_executable** out_executable);

/**
 * Adds a reference.
 * @param[in] executable NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_executable_retain(optirs_pjrt_executable* executable);

/**
 * Drops a reference. Calls in flight finish.
 * @param[in] executable @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_executable_release(optirs_pjrt_executable* executable);

/**
 * Name of the program.
 * @param[in] executable
 * @param[out] out_size bytes
 * @return @borrowed UTF-8, valid as long as the executable
 */
OPTIRS_EXPORT const char* optirs_pjrt_executable_name(const optirs_pjrt_executable* executable,
                                                      uint64_t* out_size);

/**
 * Number of results per device.
 * @fast
 * @param[in] executable
 */
OPTIRS_EXPORT int64_t optirs_pjrt_executable_num_outputs(const optirs_pjrt_executable* executable);

/**
 * Number of addressable devices that one execution runs on.
 * @fast
 * @param[in] executable
 */
OPTIRS_EXPORT int64_t optirs_pjrt_executable_num_devices(const optirs_pjrt_executable* executable);

/**
 * Device `index` of an execution; its arguments are the index-th row. NULL where out of range.
 * @param[in] executable
 * @param[in] index 0 <= index < num_devices
 * @return @borrowed valid as long as the client
 */
OPTIRS_EXPORT optirs_pjrt_device* optirs_pjrt_executable_device(const optirs_pjrt_executable* executable,
                                                                int64_t index);

/**
 * Number of replicas compiled for.
 * @fast
 * @param[in] executable
 */
OPTIRS_EXPORT int64_t optirs_pjrt_executable_num_replicas(const optirs_pjrt_executable* executable);

/**
 * Number of partitions compiled for.
 * @fast
 * @param[in] executable
 */
OPTIRS_EXPORT int64_t optirs_pjrt_executable_num_partitions(const optirs_pjrt_executable* executable);

/**
 * Element type and number of dimensions of result `index`.
 * Errors: OUT_OF_RANGE, UNIMPLEMENTED where the plugin does not say.
 * @fallible
 * @param[in] executable
 * @param[in] index 0 <= index < num_outputs
 * @param[out] out_dtype OPTIRS_DTYPE_*
 * @param[out] out_rank number of dimensions
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_output_type(const optirs_pjrt_executable* executable,
                                                               int64_t index, optirs_dtype* out_dtype,
                                                               int64_t* out_rank);

/**
 * Extents of result `index`; of a dimension whose size the program computes, its bound: the buffer tells how
 * much is there. Errors: OUT_OF_RANGE, INVALID_ARGUMENT (another rank), UNIMPLEMENTED.
 * @fallible
 * @param[in] executable
 * @param[in] index 0 <= index < num_outputs
 * @param[out] out_dims `rank` extents
 * @param[in] rank @size_of{out_dims}
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_output_dims(const optirs_pjrt_executable* executable,
                                                               int64_t index, int64_t* out_dims,
                                                               int64_t rank);

/** Memory that one execution needs on a device, in bytes. */
typedef struct optirs_pjrt_executable_memory {
    int64_t generated_code_bytes;
    int64_t argument_bytes;
    int64_t output_bytes;
    int64_t alias_bytes; /**< output bytes that live in donated arguments */
    int64_t temporary_bytes;
    int64_t peak_bytes; /**< -1 where the plugin does not say */
    int64_t host_generated_code_bytes;
    int64_t host_argument_bytes;
    int64_t host_output_bytes;
    int64_t host_alias_bytes;
    int64_t host_temporary_bytes;
} optirs_pjrt_executable_memory;

/**
 * Memory analysis of the compiled program. Errors: UNIMPLEMENTED where the plugin has none.
 * @fallible
 * @param[in] executable
 * @param[out] out_memory bytes
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_memory_stats(const optirs_pjrt_executable* executable,
                                                                optirs_pjrt_executable_memory* out_memory);

/**
 * Size of the machine code.
 * @fallible
 * @param[in] executable
 * @param[out] out_size bytes
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_code_size(const optirs_pjrt_executable* executable,
                                                             int64_t* out_size);

/**
 * Number of properties of the cost analysis. Errors: UNIMPLEMENTED where the plugin has none.
 * @fallible
 * @param[in] executable
 * @param[out] out_count number of properties
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_num_costs(const optirs_pjrt_executable* executable,
                                                             int64_t* out_count);

/**
 * Property `index` of the cost analysis, e.g. "flops". Errors: OUT_OF_RANGE, UNIMPLEMENTED.
 * @fallible
 * @param[in] executable
 * @param[in] index 0 <= index < num_costs
 * @param[out] out_value pointers in it are borrowed from the executable
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_cost(const optirs_pjrt_executable* executable,
                                                        int64_t index, optirs_pjrt_named_value* out_value);

/**
 * Fingerprint of the compiled program: equal programs have equal bytes.
 * Errors: UNIMPLEMENTED where the plugin has none.
 * @fallible
 * @param[in] executable
 * @param[out] out_bytes borrowed from the executable
 * @param[out] out_size bytes
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_fingerprint(const optirs_pjrt_executable* executable,
                                                               const char** out_bytes, uint64_t* out_size);
/* ---- More about a program ------------------------------------------------------------------- */

/**
 * Kind of the memory that result `index` is put in. Errors: OUT_OF_RANGE, UNIMPLEMENTED.
 * @fallible
 * @param[in] executable
 * @param[in] index 0 <= index < num_outputs
 * @param[out] out_kind UTF-8, borrowed from the executable
 * @param[out] out_size bytes
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_output_memory_kind(
    const optirs_pjrt_executable* executable, int64_t index, const char** out_kind, uint64_t* out_size);

/**
 * Number of parameters whose memory kinds are known. Errors: UNIMPLEMENTED.
 * @fallible
 * @param[in] executable
 * @param[out] out_count
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_num_parameters(const optirs_pjrt_executable* executable,
                                                                  int64_t* out_count);

/**
 * Kind of the memory that argument `index` is expected in. Errors: OUT_OF_RANGE, UNIMPLEMENTED.
 * @fallible
 * @param[in] executable
 * @param[in] index 0 <= index < num_parameters
 * @param[out] out_kind UTF-8, borrowed from the executable
 * @param[out] out_size bytes
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_parameter_memory_kind(
    const optirs_pjrt_executable* executable, int64_t index, const char** out_kind, uint64_t* out_size);

/**
 * The program after the plugin's passes. Errors: UNIMPLEMENTED.
 * @fallible
 * @param[in] executable
 * @param[out] out_program @owned
 * @param[out] out_format "mlir", "hlo" or "hlo_with_config"; borrowed from the executable
 * @param[out] out_format_size bytes
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_optimized_program(const optirs_pjrt_executable* executable,
                                                                     optirs_pjrt_bytes** out_program,
                                                                     const char** out_format,
                                                                     uint64_t* out_format_size);

/**
 * The options that the program was compiled with, a CompileOptionsProto. Errors: UNIMPLEMENTED.
 * @fallible
 * @param[in] executable
 * @param[out] out_options @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_compile_options(const optirs_pjrt_executable* executable,
                                                                   optirs_pjrt_bytes** out_options);

/**
 * The devices of all replicas and partitions, a DeviceAssignmentProto.
 * Errors: FAILED_PRECONDITION (not loaded), UNIMPLEMENTED.
 * @fallible
 * @param[in] executable
 * @param[out] out_assignment @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_device_assignment(const optirs_pjrt_executable* executable,
                                                                     optirs_pjrt_bytes** out_assignment);

/**
 * Which replica and which partition device `index` runs. Errors: OUT_OF_RANGE, UNIMPLEMENTED.
 * @fallible
 * @param[in] executable
 * @param[in] index 0 <= index < num_devices
 * @param[out] out_replica
 * @param[out] out_partition
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_logical_ids(const optirs_pjrt_executable* executable,
                                                               int64_t index, int32_t* out_replica,
                                                               int32_t* out_partition);

/**
 * 1 where the program can be executed; 0 where it was compiled for a topology only.
 * @fast
 * @param[in] executable
 */
OPTIRS_EXPORT uint8_t optirs_pjrt_executable_is_loaded(const optirs_pjrt_executable* executable);

/**
 * Takes the program from its devices; calls in flight finish, later ones fail.
 * @fallible
 * @param[in] executable
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_delete(optirs_pjrt_executable* executable);

/**
 * Whether the program was taken from its devices.
 * @fallible
 * @param[in] executable
 * @param[out] out_is_deleted 1 or 0
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_is_deleted(const optirs_pjrt_executable* executable,
                                                              uint8_t* out_is_deleted);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_EXECUTABLE_H_ */
