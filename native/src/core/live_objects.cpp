#include "src/core/live_objects.h"

#include <array>
#include <atomic>

namespace optirs::core {
namespace {

constexpr size_t kKinds = OPTIRS_OBJECT_KIND_COUNT;

constinit std::array<std::atomic<int64_t>, kKinds> live_counts{};

constexpr std::array<std::string_view, kKinds> kNames = {
    "error",          "buffer",          "dl_tensor",
    "operation",      "backend",         "pjrt_plugin",
    "pjrt_client",    "pjrt_buffer",     "pjrt_executable",
    "pjrt_discovery", "pjrt_topology",   "pjrt_transfer",
    "pjrt_event",     "pjrt_promise",    "pjrt_bytes",
    "pjrt_values",    "pjrt_layout",     "pjrt_hold",
    "pjrt_context",   "pjrt_tracking",   "pjrt_copy_stream",
    "stablehlo_text", "stream",          "event",
    "device_memory",  "graph",           "pjrt_list",
    "pjrt_profiler",  "pjrt_raw_buffer", "communicator",
};

constexpr bool isKind(optirs_object_kind kind) { return kind >= 0 && kind < OPTIRS_OBJECT_KIND_COUNT; }

}  // namespace

void countObject(optirs_object_kind kind, int64_t change) noexcept {
    live_counts[static_cast<size_t>(kind)].fetch_add(change, std::memory_order_relaxed);
}

int64_t liveObjects(optirs_object_kind kind) noexcept {
    return isKind(kind) ? live_counts[static_cast<size_t>(kind)].load(std::memory_order_relaxed) : 0;
}

std::string_view objectKindName(optirs_object_kind kind) noexcept {
    return isKind(kind) ? kNames[static_cast<size_t>(kind)] : "unknown";
}

}  // namespace optirs::core
