// Functions of the user's own inside programs.
#pragma once

#include <optirs/pjrt_custom_call.h>

#include <string_view>

#include "src/pjrt/plugin.h"

namespace optirs::pjrt {

void registerCustomCall(const PluginLibrary& library, std::string_view name,
                        const optirs_pjrt_custom_call& call);
void registerFfiHandler(const PluginLibrary& library, std::string_view name, std::string_view platform,
                        void* handler, uint32_t traits);

/// How this plugin takes handlers of XLA's typed FFI: registerFfiHandler, or the same through Gpu_Custom_Call
/// where its extension FFI is too old. Throws UNIMPLEMENTED where it has neither.
using HandlerRegistration = decltype(&registerFfiHandler);
HandlerRegistration handlerRegistration(const PluginLibrary& library);

int64_t registerFfiType(const PluginLibrary& library, std::string_view name, void* deleter);
void addUserData(optirs_pjrt_context& context, int64_t type_id, void* data);

}  // namespace optirs::pjrt
