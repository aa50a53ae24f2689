/**
 * @file
 * What only TPU plugins tell: the extensions TpuTopology and TpuExecutable. Every function here answers
 * UNIMPLEMENTED, naming the extension, where the plugin lacks it.
 */
#ifndef OPTIRS_PJRT_TPU_H_
#define OPTIRS_PJRT_TPU_H_

#include <optirs/pjrt_phases.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Topologies ----------------------------------------------------------------------------- */

/** A number of things in a TPU topology. Devices and cores are those of the default type. */
typedef int32_t optirs_pjrt_tpu_count;
enum {
    OPTIRS_PJRT_TPU_PROCESSES = 0,
    OPTIRS_PJRT_TPU_CHIPS = 1,
    OPTIRS_PJRT_TPU_CHIPS_PER_PROCESS = 2,
    OPTIRS_PJRT_TPU_CORES = 3,
    OPTIRS_PJRT_TPU_CORES_PER_CHIP = 4,
    OPTIRS_PJRT_TPU_CORES_PER_PROCESS = 5,
    OPTIRS_PJRT_TPU_DEVICES = 6,
    OPTIRS_PJRT_TPU_DEVICES_PER_CHIP = 7,
    OPTIRS_PJRT_TPU_DEVICES_PER_PROCESS = 8
};

/** Something that is so or not in a TPU topology. */
typedef int32_t optirs_pjrt_tpu_flag;
enum {
    OPTIRS_PJRT_TPU_IS_SUBSLICE = 0,          /**< a part of a larger topology */
    OPTIRS_PJRT_TPU_HAS_ENHANCED_BARRIER = 1, /**< the enhanced barrier is enabled */
    OPTIRS_PJRT_TPU_HAS_LIMITED_ICI = 2       /**< not every chip reaches every other one directly */
};

/** An extent in up to three dimensions and more. */
typedef int32_t optirs_pjrt_tpu_bounds;
enum {
    OPTIRS_PJRT_TPU_CHIP_BOUNDS = 0,              /**< chips of the topology */
    OPTIRS_PJRT_TPU_CHIPS_PER_PROCESS_BOUNDS = 1, /**< chips of one process */
    OPTIRS_PJRT_TPU_PROCESS_BOUNDS = 2            /**< processes of the topology */
};

/** Coordinates or bounds. */
typedef struct optirs_pjrt_tpu_point {
    int32_t values[8]; /**< the first `rank` */
    int32_t rank;      /**< number of dimensions */
    int32_t index;     /**< of a device on its chip; else zero */
} optirs_pjrt_tpu_point;

/** Where a chip or a device is. */
typedef struct optirs_pjrt_tpu_place {
    int32_t process_id;
    int32_t index; /**< on the process */
} optirs_pjrt_tpu_place;

/** The shape of a slice. */
typedef struct optirs_pjrt_tpu_slice {
    int32_t dims[4];  /**< chips, the first `rank` */
    uint8_t wraps[4]; /**< 1 where the dimension is a ring */
    int32_t rank;     /**< number of dimensions */
    uint8_t is_twisted;
    uint8_t reserved[3]; /**< zero */
} optirs_pjrt_tpu_slice;

/**
 * A number of things in a topology.
 * @fallible
 * @param[in] topology
 * @param[in] what OPTIRS_PJRT_TPU_*
 * @param[out] out_count
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_topology_count(const optirs_pjrt_topology* topology,
                                                           optirs_pjrt_tpu_count what, int32_t* out_count);

/**
 * Whether something is so.
 * @fallible
 * @param[in] topology
 * @param[in] what OPTIRS_PJRT_TPU_*
 * @param[out] out_is 1 or 0
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_topology_flag(const optirs_pjrt_topology* topology,
                                                          optirs_pjrt_tpu_flag what, uint8_t* out_is);

/**
 * Bounds in each dimension.
 * @fallible
 * @param[in] topology
 * @param[in] what OPTIRS_PJRT_TPU_*_BOUNDS
 * @param[out] out_bounds
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_topology_bounds(const optirs_pjrt_topology* topology,
                                                            optirs_pjrt_tpu_bounds what,
                                                            optirs_pjrt_tpu_point* out_bounds);

/**
 * Ids of the processes. Errors: what the plugin reports where there is too little room.
 * @fallible
 * @param[in] topology
 * @param[out] out_ids
 * @param[in] capacity @size_of{out_ids} OPTIRS_PJRT_TPU_PROCESSES are enough
 * @param[out] out_count how many were written
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_topology_process_ids(const optirs_pjrt_topology* topology,
                                                                 int32_t* out_ids, int64_t capacity,
                                                                 int64_t* out_count);

/**
 * Ids of the devices of a process. Errors: what the plugin reports where there is too little room.
 * @fallible
 * @param[in] topology
 * @param[in] process_id
 * @param[out] out_ids
 * @param[in] capacity @size_of{out_ids} OPTIRS_PJRT_TPU_DEVICES_PER_PROCESS are enough
 * @param[out] out_count how many were written
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_topology_device_ids(const optirs_pjrt_topology* topology,
                                                                int32_t process_id, int32_t* out_ids,
                                                                int64_t capacity, int64_t* out_count);

/**
 * The process of a chip, and which one of its chips it is.
 * @fallible
 * @param[in] topology
 * @param[in] chip_id
 * @param[out] out_place
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_topology_place_of_chip(const optirs_pjrt_topology* topology,
                                                                   int32_t chip_id,
                                                                   optirs_pjrt_tpu_place* out_place);

/**
 * The process of a device, and which one of its devices it is.
 * @fallible
 * @param[in] topology
 * @param[in] device_id
 * @param[out] out_place
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_topology_place_of_device(const optirs_pjrt_topology* topology,
                                                                     int32_t device_id,
                                                                     optirs_pjrt_tpu_place* out_place);

/**
 * Coordinates of a process.
 * @fallible
 * @param[in] topology
 * @param[in] process_id
 * @param[out] out_coords
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_topology_process_coords(const optirs_pjrt_topology* topology,
                                                                    int32_t process_id,
                                                                    optirs_pjrt_tpu_point* out_coords);

/**
 * Coordinates of a device's chip, and its index on that.
 * @fallible
 * @param[in] topology
 * @param[in] device_id
 * @param[out] out_coords
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_topology_device_coords(const optirs_pjrt_topology* topology,
                                                                   int32_t device_id,
                                                                   optirs_pjrt_tpu_point* out_coords);

/**
 * The chip at coordinates.
 * @fallible
 * @param[in] topology
 * @param[in] coords
 * @param[in] rank @size_of{coords}
 * @param[out] out_chip_id
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_topology_chip_at(const optirs_pjrt_topology* topology,
                                                             const int32_t* coords, int64_t rank,
                                                             int32_t* out_chip_id);

/**
 * The device at coordinates.
 * @fallible
 * @param[in] topology
 * @param[in] coords of the chip
 * @param[in] rank @size_of{coords}
 * @param[in] index of the device on its chip
 * @param[out] out_device_id
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_topology_device_at(const optirs_pjrt_topology* topology,
                                                               const int32_t* coords, int64_t rank,
                                                               int32_t index, int32_t* out_device_id);

/**
 * Whether a chip reaches another one directly where the interconnect is limited.
 * @fallible
 * @param[in] topology
 * @param[in] source_chip
 * @param[in] destination_chip
 * @param[out] out_is_reachable 1 or 0
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_topology_reaches(const optirs_pjrt_topology* topology,
                                                             int32_t source_chip, int32_t destination_chip,
                                                             uint8_t* out_is_reachable);

/**
 * A part of a topology.
 * @fallible
 * @param[in] topology
 * @param[in] chips_per_host
 * @param[in] chips_rank @size_of{chips_per_host}
 * @param[in] hosts
 * @param[in] hosts_rank @size_of{hosts}
 * @param[out] out_subslice @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_topology_subslice(const optirs_pjrt_topology* topology,
                                                              const int32_t* chips_per_host,
                                                              int64_t chips_rank, const int32_t* hosts,
                                                              int64_t hosts_rank,
                                                              optirs_pjrt_topology** out_subslice);

/**
 * The same topology with hosts arranged differently.
 * @fallible
 * @param[in] topology
 * @param[in] hosts
 * @param[in] rank @size_of{hosts}
 * @param[out] out_topology @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_topology_with_hosts(const optirs_pjrt_topology* topology,
                                                                const int32_t* hosts, int64_t rank,
                                                                optirs_pjrt_topology** out_topology);

/**
 * The id that a device of the whole has in a part.
 * @fallible
 * @param[in] topology the whole
 * @param[in] subslice the part
 * @param[in] origin where the part begins
 * @param[in] rank @size_of{origin}
 * @param[in] device_id in the whole
 * @param[out] out_device_id in the part
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_topology_subslice_device(const optirs_pjrt_topology* topology,
                                                                     const optirs_pjrt_topology* subslice,
                                                                     const int32_t* origin, int64_t rank,
                                                                     int32_t device_id,
                                                                     int32_t* out_device_id);

/**
 * Name of the way that messages are routed.
 * @fallible
 * @param[in] topology
 * @param[out] out_text @owned UTF-8
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_topology_routing(const optirs_pjrt_topology* topology,
                                                             optirs_pjrt_bytes** out_text);

/**
 * The shape of a slice by name.
 * @fallible
 * @param[in] plugin
 * @param[in] platform UTF-8, a type of TPU
 * @param[in] platform_size @size_of{platform}
 * @param[in] name UTF-8
 * @param[in] name_size @size_of{name}
 * @param[out] out_slice
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_slice_find(optirs_pjrt_plugin* plugin, const char* platform,
                                                       uint64_t platform_size, const char* name,
                                                       uint64_t name_size, optirs_pjrt_tpu_slice* out_slice);

/**
 * All slices of a type of TPU.
 * @fallible
 * @param[in] plugin
 * @param[in] platform UTF-8, a type of TPU
 * @param[in] platform_size @size_of{platform}
 * @param[out] out_slices
 * @param[in] capacity @size_of{out_slices}
 * @param[out] out_count how many there are, of which at most capacity were written
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_slices(optirs_pjrt_plugin* plugin, const char* platform,
                                                   uint64_t platform_size, optirs_pjrt_tpu_slice* out_slices,
                                                   int64_t capacity, int64_t* out_count);

/**
 * Chips of a tray and trays of a host, by type of TPU.
 * @fallible
 * @param[in] plugin
 * @param[in] platform UTF-8, a type of TPU
 * @param[in] platform_size @size_of{platform}
 * @param[out] out_chips_per_tray
 * @param[out] out_trays
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_default_host(optirs_pjrt_plugin* plugin, const char* platform,
                                                         uint64_t platform_size, int64_t* out_chips_per_tray,
                                                         int64_t* out_trays);

/* ---- Programs ------------------------------------------------------------------------------- */

/** A part of a serialized TPU program, or of its options. */
typedef int32_t optirs_pjrt_tpu_part;
enum {
    OPTIRS_PJRT_TPU_TARGET_ARGUMENTS = 0,       /**< of a serialized program */
    OPTIRS_PJRT_TPU_HLO_MODULE = 1,             /**< an HloModuleProtoWithConfig, of a serialized program */
    OPTIRS_PJRT_TPU_MEMORY_STATS = 2,           /**< a CompiledMemoryStatsProto, of a serialized program */
    OPTIRS_PJRT_TPU_COMPILATION_ENVIRONMENT = 3 /**< CompilationEnvironmentsProto with TPU's own filled in */
};

/**
 * A message out of a message.
 * @fallible
 * @param[in] plugin
 * @param[in] part OPTIRS_PJRT_TPU_*
 * @param[in] bytes what the part says
 * @param[in] size @size_of{bytes}
 * @param[out] out_part @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_program_part(optirs_pjrt_plugin* plugin,
                                                         optirs_pjrt_tpu_part part, const uint8_t* bytes,
                                                         uint64_t size, optirs_pjrt_bytes** out_part);

/**
 * A field of TPU's compilation environment as text.
 * @fallible
 * @param[in] plugin
 * @param[in] environments a serialized CompilationEnvironmentsProto
 * @param[in] environments_size @size_of{environments}
 * @param[in] field UTF-8
 * @param[in] field_size @size_of{field}
 * @param[out] out_text @owned UTF-8
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_environment_field(optirs_pjrt_plugin* plugin,
                                                              const uint8_t* environments,
                                                              uint64_t environments_size, const char* field,
                                                              uint64_t field_size,
                                                              optirs_pjrt_bytes** out_text);

/**
 * Costs of a program before it is compiled.
 * @fallible
 * @param[in] plugin
 * @param[in] target_arguments as OPTIRS_PJRT_TPU_TARGET_ARGUMENTS
 * @param[in] target_arguments_size @size_of{target_arguments}
 * @param[in] modules each a serialized HloModuleProto
 * @param[in] num_modules @size_of{modules}
 * @param[out] out_costs @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_cost_analysis(
    optirs_pjrt_plugin* plugin, const uint8_t* target_arguments, uint64_t target_arguments_size,
    const optirs_pjrt_blob* modules, int64_t num_modules, optirs_pjrt_values** out_costs);

/** A question about an error of a TPU. */
typedef int32_t optirs_pjrt_tpu_error_question;
enum {
    OPTIRS_PJRT_TPU_ERROR_IS_PREDETERMINED = 0, /**< it would come again */
    OPTIRS_PJRT_TPU_ERROR_IS_CANCELLATION = 1   /**< it stands for a cancellation only */
};

/**
 * Asks about an error.
 * @fallible
 * @param[in] plugin
 * @param[in] question OPTIRS_PJRT_TPU_ERROR_*
 * @param[in] status a serialized StatusProto
 * @param[in] status_size @size_of{status}
 * @param[out] out_is 1 or 0
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_tpu_error_ask(optirs_pjrt_plugin* plugin,
                                                      optirs_pjrt_tpu_error_question question,
                                                      const uint8_t* status, uint64_t status_size,
                                                      uint8_t* out_is);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_TPU_H_ */
