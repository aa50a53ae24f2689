#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "pjrt_cpu/ir/type.h"

namespace optirs::plugin {

/// What all arrays of a type have in common. They share it: a program may hand out thousands of results at a
/// time, and a copy of shape and layout in each would take longer than to compute them.
struct ArrayType {
    explicit ArrayType(TensorType type_of_it, std::vector<size_t> dynamic_dims_of_it = {})
        : type(std::move(type_of_it)),
          bytes(type.isStatic() ? type.byteCount() : 0),
          dynamic_dims(std::move(dynamic_dims_of_it)) {
        for (int64_t d = type.rank(); d-- > 0;) minor_to_major.push_back(d);
    }

    const TensorType type;
    const int64_t bytes;  ///< 0 if the shape is not known
    /// Dimensions of which the value knows the size; `type` and `bytes` have room for the largest.
    const std::vector<size_t> dynamic_dims;
    std::vector<int64_t> minor_to_major;
};

using SharedType = std::shared_ptr<const ArrayType>;

inline SharedType shared(TensorType type, std::vector<size_t> dynamic_dims = {}) {
    return std::make_shared<const ArrayType>(std::move(type), std::move(dynamic_dims));
}

}  // namespace optirs::plugin
