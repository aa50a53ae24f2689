#include "pjrt_cpu/runtime/pack_step.h"

#include <cstring>

namespace optirs::plugin {
namespace {

std::vector<int64_t> sizesOf(const SizedArray& array, const std::byte* list) {
    const auto dims = array.type.dims();
    std::vector<int64_t> sizes(dims.begin(), dims.end());
    for (size_t d = 0; d < sizes.size(); ++d) {
        if (array.sizes[d] < 0) continue;
        int32_t size = 0;
        std::memcpy(&size, list + array.sizes[d] * static_cast<int64_t>(sizeof size), sizeof size);
        sizes[d] = size;
    }
    return sizes;
}

/// Calls `visit(packed, spread, bytes)` for each row of what is there, in order, with the places of its first
/// byte.
template <class Visit>
void forEachRow(const TensorType& type, const std::vector<int64_t>& sizes, const Visit& visit) {
    const auto dims = type.dims();
    size_t last = dims.size();  // a row ends with the innermost dimension of which a part is there
    while (last > 1 && sizes[last - 1] == dims[last - 1]) --last;
    int64_t row = byteWidth(type.element());
    for (size_t d = last; d < dims.size(); ++d) row *= dims[d];
    if (last == 0) return visit(0, 0, row);  // a scalar
    const int64_t bytes = row * sizes[last - 1];
    std::vector<int64_t> strides(last - 1);
    int64_t stride = row * dims[last - 1];
    int64_t rows = 1;
    for (size_t d = last - 1; d-- > 0;) {
        strides[d] = stride;
        stride *= dims[d];
        rows *= sizes[d];
    }
    for (int64_t number = 0; number < rows && bytes > 0; ++number) {
        int64_t rest = number;
        int64_t offset = 0;
        for (size_t d = last - 1; d-- > 0;) {
            offset += rest % sizes[d] * strides[d];
            rest /= sizes[d];
        }
        visit(number * bytes, offset, bytes);
    }
}

class SizedStep : public Step {
 public:
    SizedStep(const char* name, std::vector<SizedArray> arrays, int32_t sizes_allocation)
        : name_(name), arrays_(std::move(arrays)), sizes_allocation_(sizes_allocation) {}

    void run(const Frame& frame) const override {
        for (const SizedArray& array : arrays_)
            run(array, sizesOf(array, frame.buffers[sizes_allocation_]), frame);
    }

    std::string describe() const override {
        std::string text = name_;
        for (const SizedArray& array : arrays_) {
            text += " @" + std::to_string(array.packed);
            if (array.spread != array.packed) text += " to @" + std::to_string(array.spread);
            text += " " + array.type.toString();
        }
        return text + " by the sizes in @" + std::to_string(sizes_allocation_);
    }

 private:
    virtual void run(const SizedArray& array, const std::vector<int64_t>& sizes,
                     const Frame& frame) const = 0;

    const char* const name_;
    const std::vector<SizedArray> arrays_;
    const int32_t sizes_allocation_;
};

class PackStep final : public SizedStep {
 public:
    using SizedStep::SizedStep;

 private:
    /// Row by row: none moves to where one lies that has still to be moved.
    void run(const SizedArray& array, const std::vector<int64_t>& sizes, const Frame& frame) const override {
        std::byte* data = frame.buffers[array.packed];
        forEachRow(array.type, sizes, [data](int64_t packed, int64_t spread, int64_t bytes) {
            if (packed != spread) std::memmove(data + packed, data + spread, static_cast<size_t>(bytes));
        });
    }
};

class UnpackStep final : public SizedStep {
 public:
    using SizedStep::SizedStep;

 private:
    /// Nothing reads the zeros for a result. They keep other programs' data out, and every run the same.
    void run(const SizedArray& array, const std::vector<int64_t>& sizes, const Frame& frame) const override {
        const std::byte* from = frame.buffers[array.packed];
        std::byte* to = frame.buffers[array.spread];
        int64_t written = 0;
        const auto clear_until = [&](int64_t end) {
            if (end > written) std::memset(to + written, 0, static_cast<size_t>(end - written));
        };
        forEachRow(array.type, sizes, [&](int64_t packed, int64_t spread, int64_t bytes) {
            clear_until(spread);
            std::memcpy(to + spread, from + packed, static_cast<size_t>(bytes));
            written = spread + bytes;
        });
        clear_until(array.type.byteCount());
    }
};

}  // namespace

std::unique_ptr<Step> makePackStep(std::vector<SizedArray> arrays, int32_t sizes_allocation) {
    return std::make_unique<PackStep>("pack", std::move(arrays), sizes_allocation);
}

std::unique_ptr<Step> makeUnpackStep(std::vector<SizedArray> arrays, int32_t sizes_allocation) {
    return std::make_unique<UnpackStep>("unpack", std::move(arrays), sizes_allocation);
}

}  // namespace optirs::plugin
