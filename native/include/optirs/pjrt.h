/**
 * @file
 * Client of any PJRT plugin: load it, open its devices, move data, compile StableHLO, execute.
 *
 * Lifetime. Plugin, client, executable and buffer are reference counted; `_create`, `_load` and
 * `_compile` hand out one reference. Children retain their parents, so references may be released
 * in any order and while work is in flight. Devices belong to their client and are borrowed from it.
 *
 * Buffers are cells. An `optirs_pjrt_buffer` holds at most one device buffer. A function that
 * produces device data takes `optirs_pjrt_buffer** inout`: where `*inout` is NULL a new cell is
 * created, otherwise the existing cell is re-pointed at the new data and lets go of the old. A
 * training step therefore donates its parameters and writes them back into the very same cells.
 *
 * Asynchrony. Functions with an `optirs_completion` start work and return. If the function returns
 * an error nothing was started and the completion is never called; otherwise it is called exactly
 * once, on any thread (often one of the plugin), possibly before the function returns, unless an
 * execution says through `finished` that it is over. It must not block. Nothing waits for asynchronous
 * work unless its name ends in `_wait`; compiling and loading take their time in the call.
 *
 * Errors carry the plugin's own message and code. The backend of such an error is the platform name
 * or, before there is a client, the plugin's file.
 *
 * Threading. Every type of this header is thread-safe unless its own comment says otherwise.
 */
#ifndef OPTIRS_PJRT_H_
#define OPTIRS_PJRT_H_

#include <optirs/pjrt_buffer.h>
#include <optirs/pjrt_client.h>
#include <optirs/pjrt_creation.h>
#include <optirs/pjrt_custom_call.h>
#include <optirs/pjrt_device.h>
#include <optirs/pjrt_dlpack.h>
#include <optirs/pjrt_event.h>
#include <optirs/pjrt_executable.h>
#include <optirs/pjrt_execution.h>
#include <optirs/pjrt_layouts.h>
#include <optirs/pjrt_memory.h>
#include <optirs/pjrt_phases.h>
#include <optirs/pjrt_plugin.h>
#include <optirs/pjrt_profiler.h>
#include <optirs/pjrt_raw_buffer.h>
#include <optirs/pjrt_remote.h>
#include <optirs/pjrt_serialization.h>
#include <optirs/pjrt_topology.h>
#include <optirs/pjrt_tpu.h>
#include <optirs/pjrt_transfer.h>
#include <optirs/pjrt_types.h>

#endif /* OPTIRS_PJRT_H_ */
