#include "pjrt_cpu/capi/result_sizes.h"

#include <cstring>

namespace optirs::plugin {

ResultSizes::ResultSizes(const Program& program, PJRT_Device& device) : program_(program) {
    const size_t count = program.sized_dimensions.size();
    if (count > 0)
        memory_ = device.store->allocate(static_cast<int64_t>(count * sizeof(int32_t)), nullptr, nullptr);
}

void ResultSizes::tell(std::span<const Ref<BufferValue>> results) const {
    for (size_t i = 0; i < program_.sized_dimensions.size(); ++i) {
        const SizedDimension& each = program_.sized_dimensions[i];
        BufferValue& value = *results[static_cast<size_t>(each.output)];
        if (value.dims.empty())
            value.dims.assign(value.array->type.dims().begin(), value.array->type.dims().end());
        int32_t size = 0;
        std::memcpy(&size, memory_.data() + i * sizeof size, sizeof size);
        value.dims[static_cast<size_t>(each.dim)] = size;
    }
}

}  // namespace optirs::plugin
