// The shardings extension: how the values of a partitioned program are divided among its devices.
#include "pjrt_abi/pjrt_abi_extensions.h"
#include "pjrt_cpu/capi/api.h"
#include "pjrt_cpu/capi/error_object.h"
#include "pjrt_cpu/capi/executable.h"

namespace optirs::plugin {
namespace {

PJRT_Error* parameterShardings(PJRT_Shardings_PJRT_Executable_ParameterShardings_Args* args) {
    return guarded("PJRT_Shardings_PJRT_Executable_ParameterShardings", args,
                   PJRT_Shardings_PJRT_Executable_ParameterShardings_Args_STRUCT_SIZE, [](auto& a) {
                       const ValueLists& list = deref(a.executable, "executable").compiled->arguments;
                       a.num_parameters = list.shardings.size();
                       a.shardings = list.shardings.empty() ? nullptr : list.shardings.data();
                       a.sharding_sizes = list.sharding_sizes.data();
                   });
}

PJRT_Error* outputShardings(PJRT_Shardings_PJRT_Executable_OutputShardings_Args* args) {
    return guarded("PJRT_Shardings_PJRT_Executable_OutputShardings", args,
                   PJRT_Shardings_PJRT_Executable_OutputShardings_Args_STRUCT_SIZE, [](auto& a) {
                       const ValueLists& list = deref(a.executable, "executable").compiled->outputs;
                       a.num_outputs = list.shardings.size();
                       a.shardings = list.shardings.empty() ? nullptr : list.shardings.data();
                       a.sharding_sizes = list.sharding_sizes.data();
                   });
}

}  // namespace

PJRT_Extension_Base* shardingsExtension(PJRT_Extension_Base* next) {
    static PJRT_Shardings_Extension extension = [next] {
        PJRT_Shardings_Extension table{};
        table.base.struct_size = PJRT_Shardings_Extension_STRUCT_SIZE;
        table.base.type = PJRT_Extension_Type_Shardings;
        table.base.next = next;
        table.PJRT_Shardings_PJRT_Executable_ParameterShardings = parameterShardings;
        table.PJRT_Shardings_PJRT_Executable_OutputShardings = outputShardings;
        return table;
    }();
    return &extension.base;
}

}  // namespace optirs::plugin
