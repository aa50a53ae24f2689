// Operations in flight on a backend.
#pragma once

#include <optirs/echo.h>
#include <optirs/operation.h>

#include "src/core/buffer.h"
#include "src/core/registry.h"

/// Lives until the caller has released its handle and the work is over.
struct optirs_operation final : optirs::core::Object {
    optirs_operation(const optirs_backend_table& table, optirs_buffer* source, optirs_buffer* destination,
                     optirs_completion done, void* context) noexcept;
    ~optirs_operation() override;

    void start(const optirs_echo_options& options);
    void resume() noexcept;
    void cancel() noexcept;

 private:
    static void finish(const optirs_backend_status* status, void* context) noexcept;

    const optirs_backend_table& table_;
    optirs::core::Ref<optirs_buffer> source_;  // both until the work is over
    optirs::core::Ref<optirs_buffer> destination_;
    optirs_completion done_;
    void* context_;
    void* handle_ = nullptr;  // the backend's, for resume, cancel and release
};

namespace optirs::core {

/// Checks the request and starts the copy.
Ref<optirs_operation> startEcho(optirs_backend* backend, optirs_buffer* source, optirs_buffer* destination,
                                const optirs_echo_options* options, optirs_completion done, void* context);

}  // namespace optirs::core
