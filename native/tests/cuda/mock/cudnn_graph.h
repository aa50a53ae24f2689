// Graphs of the mock cuDNN, computed in float64.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace optirs::mock {

using Dims = std::array<int64_t, 4>;

struct GraphTensor {
    int64_t id = 0;
    int32_t type = 0;
    Dims dims{};
    Dims strides{};
    bool is_virtual = false;
    bool is_by_value = false;
};

/// Which of the tensors an operation has depends on its kind, the type of its descriptor.
struct GraphOperation {
    int32_t kind = 0;
    int32_t mode = 0;  // of a pointwise operation or reduction
    int64_t axis = 0;
    double padding = 0;
    std::optional<GraphTensor> x{};  // a of a product
    std::optional<GraphTensor> b{};
    std::optional<GraphTensor> t{};
    std::optional<GraphTensor> y{};  // c of a product
    std::optional<GraphTensor> m{};
    std::optional<GraphTensor> n{};
    std::optional<GraphTensor> k{};
};

/// Computes the operations in their order. Throws what is wrong with them as text. Rows that are masked as a
/// whole become 0 with a log-sum-exp of -infinity, as in cuDNN's fused kernels since 9.25.
void evaluate(const std::vector<GraphOperation>& operations, const std::map<int64_t, void*>& addresses);

}  // namespace optirs::mock
