// How many objects of each kind are alive: what leak tests read.
#pragma once

#include <optirs/memory.h>

#include <cstdint>
#include <string_view>

namespace optirs::core {

void countObject(optirs_object_kind kind, int64_t change) noexcept;
int64_t liveObjects(optirs_object_kind kind) noexcept;
std::string_view objectKindName(optirs_object_kind kind) noexcept;

}  // namespace optirs::core
