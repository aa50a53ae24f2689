#include <cmath>

#include "src/kernels/checker.h"
#include "src/kernels/matmul.h"

namespace optirs::kernels {

using core::Code;
using core::concat;
using core::Error;

namespace {

bool isNarrow(uint32_t type) { return type == kE4M3 || type == kE5M2; }

void checkGroupScale(Checker& check, const char* name, const optirs_dl_tensor* scale, const Operand& of,
                     int64_t groups) {
    if (scale == nullptr) {
        return;
    }
    if (!isNarrow(of.type())) {
        refuse(of, concat("has a ", name, ", which belongs to 8-bit types"));
    }
    const Operand operand = check.input(name, scale, {kF32});
    checkRank(operand, 1);
    if (operand.shape()[0] != 1 && operand.shape()[0] != groups) {
        refuse(operand, concat("must have 1 element, or one for each of the ", groups, " groups"));
    }
}

}  // namespace

Operand checkTensors(const optirs_grouped_matmul_args& args) {
    Checker check;
    if (!std::isfinite(args.alpha) || !std::isfinite(args.beta)) {
        throw Error(Code::kInvalidArgument, "alpha and beta must be finite");
    }
    const bool sums_rows = args.transpose_a != 0;
    if (sums_rows && (args.transpose_b != 0 || args.bias != nullptr)) {
        throw Error(Code::kInvalidArgument,
                    "transpose_a sums over rows: it goes together with neither transpose_b nor a bias");
    }
    const Operand a = check.input("a", args.a, {kF32, kBF16, kF16, kE4M3, kE5M2});
    checkRank(a, 2);
    const Operand b =
        isNarrow(a.type()) ? check.input("b", args.b, {kE4M3, kE5M2}) : check.input("b", args.b, {a.type()});
    const Operand sizes = check.input("group_sizes", args.group_sizes, {kS32});
    checkRank(sizes, 1);
    const int64_t groups = sizes.shape()[0];
    const int64_t rows = a.shape()[0];
    const int64_t k = a.shape()[1];
    checkRank(b, sums_rows ? 2 : 3);
    const int64_t n = b.shape()[sums_rows || args.transpose_b != 0 ? 1 : 2];
    const std::initializer_list<uint32_t> types = {kF32, kBF16, kF16};
    if (sums_rows) {
        const int64_t wanted[] = {rows, n};
        checkShape(b, wanted);
        check.output("out", args.out, types, {groups, k, n});
    } else {
        const int64_t wanted[] = {groups, args.transpose_b != 0 ? n : k, args.transpose_b != 0 ? k : n};
        checkShape(b, wanted);
        const Operand out = check.output("out", args.out, types, {rows, n});
        check.optionalInput("bias", args.bias, {kF32, out.type()}, {groups, n});
    }
    checkGroupScale(check, "scale_a", args.scale_a, a, groups);
    checkGroupScale(check, "scale_b", args.scale_b, b, groups);
    return a;
}

}  // namespace optirs::kernels
