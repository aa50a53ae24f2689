// A graph of cuDNN's: tensors and operations are added in order, then it gets a plan and is executed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "src/cuda/cudnn_descriptor.h"

namespace optirs::cuda {

using CudnnDims = std::array<int64_t, 4>;
enum class CudnnTensor : int64_t {};  // by its id in the graph

/// The address of a tensor in memory.
struct CudnnBinding {
    CudnnTensor tensor;
    void* address;
};

class CudnnGraph {
 public:
    CudnnGraph() = default;
    CudnnGraph(const CudnnGraph&) = delete;
    CudnnGraph& operator=(const CudnnGraph&) = delete;

    /// A tensor in memory that is bound when the graph is executed.
    CudnnTensor memory(int32_t type, const CudnnDims& dims, const CudnnDims& strides);
    /// A number, which the graph holds.
    CudnnTensor number(float value);
    CudnnTensor number(int32_t value);
    /// A dense tensor between two operations, which is never in memory.
    CudnnTensor between(int32_t type, const CudnnDims& dims);
    CudnnTensor between(int32_t type, const CudnnDims& dims, const CudnnDims& strides);

    const CudnnDims& dims(CudnnTensor tensor) const { return at(tensor).dims; }

    struct Pointwise {
        int32_t mode;
        CudnnTensor x;
        std::optional<CudnnTensor> b{};
        std::optional<CudnnTensor> t{};  // of BINARY_SELECT
        int32_t compute = CUDNN_DATA_FLOAT;
        std::optional<int64_t> axis{};  // of GEN_INDEX
    };
    void pointwise(const Pointwise& operation, CudnnTensor y);
    /// The same into a new tensor with the dims of x.
    CudnnTensor pointwise(const Pointwise& operation, int32_t type = CUDNN_DATA_FLOAT);

    struct Matmul {
        CudnnTensor a;
        CudnnTensor b;
        std::optional<CudnnTensor> m{};  // for each batch, how many of m, n and k count; all if not given
        std::optional<CudnnTensor> n{};
        std::optional<CudnnTensor> k{};
    };
    void matmul(const Matmul& operation, CudnnTensor c);

    /// Over the dimensions in which y is shorter: to 1, or to one for each group of neighbours.
    void reduce(int32_t mode, CudnnTensor x, CudnnTensor y);
    /// The elements of x as the strides of y find them.
    void reshape(CudnnTensor x, CudnnTensor y);

    /// Takes the first plan that cuDNN can make whose results are the same each time. Throws UNIMPLEMENTED if
    /// there is none. Before this nothing can be executed, after it nothing can be added.
    void plan(cudnnHandle_t handle);
    uint64_t workspaceBytes() const { return workspace_bytes_; }
    void execute(cudnnHandle_t handle, std::span<const CudnnBinding> bindings, void* workspace) const;

 private:
    struct Tensor {
        CudnnDims dims;
        CudnnDescriptor descriptor;
    };
    struct Number {
        int64_t id;
        int32_t bits;
    };
    enum class Place { kMemory, kHost, kNowhere };

    CudnnTensor add(int32_t type, const CudnnDims& dims, const CudnnDims& strides, Place place);
    CudnnTensor addNumber(int32_t type, int32_t bits);
    const Tensor& at(CudnnTensor tensor) const { return tensors_[static_cast<size_t>(tensor) - 1]; }
    void attach(CudnnDescriptor& operation, int32_t name, std::optional<CudnnTensor> tensor) const;
    bool tryPlan(cudnnHandle_t handle, const CudnnDescriptor& graph, int32_t heuristic);

    // Plans refer to what they were made of: all of it lives as long as the graph.
    std::vector<Tensor> tensors_;
    std::vector<Number> numbers_;
    std::vector<CudnnDescriptor> parts_;
    std::vector<CudnnDescriptor> operations_;
    std::optional<CudnnDescriptor> plan_;
    uint64_t workspace_bytes_ = 0;
};

}  // namespace optirs::cuda
