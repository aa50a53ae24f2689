#include "src/cuda/cudnn_graph.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "src/cuda/status.h"

namespace optirs::cuda {
namespace {

constexpr int64_t kAlignment = 16;
constexpr int64_t kMostNotes = 16;

CudnnDims denseStrides(const CudnnDims& dims) {
    return {dims[1] * dims[2] * dims[3], dims[2] * dims[3], dims[3], 1};
}

}  // namespace

CudnnTensor CudnnGraph::add(int32_t type, const CudnnDims& dims, const CudnnDims& strides, Place place) {
    const int64_t id = static_cast<int64_t>(tensors_.size()) + 1;
    CudnnDescriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR, "a tensor");
    tensor.set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, type);
    tensor.set(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, std::ssize(dims), dims.data());
    tensor.set(CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, std::ssize(strides), strides.data());
    tensor.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, id);
    tensor.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, kAlignment);
    if (place == Place::kNowhere) {
        tensor.set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, true);
    }
    if (place == Place::kHost) {
        tensor.set(CUDNN_ATTR_TENSOR_IS_BY_VALUE, CUDNN_TYPE_BOOLEAN, true);
    }
    tensor.finalize();
    tensors_.push_back({dims, std::move(tensor)});
    return CudnnTensor{id};
}

CudnnTensor CudnnGraph::memory(int32_t type, const CudnnDims& dims, const CudnnDims& strides) {
    return add(type, dims, strides, Place::kMemory);
}

CudnnTensor CudnnGraph::between(int32_t type, const CudnnDims& dims) {
    return between(type, dims, denseStrides(dims));
}

CudnnTensor CudnnGraph::between(int32_t type, const CudnnDims& dims, const CudnnDims& strides) {
    return add(type, dims, strides, Place::kNowhere);
}

CudnnTensor CudnnGraph::addNumber(int32_t type, int32_t bits) {
    const CudnnTensor tensor = add(type, {1, 1, 1, 1}, {1, 1, 1, 1}, Place::kHost);
    numbers_.push_back({static_cast<int64_t>(tensor), bits});
    return tensor;
}

CudnnTensor CudnnGraph::number(float value) {
    return addNumber(CUDNN_DATA_FLOAT, std::bit_cast<int32_t>(value));
}
CudnnTensor CudnnGraph::number(int32_t value) { return addNumber(CUDNN_DATA_INT32, value); }

void CudnnGraph::attach(CudnnDescriptor& operation, int32_t name, std::optional<CudnnTensor> tensor) const {
    if (tensor) {
        operation.set(name, at(*tensor).descriptor);
    }
}

void CudnnGraph::pointwise(const Pointwise& given, CudnnTensor y) {
    CudnnDescriptor part(CUDNN_BACKEND_POINTWISE_DESCRIPTOR, "a pointwise operation");
    part.set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, given.mode);
    part.set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, given.compute);
    if (given.axis) {
        part.set(CUDNN_ATTR_POINTWISE_AXIS, CUDNN_TYPE_INT64, *given.axis);
    }
    part.finalize();
    CudnnDescriptor operation(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR, "a pointwise operation");
    operation.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, part);
    attach(operation, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, given.x);
    attach(operation, CUDNN_ATTR_OPERATION_POINTWISE_BDESC, given.b);
    attach(operation, CUDNN_ATTR_OPERATION_POINTWISE_TDESC, given.t);
    attach(operation, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y);
    operation.finalize();
    parts_.push_back(std::move(part));
    operations_.push_back(std::move(operation));
}

CudnnTensor CudnnGraph::pointwise(const Pointwise& operation, int32_t type) {
    const CudnnTensor y = between(type, dims(operation.x));
    pointwise(operation, y);
    return y;
}

void CudnnGraph::matmul(const Matmul& given, CudnnTensor c) {
    CudnnDescriptor part(CUDNN_BACKEND_MATMUL_DESCRIPTOR, "a matrix product");
    part.set(CUDNN_ATTR_MATMUL_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, int32_t{CUDNN_DATA_FLOAT});
    if (given.n) {  // what is behind the columns of a sequence
        part.set(CUDNN_ATTR_MATMUL_PADDING_VALUE, CUDNN_TYPE_DOUBLE, 0.0);
    }
    part.finalize();
    CudnnDescriptor operation(CUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR, "a matrix product");
    operation.set(CUDNN_ATTR_OPERATION_MATMUL_DESC, part);
    attach(operation, CUDNN_ATTR_OPERATION_MATMUL_ADESC, given.a);
    attach(operation, CUDNN_ATTR_OPERATION_MATMUL_BDESC, given.b);
    attach(operation, CUDNN_ATTR_OPERATION_MATMUL_CDESC, c);
    attach(operation, CUDNN_ATTR_OPERATION_MATMUL_GEMM_M_OVERRIDE_DESC, given.m);
    attach(operation, CUDNN_ATTR_OPERATION_MATMUL_GEMM_N_OVERRIDE_DESC, given.n);
    attach(operation, CUDNN_ATTR_OPERATION_MATMUL_GEMM_K_OVERRIDE_DESC, given.k);
    operation.finalize();
    parts_.push_back(std::move(part));
    operations_.push_back(std::move(operation));
}

void CudnnGraph::reduce(int32_t mode, CudnnTensor x, CudnnTensor y) {
    CudnnDescriptor part(CUDNN_BACKEND_REDUCTION_DESCRIPTOR, "a reduction");
    part.set(CUDNN_ATTR_REDUCTION_OPERATOR, CUDNN_TYPE_REDUCTION_OPERATOR_TYPE, mode);
    part.set(CUDNN_ATTR_REDUCTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, int32_t{CUDNN_DATA_FLOAT});
    part.finalize();
    CudnnDescriptor operation(CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR, "a reduction");
    operation.set(CUDNN_ATTR_OPERATION_REDUCTION_DESC, part);
    attach(operation, CUDNN_ATTR_OPERATION_REDUCTION_XDESC, x);
    attach(operation, CUDNN_ATTR_OPERATION_REDUCTION_YDESC, y);
    operation.finalize();
    parts_.push_back(std::move(part));
    operations_.push_back(std::move(operation));
}

void CudnnGraph::reshape(CudnnTensor x, CudnnTensor y) {
    CudnnDescriptor operation(CUDNN_BACKEND_OPERATION_RESHAPE_DESCRIPTOR, "a reshape");
    attach(operation, CUDNN_ATTR_OPERATION_RESHAPE_XDESC, x);
    attach(operation, CUDNN_ATTR_OPERATION_RESHAPE_YDESC, y);
    operation.finalize();
    operations_.push_back(std::move(operation));
}

namespace {

/// Engines with their settings, best first.
std::vector<CudnnDescriptor> configurationsOf(const CudnnDescriptor& graph, int32_t heuristic) {
    CudnnDescriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, "the heuristics");
    heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
    heuristics.set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, heuristic);
    std::vector<CudnnDescriptor> found;
    if (!heuristics.tryFinalize()) {
        return found;
    }
    const int64_t count =
        heuristics.get(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, nullptr);
    std::vector<cudnnBackendDescriptor_t> handles;
    for (int64_t i = 0; i < count; ++i) {
        handles.push_back(
            found.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, "a configuration of an engine").get());
    }
    const int64_t stored = heuristics.get(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, count,
                                          static_cast<void*>(handles.data()));
    while (std::ssize(found) > stored) {
        found.pop_back();
    }
    return found;
}

bool isDeterministic(const CudnnDescriptor& configuration) {
    const CudnnDescriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR, "an engine");
    cudnnBackendDescriptor_t handle = engine.get();
    configuration.get(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
                      static_cast<void*>(&handle));
    std::array<int32_t, kMostNotes> notes{};
    const int64_t count =
        engine.get(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE, kMostNotes, notes.data());
    const auto stored = static_cast<size_t>(std::min(count, kMostNotes));
    return std::ranges::count(std::span(notes).first(stored), CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC) == 0;
}

}  // namespace

bool CudnnGraph::tryPlan(cudnnHandle_t handle, const CudnnDescriptor& graph, int32_t heuristic) {
    for (CudnnDescriptor& configuration : configurationsOf(graph, heuristic)) {
        if (!isDeterministic(configuration)) {
            continue;
        }
        CudnnDescriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, "a plan");
        plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, handle);
        plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
        if (plan.tryFinalize()) {
            int64_t bytes = 0;
            plan.get(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &bytes);
            workspace_bytes_ = static_cast<uint64_t>(bytes);
            parts_.push_back(std::move(configuration));
            plan_.emplace(std::move(plan));
            return true;
        }
    }
    return false;
}

void CudnnGraph::plan(cudnnHandle_t handle) {
    CudnnDescriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR, "the operation graph");
    std::vector<cudnnBackendDescriptor_t> operations;
    for (const CudnnDescriptor& operation : operations_) {
        operations.push_back(operation.get());
    }
    graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, handle);
    graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, std::ssize(operations),
              static_cast<const void*>(operations.data()));
    graph.finalize();
    if (!tryPlan(handle, graph, CUDNN_HEUR_MODE_A) && !tryPlan(handle, graph, CUDNN_HEUR_MODE_FALLBACK)) {
        throw CudaError(core::Code::kUnimplemented, CUDNN_STATUS_NOT_SUPPORTED,
                        "cuDNN has no engine for the graph");
    }
    parts_.push_back(std::move(graph));
}

void CudnnGraph::execute(cudnnHandle_t handle, std::span<const CudnnBinding> bindings,
                         void* workspace) const {
    std::vector<int64_t> ids;
    std::vector<void*> addresses;
    for (const CudnnBinding& binding : bindings) {
        ids.push_back(static_cast<int64_t>(binding.tensor));
        addresses.push_back(binding.address);
    }
    for (const Number& number : numbers_) {
        ids.push_back(number.id);
        addresses.push_back(const_cast<int32_t*>(&number.bits));  // only read
    }
    CudnnDescriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, "the variant pack");
    pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, std::ssize(ids), ids.data());
    pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, std::ssize(addresses),
             static_cast<const void*>(addresses.data()));
    pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, workspace);
    pack.finalize();
    checkCudnn(cudnn().execute(handle, plan_->get(), pack.get()), "cudnnBackendExecute", "the plan");
}

}  // namespace optirs::cuda
