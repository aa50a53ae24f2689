// Small work in memory that is there already, where the plugin offers it.
#pragma once

#include <span>

#include "pjrt_abi/pjrt_in_place.h"
#include "src/pjrt/device_buffer.h"
#include "src/pjrt/plugin.h"

namespace optirs::pjrt {

/// pjrt_abi/pjrt_in_place.h. Everything returns false where it was not done, for whatever reason: the caller
/// then goes the usual way, which says what is wrong if something is.
class InPlace {
 public:
    explicit InPlace(const PluginLibrary& library) noexcept;

    bool isOffered() const noexcept { return table_ != nullptr; }
    bool read(const DeviceBuffer& buffer, void* data, uint64_t size) const;
    bool write(const DeviceBuffer& buffer, const void* data, uint64_t size) const;
    /// `is_never` is set where the program will never run this way.
    bool execute(PJRT_LoadedExecutable* executable, std::span<PJRT_Buffer* const> arguments,
                 std::span<PJRT_Buffer* const> results, bool& is_never) const;

 private:
    template <class Args>
    bool call(PJRT_Error* (*function)(Args*), Args& args) const;

    const Api& api_;
    const PJRT_InPlace_Extension* table_ = nullptr;
};

}  // namespace optirs::pjrt
