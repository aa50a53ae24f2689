// The device table of a backend as functions that throw.
#pragma once

#include <string>

#include "src/core/device_table.h"
#include "src/core/faults.h"
#include "src/core/registry.h"

namespace optirs::core {

/// One device of a backend. Cheap to copy; the backend stays loaded for ever.
class DeviceCalls {
 public:
    DeviceCalls(const BackendEntry& backend, int32_t index) noexcept
        : backend_(&backend), table_(backend.table->devices), index_(index) {}

    const BackendEntry& backend() const noexcept { return *backend_; }
    int32_t index() const noexcept { return index_; }

    /// Calls a function of the table for this device; throws what it reports.
    template <class... Parameters, class... Arguments>
    void operator()(int32_t (*optirs_device_table::*function)(void*, int32_t, Parameters...),
                    Arguments... arguments) const {
        callFaultPoint(backend_->name);
        optirs_backend_status status{};
        if ((table_->*function)(backend_->table->self, index_, arguments..., &status) != OPTIRS_OK) {
            throwStatus(status, backend_->name);
        }
    }

    /// The same for cleaning up, where a failure can neither be helped nor reported; false if it failed.
    template <class... Parameters, class... Arguments>
    bool attempt(int32_t (*optirs_device_table::*function)(void*, int32_t, Parameters...),
                 Arguments... arguments) const noexcept {
        optirs_backend_status status{};
        return (table_->*function)(backend_->table->self, index_, arguments..., &status) == OPTIRS_OK;
    }

 private:
    const BackendEntry* backend_;
    const optirs_device_table* table_;
    int32_t index_;
};

}  // namespace optirs::core
