// A decorator of backends: asks the fault injection before it passes a call on.
#include <cstdio>

#include "src/core/faults.h"
#include "src/echo/echo.h"

namespace optirs::echo {
namespace {

const optirs_backend_table& inner(void* self) noexcept {
    return *static_cast<const optirs_backend_table*>(self);
}

/// Whether this call is to fail; fills in the status if so.
bool isFaultDue(const optirs_backend_table& backend, const char* function,
                optirs_backend_status* status) noexcept {
    if (!core::callFaultDue(backend.name)) {
        return false;
    }
    status->code = OPTIRS_UNAVAILABLE;
    std::snprintf(status->message, sizeof(status->message),
                  "injected fault: the call %s of the backend %s was made to fail", function, backend.name);
    return true;
}

int32_t score(void* self, optirs_backend_status* status) noexcept {
    return isFaultDue(inner(self), "score", status) ? 0 : inner(self).score(inner(self).self, status);
}

int32_t copyStart(void* self, const optirs_backend_copy* copy, void** out_operation,
                  optirs_backend_status* status) noexcept {
    return isFaultDue(inner(self), "copy_start", status)
               ? status->code
               : inner(self).copy_start(inner(self).self, copy, out_operation, status);
}

// These three cannot fail, so there is nothing to inject.
void operationResume(void* self, void* operation) noexcept {
    inner(self).operation_resume(inner(self).self, operation);
}
void operationCancel(void* self, void* operation) noexcept {
    inner(self).operation_cancel(inner(self).self, operation);
}
void operationRelease(void* self, void* operation) noexcept {
    inner(self).operation_release(inner(self).self, operation);
}

}  // namespace

const optirs_backend_table& faultBackend() noexcept {
    static const optirs_backend_table table = {
        .struct_size = sizeof(optirs_backend_table),
        .abi = kOptirsBackendAbi,
        .reserved = 0,
        .name = "fault",
        .version = "fault: the echo backend with injected faults, for tests",
        // The functions take it back as const.
        .self = const_cast<optirs_backend_table*>(&echoBackend()),
        .score = score,
        .copy_start = copyStart,
        .operation_resume = operationResume,
        .operation_cancel = operationCancel,
        .operation_release = operationRelease,
        .kernel = nullptr,
        .kernel_workspace = nullptr};
    return table;
}

}  // namespace optirs::echo
