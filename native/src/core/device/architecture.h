// The table of NVIDIA's architectures.
#pragma once

#include <optirs/architecture.h>

#include <span>

namespace optirs::core {

std::span<const optirs_architecture> architectures() noexcept;
/// Throws NOT_FOUND.
const optirs_architecture& findArchitecture(int32_t major, int32_t minor);

}  // namespace optirs::core
