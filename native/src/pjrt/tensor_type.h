// Element type and extents of a buffer, held once per distinct pair.
#pragma once

#include <optirs/dtype.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace optirs::pjrt {

struct TensorType {
    optirs_dtype dtype;
    std::vector<int64_t> dims;
    uint64_t bytes;  // of the dense host form

    bool is(optirs_dtype other, std::span<const int64_t> other_dims) const noexcept;
};

/// "f32[2,3]".
std::string describe(optirs_dtype dtype, std::span<const int64_t> dims);

/// Bytes of one element in host memory, where elements narrower than a byte take a whole one; 0 for no
/// element type.
int64_t hostElementSize(optirs_dtype dtype) noexcept;

/// Bytes of the dense host form. Throws INVALID_ARGUMENT for a negative extent or more than 2^63 bytes.
uint64_t hostSize(optirs_dtype dtype, std::span<const int64_t> dims);

/// Bytes from the first to past the last element of an array with these strides; NULL: dense. Throws
/// INVALID_ARGUMENT for a stride that is negative or too large.
uint64_t stridedSize(optirs_dtype dtype, std::span<const int64_t> dims, const int64_t* byte_strides);

/// All types that a client has met. They stay for its lifetime: a program meets few. Thread-safe.
class TensorTypes {
 public:
    const TensorType* intern(optirs_dtype dtype, std::span<const int64_t> dims);

 private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<TensorType>> types_;
};

}  // namespace optirs::pjrt
