#include "src/kernels/tune.h"

#include <array>
#include <cmath>
#include <list>

#include "src/core/device/device.h"
#include "src/core/faults.h"
#include "src/core/text.h"
#include "src/kernels/all.h"
#include "src/kernels/tune_operands.h"

namespace optirs::kernels {

using core::Code;
using core::concat;
using core::Error;

namespace {

/// Has the calls measured; `fill` gives those of a set their tensors and numbers.
template <class Args, class Fill>
std::vector<optirs_timing> measure(optirs_kernel kernel, optirs_stream& stream, TuneOperands& operands,
                                   Fill&& fill) {
    const core::BackendEntry& backend = stream.device().calls.backend();
    const auto function = core::optionalFunction(*backend.table, &optirs_backend_table::kernel_tune);
    if (function == nullptr) {
        throw Error(Code::kUnimplemented, concat("the backend ", backend.name, " has nothing to choose"),
                    backend.name);
    }
    operands.make(stream);
    std::list<Call<Args>> calls;
    std::vector<const void*> args;
    for (size_t set = 0; set < operands.sets(); ++set) {
        Args given{};
        given.struct_size = sizeof(given);
        fill(given, set);
        args.push_back(&calls.emplace_back(&given).args);
    }
    std::array<optirs_timing, OPTIRS_MAX_TIMINGS> timings{};
    int32_t count = 0;
    core::callFaultPoint(backend.name);
    optirs_backend_status status{};
    if (function(backend.table->self, kernel, args.data(), static_cast<int32_t>(args.size()), stream.native(),
                 timings.data(), &count, &status) != OPTIRS_OK) {
        core::throwStatus(status, backend.name);
    }
    return {timings.begin(), timings.begin() + count};
}

/// With a dimension of batches, if there are several.
std::vector<int64_t> matrixOf(int64_t batch, int64_t rows, int64_t columns) {
    return batch == 1 ? std::vector{rows, columns} : std::vector{batch, rows, columns};
}

template <class Args>
void fillScores(Args& args, const optirs_attention_shape& shape) {
    args.scale = 1 / std::sqrt(static_cast<double>(shape.width));
    args.mask = shape.mask;
    args.window_left = args.window_right = -1;
}

}  // namespace

std::vector<optirs_timing> tune(optirs_stream& stream, const optirs_matmul_shape& shape) {
    TuneOperands operands;
    operands.add("a", shape.type,
                 shape.transpose_a != 0 ? matrixOf(shape.batch, shape.k, shape.m)
                                        : matrixOf(shape.batch, shape.m, shape.k));
    operands.add("b", shape.type,
                 shape.transpose_b != 0 ? matrixOf(shape.batch, shape.n, shape.k)
                                        : matrixOf(shape.batch, shape.k, shape.n));
    operands.add("out", shape.out_type, matrixOf(shape.batch, shape.m, shape.n));
    if (shape.has_bias != 0) {
        const bool is_narrow =
            shape.out_type == OPTIRS_DTYPE_F8E4M3FN || shape.out_type == OPTIRS_DTYPE_F8E5M2;
        operands.add("bias", is_narrow ? OPTIRS_DTYPE_BF16 : shape.out_type, {shape.n});
    }
    return measure<optirs_matmul_args>(OPTIRS_KERNEL_MATMUL, stream, operands, [&](auto& args, size_t set) {
        args.a = operands.tensor(set, "a");
        args.b = operands.tensor(set, "b");
        args.out = operands.tensor(set, "out");
        args.bias = operands.tensor(set, "bias");
        args.transpose_a = shape.transpose_a;
        args.transpose_b = shape.transpose_b;
        args.alpha = 1;
        args.epilogue = shape.epilogue;
        args.fast_accumulation = shape.fast_accumulation;
    });
}

std::vector<optirs_timing> tune(optirs_stream& stream, const optirs_attention_shape& shape) {
    TuneOperands operands;
    const std::vector<int64_t> of_rows = {shape.batch, shape.rows, shape.heads, shape.width};
    const std::vector<int64_t> of_columns = {shape.batch, shape.columns, shape.kv_heads, shape.width};
    for (const char* name : {"q", "out"}) {
        operands.add(name, shape.type, of_rows);
    }
    for (const char* name : {"k", "v"}) {
        operands.add(name, shape.type, of_columns);
    }
    if (shape.is_backward != 0) {
        operands.add("dout", shape.type, of_rows);
        operands.add("dq", shape.type, of_rows);
        operands.add("dk", shape.type, of_columns);
        operands.add("dv", shape.type, of_columns);
    }
    operands.add("lse", OPTIRS_DTYPE_F32, {shape.batch, shape.heads, shape.rows});
    if (shape.is_backward == 0) {
        return measure<optirs_attention_args>(OPTIRS_KERNEL_ATTENTION, stream, operands,
                                              [&](auto& args, size_t set) {
                                                  args.q = operands.tensor(set, "q");
                                                  args.k = operands.tensor(set, "k");
                                                  args.v = operands.tensor(set, "v");
                                                  args.out = operands.tensor(set, "out");
                                                  args.lse = operands.tensor(set, "lse");
                                                  fillScores(args, shape);
                                              });
    }
    return measure<optirs_attention_backward_args>(OPTIRS_KERNEL_ATTENTION_BACKWARD, stream, operands,
                                                   [&](auto& args, size_t set) {
                                                       args.dout = operands.tensor(set, "dout");
                                                       args.q = operands.tensor(set, "q");
                                                       args.k = operands.tensor(set, "k");
                                                       args.v = operands.tensor(set, "v");
                                                       args.out = operands.tensor(set, "out");
                                                       args.lse = operands.tensor(set, "lse");
                                                       args.dq = operands.tensor(set, "dq");
                                                       args.dk = operands.tensor(set, "dk");
                                                       args.dv = operands.tensor(set, "dv");
                                                       fillScores(args, shape);
                                                   });
}

}  // namespace optirs::kernels
