// A handle of the plugin that is destroyed with its owner.
#pragma once

#include <utility>

#include "src/pjrt/api.h"

namespace optirs::pjrt {

/// `kDestroy` is the function of the table, `Args` its argument struct, `kField` the field for the handle.
template <class Handle, auto kDestroy, class Args, auto kField>
class Owned {
 public:
    /// `api` must outlive this object.
    Owned(const Api& api, Handle* handle) noexcept : api_(&api), handle_(handle) {}
    Owned(Owned&& other) noexcept : api_(other.api_), handle_(std::exchange(other.handle_, nullptr)) {}
    Owned& operator=(Owned&& other) noexcept {
        std::swap(api_, other.api_);
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Owned() {
        if (handle_ != nullptr) {
            Args args = api_->make<Args>();
            args.*kField = handle_;
            api_->callQuietly<kDestroy>(args);
        }
    }

    Handle* get() const noexcept { return handle_; }

 private:
    const Api* api_;
    Handle* handle_;
};

using OwnedExecutable = Owned<PJRT_Executable, &PJRT_Api::PJRT_Executable_Destroy,
                              PJRT_Executable_Destroy_Args, &PJRT_Executable_Destroy_Args::executable>;
using OwnedLoadedExecutable =
    Owned<PJRT_LoadedExecutable, &PJRT_Api::PJRT_LoadedExecutable_Destroy, PJRT_LoadedExecutable_Destroy_Args,
          &PJRT_LoadedExecutable_Destroy_Args::executable>;

}  // namespace optirs::pjrt
