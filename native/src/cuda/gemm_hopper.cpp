// The project's own FP8 product for Hopper: when it can be, and its arguments.
#include <algorithm>

#include "src/cuda/context.h"
#include "src/cuda/gemm.h"
#include "src/cuda/gemm_check.h"
#include "src/cuda/kernels/float8_matmul_hopper_arguments.h"
#include "src/cuda/tensor_map.h"

namespace optirs::cuda {
namespace {

int64_t ceilDiv(int64_t count, int64_t unit) { return (count + unit - 1) / unit; }

MappedTensor tensorOf(const MatrixOperand& operand, int64_t rows, int64_t k, int64_t batch) {
    return {.data = const_cast<void*>(operand.data),  // only read
            .type = CU_TENSOR_MAP_DATA_TYPE_UINT8,
            .bytes = 1,
            .extents = {k, rows, batch, 1},
            .strides = {operand.stride, operand.batch_stride, 0}};
}

ProductScales scalesOf(const MatrixOperand& operand, int64_t k) {
    const int64_t blocks = ceilDiv(k, kFloat8Tile);
    switch (operand.scale_mode) {
        case ScaleMode::kRow:
            return {operand.scale, 1, 0, 0};
        case ScaleMode::kBlock128:
            return {operand.scale, blocks, 1, 0};
        case ScaleMode::kTile128:
            return {operand.scale, blocks, 1, kFloat8TileShift};
        default:
            return {operand.scale, 0, 0, 0};
    }
}

bool hasBlockScales(const MatrixOperand& operand) {
    return operand.scale_mode == ScaleMode::kBlock128 || operand.scale_mode == ScaleMode::kTile128;
}

Activation activationOf(GemmEpilogue epilogue) {
    if (epilogue == GemmEpilogue::kNone || epilogue == GemmEpilogue::kBias) {
        return Activation::kNone;
    }
    return epilogue == GemmEpilogue::kDGelu ? Activation::kGeluSlope : Activation::kGelu;
}

}  // namespace

bool isForHopper(int32_t capability, const Gemm& p) {
    return isFloat8(p.a.type) && isFloat8(p.b.type) && capability == kHopper && hasTensorMaps() &&
           !p.a.is_transposed && p.b.is_transposed && isMappable(tensorOf(p.a, p.m, p.k, p.batch)) &&
           isMappable(tensorOf(p.b, p.n, p.k, p.batch)) && p.epilogue != GemmEpilogue::kDGeluBiasGrad &&
           p.epilogue != GemmEpilogue::kBiasGradB &&
           (!usesAux(p.epilogue) || (p.aux_stride == p.d_stride && p.aux_batch_stride == p.d_batch_stride));
}

void gemmHopper(const Queue& queue, const Gemm& p) {
    static constexpr const char* kNames[2][2] = {{"float8_matmul_e4m3_e4m3", "float8_matmul_e4m3_e5m2"},
                                                 {"float8_matmul_e5m2_e4m3", "float8_matmul_e5m2_e5m2"}};
    const auto index = [](MatrixType type) { return type == MatrixType::kE4M3 ? 0 : 1; };
    auto* amax = reinterpret_cast<uint32_t*>(p.d_amax);
    if (amax != nullptr) {
        clearMemory(queue, amax, sizeof(*amax));
    }
    const bool is_fast = p.has_fast_accumulation && !hasBlockScales(p.a) && !hasBlockScales(p.b);
    const Float8MatmulArguments given = {.a = tensorMapOf(tensorOf(p.a, p.m, p.k, p.batch), kFloat8Tile),
                                         .b = tensorMapOf(tensorOf(p.b, p.n, p.k, p.batch), kFloat8Tile),
                                         .scales_a = scalesOf(p.a, p.k),
                                         .scales_b = scalesOf(p.b, p.k),
                                         .result = {.out = p.d,
                                                    .stride = p.d_stride,
                                                    .rows = p.m,
                                                    .columns = p.n,
                                                    .type = p.d_type,
                                                    .bias_type = p.bias_type,
                                                    .bias = usesBias(p.epilogue) ? p.bias : nullptr,
                                                    .scale = p.d_scale,
                                                    .alpha = p.alpha,
                                                    .beta = p.beta,
                                                    .activation = activationOf(p.epilogue),
                                                    .aux_type = p.aux_type,
                                                    .aux = usesAux(p.epilogue) ? p.aux : nullptr},
                                         .amax = amax,
                                         .batch = p.batch,
                                         .batch_stride = p.d_batch_stride,
                                         .k = static_cast<int32_t>(p.k),
                                         .is_fast = is_fast ? 1 : 0};
    const int64_t tiles = ceilDiv(p.m, kFloat8Tile) * ceilDiv(p.n, kFloat8Tile) * p.batch;
    launchKernel(queue, {"float8_matmul_hopper", kNames[index(p.a.type)][index(p.b.type)]},
                 std::min<int64_t>(tiles, multiprocessorCount(queue.device)), &given,
                 {.threads = kFloat8Threads, .shared_bytes = kFloat8Bytes});
}

}  // namespace optirs::cuda
