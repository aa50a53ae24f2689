// Tensors for tests of the kernels.
#pragma once

#include <optirs/dlpack.h>

#include <random>
#include <vector>

namespace optirs::cpu {

/// A tensor with memory of its own.
template <class T>
class Array {
 public:
    explicit Array(std::vector<int64_t> shape) : shape_(std::move(shape)) {
        int64_t count = 1;
        for (const int64_t extent : shape_) {
            count *= extent;
        }
        values.resize(static_cast<size_t>(count));
        constexpr uint8_t kCode = std::is_same_v<T, float> ? OPTIRS_DL_FLOAT : OPTIRS_DL_INT;
        view_ = {.data = values.data(),
                 .device = {OPTIRS_DL_CPU, 0},
                 .ndim = static_cast<int32_t>(shape_.size()),
                 .dtype = {kCode, sizeof(T) * 8, 1},
                 .shape = shape_.data(),
                 .strides = nullptr,
                 .byte_offset = 0};
    }
    Array(const Array&) = delete;
    Array& operator=(const Array&) = delete;

    const optirs_dl_tensor* view() const { return &view_; }

    std::vector<T> values;

 private:
    std::vector<int64_t> shape_;
    optirs_dl_tensor view_{};
};

inline void fill(Array<float>& array, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, 1);
    for (float& value : array.values) {
        value = normal(random);
    }
}

}  // namespace optirs::cpu
