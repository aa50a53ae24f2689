// The custom call extension: functions of the client's process that programs call. Its name is that of the
// GPU plugins, whose form it has: there is no stream, and buffers are memory of the host.
#include <string>
#include <vector>

#include "pjrt_abi/pjrt_abi_extensions.h"
#include "pjrt_cpu/capi/api.h"
#include "pjrt_cpu/capi/error_object.h"
#include "pjrt_cpu/runtime/custom_call.h"

namespace optirs::plugin {
namespace {

using UntypedFunction = void (*)(void* stream, void** buffers, const char* config, size_t config_size);

PJRT_Error* registerCustomCall(PJRT_Gpu_Register_Custom_Call_Args* args) {
    return guarded(
        "PJRT_Gpu_Register_Custom_Call", args, PJRT_Gpu_Register_Custom_Call_Args_STRUCT_SIZE, [](auto& a) {
            if (a.function_name_size == 0) throw invalidArgument("function_name is empty");
            const std::string name(&deref(a.function_name, "function_name"), a.function_name_size);
            if (a.api_version != 0) {
                throw unimplemented("custom call \"" + name + "\" has api_version " +
                                    std::to_string(a.api_version) +
                                    " (typed FFI handlers); only 0, an untyped function, is taken here");
            }
            if (a.handler_execute == nullptr) throw invalidArgument("handler_execute is null");
            const auto function = reinterpret_cast<UntypedFunction>(a.handler_execute);
            CustomCallRegistry::instance().add(name, [function](const CustomCallArguments& call) {
                std::vector<void*> buffers;
                buffers.reserve(call.operands.size() + call.results.size());
                for (const CustomCallBuffer& operand : call.operands) buffers.push_back(operand.data);
                for (const CustomCallBuffer& result : call.results) buffers.push_back(result.data);
                function(nullptr, buffers.data(), call.backend_config.data(), call.backend_config.size());
            });
        });
}

}  // namespace

PJRT_Extension_Base* customCallExtension(PJRT_Extension_Base* next) {
    static PJRT_Gpu_Custom_Call extension = [next] {
        PJRT_Gpu_Custom_Call table{};
        table.base.struct_size = PJRT_Gpu_Custom_Call_STRUCT_SIZE;
        table.base.type = PJRT_Extension_Type_Gpu_Custom_Call;
        table.base.next = next;
        table.custom_call = registerCustomCall;
        return table;
    }();
    return &extension.base;
}

}  // namespace optirs::plugin
