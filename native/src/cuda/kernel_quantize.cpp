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
    require(args.dbias == nullptr, "cast with the gradient of a bias");
    const Queue queue = queueOf(*args.x, stream);
    castTranspose(queue, elementOf(*args.x), float8Of(*args.out_transposed),
                  {.input = dataOf(args.x),
                   .scale = dataOf<float>(args.scale),
                   .output = dataOf(args.out),
                   .transposed = dataOf(args.out_transposed),
                   .amax = clearedAmax(queue, args.amax),
                   .rows = args.x->shape[0],
                   .columns = args.x->shape[1]});
}

void run(const optirs_quantize_blocks_args& args, CUstream stream) {
    constexpr int64_t kBlock = 128;
    const bool is_row = args.block_rows == 1 && args.block_columns == kBlock;
    require(is_row || (args.block_rows == kBlock && args.block_columns == kBlock),
            "quantisation in blocks but of 1 x 128 and 128 x 128");
    quantizeBlocks(queueOf(*args.x, stream), is_row ? BlockScale::kRow128 : BlockScale::kTile128,
                   elementOf(*args.x), float8Of(*args.out),
                   {.input = dataOf(args.x),
                    .output = dataOf(args.out),
                    .scales = dataOf<float>(args.scale_inv),
                    .rows = args.x->shape[0],
                    .columns = args.x->shape[1],
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
