// optirs/kernel_mx.h
#include "src/cuda/gemm.h"
#include "src/cuda/kernel_calls.h"
#include "src/cuda/mx.h"
#include "src/cuda/tensor.h"

namespace optirs::cuda {
namespace {

constexpr uint64_t kAlignment = 256;
constexpr uint64_t kFactorBytes = kAlignment;

MxFormat formatOf(const optirs_dl_tensor& codes, const optirs_dl_tensor& scales) {
    if (scales.dtype.code == OPTIRS_DL_F8E4M3FN) {
        return MxFormat::kNvfp4;
    }
    switch (codes.dtype.code) {
        case OPTIRS_DL_F8E4M3FN:
            return MxFormat::kE4M3;
        case OPTIRS_DL_F8E5M2:
            return MxFormat::kE5M2;
        default:
            return MxFormat::kMxfp4;
    }
}

/// Columns that a matrix of codes stands for: bytes have two.
int64_t mxColumns(const optirs_dl_tensor& codes) {
    return codes.shape[1] * (codes.dtype.code == OPTIRS_DL_UINT ? 2 : 1);
}

uint64_t decodedBytes(const optirs_dl_tensor& codes) {
    const auto bytes = static_cast<uint64_t>(codes.shape[0] * mxColumns(codes)) * 2;
    return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

/// As bf16, without the scale of the tensor: exact, but for subnormal numbers of bf16.
void decode(const Queue& queue, const optirs_dl_tensor& codes, const optirs_dl_tensor& scales, void* to) {
    dequantizeMx(queue, formatOf(codes, scales), Element::kBF16,
                 {.codes = dataOf<const uint8_t>(&codes),
                  .scales = dataOf<const uint8_t>(&scales),
                  .tensor_scale = nullptr,
                  .output = to,
                  .rows = codes.shape[0],
                  .columns = mxColumns(codes)});
}

}  // namespace

void run(const optirs_quantize_mx_args& args, CUstream stream) {
    const optirs_dl_tensor& x = *args.x;
    const Queue queue = queueOf(x, stream);
    const auto* tensor_scale = dataOf<float>(args.tensor_scale);
    if (args.tensor_scale != nullptr) {
        if (args.amax == nullptr) {
            quantize(queue, elementOf(x), Float8::kE4M3,
                     {.input = dataOf(&x),
                      .scale = nullptr,
                      .output = nullptr,
                      .transposed = nullptr,
                      .amax = clearedAmax(queue, args.tensor_scale),
                      .rows = 1,
                      .columns = countOf(x)});
        }
        mxTensorScale(queue, {.amax = args.amax != nullptr ? dataOf<float>(args.amax) : tensor_scale,
                              .scale = dataOf<float>(args.tensor_scale)});
    }
    quantizeMx(queue, formatOf(*args.out, *args.scales), elementOf(x), args.transpose != 0,
               {.input = dataOf(&x),
                .codes = dataOf<uint8_t>(args.out),
                .scales = dataOf<uint8_t>(args.scales),
                .tensor_scale = tensor_scale,
                .rows = args.out->shape[0],
                .columns = mxColumns(*args.out),
                .rounds_up = args.round_up});
}

void run(const optirs_dequantize_mx_args& args, CUstream stream) {
    dequantizeMx(queueOf(*args.x, stream), formatOf(*args.x, *args.scales), elementOf(*args.out),
                 {.codes = dataOf<const uint8_t>(args.x),
                  .scales = dataOf<const uint8_t>(args.scales),
                  .tensor_scale = dataOf<const float>(args.tensor_scale),
                  .output = dataOf(args.out),
                  .rows = args.x->shape[0],
                  .columns = mxColumns(*args.x)});
}

uint64_t workspaceOf(const optirs_matmul_mx_args& args) {
    return gemmWorkspaceBytes(args.out->device.device_id) + kFactorBytes + decodedBytes(*args.a) +
           decodedBytes(*args.b);
}

/// Decoded operands go through cuBLASLt. The scales of tensors are on the device: so is the factor that they
/// make.
void run(const optirs_matmul_mx_args& args, CUstream stream) {
    const optirs_dl_tensor& out = *args.out;
    require(matrixTypeOf(out) != MatrixType::kF16, "product of microscaled numbers to f16");
    if (countOf(out) == 0) {
        return;
    }
    const Queue queue = queueOf(out, stream);
    Gemm problem;
    problem.m = out.shape[0];
    problem.n = out.shape[1];
    problem.k = mxColumns(*args.a);
    require(problem.k > 0, "product whose sums are empty");
    const uint64_t gemm_bytes = gemmWorkspaceBytes(queue.device);
    auto* factors = static_cast<std::byte*>(args.workspace) + gemm_bytes;
    std::byte* a = factors + kFactorBytes;
    std::byte* b = a + decodedBytes(*args.a);
    decode(queue, *args.a, *args.a_scales, a);
    decode(queue, *args.b, *args.b_scales, b);
    problem.a = {.data = a, .type = MatrixType::kBF16, .is_transposed = false, .stride = problem.k};
    problem.b = {.data = b, .type = MatrixType::kBF16, .is_transposed = true, .stride = problem.k};
    problem.c = args.beta != 0 ? dataOf(&out) : nullptr;
    problem.d = dataOf(&out);
    problem.d_type = matrixTypeOf(out);
    problem.d_stride = problem.n;
    problem.alpha = static_cast<float>(args.alpha);
    problem.beta = static_cast<float>(args.beta);
    if (args.a_tensor_scale != nullptr || args.b_tensor_scale != nullptr) {
        mxFactors(queue, {.scale_a = dataOf<float>(args.a_tensor_scale),
                          .scale_b = dataOf<float>(args.b_tensor_scale),
                          .factors = reinterpret_cast<float*>(factors),
                          .alpha = problem.alpha,
                          .beta = problem.beta});
        problem.factors = reinterpret_cast<const float*>(factors);
    }
    problem.epilogue = args.bias != nullptr ? GemmEpilogue::kBias : GemmEpilogue::kNone;
    problem.bias = dataOf(args.bias);
    problem.bias_type = args.bias == nullptr ? MatrixType::kF32 : matrixTypeOf(*args.bias);
    gemm(queue, problem, args.workspace, gemm_bytes);
}

}  // namespace optirs::cuda
