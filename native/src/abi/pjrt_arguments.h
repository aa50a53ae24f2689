// Arguments of the headers below optirs/pjrt.h: arrays, option structs, indices.
#pragma once

#include <optirs/pjrt.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "src/core/guard.h"
#include "src/pjrt/tensor_type.h"

namespace optirs::abi {

using core::Code;
using core::concat;
using core::Error;
using core::guard;
using core::Out;
using core::OutText;
using core::Ref;
using core::required;
using core::requiredText;
using core::returnText;

/// Pointer and count as a span; NULL is allowed if there are none.
template <class T>
std::span<T> requiredArray(T* data, int64_t count, const char* name) {
    if (count < 0) {
        throw Error(Code::kInvalidArgument,
                    concat("the number of ", name, " is ", count, ", which is negative"));
    }
    return {count == 0 ? nullptr : required(data, name), static_cast<std::size_t>(count)};
}

/// The options that the caller's version of the struct has; the others keep their defaults.
template <class T>
T readOptions(const T* given, T options) {
    if (given != nullptr) {
        if (given->struct_size < sizeof(size_t)) {
            throw Error(Code::kInvalidArgument, "options.struct_size is not set; start from the _INIT macro");
        }
        std::memcpy(&options, given, std::min(given->struct_size, sizeof options));
    }
    return options;
}

/// NULL where the index is out of range.
template <class T>
T* itemAt(const std::vector<T*>& items, int64_t index) noexcept {
    const bool is_valid = index >= 0 && index < static_cast<int64_t>(items.size());
    return is_valid ? items[static_cast<std::size_t>(index)] : nullptr;
}

/// Throws INVALID_ARGUMENT where there is room for another number of items.
template <class T>
void copyList(const std::vector<T>& list, std::span<T> out) {
    if (list.size() != out.size()) {
        throw Error(Code::kInvalidArgument,
                    concat("the buffer has rank ", list.size(), ", but there is room for rank ", out.size()));
    }
    std::ranges::copy(list, out.begin());
}

/// Throws INVALID_ARGUMENT where there is room for another rank.
inline void copyDims(const pjrt::TensorType& type, int64_t* out_dims, int64_t rank) {
    const auto given = requiredArray(out_dims, rank, "out_dims");
    if (given.size() != type.dims.size()) {
        throw Error(Code::kInvalidArgument, concat(pjrt::describe(type.dtype, type.dims), " has rank ",
                                                   type.dims.size(), ", but there is room for rank ", rank));
    }
    std::ranges::copy(type.dims, given.begin());
}

}  // namespace optirs::abi
