#include "pjrt_cpu/runtime/pack_step.h"

#include <cstring>

namespace optirs::plugin {
namespace {

/// Row by row: none moves to where one lies that has still to be moved.
void pack(std::byte* data, const TensorType& type, const std::vector<int64_t>& sizes) {
    const auto dims = type.dims();
    size_t last = dims.size();  // the innermost dimension of which a part is there
    while (last > 0 && sizes[last - 1] == dims[last - 1]) --last;
    if (last <= 1) return;  // one row, which begins where it should
    int64_t row = byteWidth(type.element());
    for (size_t d = last; d < dims.size(); ++d) row *= dims[d];
    const auto bytes = static_cast<size_t>(row * sizes[last - 1]);
    std::vector<int64_t> strides(last - 1);
    int64_t stride = row * dims[last - 1];
    int64_t rows = 1;
    for (size_t d = last - 1; d-- > 0;) {
        strides[d] = stride;
        stride *= dims[d];
        rows *= sizes[d];
    }
    std::byte* to = data;
    for (int64_t number = 0; number < rows && bytes > 0; ++number, to += bytes) {
        int64_t rest = number;
        int64_t offset = 0;
        for (size_t d = last - 1; d-- > 0;) {
            offset += rest % sizes[d] * strides[d];
            rest /= sizes[d];
        }
        std::memmove(to, data + offset, bytes);
    }
}

class PackStep final : public Step {
 public:
    PackStep(std::vector<PackedResult> results, int32_t sizes_allocation)
        : results_(std::move(results)), sizes_allocation_(sizes_allocation) {}

    void run(const Frame& frame) const override {
        const std::byte* list = frame.buffers[sizes_allocation_];
        for (const PackedResult& result : results_) {
            const auto dims = result.type.dims();
            std::vector<int64_t> sizes(dims.begin(), dims.end());
            for (size_t d = 0; d < sizes.size(); ++d) {
                if (result.sizes[d] < 0) continue;
                int32_t size = 0;
                std::memcpy(&size, list + result.sizes[d] * static_cast<int64_t>(sizeof size), sizeof size);
                sizes[d] = size;
            }
            pack(frame.buffers[result.allocation], result.type, sizes);
        }
    }

    std::string describe() const override {
        std::string text = "pack";
        for (const PackedResult& result : results_)
            text += " @" + std::to_string(result.allocation) + " " + result.type.toString();
        return text + " to the sizes in @" + std::to_string(sizes_allocation_);
    }

 private:
    const std::vector<PackedResult> results_;
    const int32_t sizes_allocation_;
};

}  // namespace

std::unique_ptr<Step> makePackStep(std::vector<PackedResult> results, int32_t sizes_allocation) {
    return std::make_unique<PackStep>(std::move(results), sizes_allocation);
}

}  // namespace optirs::plugin
