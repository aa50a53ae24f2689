#include "src/pjrt/event.h"

#include <memory>

#include "src/core/text.h"

using optirs::core::Code;
using optirs::core::Error;
using optirs::core::Ref;

namespace {

constinit optirs_error out_of_memory = optirs::core::outOfMemoryError("optirs_pjrt_event_ready");

}  // namespace

optirs_pjrt_event::optirs_pjrt_event(Ref<optirs_pjrt_client> client)
    : Object(OPTIRS_OBJECT_PJRT_EVENT), client_(std::move(client)) {
    client_->api().requireFunction<&PJRT_Api::PJRT_Event_Set>();
    auto args = client_->api().make<PJRT_Event_Create_Args>();
    client_->api().call<&PJRT_Api::PJRT_Event_Create>(args);
    handle_ = args.event;
}

optirs_pjrt_event::~optirs_pjrt_event() { optirs::pjrt::destroyEvent(client_->api(), handle_); }

void optirs_pjrt_event::set(optirs_status code, std::string_view message) {
    if (code != OPTIRS_OK) {
        static_cast<void>(optirs::pjrt::requireErrorCode(code));
    }
    if (is_set_.exchange(true)) {
        throw Error(Code::kFailedPrecondition, "the event is over: it can be set once");
    }
    auto args = client_->api().make<PJRT_Event_Set_Args>();
    args.event = handle_;
    args.error_code = static_cast<PJRT_Error_Code>(code);
    args.error_message = message.data();
    args.error_message_size = message.size();
    client_->api().call<&PJRT_Api::PJRT_Event_Set>(args);
}

bool optirs_pjrt_event::isReady() const {
    auto args = client_->api().make<PJRT_Event_IsReady_Args>();
    args.event = handle_;
    client_->api().call<&PJRT_Api::PJRT_Event_IsReady>(args);
    return args.is_ready;
}

void optirs_pjrt_event::check() const {
    if (!isReady()) {
        throw Error(Code::kFailedPrecondition, "the event is not over yet");
    }
    auto args = client_->api().make<PJRT_Event_Error_Args>();
    args.event = handle_;
    client_->api().call<&PJRT_Api::PJRT_Event_Error>(args);
}

/// One callback on an event that several may wait for, which is why it is not taken over as operations do.
class optirs_pjrt_event::Waiter {
 public:
    Waiter(Ref<optirs_pjrt_event> event, const char* operation, optirs_completion done,
           void* context) noexcept
        : event_(std::move(event)), operation_(operation), done_(done), context_(context) {}

    static void onReady(PJRT_Error* error, void* self) {
        const optirs::pjrt::CallbackScope scope;
        const std::unique_ptr<Waiter> waiter(static_cast<Waiter*>(self));
        optirs_error* reported = nullptr;
        if (error != nullptr) {
            try {
                throw waiter->event_->client_->api().translate(error, "PJRT_Event_OnReady");
            } catch (...) {
                reported = optirs::core::errorOfCurrentException(waiter->operation_, &out_of_memory);
            }
        }
        waiter->done_(reported, waiter->context_);
    }

 private:
    const Ref<optirs_pjrt_event> event_;
    const char* const operation_;
    const optirs_completion done_;
    void* const context_;
};

void optirs_pjrt_event::ready(const char* operation, optirs_completion done, void* context) {
    auto waiter = std::make_unique<Waiter>(Ref<optirs_pjrt_event>::share(this), operation, done, context);
    auto args = client_->api().make<PJRT_Event_OnReady_Args>();
    args.event = handle_;
    args.callback = Waiter::onReady;
    args.user_arg = waiter.get();
    // The callback may come inside the call and frees the waiter: only a call that failed leaves it to us.
    Waiter* lent = waiter.release();
    try {
        client_->api().call<&PJRT_Api::PJRT_Event_OnReady>(args);
    } catch (...) {
        waiter.reset(lent);
        throw;
    }
}
