// optirs/pjrt_event.h: validation and translation only.
#include <optirs/pjrt_event.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/buffer.h"
#include "src/pjrt/event.h"
#include "src/pjrt/promise.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

void optirs_pjrt_promise_retain(optirs_pjrt_promise* promise) { optirs::core::retainHandle(promise); }
void optirs_pjrt_promise_release(optirs_pjrt_promise* promise) { optirs::core::releaseHandle(promise); }
optirs_error* optirs_pjrt_promise_host(optirs_pjrt_promise* promise, void* destination, uint64_t size) {
    return guard("optirs_pjrt_promise_host",
                 [&] { required(promise, "promise")->keepHost(required(destination, "destination"), size); });
}
optirs_error* optirs_pjrt_promise_buffer(optirs_pjrt_promise* promise, optirs_pjrt_buffer* buffer) {
    return guard("optirs_pjrt_promise_buffer",
                 [&] { required(promise, "promise")->keepBuffer(*required(buffer, "buffer")); });
}
optirs_error* optirs_pjrt_promise_done(optirs_pjrt_promise* promise) {
    return guard("optirs_pjrt_promise_done", [&] { required(promise, "promise")->keepDone(); });
}
optirs_error* optirs_pjrt_promise_fail(optirs_pjrt_promise* promise, optirs_status code, const char* message,
                                       uint64_t message_size) {
    return guard("optirs_pjrt_promise_fail", [&] {
        required(promise, "promise")->fail(code, requiredText(message, message_size, "message"));
    });
}

// ---- Events

optirs_error* optirs_pjrt_event_create(optirs_pjrt_client* client, optirs_pjrt_event** out_event) {
    return guard("optirs_pjrt_event_create", [&] {
        Out out(out_event, "out_event");
        out = optirs::core::makeObject<optirs_pjrt_event>(
            Ref<optirs_pjrt_client>::share(required(client, "client")));
    });
}
void optirs_pjrt_event_retain(optirs_pjrt_event* event) { optirs::core::retainHandle(event); }
void optirs_pjrt_event_release(optirs_pjrt_event* event) { optirs::core::releaseHandle(event); }
optirs_error* optirs_pjrt_event_set(optirs_pjrt_event* event, optirs_status code, const char* message,
                                    uint64_t message_size) {
    return guard("optirs_pjrt_event_set", [&] {
        required(event, "event")->set(code, requiredText(message, message_size, "message"));
    });
}
optirs_error* optirs_pjrt_event_is_ready(const optirs_pjrt_event* event, uint8_t* out_is_ready) {
    return guard("optirs_pjrt_event_is_ready", [&] {
        Out out(out_is_ready, "out_is_ready");
        out = required(event, "event")->isReady() ? 1 : 0;
    });
}
optirs_error* optirs_pjrt_event_check(const optirs_pjrt_event* event) {
    return guard("optirs_pjrt_event_check", [&] { required(event, "event")->check(); });
}
optirs_error* optirs_pjrt_event_ready(optirs_pjrt_event* event, optirs_completion done, void* context) {
    constexpr const char* kOperation = "optirs_pjrt_event_ready";
    return guard(kOperation,
                 [&] { required(event, "event")->ready(kOperation, required(done, "done"), context); });
}
