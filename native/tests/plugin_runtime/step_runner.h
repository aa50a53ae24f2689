#pragma once

#include <cstddef>
#include <cstring>
#include <vector>

#include "pjrt_cpu/runtime/step.h"
#include "src/cpu/thread_pool.h"

namespace optirs::plugin::testing {

/// A pool of two threads for all tests of this program.
inline ThreadPool& pool() {
    static ThreadPool instance(2);
    return instance;
}

inline void runStep(const Step& step, std::vector<std::byte*> buffers, ThreadPool& on = pool()) {
    const RunContext context;
    step.run(Frame{buffers.data(), on, context});
}

template <class T>
std::byte* bytes(std::vector<T>& values) {
    return reinterpret_cast<std::byte*>(values.data());
}

}  // namespace optirs::plugin::testing
