/**
 * @file
 * Compiling in steps that can be looked at and kept: the extension PhaseCompile. Every function here answers
 * UNIMPLEMENTED, naming the extension, where the plugin lacks it.
 */
#ifndef OPTIRS_PJRT_PHASES_H_
#define OPTIRS_PJRT_PHASES_H_

#include <optirs/pjrt_layouts.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes that are borrowed from the caller. */
typedef struct optirs_pjrt_blob {
    const uint8_t* data;
    uint64_t size;
} optirs_pjrt_blob;

/**
 * Names of the phases that the plugin's compiler has, in order.
 * @fallible
 * @param[in] plugin
 * @param[out] out_names @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_plugin_phase_names(optirs_pjrt_plugin* plugin,
                                                           optirs_pjrt_list** out_names);

/**
 * Runs phases on programs; what comes out can go into the next phase.
 * @fallible
 * @param[in] topology compiled for
 * @param[in] programs each a serialized PjRtPartialProgramProto
 * @param[in] num_programs @size_of{programs}
 * @param[in] phases names, in order
 * @param[in] num_phases @size_of{phases}
 * @param[in] options a serialized CompileOptionsProto
 * @param[in] options_size @size_of{options}
 * @param[out] out_programs @owned each a serialized PjRtPartialProgramProto
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_topology_run_phases(
    const optirs_pjrt_topology* topology, const optirs_pjrt_blob* programs, int64_t num_programs,
    const optirs_pjrt_blob* phases, int64_t num_phases, const uint8_t* options, uint64_t options_size,
    optirs_pjrt_list** out_programs);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_PHASES_H_ */
