/**
 * @file
 * Functions of the user's own inside programs (stablehlo.custom_call): the extensions Gpu_Custom_Call and
 * FFI. Every function here answers UNIMPLEMENTED, naming the extension, where the plugin lacks it.
 */
#ifndef OPTIRS_PJRT_CUSTOM_CALL_H_
#define OPTIRS_PJRT_CUSTOM_CALL_H_

#include <optirs/pjrt_execution.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How a custom call is called. */
typedef int32_t optirs_pjrt_custom_call_version;
enum {
    /** `void (*)(void* stream, void** buffers, const char* config, size_t config_size)`: operands, then
       results. */
    OPTIRS_PJRT_CUSTOM_CALL_UNTYPED = 0,
    /** XLA's typed FFI: each stage is an XLA_FFI_Handler. */
    OPTIRS_PJRT_CUSTOM_CALL_FFI = 1
};

/** A custom call; functions stay valid until the process ends. */
typedef struct optirs_pjrt_custom_call {
    size_t struct_size; /**< sizeof(optirs_pjrt_custom_call) */
    void* execute;      /**< what runs */
    void* instantiate;  /**< FFI only; NULL: this stage does nothing */
    void* prepare;      /**< FFI only; NULL: this stage does nothing */
    void* initialize;   /**< FFI only; NULL: this stage does nothing */
    optirs_pjrt_custom_call_version version;
    uint32_t traits; /**< bits of XLA_FFI_Handler_Traits, zero for none */
} optirs_pjrt_custom_call;

/**
 * Makes a function known to every program of the plugin that is compiled from then on. Errors:
 * ALREADY_EXISTS, or what the plugin reports of a version that it does not speak.
 * @fallible
 * @param[in] plugin
 * @param[in] name UTF-8, call_target_name of the program
 * @param[in] name_size @size_of{name}
 * @param[in] call
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_plugin_register_custom_call(optirs_pjrt_plugin* plugin,
                                                                    const char* name, uint64_t name_size,
                                                                    const optirs_pjrt_custom_call* call);

/**
 * Makes a handler of XLA's typed FFI known to every program of the plugin.
 * @fallible
 * @param[in] plugin
 * @param[in] name UTF-8, call_target_name of the program
 * @param[in] name_size @size_of{name}
 * @param[in] platform UTF-8, for instance "CUDA"
 * @param[in] platform_size @size_of{platform}
 * @param[in] handler an XLA_FFI_Handler, valid until the process ends
 * @param[in] traits bits of XLA_FFI_Handler_Traits, zero for none
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_plugin_register_ffi_handler(optirs_pjrt_plugin* plugin,
                                                                    const char* name, uint64_t name_size,
                                                                    const char* platform,
                                                                    uint64_t platform_size, void* handler,
                                                                    uint32_t traits);

/**
 * Makes a type of user data known to the handlers of XLA's typed FFI.
 * @fallible
 * @param[in] plugin
 * @param[in] name UTF-8
 * @param[in] name_size @size_of{name}
 * @param[in] deleter `void (*)(void*)`, called by the plugin for data of contexts that end; may be NULL
 * @param[out] out_type_id the number that handlers ask for
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_plugin_register_ffi_type(optirs_pjrt_plugin* plugin, const char* name,
                                                                 uint64_t name_size, void* deleter,
                                                                 int64_t* out_type_id);

/**
 * Makes the kernels of this library known to every program of XLA's CUDA plugin as custom calls
 * `optirs.<kernel>`, with api_version 4 (typed FFI), with the operands, results and backend_config that the
 * embedded plugin's have (docs/kernels.md). They run on the stream of the program, with scratch memory of the
 * plugin; a scalar that is an operand is waited for. Unverified on hardware. May be called again. Errors:
 * UNIMPLEMENTED where the plugin takes no handlers of the typed FFI, and from calls of kernels that the
 * backend `cuda` lacks; NOT_FOUND or UNAVAILABLE without that backend.
 * @fallible
 * @param[in] plugin XLA's CUDA plugin
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_plugin_register_kernels(optirs_pjrt_plugin* plugin);

/**
 * Gives handlers data for every execution with this context.
 * @fallible
 * @param[in] context
 * @param[in] type_id of optirs_pjrt_plugin_register_ffi_type
 * @param[in] data belongs to the context from then on, if the type has a deleter
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_context_add_user_data(optirs_pjrt_context* context, int64_t type_id,
                                                              void* data);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_CUSTOM_CALL_H_ */
