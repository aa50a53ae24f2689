#include "src/pjrt/custom_call.h"

#include "src/core/text.h"
#include "src/pjrt/callbacks.h"
#include "src/pjrt/extension.h"

namespace optirs::pjrt {

using core::Code;
using core::concat;
using core::Error;
using Ffi = Extension<PJRT_FFI_Extension>;

namespace {

void requireNamed(std::string_view name, const void* function) {
    if (name.empty()) {
        throw Error(Code::kInvalidArgument, "the name is empty");
    }
    if (function == nullptr) {
        throw Error(Code::kInvalidArgument, concat("the function of '", name, "' is NULL"));
    }
}

}  // namespace

void registerCustomCall(const PluginLibrary& library, std::string_view name,
                        const optirs_pjrt_custom_call& call) {
    requireNamed(name, call.execute);
    if (call.version != OPTIRS_PJRT_CUSTOM_CALL_UNTYPED && call.version != OPTIRS_PJRT_CUSTOM_CALL_FFI) {
        throw Error(Code::kInvalidArgument,
                    concat("version ", call.version, " is not one of OPTIRS_PJRT_CUSTOM_CALL_*"));
    }
    const Extension<PJRT_Gpu_Custom_Call> extension(library);
    auto args = extensionArgs<PJRT_Gpu_Register_Custom_Call_Args>();
    args.function_name = name.data();
    args.function_name_size = name.size();
    args.api_version = call.version;
    args.handler_instantiate = call.instantiate;
    args.handler_prepare = call.prepare;
    args.handler_initialize = call.initialize;
    args.handler_execute = call.execute;
    args.traits = call.traits;
    extension.call(&PJRT_Gpu_Custom_Call::custom_call, "PJRT_Gpu_Register_Custom_Call", args);
}

void registerFfiHandler(const PluginLibrary& library, std::string_view name, std::string_view platform,
                        void* handler, uint32_t traits) {
    requireNamed(name, handler);
    const Ffi ffi(library);
    auto args = extensionArgs<PJRT_FFI_Register_Handler_Args>();
    args.target_name = name.data();
    args.target_name_size = name.size();
    args.handler = handler;
    args.platform_name = platform.data();
    args.platform_name_size = platform.size();
    args.traits = static_cast<PJRT_FFI_Handler_TraitsBits>(traits);
    ffi.call(&PJRT_FFI_Extension::register_handler, "PJRT_FFI_Register_Handler", args);
}

HandlerRegistration handlerRegistration(const PluginLibrary& library) {
    if (findExtension(library, PJRT_Extension_Type_FFI) != nullptr &&
        Ffi(library).table().register_handler != nullptr) {
        return registerFfiHandler;
    }
    Extension<PJRT_Gpu_Custom_Call>(library).require(&PJRT_Gpu_Custom_Call::custom_call,
                                                     "PJRT_Gpu_Register_Custom_Call");
    return [](const PluginLibrary& to, std::string_view name, std::string_view /*platform*/, void* handler,
              uint32_t traits) {
        optirs_pjrt_custom_call call{};
        call.execute = handler;
        call.version = OPTIRS_PJRT_CUSTOM_CALL_FFI;
        call.traits = traits;
        registerCustomCall(to, name, call);
    };
}

int64_t registerFfiType(const PluginLibrary& library, std::string_view name, void* deleter) {
    if (name.empty()) {
        throw Error(Code::kInvalidArgument, "the name is empty");
    }
    const Ffi ffi(library);
    PJRT_FFI_Type_Info info{};
    info.deleter = reinterpret_cast<void (*)(void*)>(deleter);
    auto args = extensionArgs<PJRT_FFI_Type_Register_Args>();
    args.type_name = name.data();
    args.type_name_size = name.size();
    args.type_info = &info;
    ffi.call(&PJRT_FFI_Extension::type_register, "PJRT_FFI_Type_Register", args);
    return args.type_id;
}

void addUserData(optirs_pjrt_context& context, int64_t type_id, void* data) {
    const Ffi ffi(context.client().library(), context.client().api());
    auto args = extensionArgs<PJRT_FFI_UserData_Add_Args>();
    args.context = context.handle();
    args.user_data = {type_id, data};
    ffi.call(&PJRT_FFI_Extension::user_data_add, "PJRT_FFI_UserData_Add", args);
}

}  // namespace optirs::pjrt
