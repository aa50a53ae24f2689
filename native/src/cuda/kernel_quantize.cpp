// optirs/kernel_quantize.h
#include <cmath>

#include "src/cuda/kernel_calls.h"
#include "src/cuda/tensor.h"

namespace optirs::cuda {
void run(const optirs_amax_args& args, CUstream stream) {
    const Queue queue = queueOf(*args.x, stream);
    quantize(queue, elementOf(*args.x), Float8::kE4M3,
             {.input = dataOf(args.x),
              .scale = nullptr,
              .output = nullptr,
              .transposed = nullptr,
              .amax = clearedAmax(queue, args.amax),
              .rows = 1,
              .columns = countOf(*args.x)});
}

void run(const optirs_quantize_args& args, CUstream stream) {
    const Queue queue = queueOf(*args.x, stream);
    quantize(queue, elementOf(*args.x), float8Of(*args.out),
             {.input = dataOf(args.x),
              .scale = dataOf<float>(args.scale),
              .output = dataOf(args.out),
              .transposed = nullptr,
              .amax = clearedAmax(queue, args.amax),
              .rows = 1,
              .columns = countOf(*args.x)});
}

void run(const optirs_dequantize_args& args, CUstream stream) {
    dequantize(queueOf(*args.x, stream), float8Of(*args.x), elementOf(*args.out),
               {.input = dataOf(args.x),
                .scale = dataOf<float>(args.scale_inv),
                .output = dataOf(args.out),
                .transposed = nullptr,
                .amax = nullptr,
                .rows = 1,
                .columns = countOf(*args.x)});
}

void run(const optirs_cast_transpose_args& args, CUstream stream) {
    const Queue queue = queueOf(*args.x, stream);
    castTranspose(queue, elementOf(*args.x), float8Of(*args.out_transposed),
                  {.input = dataOf(args.x),
                   .scale = dataOf<float>(args.scale),
                   .output = dataOf(args.out),
                   .transposed = dataOf(args.out_transposed),
                   .amax = clearedAmax(queue, args.amax),
                   .rows = args.x->shape[0],
                   .columns = args.x->shape[1],
                   .column_sums = args.dbias == nullptr ? nullptr : static_cast<float*>(args.workspace),
                   .aux = dataOf(args.aux),
                   .activation = args.activation},
                  {.data = dataOf(args.dbias)});
}

uint64_t workspaceOf(const optirs_cast_transpose_args& args) {
    const int64_t numbers = args.dbias == nullptr ? 0 : transposeGroups(args.x->shape[0]) * args.x->shape[1];
    return static_cast<uint64_t>(numbers) * sizeof(float);
}

void run(const optirs_quantize_blocks_args& args, CUstream stream) {
    quantizeBlocks(queueOf(*args.x, stream), elementOf(*args.x), float8Of(*args.out),
                   {.input = dataOf(args.x),
                    .output = dataOf(args.out),
                    .scales = dataOf<float>(args.scale_inv),
                    .rows = args.x->shape[0],
                    .columns = args.x->shape[1],
                    .block_rows = args.block_rows,
                    .block_columns = args.block_columns,
                    .is_power_of_two = args.power_of_two});
}

void run(const optirs_dequantize_blocks_args& args, CUstream stream) {
    dequantizeBlocks(queueOf(*args.x, stream), float8Of(*args.x), elementOf(*args.out),
                     {.input = dataOf(args.x),
                      .scales = dataOf<float>(args.scale_inv),
                      .output = dataOf(args.out),
                      .rows = args.x->shape[0],
                      .columns = args.x->shape[1],
                      .block_rows = args.block_rows,
                      .block_columns = args.block_columns});
}

void run(const optirs_delayed_scaling_args& args, CUstream stream) {
    delayedScaling(queueOf(*args.scale, stream),
                   {.history = dataOf<float>(args.amax_history),
                    .scale = dataOf<float>(args.scale),
                    .inverse = dataOf<float>(args.scale_inv),
                    .length = args.amax_history->shape[0],
                    .count = args.amax_history->shape[1],
                    .limit = args.fp8_max / std::exp2(args.margin),
                    .is_most_recent = args.algorithm == OPTIRS_AMAX_MOST_RECENT ? 1 : 0});
}

}  // namespace optirs::cuda
