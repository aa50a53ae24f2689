// Compiling in steps.
#pragma once

#include <optirs/pjrt_phases.h>

#include <span>
#include <string_view>

#include "src/pjrt/list.h"
#include "src/pjrt/plugin.h"

namespace optirs::pjrt {

core::Ref<optirs_pjrt_list> phaseNames(const PluginLibrary& library);
core::Ref<optirs_pjrt_list> runPhases(const optirs_pjrt_topology& topology,
                                      std::span<const optirs_pjrt_blob> programs,
                                      std::span<const optirs_pjrt_blob> phases, std::string_view options);

}  // namespace optirs::pjrt
