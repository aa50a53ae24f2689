#include "src/pjrt/profiler.h"

#include <algorithm>
#include <cstring>

#include "src/core/text.h"

using optirs::core::Code;
using optirs::core::Error;
using optirs::core::Ref;
namespace pjrt = optirs::pjrt;

// Profilers have a table of their own, with errors of their own kind.

optirs_pjrt_profiler::optirs_pjrt_profiler(const pjrt::PluginLibrary& library, std::string_view options)
    : Object(OPTIRS_OBJECT_PJRT_PROFILER), library_(library) {
    const pjrt::Extension<PJRT_Profiler_Extension> extension(library);
    const PLUGIN_Profiler_Api* functions =
        extension.require(&PJRT_Profiler_Extension::profiler_api, "PLUGIN_Profiler_Create");
    std::memcpy(&functions_, functions, std::min(functions->struct_size, sizeof functions_));
    PLUGIN_Profiler_Create_Args args{};
    args.struct_size = PLUGIN_Profiler_Create_Args_STRUCT_SIZE;
    args.options = options.data();
    args.options_size = options.size();
    call(&PLUGIN_Profiler_Api::create, "PLUGIN_Profiler_Create", args);
    handle_ = args.profiler;
}

optirs_pjrt_profiler::~optirs_pjrt_profiler() {
    PLUGIN_Profiler_Destroy_Args args{};
    args.struct_size = PLUGIN_Profiler_Destroy_Args_STRUCT_SIZE;
    args.profiler = handle_;
    if (functions_.destroy != nullptr) {
        destroyError(functions_.destroy(&args));
    }
}

void optirs_pjrt_profiler::start() {
    const std::scoped_lock lock(mutex_);
    PLUGIN_Profiler_Start_Args args{};
    args.struct_size = PLUGIN_Profiler_Start_Args_STRUCT_SIZE;
    args.profiler = handle_;
    call(&PLUGIN_Profiler_Api::start, "PLUGIN_Profiler_Start", args);
}

void optirs_pjrt_profiler::stop() {
    const std::scoped_lock lock(mutex_);
    PLUGIN_Profiler_Stop_Args args{};
    args.struct_size = PLUGIN_Profiler_Stop_Args_STRUCT_SIZE;
    args.profiler = handle_;
    call(&PLUGIN_Profiler_Api::stop, "PLUGIN_Profiler_Stop", args);
}

Ref<optirs_pjrt_bytes> optirs_pjrt_profiler::collect() {
    const std::scoped_lock lock(mutex_);
    PLUGIN_Profiler_CollectData_Args args{};
    args.struct_size = PLUGIN_Profiler_CollectData_Args_STRUCT_SIZE;
    args.profiler = handle_;
    // Asked twice: without room for the data, the plugin says how much it needs.
    call(&PLUGIN_Profiler_Api::collect_data, "PLUGIN_Profiler_CollectData", args);
    std::string data(args.buffer_size_in_bytes, '\0');
    if (!data.empty()) {
        args.buffer = reinterpret_cast<uint8_t*>(data.data());
        call(&PLUGIN_Profiler_Api::collect_data, "PLUGIN_Profiler_CollectData", args);
    }
    return optirs::core::makeObject<optirs_pjrt_bytes>(std::move(data));
}

template <class Args>
void optirs_pjrt_profiler::call(PLUGIN_Profiler_Error* (*PLUGIN_Profiler_Api::*function)(Args*),
                                std::string_view name, Args& args) const {
    if (functions_.*function == nullptr) {
        pjrt::throwMissing(library_, PJRT_Extension_Type_Profiler, name);
    }
    optirs::core::callFaultPoint(pjrt::kFaultSite);
    if (PLUGIN_Profiler_Error* error = (functions_.*function)(&args); error != nullptr) {
        throwError(error, name);
    }
}

void optirs_pjrt_profiler::throwError(PLUGIN_Profiler_Error* error, std::string_view function) const {
    struct Owner {
        const optirs_pjrt_profiler& profiler;
        PLUGIN_Profiler_Error* error;
        ~Owner() { profiler.destroyError(error); }
    };
    [[maybe_unused]] const Owner owner{*this, error};
    Code code = Code::kUnknown;
    if (functions_.error_get_code != nullptr) {
        PLUGIN_Profiler_Error_GetCode_Args args{};
        args.struct_size = PLUGIN_Profiler_Error_GetCode_Args_STRUCT_SIZE;
        args.error = error;
        if (PLUGIN_Profiler_Error* nested = functions_.error_get_code(&args); nested != nullptr) {
            destroyError(nested);
        } else {
            code = optirs::core::codeFromNumber(args.code);
        }
    }
    std::string_view text = "the plugin gives no message";
    if (functions_.error_message != nullptr) {
        PLUGIN_Profiler_Error_Message_Args args{};
        args.struct_size = PLUGIN_Profiler_Error_Message_Args_STRUCT_SIZE;
        args.error = error;
        functions_.error_message(&args);
        text = std::string_view(args.message, args.message_size);
    }
    throw Error(code,
                text.starts_with(function) ? std::string(text) : optirs::core::concat(function, ": ", text),
                library_.path);
}

void optirs_pjrt_profiler::destroyError(PLUGIN_Profiler_Error* error) const noexcept {
    if (error != nullptr && functions_.error_destroy != nullptr) {
        PLUGIN_Profiler_Error_Destroy_Args args{};
        args.struct_size = PLUGIN_Profiler_Error_Destroy_Args_STRUCT_SIZE;
        args.error = error;
        functions_.error_destroy(&args);
    }
}
