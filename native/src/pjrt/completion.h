// From the plugin's events to the completions of the C ABI.
#pragma once

#include <optirs/operation.h>

#include <atomic>
#include <memory>
#include <span>

#include "src/core/object.h"
#include "src/pjrt/api.h"
#include "src/pjrt/worker.h"

struct optirs_pjrt_client;

namespace optirs::pjrt {

class DeviceBuffer;

/// One asynchronous operation in flight: waits for its events and then calls back, once. Pooled by its
/// client.
///
/// Life: reserved (before the operation starts, so that nothing can fail afterwards) -> begun -> armed ->
/// over.
class Completion {
 public:
    /// Room for `count` events. May allocate the first time that so many are asked for.
    void reserve(std::size_t count);

    /// What is to be called back, and by whom.
    void begin(core::Ref<optirs_pjrt_client> client, const char* operation, optirs_completion done,
               void* context) noexcept;

    /// Keeps a buffer, or another object, until the operation is over.
    void keep(core::Ref<DeviceBuffer> buffer) noexcept;
    void keep(core::Ref<core::Object> object) noexcept;

    /// Takes over as many events as were reserved for; NULL ones are over already.
    void setEvents(std::span<PJRT_Event* const> events) noexcept;

    /// Waits for the events. Afterwards this object belongs to them, and the callback may have run and
    /// released whatever the caller was called with: nothing else of that may be touched.
    void arm() noexcept;

    Completion* next_free = nullptr;

 private:
    struct Wait : Worker::Task {
        Completion* owner;
        PJRT_Event* event;
    };

    const Api& api() const noexcept;
    bool wait(Wait& wait) noexcept;
    void awaitLater(Wait& wait) noexcept;
    void record(PJRT_Error* error, const char* function) noexcept;
    void leave(int parties) noexcept;
    void finish() noexcept;
    void recycle() noexcept;
    static void onReady(PJRT_Error* error, void* wait);
    static void awaitOnWorker(Worker::Task* task);

    core::Ref<optirs_pjrt_client> client_;
    core::Ref<DeviceBuffer> kept_;
    core::Ref<core::Object> kept_object_;
    const char* operation_ = nullptr;
    optirs_completion done_ = nullptr;
    void* context_ = nullptr;
    std::unique_ptr<Wait[]> waits_;
    std::size_t capacity_ = 0;
    std::size_t count_ = 0;
    std::atomic<int> parties_{0};
    std::atomic<optirs_error*> error_{nullptr};
};

/// Puts a completion that was not begun back into the pool.
struct RecycleCompletion {
    optirs_pjrt_client* client;
    void operator()(Completion* completion) const noexcept;
};

/// A completion for an operation that may yet fail to start, or be over at once. `release()->arm()` sends it
/// off.
using ReservedCompletion = std::unique_ptr<Completion, RecycleCompletion>;

/// Returns when the event is over and destroys it; throws its error. NULL is over already.
void awaitAndDestroy(const Api& api, PJRT_Event* event);

/// Destroys an event that nobody waits for.
void destroyEvent(const Api& api, PJRT_Event* event) noexcept;

/// Marks the thread, as long as it lives, as one that runs a callback of a plugin.
class CallbackScope {
 public:
    CallbackScope() noexcept;
    CallbackScope(const CallbackScope&) = delete;
    CallbackScope& operator=(const CallbackScope&) = delete;
    ~CallbackScope();
};

/// True on a thread that runs a callback of a plugin at the moment.
bool isInsideCallback() noexcept;

}  // namespace optirs::pjrt
