// optirs/kernel_matmul.h
#include <optional>
#include <vector>

#include "src/cuda/gemm.h"
#include "src/cuda/kernel_calls.h"
#include "src/cuda/tensor.h"
#include "src/cuda/tuning.h"

namespace optirs::cuda {
namespace {

int64_t batchOf(const optirs_dl_tensor& tensor) {
    return tensor.ndim == 2 ? 1 : rowsOf(tensor) / tensor.shape[tensor.ndim - 2];
}

/// Blocks of `rows` rows and `columns` columns; 0 and 0 for the whole operand.
ScaleMode scaleModeOf(int64_t rows, int64_t columns, int64_t operand_columns) {
    constexpr int64_t kBlock = 128;
    if (rows == 0 && columns == 0) {
        return ScaleMode::kTensor;
    }
    if (rows == 1 && columns >= operand_columns) {
        return ScaleMode::kRow;
    }
    const bool is_row = rows == 1 && columns == kBlock;
    require(
        is_row || (rows == kBlock && columns == kBlock),
        "product with scales but for whole operands, rows along the sums, and blocks of 1x128 and 128x128");
    return is_row ? ScaleMode::kBlock128 : ScaleMode::kTile128;
}

/// A dense matrix of the last two dimensions, with the scales of 8-bit types.
MatrixOperand operandOf(const optirs_dl_tensor& tensor, bool is_transposed, const optirs_dl_tensor* scale,
                        int64_t scale_rows, int64_t scale_columns) {
    const int64_t rows = tensor.shape[tensor.ndim - 2];
    const int64_t columns = columnsOf(tensor);
    return {.data = dataOf(&tensor),
            .type = matrixTypeOf(tensor),
            .is_transposed = is_transposed,
            .stride = columns,
            .batch_stride = tensor.ndim == 2 ? 0 : rows * columns,
            .scale = dataOf<float>(scale),
            .scale_mode =
                scale == nullptr ? ScaleMode::kTensor : scaleModeOf(scale_rows, scale_columns, columns)};
}

GemmEpilogue epilogueOf(const optirs_matmul_args& args) {
    const bool has_bias = args.bias != nullptr;
    switch (args.epilogue) {
        case OPTIRS_EPILOGUE_NONE:
            return has_bias ? GemmEpilogue::kBias : GemmEpilogue::kNone;
        case OPTIRS_EPILOGUE_GELU:
            if (args.aux != nullptr) {
                return has_bias ? GemmEpilogue::kGeluAuxBias : GemmEpilogue::kGeluAux;
            }
            return has_bias ? GemmEpilogue::kGeluBias : GemmEpilogue::kGelu;
        default:
            return GemmEpilogue::kDGelu;
    }
}

/// Nothing where there is nothing to compute.
std::optional<Gemm> problemOf(const optirs_matmul_args& args) {
    const optirs_dl_tensor& a = *args.a;
    const optirs_dl_tensor& out = *args.out;
    require(args.beta == 0 || args.epilogue == OPTIRS_EPILOGUE_NONE, "product that adds to out after GELU");
    require(args.bias == nullptr || args.epilogue != OPTIRS_EPILOGUE_GELU_BACKWARD,
            "product with a bias and the derivative of GELU");
    const int64_t m = out.shape[out.ndim - 2];
    const int64_t n = columnsOf(out);
    if (countOf(out) == 0) {
        return std::nullopt;
    }
    Gemm problem;
    problem.m = m;
    problem.n = n;
    problem.k = args.transpose_a != 0 ? a.shape[a.ndim - 2] : columnsOf(a);
    require(problem.k > 0, "product whose sums are empty");
    problem.batch = batchOf(out);
    problem.a = operandOf(a, args.transpose_a != 0, args.scale_a, args.scale_a_rows, args.scale_a_columns);
    problem.b =
        operandOf(*args.b, args.transpose_b != 0, args.scale_b, args.scale_b_rows, args.scale_b_columns);
    if (problem.batch > 1 && args.b->ndim == 2 && args.transpose_a == 0) {
        // One b for all batches: their rows follow each other.
        problem.m *= problem.batch;
        problem.batch = 1;
    }
    problem.c = args.beta != 0 ? dataOf(&out) : nullptr;
    problem.d = dataOf(&out);
    problem.d_type = matrixTypeOf(out);
    problem.d_stride = n;
    problem.d_batch_stride = m * n;
    problem.d_scale = dataOf<float>(args.scale_out);
    problem.d_amax = dataOf<float>(args.amax_out);
    problem.alpha = static_cast<float>(args.alpha);
    problem.beta = static_cast<float>(args.beta);
    problem.epilogue = epilogueOf(args);
    problem.bias = dataOf(args.bias);
    problem.bias_type = args.bias == nullptr ? MatrixType::kF32 : matrixTypeOf(*args.bias);
    problem.aux = dataOf(args.aux);
    problem.aux_type = args.aux == nullptr ? problem.d_type : matrixTypeOf(*args.aux);
    problem.aux_stride = n;
    problem.aux_batch_stride = m * n;
    problem.has_fast_accumulation = args.fast_accumulation != 0;
    return problem;
}

}  // namespace

uint64_t workspaceOf(const optirs_matmul_args& args) {
    return gemmWorkspaceBytes(args.out->device.device_id);
}

void run(const optirs_matmul_args& args, CUstream stream) {
    if (const std::optional<Gemm> problem = problemOf(args)) {
        gemm(queueOf(*args.out, stream), *problem, args.workspace, args.workspace_size);
    }
}

std::vector<optirs_timing> tune(std::span<const optirs_matmul_args* const> args, CUstream stream) {
    std::vector<Gemm> problems;
    for (const optirs_matmul_args* one : args) {
        const std::optional<Gemm> problem = problemOf(*one);
        require(problem.has_value(), "product to be measured that has no elements");
        problems.push_back(*problem);
    }
    const Queue queue = queueOf(*args.front()->out, stream);
    const uint64_t bytes = gemmWorkspaceBytes(queue.device);
    const TuningMemory workspace(queue.device, bytes);
    return tuneGemm(queue, problems, workspace.data(), bytes);
}

}  // namespace optirs::cuda
