// Events of the plugin that the host ends.
#pragma once

#include <optirs/pjrt_event.h>

#include <atomic>
#include <string_view>

#include "src/core/object.h"
#include "src/pjrt/client.h"

struct optirs_pjrt_event final : optirs::core::Object {
    explicit optirs_pjrt_event(optirs::core::Ref<optirs_pjrt_client> client);
    ~optirs_pjrt_event() override;

    void set(optirs_status code, std::string_view message);
    bool isReady() const;
    void check() const;
    void ready(const char* operation, optirs_completion done, void* context);

 private:
    class Waiter;

    const optirs::core::Ref<optirs_pjrt_client> client_;
    PJRT_Event* handle_;
    std::atomic<bool> is_set_{false};
};
