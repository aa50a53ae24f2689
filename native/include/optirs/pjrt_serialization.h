/**
 * @file
 * Programs as bytes: saved, loaded, and loaded after having been compiled ahead of time.
 */
#ifndef OPTIRS_PJRT_SERIALIZATION_H_
#define OPTIRS_PJRT_SERIALIZATION_H_

#include <optirs/pjrt_executable.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The compiled program as bytes, for the same plugin of the same version. Errors: UNIMPLEMENTED.
 * @fallible
 * @param[in] executable
 * @param[out] out_bytes @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_serialize(const optirs_pjrt_executable* executable,
                                                             optirs_pjrt_bytes** out_bytes);

/**
 * Loads a program that optirs_pjrt_executable_serialize has written. The bytes must be trusted: they hold
 * machine code. Errors: INVALID_ARGUMENT (empty), or what the plugin reports of bytes that it did not write.
 * @fallible
 * @param[in] client
 * @param[in] bytes
 * @param[in] size @size_of{bytes}
 * @param[in] options a CompileOptionsProto that replaces the program's own; NULL if options_size is 0
 * @param[in] options_size @size_of{options}
 * @param[out] out_executable @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_deserialize(optirs_pjrt_client* client,
                                                               const uint8_t* bytes, uint64_t size,
                                                               const uint8_t* options, uint64_t options_size,
                                                               optirs_pjrt_executable** out_executable);

/**
 * Loads a program that was compiled for a topology on the devices of a client.
 * Errors: FAILED_PRECONDITION (loaded already), INVALID_ARGUMENT (another plugin), UNIMPLEMENTED.
 * @fallible
 * @param[in] client
 * @param[in] executable of optirs_pjrt_topology_compile
 * @param[in] options as of optirs_pjrt_executable_compile; the format is ignored
 * @param[out] out_executable @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_executable_load(optirs_pjrt_client* client,
                                                        optirs_pjrt_executable* executable,
                                                        const optirs_pjrt_compile_options* options,
                                                        optirs_pjrt_executable** out_executable);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_SERIALIZATION_H_ */
