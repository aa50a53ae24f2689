#include "pjrt_cpu/capi/array_sizes.h"

#include <cstring>

namespace optirs::plugin {
namespace {

MemoryBlock memoryFor(const std::vector<SizedDimension>& sized, PJRT_Device& device) {
    if (sized.empty()) return {};
    return device.store->allocate(static_cast<int64_t>(sized.size() * sizeof(int32_t)), nullptr, nullptr);
}

}  // namespace

ArgumentSizes::ArgumentSizes(const Program& program, PJRT_Device& device,
                             std::span<const Ref<BufferValue>> arguments)
    : memory_(memoryFor(program.sized_arguments, device)) {
    for (size_t i = 0; i < program.sized_arguments.size(); ++i) {
        const SizedDimension& each = program.sized_arguments[i];
        const auto size = static_cast<int32_t>(
            arguments[static_cast<size_t>(each.array)]->presentDims()[static_cast<size_t>(each.dim)]);
        std::memcpy(memory_.data() + i * sizeof size, &size, sizeof size);
    }
}

ResultSizes::ResultSizes(const Program& program, PJRT_Device& device)
    : program_(program), memory_(memoryFor(program.sized_outputs, device)) {}

void ResultSizes::tell(std::span<const Ref<BufferValue>> results) const {
    for (size_t i = 0; i < program_.sized_outputs.size(); ++i) {
        const SizedDimension& each = program_.sized_outputs[i];
        BufferValue& value = *results[static_cast<size_t>(each.array)];
        if (value.dims.empty())
            value.dims.assign(value.array->type.dims().begin(), value.array->type.dims().end());
        int32_t size = 0;
        std::memcpy(&size, memory_.data() + i * sizeof size, sizeof size);
        value.dims[static_cast<size_t>(each.dim)] = size;
    }
}

}  // namespace optirs::plugin
