#include "src/core/device/stream.h"

#include "src/core/device/notifier.h"
#include "src/core/error.h"
#include "src/core/text.h"

namespace optirs::core {

NativeEvent::NativeEvent(const DeviceCalls& calls, bool has_timing) : calls_(calls) {
    calls_(&optirs_device_table::event_create, static_cast<uint8_t>(has_timing ? 1 : 0), &event_);
}

}  // namespace optirs::core

using namespace optirs::core;

optirs_stream::optirs_stream(optirs_device& owner, int32_t priority)
    : Object(OPTIRS_OBJECT_STREAM), device_(owner), id_(owner.newStreamId()), retirement_(1) {
    Pending& retirement = retirement_.front();
    retirement.retired = id_;
    retirement.events.reserve(1);
    retirement.events.push_back(device_.allocator.createEvent());
    try {
        device_.calls(&optirs_device_table::stream_create, priority, &stream_);
    } catch (...) {
        device_.allocator.returnEvent(retirement.events.front());
        throw;
    }
}

optirs_stream::~optirs_stream() {
    if (isCapturing()) {
        abandonCapture();
    }
    releaseHeld();
    if (notifier_ != nullptr) {
        notifier_->close();
    }
    // The cached blocks of this stream become everybody's once its work is done.
    device_.calls.attempt(&optirs_device_table::event_record, retirement_.front().events.front(), stream_);
    device_.calls.attempt(&optirs_device_table::stream_destroy, stream_);
    device_.allocator.releaseLater(retirement_);
}

bool optirs_stream::query() {
    checkNotCapturing("asked whether it is done");
    uint8_t is_done = 0;
    device_.calls(&optirs_device_table::stream_query, stream_, &is_done);
    return is_done != 0;
}

void optirs_stream::wait() {
    checkNotCapturing("waited for");
    device_.calls(&optirs_device_table::stream_wait, stream_);
}

void optirs_stream::notify(optirs_completion done, void* context) {
    checkNotCapturing("waited for");
    std::shared_ptr<StreamNotifier> notifier;
    {
        const std::scoped_lock lock(mutex_);
        if (notifier_ == nullptr) {
            notifier_ = std::make_shared<StreamNotifier>(device_.calls);
        }
        notifier = notifier_;
    }
    notifier->add(stream_, done, context);
}

void optirs_stream::beginCapture() {
    checkNotCapturing("captured again");
    device_.calls(&optirs_device_table::capture_begin, stream_);
    is_capturing_.store(true, std::memory_order_release);
}

Ref<optirs_graph> optirs_stream::endCapture() {
    if (!isCapturing()) {
        throw Error(Code::kFailedPrecondition,
                    "the stream is not captured: call optirs_stream_capture_begin first");
    }
    void* graph = nullptr;
    try {
        device_.calls(&optirs_device_table::capture_end, stream_, &graph);
    } catch (...) {
        // Whatever failed, the stream is not captured any more; a second end is refused and does no harm.
        abandonCapture();
        releaseHeld();
        throw;
    }
    is_capturing_.store(false, std::memory_order_release);
    Ref<optirs_graph> made;
    try {
        made = makeObject<optirs_graph>(device_, graph);
    } catch (...) {
        device_.calls.attempt(&optirs_device_table::graph_destroy, graph);
        releaseHeld();
        throw;
    }
    try {
        giveHeldTo(*made);
    } catch (...) {
        releaseHeld();
        throw;
    }
    return made;
}

void optirs_stream::abandonCapture() noexcept {
    void* graph = nullptr;
    if (device_.calls.attempt(&optirs_device_table::capture_end, stream_, &graph)) {
        device_.calls.attempt(&optirs_device_table::graph_destroy, graph);
    }
    is_capturing_.store(false, std::memory_order_release);
}

bool optirs_stream::holdUntilCaptureEnds(std::list<Pending>& released, bool is_recorded) noexcept {
    const std::scoped_lock lock(mutex_);
    if (!isCapturing()) {
        return false;
    }
    std::list<Pending>& list = is_recorded && released.front().events.empty() ? spare_ : held_;
    list.splice(list.end(), released);
    return true;
}

Block* optirs_stream::takeSpare(uint64_t size, std::string_view tag) {
    constexpr uint64_t kMostWaste = 4;  // times the request
    const std::scoped_lock lock(mutex_);
    const auto size_of = [](const Pending& spare) { return spare.blocks.front()->size; };
    auto best = spare_.end();
    for (auto at = spare_.begin(); at != spare_.end(); ++at) {
        if (size_of(*at) >= size && (best == spare_.end() || size_of(*at) < size_of(*best))) {
            best = at;
        }
    }
    if (best == spare_.end() || size_of(*best) / kMostWaste > size) {
        return nullptr;
    }
    Block* block = best->blocks.front();
    device_.allocator.rename(block, size, tag);
    spare_.erase(best);
    return block;
}

void optirs_stream::giveHeldTo(optirs_graph& graph) {
    const std::scoped_lock lock(mutex_);
    Pending& all = graph.memory.front();
    size_t blocks = 0;
    size_t events = 0;
    held_.splice(held_.end(), spare_);
    for (const Pending& held : held_) {
        blocks += held.blocks.size();
        events += held.events.size();
    }
    all.blocks.reserve(blocks);
    all.events.reserve(events);
    for (const Pending& held : held_) {
        all.blocks.insert(all.blocks.end(), held.blocks.begin(), held.blocks.end());
        all.events.insert(all.events.end(), held.events.begin(), held.events.end());
    }
    held_.clear();
}

void optirs_stream::releaseHeld() noexcept {
    std::list<Pending> held;
    {
        const std::scoped_lock lock(mutex_);
        held.swap(held_);
        held.splice(held.end(), spare_);
    }
    while (!held.empty()) {
        std::list<Pending> one;
        one.splice(one.begin(), held, held.begin());
        device_.allocator.releaseLater(one);
    }
}

void optirs_stream::checkNotCapturing(const char* what) const {
    if (isCapturing()) {
        throw Error(Code::kFailedPrecondition,
                    concat("the stream is being captured and cannot be ", what, ": end the capture first"));
    }
}

namespace optirs::core {

void recordEvent(optirs_event& event, optirs_stream& stream) {
    checkSameDevice(event.device, stream.device(), "stream");
    event.device.calls(&optirs_device_table::event_record, event.native.get(), stream.native());
}

bool queryEvent(optirs_event& event) {
    uint8_t is_done = 0;
    event.device.calls(&optirs_device_table::event_query, event.native.get(), &is_done);
    return is_done != 0;
}

void waitEvent(optirs_event& event) {
    event.device.calls(&optirs_device_table::event_wait, event.native.get());
}

void follow(optirs_stream& stream, optirs_event& event) {
    checkSameBackend(stream.device(), event.device, "event");
    stream.device().calls(&optirs_device_table::stream_follow, stream.native(), event.native.get());
}

float elapsed(optirs_event& start, optirs_event& end) {
    checkSameDevice(start.device, end.device, "end");
    if (!start.has_timing || !end.has_timing) {
        throw Error(Code::kFailedPrecondition, "the events were created without timing");
    }
    float milliseconds = 0;
    start.device.calls(&optirs_device_table::event_elapsed, start.native.get(), end.native.get(),
                       &milliseconds);
    return milliseconds;
}

}  // namespace optirs::core

optirs_graph::~optirs_graph() {
    device.calls.attempt(&optirs_device_table::graph_destroy, native);
    if (!memory.front().blocks.empty() && !uses_.mark(memory)) {
        device.allocator.releaseLater(memory);
    }
}

void optirs_graph::launch(optirs_stream& stream) {
    checkSameDevice(device, stream.device(), "stream");
    if (!memory.front().blocks.empty()) {
        const std::scoped_lock lock(mutex_);
        uses_.add(stream, memory.front());
    }
    device.calls(&optirs_device_table::graph_launch, native, stream.native());
}
