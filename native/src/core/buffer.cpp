#include "src/core/buffer.h"

#include <cstring>

#include "src/core/error.h"
#include "src/core/faults.h"
#include "src/core/pressure.h"
#include "src/core/text.h"

namespace optirs::core {
namespace {

constexpr uint64_t kMaxSize = uint64_t{1} << 62;

std::byte* tryAllocate(uint64_t padded_size) noexcept {
    return allocationFaultDue()
               ? nullptr
               : static_cast<std::byte*>(std::aligned_alloc(OPTIRS_BUFFER_ALIGNMENT, padded_size));
}

}  // namespace

HostMemory allocateHostMemory(uint64_t size) {
    if (size > kMaxSize) {
        throw Error(Code::kInvalidArgument,
                    concat("size is ", size, " bytes; the largest buffer has 2^62 bytes"));
    }
    // Size 0 also takes one unit, so that the pointer is valid and distinct.
    const uint64_t units = (size + OPTIRS_BUFFER_ALIGNMENT - 1) / OPTIRS_BUFFER_ALIGNMENT;
    const uint64_t padded_size = std::max<uint64_t>(units, 1) * OPTIRS_BUFFER_ALIGNMENT;
    HostMemory memory(tryAllocate(padded_size));
    if (memory == nullptr && relieveMemoryPressure(size)) {
        memory.reset(tryAllocate(padded_size));
    }
    if (memory == nullptr) {
        throw Error(Code::kResourceExhausted,
                    concat("no host memory for ", size, " bytes; release buffers, or use smaller batches"));
    }
    std::memset(memory.get() + size, 0, padded_size - size);
    return memory;
}

Ref<optirs_buffer> createBuffer(uint64_t size) {
    return makeObject<optirs_buffer>(allocateHostMemory(size), size);
}

}  // namespace optirs::core
