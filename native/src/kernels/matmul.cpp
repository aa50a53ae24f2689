#include "src/kernels/matmul.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "src/kernels/checker.h"

namespace optirs::kernels {

using core::Code;
using core::concat;
using core::Error;

namespace {

bool isNarrow(uint32_t type) { return type == kE4M3 || type == kE5M2; }

/// A matrix as it is multiplied: batches in front, then rows and columns.
struct Matrix {
    Matrix(const Operand& operand, bool transposed) : batch(operand.shape()) {
        if (operand->ndim < 2) {
            refuse(operand, "must have at least 2 dimensions");
        }
        batch = batch.first(batch.size() - 2);
        rows = operand.shape()[batch.size() + (transposed ? 1 : 0)];
        columns = operand.shape()[batch.size() + (transposed ? 0 : 1)];
    }

    std::span<const int64_t> batch;
    int64_t rows = 0;
    int64_t columns = 0;
};

void checkScale(Checker& check, const char* name, const Operand& operand, const optirs_dl_tensor* scale,
                int64_t block_rows, int64_t block_columns) {
    if (scale == nullptr) {
        return;
    }
    if (!isNarrow(operand.type())) {
        refuse(operand, concat("has a ", name, ", which belongs to 8-bit types"));
    }
    if (block_rows == 0 && block_columns == 0) {
        check.input(name, scale, {kF32}, {1});
        return;
    }
    if (block_rows < 1 || block_columns < 1) {
        throw Error(Code::kInvalidArgument, concat("the blocks of ", name, " are ", block_rows, " by ",
                                                   block_columns, "; both must be at least 1, or both 0"));
    }
    checkRank(operand, 2);
    check.input(name, scale, {kF32},
                {blockCount(operand.shape()[0], block_rows, concat(name, "_rows").c_str()),
                 blockCount(operand.shape()[1], block_columns, concat(name, "_columns").c_str())});
}

void checkEpilogue(const optirs_matmul_args& args) {
    if (args.epilogue < OPTIRS_EPILOGUE_NONE || args.epilogue > OPTIRS_EPILOGUE_GELU_BACKWARD) {
        throw Error(Code::kInvalidArgument,
                    concat("epilogue is ", args.epilogue, "; it must be OPTIRS_EPILOGUE_*"));
    }
    if (args.epilogue == OPTIRS_EPILOGUE_NONE && args.aux != nullptr) {
        throw Error(Code::kInvalidArgument, "aux is given, but the epilogue uses none");
    }
    if (args.epilogue == OPTIRS_EPILOGUE_GELU_BACKWARD && args.aux == nullptr) {
        throw Error(Code::kInvalidArgument, "the tensor aux is NULL; the derivative of GELU is that at aux");
    }
    if (!std::isfinite(args.alpha) || !std::isfinite(args.beta)) {
        throw Error(Code::kInvalidArgument, "alpha and beta must be finite");
    }
}

}  // namespace

Operand checkTensors(const optirs_matmul_args& args) {
    Checker check;
    checkEpilogue(args);
    const Operand a = check.input("a", args.a, {kF32, kBF16, kF16, kE4M3, kE5M2});
    const Operand b =
        isNarrow(a.type()) ? check.input("b", args.b, {kE4M3, kE5M2}) : check.input("b", args.b, {a.type()});
    const Matrix left(a, args.transpose_a != 0);
    const Matrix right(b, args.transpose_b != 0);
    if (left.columns != right.rows) {
        refuse(b, concat("has ", right.rows, " rows as multiplied; ", a.text(), " has ", left.columns,
                         " columns"));
    }
    if (!right.batch.empty() && !std::ranges::equal(left.batch, right.batch)) {
        refuse(b, concat("must have the batches of ", a.text(), ", or none"));
    }
    std::vector<int64_t> shape(left.batch.begin(), left.batch.end());
    shape.push_back(left.rows);
    shape.push_back(right.columns);
    const Operand out = check.output("out", args.out, {kF32, kBF16, kF16, kE4M3, kE5M2}, shape);
    if (isNarrow(out.type())) {
        check.optionalInput("scale_out", args.scale_out, {kF32}, {1});
        check.optionalOutput("amax_out", args.amax_out, {kF32}, {1});
        if (args.beta != 0) {
            refuse(out, "cannot be added to, as beta asks: it has 8 bits");
        }
    } else if (args.scale_out != nullptr || args.amax_out != nullptr) {
        throw Error(Code::kInvalidArgument, "scale_out and amax_out belong to an out of 8 bits");
    }
    check.optionalInput("bias", args.bias, {kF32, isNarrow(out.type()) ? kBF16 : out.type()},
                        {right.columns});
    if (args.aux != nullptr) {
        const std::initializer_list<uint32_t> types = {kF32, isNarrow(out.type()) ? kBF16 : out.type()};
        if (args.epilogue == OPTIRS_EPILOGUE_GELU) {
            check.output("aux", args.aux, types, shape);
        } else {
            check.input("aux", args.aux, types, shape);
        }
    }
    checkScale(check, "scale_a", a, args.scale_a, args.scale_a_rows, args.scale_a_columns);
    checkScale(check, "scale_b", b, args.scale_b, args.scale_b_rows, args.scale_b_columns);
    return a;
}

}  // namespace optirs::kernels
