// Streams, events and graphs.
#pragma once

#include <optirs/event.h>
#include <optirs/graph.h>
#include <optirs/stream.h>

#include <atomic>
#include <list>
#include <memory>
#include <mutex>

#include "src/core/device/device.h"
#include "src/core/device/uses.h"
#include "src/core/object.h"

namespace optirs::core {

class StreamNotifier;

/// An event of the backend's, without a reference count.
class NativeEvent {
 public:
    NativeEvent(const DeviceCalls& calls, bool has_timing);
    NativeEvent(const NativeEvent&) = delete;
    NativeEvent& operator=(const NativeEvent&) = delete;
    ~NativeEvent() { calls_.attempt(&optirs_device_table::event_destroy, event_); }

    void* get() const noexcept { return event_; }

 private:
    DeviceCalls calls_;
    void* event_ = nullptr;
};

}  // namespace optirs::core

struct optirs_stream final : optirs::core::Object {
    optirs_stream(optirs_device& owner, int32_t priority);
    ~optirs_stream() override;

    optirs_device& device() const noexcept { return device_; }
    void* native() const noexcept { return stream_; }
    optirs::core::StreamId id() const noexcept { return id_; }
    bool isCapturing() const noexcept { return is_capturing_.load(std::memory_order_acquire); }

    bool query();
    void wait();
    void notify(optirs_completion done, void* context);

    void beginCapture();
    optirs::core::Ref<optirs_graph> endCapture();

    /// Keeps released blocks, which are the graph's when the capture ends; false if there is no capture.
    /// Recorded ones serve recorded work that follows.
    bool holdUntilCaptureEnds(std::list<optirs::core::Pending>& released, bool is_recorded = false) noexcept;
    /// A block that recorded work of this capture has done with, or null.
    optirs::core::Block* takeSpare(uint64_t size, std::string_view tag);
    /// Throws FAILED_PRECONDITION while the stream is captured.
    void checkNotCapturing(const char* what) const;

 private:
    void abandonCapture() noexcept;
    void giveHeldTo(optirs_graph& graph);
    void releaseHeld() noexcept;

    optirs_device& device_;
    optirs::core::StreamId id_;
    void* stream_ = nullptr;
    std::list<optirs::core::Pending> retirement_;  // one element, made while there is memory
    std::mutex mutex_;                             // guards what follows
    std::shared_ptr<optirs::core::StreamNotifier> notifier_;
    std::list<optirs::core::Pending> held_;
    std::list<optirs::core::Pending> spare_;  // held too, and free for recorded work
    std::atomic<bool> is_capturing_{false};
};

struct optirs_event final : optirs::core::Object {
    optirs_event(optirs_device& owner, bool has_timing_of_work)
        : Object(OPTIRS_OBJECT_EVENT),
          device(owner),
          has_timing(has_timing_of_work),
          native(owner.calls, has_timing_of_work) {}

    optirs_device& device;
    const bool has_timing;
    const optirs::core::NativeEvent native;
};

struct optirs_graph final : optirs::core::Object {
    optirs_graph(optirs_device& owner, void* recorded)
        : Object(OPTIRS_OBJECT_GRAPH), device(owner), native(recorded), memory(1) {}
    ~optirs_graph() override;

    void launch(optirs_stream& stream);

    optirs_device& device;
    void* const native;
    std::list<optirs::core::Pending> memory;  // one element: what was released during the recording

 private:
    std::mutex mutex_;  // guards what follows
    optirs::core::StreamUses uses_;
};

namespace optirs::core {

void recordEvent(optirs_event& event, optirs_stream& stream);
bool queryEvent(optirs_event& event);
void waitEvent(optirs_event& event);
void follow(optirs_stream& stream, optirs_event& event);
float elapsed(optirs_event& start, optirs_event& end);

}  // namespace optirs::core
