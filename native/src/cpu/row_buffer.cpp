#include "src/cpu/row_buffer.h"

#include <sys/mman.h>

#include <new>

namespace optirs::cpu {

void Scratch::grow(int64_t count) {
    constexpr size_t kLine = 64;
    constexpr size_t kHugePage = size_t{2} << 20;
    const size_t bytes = static_cast<size_t>(count) * sizeof(float);
    const size_t alignment = bytes < 2 * kHugePage ? kLine : kHugePage;
    const size_t room = (bytes + alignment - 1) / alignment * alignment;
    data_.reset();
    size_ = 0;
    data_.reset(static_cast<float*>(std::aligned_alloc(alignment, room)));
    if (data_ == nullptr) {
        throw std::bad_alloc();
    }
    if (alignment == kHugePage) {
        madvise(data_.get(), room, MADV_HUGEPAGE);  // a hint: failing changes nothing
    }
    size_ = count;
}

}  // namespace optirs::cpu
