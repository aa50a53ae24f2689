/**
 * @file
 * Profiling inside a plugin: its extension Profiler.
 */
#ifndef OPTIRS_PJRT_PROFILER_H_
#define OPTIRS_PJRT_PROFILER_H_

#include <optirs/pjrt_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One recording of what a plugin does. Thread-safe. */
typedef struct optirs_pjrt_profiler optirs_pjrt_profiler;

/**
 * Makes a profiler; it records nothing yet. Errors: UNIMPLEMENTED where the plugin has no extension Profiler.
 * @fallible
 * @param[in] plugin
 * @param[in] options a serialized ProfileOptions, or empty for the plugin's defaults
 * @param[in] options_size @size_of{options}
 * @param[out] out_profiler @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_profiler_create(optirs_pjrt_plugin* plugin, const uint8_t* options,
                                                        uint64_t options_size,
                                                        optirs_pjrt_profiler** out_profiler);

/**
 * Adds a reference.
 * @param[in] profiler NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_profiler_retain(optirs_pjrt_profiler* profiler);

/**
 * Drops a reference.
 * @param[in] profiler @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_profiler_release(optirs_pjrt_profiler* profiler);

/**
 * Begins to record.
 * @fallible
 * @param[in] profiler
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_profiler_start(optirs_pjrt_profiler* profiler);

/**
 * Ends the recording.
 * @fallible
 * @param[in] profiler
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_profiler_stop(optirs_pjrt_profiler* profiler);

/**
 * What was recorded between start and stop: a serialized XSpace (planes of lines of events, times in
 * nanoseconds since 1970 and picoseconds from there).
 * @fallible
 * @param[in] profiler
 * @param[out] out_space @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_profiler_collect(optirs_pjrt_profiler* profiler,
                                                         optirs_pjrt_bytes** out_space);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_PROFILER_H_ */
