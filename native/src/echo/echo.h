// The test backends, in the form that every backend has.
#pragma once

#include "src/core/backend_table.h"

namespace optirs::echo {

/// Copies host memory on a thread of its own.
const optirs_backend_table& echoBackend() noexcept;

/// The echo again, called `fault`: each of its calls fails where the fault specification says.
const optirs_backend_table& faultBackend() noexcept;

}  // namespace optirs::echo
