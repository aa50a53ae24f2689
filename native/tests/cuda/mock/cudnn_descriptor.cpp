#include "cudnn_descriptor.h"

#include <algorithm>

namespace optirs::mock {

using namespace optirs::cuda;
using Descriptor = cudnnBackendOpaque;

const std::map<int32_t, Rule>& attributeRules() {
    constexpr int32_t kTensor = CUDNN_BACKEND_TENSOR_DESCRIPTOR;
    constexpr int32_t kPointwise = CUDNN_BACKEND_POINTWISE_DESCRIPTOR;
    constexpr int32_t kRunPointwise = CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR;
    constexpr int32_t kMatmul = CUDNN_BACKEND_MATMUL_DESCRIPTOR;
    constexpr int32_t kRunMatmul = CUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR;
    constexpr int32_t kReduction = CUDNN_BACKEND_REDUCTION_DESCRIPTOR;
    constexpr int32_t kRunReduction = CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR;
    constexpr int32_t kReshape = CUDNN_BACKEND_OPERATION_RESHAPE_DESCRIPTOR;
    constexpr int32_t kGraph = CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR;
    constexpr int32_t kHeuristics = CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR;
    constexpr int32_t kConfiguration = CUDNN_BACKEND_ENGINECFG_DESCRIPTOR;
    constexpr int32_t kPlan = CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR;
    constexpr int32_t kPack = CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR;
    constexpr int32_t kDescriptor = CUDNN_TYPE_BACKEND_DESCRIPTOR;
    static const std::map<int32_t, Rule> table = {
        {CUDNN_ATTR_TENSOR_DATA_TYPE, {kTensor, CUDNN_TYPE_DATA_TYPE, 1, 1, true}},
        {CUDNN_ATTR_TENSOR_DIMENSIONS, {kTensor, CUDNN_TYPE_INT64, 4, 4, true}},
        {CUDNN_ATTR_TENSOR_STRIDES, {kTensor, CUDNN_TYPE_INT64, 4, 4, true}},
        {CUDNN_ATTR_TENSOR_UNIQUE_ID, {kTensor, CUDNN_TYPE_INT64, 1, 1, true}},
        {CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, {kTensor, CUDNN_TYPE_INT64, 1, 1, true}},
        {CUDNN_ATTR_TENSOR_IS_VIRTUAL, {kTensor, CUDNN_TYPE_BOOLEAN, 1, 1, false}},
        {CUDNN_ATTR_TENSOR_IS_BY_VALUE, {kTensor, CUDNN_TYPE_BOOLEAN, 1, 1, false}},
        {CUDNN_ATTR_POINTWISE_MODE, {kPointwise, CUDNN_TYPE_POINTWISE_MODE, 1, 1, true}},
        {CUDNN_ATTR_POINTWISE_MATH_PREC, {kPointwise, CUDNN_TYPE_DATA_TYPE, 1, 1, true}},
        {CUDNN_ATTR_POINTWISE_AXIS, {kPointwise, CUDNN_TYPE_INT64, 1, 1, false}},
        {CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, {kRunPointwise, kDescriptor, 1, 1, true, kPointwise}},
        {CUDNN_ATTR_OPERATION_POINTWISE_XDESC, {kRunPointwise, kDescriptor, 1, 1, true, kTensor}},
        {CUDNN_ATTR_OPERATION_POINTWISE_BDESC, {kRunPointwise, kDescriptor, 1, 1, false, kTensor}},
        {CUDNN_ATTR_OPERATION_POINTWISE_TDESC, {kRunPointwise, kDescriptor, 1, 1, false, kTensor}},
        {CUDNN_ATTR_OPERATION_POINTWISE_YDESC, {kRunPointwise, kDescriptor, 1, 1, true, kTensor}},
        {CUDNN_ATTR_MATMUL_COMP_TYPE, {kMatmul, CUDNN_TYPE_DATA_TYPE, 1, 1, true}},
        {CUDNN_ATTR_MATMUL_PADDING_VALUE, {kMatmul, CUDNN_TYPE_DOUBLE, 1, 1, false}},
        {CUDNN_ATTR_OPERATION_MATMUL_DESC, {kRunMatmul, kDescriptor, 1, 1, true, kMatmul}},
        {CUDNN_ATTR_OPERATION_MATMUL_ADESC, {kRunMatmul, kDescriptor, 1, 1, true, kTensor}},
        {CUDNN_ATTR_OPERATION_MATMUL_BDESC, {kRunMatmul, kDescriptor, 1, 1, true, kTensor}},
        {CUDNN_ATTR_OPERATION_MATMUL_CDESC, {kRunMatmul, kDescriptor, 1, 1, true, kTensor}},
        {CUDNN_ATTR_OPERATION_MATMUL_GEMM_M_OVERRIDE_DESC, {kRunMatmul, kDescriptor, 1, 1, false, kTensor}},
        {CUDNN_ATTR_OPERATION_MATMUL_GEMM_N_OVERRIDE_DESC, {kRunMatmul, kDescriptor, 1, 1, false, kTensor}},
        {CUDNN_ATTR_OPERATION_MATMUL_GEMM_K_OVERRIDE_DESC, {kRunMatmul, kDescriptor, 1, 1, false, kTensor}},
        {CUDNN_ATTR_REDUCTION_OPERATOR, {kReduction, CUDNN_TYPE_REDUCTION_OPERATOR_TYPE, 1, 1, true}},
        {CUDNN_ATTR_REDUCTION_COMP_TYPE, {kReduction, CUDNN_TYPE_DATA_TYPE, 1, 1, true}},
        {CUDNN_ATTR_OPERATION_REDUCTION_DESC, {kRunReduction, kDescriptor, 1, 1, true, kReduction}},
        {CUDNN_ATTR_OPERATION_REDUCTION_XDESC, {kRunReduction, kDescriptor, 1, 1, true, kTensor}},
        {CUDNN_ATTR_OPERATION_REDUCTION_YDESC, {kRunReduction, kDescriptor, 1, 1, true, kTensor}},
        {CUDNN_ATTR_OPERATION_RESHAPE_XDESC, {kReshape, kDescriptor, 1, 1, true, kTensor}},
        {CUDNN_ATTR_OPERATION_RESHAPE_YDESC, {kReshape, kDescriptor, 1, 1, true, kTensor}},
        {CUDNN_ATTR_OPERATIONGRAPH_HANDLE, {kGraph, CUDNN_TYPE_HANDLE, 1, 1, true}},
        {CUDNN_ATTR_OPERATIONGRAPH_OPS, {kGraph, kDescriptor, 1, 100, true, kOperation}},
        {CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, {kHeuristics, kDescriptor, 1, 1, true, kGraph}},
        {CUDNN_ATTR_ENGINEHEUR_MODE, {kHeuristics, CUDNN_TYPE_HEUR_MODE, 1, 1, true}},
        {CUDNN_ATTR_EXECUTION_PLAN_HANDLE, {kPlan, CUDNN_TYPE_HANDLE, 1, 1, true}},
        {CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, {kPlan, kDescriptor, 1, 1, true, kConfiguration}},
        {CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, {kPack, CUDNN_TYPE_INT64, 1, 100, true}},
        {CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, {kPack, CUDNN_TYPE_VOID_PTR, 1, 100, true}},
        {CUDNN_ATTR_VARIANT_PACK_WORKSPACE, {kPack, CUDNN_TYPE_VOID_PTR, 1, 1, true}},
    };
    return table;
}

namespace {

std::optional<GraphTensor> tensorOf(const Descriptor& owner, int32_t name) {
    const auto* given = owner.one<const Descriptor*>(name);
    if (given == nullptr) {
        return {};
    }
    GraphTensor tensor;
    tensor.id = given->one<int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID);
    tensor.type = given->one<int32_t>(CUDNN_ATTR_TENSOR_DATA_TYPE);
    const auto dims = given->all<int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS);
    const auto strides = given->all<int64_t>(CUDNN_ATTR_TENSOR_STRIDES);
    std::copy_n(dims.begin(), 4, tensor.dims.begin());
    std::copy_n(strides.begin(), 4, tensor.strides.begin());
    tensor.is_virtual = given->one<char>(CUDNN_ATTR_TENSOR_IS_VIRTUAL) != 0;
    tensor.is_by_value = given->one<char>(CUDNN_ATTR_TENSOR_IS_BY_VALUE) != 0;
    return tensor;
}

}  // namespace

GraphOperation operationOf(const cudnnBackendOpaque& given) {
    GraphOperation operation;
    operation.kind = given.type;
    const auto part = [&](int32_t name) -> const Descriptor& { return *given.one<const Descriptor*>(name); };
    switch (given.type) {
        case CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR: {
            const Descriptor& pointwise = part(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR);
            operation.mode = pointwise.one<int32_t>(CUDNN_ATTR_POINTWISE_MODE);
            operation.axis = pointwise.one<int64_t>(CUDNN_ATTR_POINTWISE_AXIS, -1);
            operation.x = tensorOf(given, CUDNN_ATTR_OPERATION_POINTWISE_XDESC);
            operation.b = tensorOf(given, CUDNN_ATTR_OPERATION_POINTWISE_BDESC);
            operation.t = tensorOf(given, CUDNN_ATTR_OPERATION_POINTWISE_TDESC);
            operation.y = tensorOf(given, CUDNN_ATTR_OPERATION_POINTWISE_YDESC);
            break;
        }
        case CUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR:
            operation.padding =
                part(CUDNN_ATTR_OPERATION_MATMUL_DESC).one<double>(CUDNN_ATTR_MATMUL_PADDING_VALUE);
            operation.x = tensorOf(given, CUDNN_ATTR_OPERATION_MATMUL_ADESC);
            operation.b = tensorOf(given, CUDNN_ATTR_OPERATION_MATMUL_BDESC);
            operation.y = tensorOf(given, CUDNN_ATTR_OPERATION_MATMUL_CDESC);
            operation.m = tensorOf(given, CUDNN_ATTR_OPERATION_MATMUL_GEMM_M_OVERRIDE_DESC);
            operation.n = tensorOf(given, CUDNN_ATTR_OPERATION_MATMUL_GEMM_N_OVERRIDE_DESC);
            operation.k = tensorOf(given, CUDNN_ATTR_OPERATION_MATMUL_GEMM_K_OVERRIDE_DESC);
            break;
        case CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR:
            operation.mode =
                part(CUDNN_ATTR_OPERATION_REDUCTION_DESC).one<int32_t>(CUDNN_ATTR_REDUCTION_OPERATOR);
            operation.x = tensorOf(given, CUDNN_ATTR_OPERATION_REDUCTION_XDESC);
            operation.y = tensorOf(given, CUDNN_ATTR_OPERATION_REDUCTION_YDESC);
            break;
        default:
            operation.x = tensorOf(given, CUDNN_ATTR_OPERATION_RESHAPE_XDESC);
            operation.y = tensorOf(given, CUDNN_ATTR_OPERATION_RESHAPE_YDESC);
    }
    return operation;
}

}  // namespace optirs::mock
