// optirs/pjrt_custom_call.h: validation and translation only.
#include <optirs/pjrt_custom_call.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/callbacks.h"
#include "src/pjrt/custom_call.h"
#include "src/pjrt/kernel_handlers.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

optirs_error* optirs_pjrt_plugin_register_custom_call(optirs_pjrt_plugin* plugin, const char* name,
                                                      uint64_t name_size,
                                                      const optirs_pjrt_custom_call* call) {
    return guard("optirs_pjrt_plugin_register_custom_call", [&] {
        const auto options = readOptions(required(call, "call"), optirs_pjrt_custom_call{});
        pjrt::registerCustomCall(required(plugin, "plugin")->library(), requiredText(name, name_size, "name"),
                                 options);
    });
}
optirs_error* optirs_pjrt_plugin_register_ffi_handler(optirs_pjrt_plugin* plugin, const char* name,
                                                      uint64_t name_size, const char* platform,
                                                      uint64_t platform_size, void* handler,
                                                      uint32_t traits) {
    return guard("optirs_pjrt_plugin_register_ffi_handler", [&] {
        pjrt::registerFfiHandler(required(plugin, "plugin")->library(), requiredText(name, name_size, "name"),
                                 requiredText(platform, platform_size, "platform"), handler, traits);
    });
}
optirs_error* optirs_pjrt_plugin_register_ffi_type(optirs_pjrt_plugin* plugin, const char* name,
                                                   uint64_t name_size, void* deleter, int64_t* out_type_id) {
    return guard("optirs_pjrt_plugin_register_ffi_type", [&] {
        Out out(out_type_id, "out_type_id");
        out = pjrt::registerFfiType(required(plugin, "plugin")->library(),
                                    requiredText(name, name_size, "name"), deleter);
    });
}
optirs_error* optirs_pjrt_plugin_register_kernels(optirs_pjrt_plugin* plugin) {
    return guard("optirs_pjrt_plugin_register_kernels",
                 [&] { pjrt::registerKernels(required(plugin, "plugin")->library()); });
}
optirs_error* optirs_pjrt_context_add_user_data(optirs_pjrt_context* context, int64_t type_id, void* data) {
    return guard("optirs_pjrt_context_add_user_data",
                 [&] { pjrt::addUserData(*required(context, "context"), type_id, data); });
}
