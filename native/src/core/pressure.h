// What happens when memory is short: the handler of the process is asked to free some, and the allocation is
// tried again.
#pragma once

#include <optirs/memory.h>

#include <new>

#include "src/core/error.h"

namespace optirs::core {

/// Replaces the handler; on return the previous one does not run, unless this is called from within it.
void setPressureHandler(optirs_memory_pressure_handler handler, void* context) noexcept;

/// Calls the handler, if there is one and it does not run on this thread already. True if a retry makes
/// sense.
bool relieveMemoryPressure(uint64_t bytes) noexcept;

/// Runs `allocate`, which wants `bytes` of host or device memory (0: unknown), and once more if it ran out of
/// memory and the handler freed some.
template <class Allocate>
auto retryUnderPressure(uint64_t bytes, Allocate&& allocate) {
    try {
        return allocate();
    } catch (const std::bad_alloc&) {
        if (!relieveMemoryPressure(bytes)) {
            throw;
        }
    } catch (const Error& error) {
        if (error.code() != Code::kResourceExhausted || !relieveMemoryPressure(bytes)) {
            throw;
        }
    }
    return allocate();
}

}  // namespace optirs::core
