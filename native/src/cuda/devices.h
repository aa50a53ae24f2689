// The device table over the CUDA driver API.
#pragma once

#include "src/core/device_table.h"

namespace optirs::cuda {

const optirs_device_table& deviceTable() noexcept;

}  // namespace optirs::cuda
