// Recordings of what a plugin does.
#pragma once

#include <optirs/pjrt_profiler.h>

#include <mutex>
#include <string>
#include <string_view>

#include "src/core/object.h"
#include "src/pjrt/blobs.h"
#include "src/pjrt/extension.h"

struct optirs_pjrt_profiler final : optirs::core::Object {
    optirs_pjrt_profiler(const optirs::pjrt::PluginLibrary& library, std::string_view options);
    ~optirs_pjrt_profiler() override;

    void start();
    void stop();
    optirs::core::Ref<optirs_pjrt_bytes> collect();

 private:
    template <class Args>
    void call(PLUGIN_Profiler_Error* (*PLUGIN_Profiler_Api::*function)(Args*), std::string_view name,
              Args& args) const;
    [[noreturn]] void throwError(PLUGIN_Profiler_Error* error, std::string_view function) const;
    void destroyError(PLUGIN_Profiler_Error* error) const noexcept;

    const optirs::pjrt::PluginLibrary& library_;
    PLUGIN_Profiler_Api functions_{};
    std::mutex mutex_;
    PLUGIN_Profiler* handle_ = nullptr;
};
