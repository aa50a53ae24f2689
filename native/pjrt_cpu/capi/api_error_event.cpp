#include "pjrt_cpu/capi/api.h"
#include "pjrt_cpu/capi/completion.h"
#include "pjrt_cpu/capi/error_object.h"
#include "pjrt_cpu/capi/named_values.h"

namespace optirs::plugin {
namespace {

void errorDestroy(PJRT_Error_Destroy_Args* args) {
    if (args != nullptr) destroyError(args->error);
}

void errorMessageOf(PJRT_Error_Message_Args* args) {
    // There is no way to report a fault here: a null error has an empty message.
    if (args == nullptr) return;
    args->message = "";
    args->message_size = 0;
    if (args->error == nullptr) return;
    args->message = errorMessage(args->error).data();
    args->message_size = errorMessage(args->error).size();
}

PJRT_Error* errorGetCode(PJRT_Error_GetCode_Args* args) {
    return guarded("PJRT_Error_GetCode", args, [](auto& a) {
        a.code = static_cast<PJRT_Error_Code>(errorCode(&deref(a.error, "error")));
    });
}

PJRT_Error* errorForEachPayload(PJRT_Error_ForEachPayload_Args* args) {
    // Errors of this plugin carry no payload.
    return guarded("PJRT_Error_ForEachPayload", args, [](auto& a) { deref(a.error, "error"); });
}

PJRT_Error* pluginInitialize(PJRT_Plugin_Initialize_Args* args) {
    return guarded("PJRT_Plugin_Initialize", args, [](auto&) {});
}

PJRT_Error* pluginAttributes(PJRT_Plugin_Attributes_Args* args) {
    return guarded("PJRT_Plugin_Attributes", args, [](auto& a) {
        static const NamedValues attributes = [] {
            NamedValues values;
            values.add("optirs_version", std::string(OPTIRS_VERSION));
            // The protocol's own generation number, which XLA's plugins give as 2.
            values.add("xla_version", int64_t{2});
            values.add("stablehlo_current_version", std::vector<int64_t>{1, 20, 0});
            values.add("stablehlo_minimum_version", std::vector<int64_t>{0, 9, 0});
            values.add("program_formats", std::string("mlir,hlo"));
            return values;
        }();
        a.attributes = attributes.data();
        a.num_attributes = attributes.size();
    });
}

Completion& completionOf(PJRT_Event* event) { return *deref(event, "event").completion; }

PJRT_Error* eventDestroy(PJRT_Event_Destroy_Args* args) {
    return guarded("PJRT_Event_Destroy", args, [](auto& a) { delete a.event; });
}

PJRT_Error* eventIsReady(PJRT_Event_IsReady_Args* args) {
    return guarded("PJRT_Event_IsReady", args, [](auto& a) { a.is_ready = completionOf(a.event).isReady(); });
}

PJRT_Error* eventError(PJRT_Event_Error_Args* args) {
    PJRT_Error* result = nullptr;
    PJRT_Error* fault = guarded("PJRT_Event_Error", args, [&](auto& a) {
        const Completion& completion = completionOf(a.event);
        if (!completion.isReady()) throw Error(Code::kFailedPrecondition, "the event is not ready");
        if (completion.error()) result = makeError(*completion.error());
    });
    return fault != nullptr ? fault : result;
}

PJRT_Error* eventAwait(PJRT_Event_Await_Args* args) {
    PJRT_Error* result = nullptr;
    PJRT_Error* fault = guarded("PJRT_Event_Await", args, [&](auto& a) {
        // A copy: another thread may destroy the event while this one waits.
        const std::shared_ptr<Completion> completion = deref(a.event, "event").completion;
        if (const auto& error = completion->wait()) result = makeError(*error);
    });
    return fault != nullptr ? fault : result;
}

PJRT_Error* eventOnReady(PJRT_Event_OnReady_Args* args) {
    return guarded("PJRT_Event_OnReady", args, [](auto& a) {
        deref(a.callback, "callback");
        const std::shared_ptr<Completion> completion = deref(a.event, "event").completion;
        completion->onReady(
            [callback = a.callback, user_arg = a.user_arg](const std::optional<Error>& error) {
                callback(error ? makeError(*error) : nullptr, user_arg);
            });
    });
}

PJRT_Error* eventCreate(PJRT_Event_Create_Args* args) {
    return guarded("PJRT_Event_Create", args,
                   [](auto& a) { a.event = new PJRT_Event{std::make_shared<Completion>()}; });
}

PJRT_Error* eventSet(PJRT_Event_Set_Args* args) {
    return guarded("PJRT_Event_Set", args, [](auto& a) {
        const std::shared_ptr<Completion> completion = deref(a.event, "event").completion;
        std::optional<Error> error;
        if (numberOf(a.error_code) != PJRT_Error_Code_OK) {
            error = errorFrom(numberOf(a.error_code), a.error_message, a.error_message_size);
        }
        if (!completion->complete(std::move(error)))
            throw Error(Code::kFailedPrecondition, "the event is set already");
    });
}

}  // namespace

void fillErrorsAndEvents(PJRT_Api& api) {
    api.PJRT_Error_Destroy = errorDestroy;
    api.PJRT_Error_Message = errorMessageOf;
    api.PJRT_Error_GetCode = errorGetCode;
    api.PJRT_Error_ForEachPayload = errorForEachPayload;
    api.PJRT_Plugin_Initialize = pluginInitialize;
    api.PJRT_Plugin_Attributes = pluginAttributes;
    api.PJRT_Event_Destroy = eventDestroy;
    api.PJRT_Event_IsReady = eventIsReady;
    api.PJRT_Event_Error = eventError;
    api.PJRT_Event_Await = eventAwait;
    api.PJRT_Event_OnReady = eventOnReady;
    api.PJRT_Event_Create = eventCreate;
    api.PJRT_Event_Set = eventSet;
}

}  // namespace optirs::plugin
