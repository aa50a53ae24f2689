#include "pjrt_cpu/capi/api.h"

namespace optirs::plugin {
namespace {

PJRT_Api makeApi() {
    PJRT_Api api{};
    api.struct_size = PJRT_Api_STRUCT_SIZE;
    api.extension_start = extensions();
    api.pjrt_api_version.struct_size = PJRT_Api_Version_STRUCT_SIZE;
    api.pjrt_api_version.major_version = PJRT_API_MAJOR;
    api.pjrt_api_version.minor_version = PJRT_API_MINOR;
    fillErrorsAndEvents(api);
    fillClient(api);
    fillDevice(api);
    fillTopology(api);
    fillBuffer(api);
    fillBufferCreation(api);
    fillExecutable(api);
    fillLoadedExecutable(api);
    fillAsyncTransfer(api);
    fillCopyStream(api);
    fillDeferred(api);
    return api;
}

}  // namespace
}  // namespace optirs::plugin

/// The only export: the table of the PJRT C API, constant and valid for ever.
extern "C" __attribute__((visibility("default"))) const PJRT_Api* GetPjrtApi() {
    static const PJRT_Api api = optirs::plugin::makeApi();
    return &api;
}
