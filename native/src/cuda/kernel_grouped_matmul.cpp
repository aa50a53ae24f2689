// optirs_grouped_matmul of optirs/kernel_matmul.h
#include "src/cuda/grouped_matmul.h"
#include "src/cuda/kernel_calls.h"
#include "src/cuda/tensor.h"

namespace optirs::cuda {
namespace {

constexpr uint64_t kAlignment = 256;

/// 8-bit operands are decoded to bf16, exactly, in the workspace.
uint64_t decodedBytes(const optirs_dl_tensor& tensor) {
    const uint64_t bytes = isFloat8(tensor) ? static_cast<uint64_t>(countOf(tensor)) * 2 : 0;
    return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

const void* decoded(const Queue& queue, const optirs_dl_tensor& tensor, void* workspace) {
    if (!isFloat8(tensor)) {
        return dataOf(&tensor);
    }
    dequantize(queue, float8Of(tensor), Element::kBF16,
               {.input = dataOf(&tensor),
                .scale = nullptr,
                .output = workspace,
                .transposed = nullptr,
                .amax = nullptr,
                .rows = 1,
                .columns = countOf(tensor)});
    return workspace;
}

GroupScales scalesOf(const optirs_dl_tensor* scale) {
    return {dataOf<float>(scale), scale != nullptr && scale->shape[0] != 1 ? 1 : 0};
}

}  // namespace

uint64_t workspaceOf(const optirs_grouped_matmul_args& args) {
    return decodedBytes(*args.a) + decodedBytes(*args.b);
}

void run(const optirs_grouped_matmul_args& args, CUstream stream) {
    const optirs_dl_tensor& a = *args.a;
    const optirs_dl_tensor& out = *args.out;
    if (countOf(out) == 0) {
        return;
    }
    const Queue queue = queueOf(out, stream);
    const bool sums_rows = args.transpose_a != 0;
    const int64_t n = columnsOf(out);
    auto* workspace = static_cast<std::byte*>(args.workspace);
    const GroupedForm form = sums_rows               ? GroupedForm::kSums
                             : args.transpose_b != 0 ? GroupedForm::kTransposed
                                                     : GroupedForm::kProduct;
    groupedMatmul(queue, form, isFloat8(a) ? Element::kBF16 : elementOf(a),
                  {.a = decoded(queue, a, workspace),
                   .b = decoded(queue, *args.b, workspace + decodedBytes(a)),
                   .sizes = dataOf<int32_t>(args.group_sizes),
                   .scales_a = scalesOf(args.scale_a),
                   .scales_b = scalesOf(args.scale_b),
                   .result = {.out = dataOf(&out),
                              .stride = n,
                              .rows = sums_rows ? a.shape[1] : a.shape[0],
                              .columns = n,
                              .type = matrixTypeOf(out),
                              .bias_type = args.bias == nullptr ? MatrixType::kF32 : matrixTypeOf(*args.bias),
                              .bias = dataOf(args.bias),
                              .scale = nullptr,
                              .alpha = static_cast<float>(args.alpha),
                              .beta = static_cast<float>(args.beta)},
                   .groups = args.group_sizes->shape[0],
                   .rows = a.shape[0],
                   .k = a.shape[1]});
}

}  // namespace optirs::cuda
