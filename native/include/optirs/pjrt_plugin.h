/**
 * @file
 * Plugins: found, loaded, asked for their version.
 */
#ifndef OPTIRS_PJRT_PLUGIN_H_
#define OPTIRS_PJRT_PLUGIN_H_

#include <optirs/pjrt_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Loads a plugin and initialises it.
 *
 * A text with a '/' or ending in ".so" is a path. Any other text is a name, looked up among the
 * candidates of optirs_pjrt_discovery_create ("tpu", "cuda", "cpu", or a name that
 * PJRT_NAMES_AND_LIBRARY_PATHS defines). An empty text takes the file that OPTIRS_PJRT_PLUGIN
 * names or, where that is not set, the first candidate that loads.
 * Loading the same file again gives the same plugin.
 *
 * Errors: NOT_FOUND (no such file or name, or no candidate loads; the message holds the table of
 * what was tried), INVALID_ARGUMENT (not a shared library, or no GetPjrtApi),
 * FAILED_PRECONDITION (another major version, a minor version below 40 or with a table layout of
 * its own, or a dependency that is missing, which is named), or what the plugin's own
 * initialisation reported.
 *
 * @fallible
 * @param[in] name_or_path UTF-8
 * @param[in] name_or_path_size @size_of{name_or_path}
 * @param[out] out_plugin @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_plugin_load(const char* name_or_path, uint64_t name_or_path_size,
                                                    optirs_pjrt_plugin** out_plugin);

/**
 * Adds a reference.
 * @param[in] plugin NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_plugin_retain(optirs_pjrt_plugin* plugin);

/**
 * Drops a reference.
 * @param[in] plugin @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_plugin_release(optirs_pjrt_plugin* plugin);

/**
 * Absolute path of the plugin's file.
 * @param[in] plugin
 * @param[out] out_size bytes
 * @return @borrowed UTF-8, valid as long as the plugin
 */
OPTIRS_EXPORT const char* optirs_pjrt_plugin_path(const optirs_pjrt_plugin* plugin, uint64_t* out_size);

/**
 * Major version of the C API that the plugin speaks.
 * @fast
 * @param[in] plugin
 */
OPTIRS_EXPORT int32_t optirs_pjrt_plugin_api_major(const optirs_pjrt_plugin* plugin);

/**
 * Minor version of the C API that the plugin speaks.
 * @fast
 * @param[in] plugin
 */
OPTIRS_EXPORT int32_t optirs_pjrt_plugin_api_minor(const optirs_pjrt_plugin* plugin);

/**
 * 1 where the plugin offers a function of the C API, for example "PJRT_Client_DmaMap"; else 0.
 * @param[in] plugin
 * @param[in] name UTF-8
 * @param[in] name_size @size_of{name}
 */
OPTIRS_EXPORT uint8_t optirs_pjrt_plugin_has_function(const optirs_pjrt_plugin* plugin, const char* name,
                                                      uint64_t name_size);

/**
 * Number of attributes that the plugin states about itself.
 * @fast
 * @param[in] plugin
 */
OPTIRS_EXPORT int64_t optirs_pjrt_plugin_num_attributes(const optirs_pjrt_plugin* plugin);

/**
 * Attribute `index`. Errors: OUT_OF_RANGE.
 * @fallible
 * @param[in] plugin
 * @param[in] index 0 <= index < num_attributes
 * @param[out] out_value pointers in it are borrowed from the plugin
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_plugin_attribute(const optirs_pjrt_plugin* plugin, int64_t index,
                                                         optirs_pjrt_named_value* out_value);

/**
 * Number of extensions in the plugin's list.
 * @fast
 * @param[in] plugin
 */
OPTIRS_EXPORT int64_t optirs_pjrt_plugin_num_extensions(const optirs_pjrt_plugin* plugin);

/**
 * Type number and name of extension `index`; an extension newer than this library is "unknown".
 * Errors: OUT_OF_RANGE.
 * @fallible
 * @param[in] plugin
 * @param[in] index 0 <= index < num_extensions
 * @param[out] out_type number of PJRT_Extension_Type
 * @param[out] out_name UTF-8, static
 * @param[out] out_name_size bytes
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_plugin_extension(const optirs_pjrt_plugin* plugin, int64_t index,
                                                         int32_t* out_type, const char** out_name,
                                                         uint64_t* out_name_size);

/* ---- Discovery ----------------------------------------------------------------------------- */

/** What is known of a candidate without loading it. */
typedef int32_t optirs_pjrt_candidate_state;
enum {
    OPTIRS_PJRT_CANDIDATE_MISSING = 0, /**< no such file, or the source is not set */
    OPTIRS_PJRT_CANDIDATE_FOUND = 1,   /**< the file exists */
    OPTIRS_PJRT_CANDIDATE_LOADED = 2   /**< already loaded in this process */
};

/** One place where a plugin may be. All strings are borrowed from the discovery. */
typedef struct optirs_pjrt_candidate {
    const char* name; /**< "tpu", "cuda", "cpu", or a name that the user gave */
    uint64_t name_size;
    const char* source; /**< where the path comes from, e.g. "OPTIRS_PJRT_PLUGIN" */
    uint64_t source_size;
    const char* path; /**< absolute; empty where the source gives none */
    uint64_t path_size;
    const char* note; /**< one sentence on why it is missing; else empty */
    uint64_t note_size;
    optirs_pjrt_candidate_state state;
    int32_t reserved; /**< zero */
} optirs_pjrt_candidate;

/**
 * Lists the places where plugins are looked for, in order: OPTIRS_PJRT_PLUGIN;
 * PJRT_NAMES_AND_LIBRARY_PATHS ("name:path,name:path"); TPU_LIBRARY_PATH; libtpu and the jax-cuda
 * plugins of the active Python environment; the folder of this library and of the program, which
 * hold the embedded plugin. Opens no library.
 * @fallible
 * @param[out] out_discovery @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_discovery_create(optirs_pjrt_discovery** out_discovery);

/**
 * Adds a reference.
 * @param[in] discovery NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_discovery_retain(optirs_pjrt_discovery* discovery);

/**
 * Drops a reference.
 * @param[in] discovery @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_discovery_release(optirs_pjrt_discovery* discovery);

/**
 * Number of candidates.
 * @fast
 * @param[in] discovery
 */
OPTIRS_EXPORT int64_t optirs_pjrt_discovery_num_candidates(const optirs_pjrt_discovery* discovery);

/**
 * Candidate `index`. Errors: OUT_OF_RANGE.
 * @fallible
 * @param[in] discovery
 * @param[in] index 0 <= index < num_candidates
 * @param[out] out_candidate strings in it are borrowed from the discovery
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_discovery_candidate(const optirs_pjrt_discovery* discovery,
                                                            int64_t index,
                                                            optirs_pjrt_candidate* out_candidate);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_PLUGIN_H_ */
