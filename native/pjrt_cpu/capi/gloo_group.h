#pragma once

#include <memory>

#include "pjrt_abi/pjrt_abi.h"
#include "pjrt_cpu/capi/client_options.h"
#include "pjrt_cpu/runtime/process_group.h"

namespace optirs::plugin {

/// Connects this process with the others of the client through the caller's key-value store and Gloo, from
/// libpjrt_optirs_gloo.so beside the plugin. Null for a client of one process.
/// @throws Error INVALID_ARGUMENT without callbacks, UNAVAILABLE when the library or another process is not
/// there
std::unique_ptr<ProcessGroup> connectProcesses(const ClientOptions& options,
                                               const PJRT_Client_Create_Args& args);

}  // namespace optirs::plugin
