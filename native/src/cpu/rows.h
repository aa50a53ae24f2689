// Rows of a tensor: in place, or as f32 through a buffer in the cache.
#pragma once

#include <algorithm>
#include <bit>
#include <initializer_list>

#include "src/cpu/convert.h"
#include "src/cpu/row_buffer.h"
#include "src/cpu/tensor.h"
#include "src/cpu/thread_pool.h"

namespace optirs::cpu {

/// The last dimension of a tensor, and how often it occurs.
struct Rows {
    explicit Rows(const optirs_dl_tensor& tensor)
        : length(tensor.ndim > 0 ? tensor.shape[tensor.ndim - 1] : 1),
          count(length > 0 ? elementCount(tensor) / length : 0) {}

    /// Rows that a thread takes at a time.
    int64_t grain() const { return std::max<int64_t>(1, 16384 / std::max<int64_t>(length, 1)); }

    int64_t length;
    int64_t count;
};

/// What rows of these tensors are worked on as: their type if they all have the same, of 16 bits or more;
/// else f32.
inline Element workType(std::initializer_list<const optirs_dl_tensor*> tensors) {
    const Element first = elementOf((*tensors.begin())->dtype);
    for (const optirs_dl_tensor* tensor : tensors) {
        if (elementOf(tensor->dtype) != first) {
            return Element::kF32;
        }
    }
    return byteSize(first) > 1 ? first : Element::kF32;
}

class RowSource {
 public:
    explicit RowSource(const optirs_dl_tensor* tensor) {
        if (tensor != nullptr) {
            type_ = elementOf(tensor->dtype);
            data_ = dataOf<char>(*tensor);
            length_ = Rows(*tensor).length;
        }
    }

    explicit operator bool() const { return data_ != nullptr; }

    /// As f32; NULL if there is no tensor.
    const float* row(int64_t index, int slot) const {
        return static_cast<const float*>(rowAs(Element::kF32, index, slot));
    }

    /// In the type of the tensor, or f32.
    const void* rowAs(Element work, int64_t index, int slot) const {
        if (data_ == nullptr) {
            return nullptr;
        }
        const char* from = data_ + index * length_ * byteSize(type_);
        if (type_ == work) {
            return from;
        }
        float* buffer = rowBuffer(slot, length_);
        convert(type_, from, 1.0F, Element::kF32, buffer, length_);
        return buffer;
    }

 private:
    Element type_ = Element::kF32;
    char* data_ = nullptr;
    int64_t length_ = 0;
};

/// Bytes from which a result is written past the caches: with what it is computed from it exceeds a
/// third-level cache.
inline constexpr int64_t kStreamBytes = int64_t{16} << 20;

/// Whether pieces of so many bytes of a result can be written past the caches: it is large, aligned, and not
/// what is read.
inline bool canStream(const optirs_dl_tensor& out, int64_t piece_bytes, const optirs_dl_tensor& in) {
    const char* data = dataOf<char>(out);
    return elementCount(out) * out.dtype.bits / 8 >= kStreamBytes && piece_bytes % kStreamAlignment == 0 &&
           reinterpret_cast<uintptr_t>(data) % kStreamAlignment == 0 && data != dataOf<char>(in);
}

class RowTarget {
 public:
    /// `in` is what rows are computed from.
    RowTarget(const optirs_dl_tensor& tensor, const optirs_dl_tensor& in, float scale = 1.0F)
        : type_(elementOf(tensor.dtype)),
          data_(dataOf<char>(tensor)),
          length_(Rows(tensor).length),
          scale_(scale),
          streams_(canStream(tensor, length_ * byteSize(type_), in)) {}

    /// Where to write a row, as f32, before `finish`.
    float* begin(int64_t index, int slot) const {
        return static_cast<float*>(beginAs(Element::kF32, index, slot));
    }

    /// Returns the bits of the largest magnitude, for types of 8 bits.
    uint32_t finish(int64_t index, const float* row) const { return finishAs(Element::kF32, index, row); }

    /// The same in the type of the tensor, or f32.
    void* beginAs(Element work, int64_t index, int slot) const {
        return type_ == work && !streams_ ? at(index) : static_cast<void*>(rowBuffer(slot, length_));
    }

    uint32_t finishAs(Element work, int64_t index, const void* row) const {
        uint32_t largest = 0;
        if (type_ != work) {
            void* narrow = streams_ ? static_cast<void*>(rowBuffer(3, length_)) : at(index);
            largest = convert(Element::kF32, row, scale_, type_, narrow, length_);
            row = narrow;
        }
        if (streams_) {
            streamBytes(at(index), row, length_ * byteSize(type_));
        }
        return largest;
    }

    /// After the last row of a thread.
    void end() const {
        if (streams_) {
            streamFence();
        }
    }

 private:
    char* at(int64_t index) const { return data_ + index * length_ * byteSize(type_); }

    Element type_;
    char* data_;
    int64_t length_;
    float scale_;
    bool streams_;
};

inline float scalarOr(const optirs_dl_tensor* tensor, float otherwise) {
    return tensor != nullptr ? *dataOf<float>(*tensor) : otherwise;
}

}  // namespace optirs::cpu
