// optirs/kernel_pointwise.h
#include <algorithm>

#include "src/cuda/kernel_calls.h"
#include "src/cuda/tensor.h"

namespace optirs::cuda {
namespace {

Gelu formOf(int32_t approximation) { return approximation == OPTIRS_GELU_TANH ? Gelu::kTanh : Gelu::kErf; }

}  // namespace

void run(const optirs_gelu_args& args, CUstream stream) {
    const optirs_dl_tensor& x = *args.x;
    gelu(queueOf(x, stream), formOf(args.approximation), Direction::kForward, elementOf(x),
         {.input = dataOf(&x), .grad = nullptr, .output = dataOf(args.out), .count = countOf(x)});
}

void run(const optirs_gelu_backward_args& args, CUstream stream) {
    const optirs_dl_tensor& x = *args.x;
    requireSameType(x, *args.dout);
    requireSameType(x, *args.dx);
    gelu(queueOf(x, stream), formOf(args.approximation), Direction::kBackward, elementOf(x),
         {.input = dataOf(&x), .grad = dataOf(args.dout), .output = dataOf(args.dx), .count = countOf(x)});
}

void run(const optirs_swiglu_args& args, CUstream stream) {
    const optirs_dl_tensor& x = *args.x;
    swiGlu(queueOf(x, stream), Direction::kForward, elementOf(x),
           {.input = dataOf(&x),
            .grad = nullptr,
            .output = dataOf(args.out),
            .rows = rowsOf(x),
            .columns = columnsOf(x) / 2});
}

void run(const optirs_swiglu_backward_args& args, CUstream stream) {
    const optirs_dl_tensor& x = *args.x;
    requireSameType(x, *args.dout);
    requireSameType(x, *args.dx);
    swiGlu(queueOf(x, stream), Direction::kBackward, elementOf(x),
           {.input = dataOf(&x),
            .grad = dataOf(args.dout),
            .output = dataOf(args.dx),
            .rows = rowsOf(x),
            .columns = columnsOf(x) / 2});
}

void run(const optirs_rope_args& args, CUstream stream) {
    const optirs_dl_tensor& x = *args.x;
    const auto depth = static_cast<int32_t>(x.shape[3]);
    rope(queueOf(x, stream), elementOf(x),
         {.input = dataOf(&x),
          .cosines = dataOf<float>(args.cosine),
          .sines = dataOf<float>(args.sine),
          .positions = indicesOf(args.positions),
          .output = dataOf(args.out),
          .tokens = x.shape[0] * x.shape[1],
          .sequence = x.shape[1],
          .heads = static_cast<int32_t>(x.shape[2]),
          .depth = depth,
          .rotary = depth,
          .is_interleaved = args.interleaved,
          .sign = args.inverse != 0 ? -1.0F : 1.0F});
}

void run(const optirs_dropout_args& args, CUstream stream) {
    const optirs_dl_tensor& x = *args.x;
    constexpr double kNumbers = 4294967296.0;  // of 32 bits
    const double threshold = std::min(args.probability * kNumbers, kNumbers - 1);
    dropout(queueOf(x, stream), elementOf(x),
            {.input = dataOf(&x),
             .output = dataOf(args.out),
             .count = countOf(x),
             .seed = args.seed,
             .offset = args.offset,
             .threshold = static_cast<uint32_t>(threshold),
             .scale = static_cast<float>(1 / (1 - args.probability))});
}

void run(const optirs_embedding_args& args, CUstream stream) {
    const optirs_dl_tensor& table = *args.table;
    gatherRows(queueOf(table, stream), elementOf(table),
               {.table = dataOf(&table),
                .indices = indicesOf(args.indices),
                .output = dataOf(args.out),
                .rows = countOf(*args.indices),
                .columns = table.shape[1],
                .vocabulary = table.shape[0]});
}

void run(const optirs_embedding_backward_args& args, CUstream stream) {
    const optirs_dl_tensor& dtable = *args.dtable;
    gatherRowsBackward(queueOf(dtable, stream), elementOf(*args.dout), dtable.shape[0],
                       {.grad = dataOf(args.dout),
                        .indices = indicesOf(args.indices),
                        .output = dataOf<float>(&dtable),
                        .rows = countOf(*args.indices),
                        .columns = dtable.shape[1]});
}

}  // namespace optirs::cuda
