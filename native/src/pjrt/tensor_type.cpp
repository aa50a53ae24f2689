#include "src/pjrt/tensor_type.h"

#include <algorithm>

#include "src/core/dtype.h"
#include "src/core/error.h"
#include "src/core/text.h"

namespace optirs::pjrt {

bool TensorType::is(optirs_dtype other, std::span<const int64_t> other_dims) const noexcept {
    return dtype == other && std::equal(dims.begin(), dims.end(), other_dims.begin(), other_dims.end());
}

std::string describe(optirs_dtype dtype, std::span<const int64_t> dims) {
    const core::DTypeFacts* facts = core::findDType(dtype);
    std::string text = facts == nullptr ? core::concat("dtype ", dtype) : std::string(facts->name);
    char separator = '[';
    for (const int64_t extent : dims) {
        core::append(text, separator);
        core::append(text, extent);
        separator = ',';
    }
    return text += dims.empty() ? "[]" : "]";
}

int64_t hostElementSize(optirs_dtype dtype) noexcept {
    const core::DTypeFacts* facts = core::findDType(dtype);
    return facts == nullptr ? 0 : (facts->bits + 7) / 8;
}

uint64_t hostSize(optirs_dtype dtype, std::span<const int64_t> dims) {
    int64_t bytes = hostElementSize(dtype);
    for (const int64_t extent : dims) {
        if (extent < 0) {
            throw core::Error(core::Code::kInvalidArgument,
                              core::concat(describe(dtype, dims), " has the negative extent ", extent));
        }
        if (__builtin_mul_overflow(bytes, extent, &bytes)) {
            throw core::Error(core::Code::kInvalidArgument,
                              core::concat(describe(dtype, dims), " has more than 2^63 bytes"));
        }
    }
    return static_cast<uint64_t>(bytes);
}

uint64_t stridedSize(optirs_dtype dtype, std::span<const int64_t> dims, const int64_t* byte_strides) {
    const uint64_t dense = hostSize(dtype, dims);
    if (byte_strides == nullptr || dense == 0) {
        return dense;
    }
    int64_t last = 0;
    for (std::size_t i = 0; i < dims.size(); ++i) {
        int64_t reach = 0;
        if (byte_strides[i] < 0 || __builtin_mul_overflow(byte_strides[i], dims[i] - 1, &reach) ||
            __builtin_add_overflow(last, reach, &last)) {
            throw core::Error(core::Code::kInvalidArgument,
                              core::concat("stride ", byte_strides[i], " of dimension ", i, " of ",
                                           describe(dtype, dims), " is negative or too large"));
        }
    }
    return static_cast<uint64_t>(last + hostElementSize(dtype));
}

const TensorType* TensorTypes::intern(optirs_dtype dtype, std::span<const int64_t> dims) {
    const std::scoped_lock lock(mutex_);
    for (const auto& type : types_) {
        if (type->is(dtype, dims)) {
            return type.get();
        }
    }
    types_.push_back(
        std::make_unique<TensorType>(TensorType{dtype, {dims.begin(), dims.end()}, hostSize(dtype, dims)}));
    return types_.back().get();
}

}  // namespace optirs::pjrt
