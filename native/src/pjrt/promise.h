// What the host owes a plugin: kept once, or broken.
#pragma once

#include <optirs/pjrt_event.h>

#include <atomic>
#include <string>
#include <string_view>

#include "src/core/object.h"
#include "src/pjrt/client.h"

struct optirs_pjrt_promise : optirs::core::Object {
    /// Each is right for one kind of promise and throws FAILED_PRECONDITION for the others, and for a promise
    /// that is over.
    virtual void keepHost(void* destination, uint64_t size);
    virtual void keepBuffer(optirs_pjrt_buffer& buffer);
    virtual void keepDone();
    void fail(optirs_status code, std::string_view message);

 protected:
    explicit optirs_pjrt_promise(optirs::core::Ref<optirs_pjrt_client> client) noexcept
        : Object(OPTIRS_OBJECT_PJRT_PROMISE), client_(std::move(client)) {}

    optirs_pjrt_client& client() const noexcept { return *client_; }
    /// Ends the promise by `act`; where that fails, the promise still stands. Throws FAILED_PRECONDITION if
    /// it is over.
    template <class Act>
    void endWith(Act&& act) {
        takeOver();
        try {
            act();
        } catch (...) {
            is_over_ = false;
            throw;
        }
    }
    /// For destructors: tells the plugin that nothing will come.
    void abandon() noexcept;

 private:
    void takeOver();
    [[noreturn]] static void throwWrongKind(std::string_view wanted);
    virtual void breakIt(optirs_status code, std::string_view message) = 0;

    const optirs::core::Ref<optirs_pjrt_client> client_;
    std::atomic<bool> is_over_{false};
};

namespace optirs::pjrt {

/// optirs_pjrt_buffer_raw_to_host_later, optirs_pjrt_buffer_alias and optirs_pjrt_buffer_donate.
core::Ref<optirs_pjrt_promise> rawToHostLater(const optirs_pjrt_buffer& source, uint64_t offset,
                                              uint64_t size, const char* operation, optirs_completion done,
                                              void* context);
core::Ref<optirs_pjrt_promise> aliasBuffer(optirs_pjrt_client& client, const optirs_pjrt_array& array,
                                           optirs_pjrt_buffer** inout);
core::Ref<optirs_pjrt_promise> donateLater(const optirs_pjrt_buffer& source, optirs_pjrt_buffer** inout);

/// Throws OUT_OF_RANGE unless the buffer has these bytes on its device.
void checkRawRange(const optirs_pjrt_buffer& buffer, uint64_t offset, uint64_t size);

}  // namespace optirs::pjrt
