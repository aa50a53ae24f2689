// Small programs, in the memory that their results had.
#include <algorithm>
#include <array>

#include "src/pjrt/buffer.h"
#include "src/pjrt/executable.h"
#include "src/pjrt/execution.h"

namespace optirs::pjrt {

using core::Ref;

bool Execution::runInPlace(const ExecuteRequest& request) {
    constexpr std::size_t kMost = 16;
    const InPlace& in_place = executable_.client().inPlace();
    const bool is_plain = request.channels.empty() && request.not_donated.empty() &&
                          request.execute_context == nullptr && request.call_location == nullptr &&
                          request.launch_id == 0 && request.device == nullptr &&
                          (request.done == nullptr || request.finished != nullptr);
    const std::size_t count = request.arguments.size() + request.results.size();
    if (!in_place.isOffered() || never_in_place_.load(std::memory_order_relaxed) || !is_plain ||
        count > kMost || request.results.empty()) {
        return false;
    }
    std::array<Ref<DeviceBuffer>, kMost> held;
    std::array<PJRT_Buffer*, kMost> buffers;  // NOLINT: `count` of them are set
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t result = i - request.arguments.size();
        const bool is_argument = i < request.arguments.size();
        const optirs_pjrt_buffer* cell = is_argument ? request.arguments[i] : request.results[result];
        if (cell == nullptr || &cell->client() != &executable_.client()) {
            return false;
        }
        // A cell in both places is not overwritten while it is read.
        if (!is_argument && std::ranges::find(request.arguments, cell) != request.arguments.end()) {
            return false;
        }
        held[i] = cell->load();
        if (!held[i] || held[i]->goneReason() != nullptr) {
            return false;
        }
        buffers[i] = held[i]->get();
    }
    bool is_never = false;
    const std::span all(buffers.data(), count);
    const bool is_done = in_place.execute(executable_.handle(), all.first(request.arguments.size()),
                                          all.subspan(request.arguments.size()), is_never);
    if (is_never) {
        never_in_place_.store(true, std::memory_order_relaxed);
    }
    if (is_done && request.finished != nullptr) {
        *request.finished = 1;
    }
    return is_done;
}

}  // namespace optirs::pjrt
