#include "src/pjrt/completion.h"

#include <condition_variable>
#include <mutex>

#include "src/core/text.h"
#include "src/pjrt/client.h"

namespace optirs::pjrt {
namespace {

// Read without a call: four bytes of what the loader sets aside for libraries that come late.
[[gnu::tls_model("initial-exec")]] thread_local int callback_depth = 0;

constinit optirs_error out_of_memory = core::outOfMemoryError("optirs_pjrt");

}  // namespace

CallbackScope::CallbackScope() noexcept { ++callback_depth; }
CallbackScope::~CallbackScope() { --callback_depth; }

bool isInsideCallback() noexcept { return callback_depth > 0; }

void destroyEvent(const Api& api, PJRT_Event* event) noexcept {
    if (event != nullptr) {
        auto args = api.make<PJRT_Event_Destroy_Args>();
        args.event = event;
        api.callQuietly<&PJRT_Api::PJRT_Event_Destroy>(args);
    }
}

void awaitAndDestroy(const Api& api, PJRT_Event* event) {
    if (event == nullptr) {
        return;
    }
    auto args = api.make<PJRT_Event_Await_Args>();
    args.event = event;
    try {
        api.call<&PJRT_Api::PJRT_Event_Await>(args);
    } catch (...) {
        destroyEvent(api, event);
        throw;
    }
    destroyEvent(api, event);
}

const Api& Completion::api() const noexcept { return client_->api(); }

void Completion::reserve(std::size_t count) {
    if (capacity_ < count) {
        waits_ = std::make_unique<Wait[]>(count);
        capacity_ = count;
    }
    count_ = count;
}

void Completion::begin(core::Ref<optirs_pjrt_client> client, const char* operation, optirs_completion done,
                       void* context) noexcept {
    client_ = std::move(client);
    operation_ = operation;
    done_ = done;
    context_ = context;
}

void Completion::keep(core::Ref<DeviceBuffer> buffer) noexcept { kept_ = std::move(buffer); }

void Completion::keep(core::Ref<core::Object> object) noexcept { kept_object_ = std::move(object); }

void Completion::setEvents(std::span<PJRT_Event* const> events) noexcept {
    for (std::size_t i = 0; i < count_; ++i) {
        waits_[i].owner = this;
        waits_[i].event = events[i];
    }
}

void Completion::arm() noexcept {
    // Set before the first event can end. One party is this loop: a plugin may call back inside the function
    // that was given the callback, where its event must not be destroyed.
    parties_.store(static_cast<int>(count_) + 1, std::memory_order_relaxed);
    int over = 1;
    for (std::size_t i = 0; i < count_; ++i) {
        over += wait(waits_[i]) ? 0 : 1;
    }
    leave(over);
}

// False if there is nothing to wait for.
bool Completion::wait(Wait& wait) noexcept {
    if (wait.event == nullptr) {
        return false;
    }
    if (!api().has<&PJRT_Api::PJRT_Event_OnReady>()) {
        awaitLater(wait);
        return true;
    }
    auto args = api().make<PJRT_Event_OnReady_Args>();
    args.event = wait.event;
    args.callback = onReady;
    args.user_arg = &wait;
    try {
        api().call<&PJRT_Api::PJRT_Event_OnReady>(args);
    } catch (...) {
        // It will not call back, but the work is under way and its memory in use: wait for it in the other
        // way.
        awaitLater(wait);
    }
    return true;
}

void Completion::onReady(PJRT_Error* error, void* user_arg) {
    const CallbackScope scope;
    Wait& wait = *static_cast<Wait*>(user_arg);
    Completion& self = *wait.owner;
    self.record(error, "PJRT_Event_OnReady");
    self.leave(1);
}

void Completion::awaitLater(Wait& wait) noexcept {
    wait.run = awaitOnWorker;
    if (!Worker::waiter().post(&wait)) {
        awaitOnWorker(&wait);  // no thread to be had
    }
}

void Completion::awaitOnWorker(Worker::Task* task) {
    Wait& wait = *static_cast<Wait*>(task);
    Completion& self = *wait.owner;
    try {
        auto args = self.api().make<PJRT_Event_Await_Args>();
        args.event = wait.event;
        self.api().call<&PJRT_Api::PJRT_Event_Await>(args);
    } catch (...) {
        optirs_error* expected = nullptr;
        optirs_error* reported = core::errorOfCurrentException(self.operation_, &out_of_memory);
        if (!self.error_.compare_exchange_strong(expected, reported)) {
            core::releaseError(reported);
        }
    }
    self.leave(1);
}

// Keeps the first error of the operation.
void Completion::record(PJRT_Error* error, const char* function) noexcept {
    if (error == nullptr) {
        return;
    }
    optirs_error* reported = &out_of_memory;
    try {
        core::Error translated = api().translate(error, function);
        if (translated.code() == core::Code::kResourceExhausted) {
            translated = client_->withLiveBuffers(translated);
        }
        reported = core::makeError(translated, operation_, &out_of_memory);
    } catch (...) {
        reported = core::errorOfCurrentException(operation_, &out_of_memory);
    }
    optirs_error* expected = nullptr;
    if (!error_.compare_exchange_strong(expected, reported)) {
        core::releaseError(reported);
    }
}

void Completion::leave(int parties) noexcept {
    if (parties_.fetch_sub(parties, std::memory_order_acq_rel) == parties) {
        finish();
    }
}

void Completion::finish() noexcept {
    for (std::size_t i = 0; i < count_; ++i) {
        destroyEvent(api(), waits_[i].event);
    }
    const optirs_completion done = done_;
    void* const context = context_;
    // Nobody else is left: no need to exchange.
    optirs_error* const error = error_.load(std::memory_order_relaxed);
    error_.store(nullptr, std::memory_order_relaxed);
    // Everything is let go of before the callback, which may be what its owner waits for before looking for
    // leaks.
    recycle();
    if (done != nullptr) {
        done(error, context);
    } else {
        core::releaseError(error);
    }
}

void RecycleCompletion::operator()(Completion* completion) const noexcept { client->recycle(completion); }

void Completion::recycle() noexcept {
    kept_ = {};
    kept_object_ = {};
    const core::Ref<optirs_pjrt_client> client = std::move(client_);
    client->recycle(this);
}

}  // namespace optirs::pjrt
