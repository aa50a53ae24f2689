#include "src/core/pressure.h"

#include <condition_variable>
#include <mutex>

namespace optirs::core {
namespace {

struct Handler {
    optirs_memory_pressure_handler function = nullptr;
    void* context = nullptr;
};

std::mutex mutex;
std::condition_variable idle;
Handler current;
int running = 0;
thread_local bool is_inside_handler = false;

}  // namespace

void setPressureHandler(optirs_memory_pressure_handler handler, void* context) noexcept {
    std::unique_lock lock(mutex);
    current = {handler, context};
    if (!is_inside_handler) {
        idle.wait(lock, [] { return running == 0; });
    }
}

bool relieveMemoryPressure(uint64_t bytes) noexcept {
    if (is_inside_handler) {
        return false;
    }
    Handler handler;
    {
        const std::scoped_lock lock(mutex);
        handler = current;
        if (handler.function == nullptr) {
            return false;
        }
        ++running;
    }
    // No lock is held here: the handler may release objects and wait for threads that do.
    is_inside_handler = true;
    const bool freed = handler.function(bytes, handler.context) != 0;
    is_inside_handler = false;
    {
        const std::scoped_lock lock(mutex);
        --running;
    }
    idle.notify_all();
    return freed;
}

}  // namespace optirs::core
