#include "src/core/device/uses.h"

#include <algorithm>

#include "src/core/device/stream.h"

namespace optirs::core {

void StreamUses::add(optirs_stream& stream, Pending& pending) {
    const auto is_same = [&](const Use& use) { return use.stream.get() == &stream; };
    if (std::ranges::any_of(uses_, is_same)) {
        return;
    }
    pending.events.reserve(pending.events.size() + uses_.size() + 1);
    uses_.reserve(uses_.size() + 1);
    uses_.push_back({Ref<optirs_stream>::share(&stream), stream.device().allocator.createEvent()});
}

bool StreamUses::mark(std::list<Pending>& pending) noexcept {
    Pending& released = pending.front();
    bool is_held = false;
    for (const Use& use : uses_) {
        // The capacity was reserved by `add`. A failed recording leaves the event done; the failure itself is
        // the context's, and comes back with the next call.
        released.events.push_back(use.event);
        if (!use.stream->isCapturing()) {
            use.stream->device().calls.attempt(&optirs_device_table::event_record, use.event,
                                               use.stream->native());
        } else {
            is_held = is_held || use.stream->holdUntilCaptureEnds(pending);
        }
    }
    uses_.clear();
    return is_held;
}

}  // namespace optirs::core
