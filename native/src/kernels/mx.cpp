#include "src/kernels/mx.h"

#include <cmath>
#include <vector>

#include "src/kernels/checker.h"

namespace optirs::kernels {

using core::Code;
using core::concat;
using core::Error;

namespace {

constexpr std::initializer_list<uint32_t> kWide = {kF32, kBF16, kF16};
constexpr std::initializer_list<uint32_t> kCodes = {kE4M3, kE5M2, kU8};
constexpr std::initializer_list<uint32_t> kScales = {kE8M0, kE4M3};

/// Columns that a matrix of codes stands for.
int64_t columnsOf(const Operand& codes) { return codes.shape()[1] * (codes.type() == kU8 ? 2 : 1); }

/// Shape of the scales, given those of the codes. The types of both must make up a format.
std::vector<int64_t> scaleShape(const Operand& codes, const char* name, const optirs_dl_tensor* scales) {
    const Operand operand = required(name, scales);
    checkType(operand, kScales);
    if (operand.type() == kE4M3 && codes.type() != kU8) {
        refuse(operand, concat("has scales of NVFP4, but ", codes.text(), " are not codes of 4 bits"));
    }
    const int64_t block = operand.type() == kE8M0 ? 32 : 16;
    const int64_t columns = columnsOf(codes);
    return {codes.shape()[0], columns / block + (columns % block != 0 ? 1 : 0)};
}

bool isNvfp4(const optirs_dl_tensor* scales) { return typeKey(scales->dtype) == kE4M3; }

void checkTensorScale(Checker& check, const char* name, const optirs_dl_tensor* tensor_scale,
                      const optirs_dl_tensor* scales) {
    if (tensor_scale != nullptr && !isNvfp4(scales)) {
        throw Error(Code::kInvalidArgument, concat(name, " is given; it belongs to scales of f8E4M3FN"));
    }
    check.optionalInput(name, tensor_scale, {kF32}, {1});
}

Operand checkMatrix(Checker& check, const char* name, const optirs_dl_tensor* codes, const char* scales_name,
                    const optirs_dl_tensor* scales, const char* tensor_scale_name,
                    const optirs_dl_tensor* tensor_scale) {
    const Operand operand = check.input(name, codes, kCodes);
    checkRank(operand, 2);
    check.input(scales_name, scales, kScales, scaleShape(operand, scales_name, scales));
    checkTensorScale(check, tensor_scale_name, tensor_scale, scales);
    return operand;
}

}  // namespace

Operand checkTensors(const optirs_quantize_mx_args& args) {
    Checker check;
    const Operand x = check.input("x", args.x, kWide);
    checkRank(x, 2);
    const int64_t rows = x.shape()[args.transpose != 0 ? 1 : 0];
    const int64_t columns = x.shape()[args.transpose != 0 ? 0 : 1];
    const Operand given = required("out", args.out);
    checkType(given, kCodes);
    const bool is_packed = given.type() == kU8;
    if (is_packed && columns % 2 != 0) {
        refuse(x, concat("has rows of ", columns,
                         " elements as quantized; codes of 4 bits need an even number"));
    }
    const int64_t shape[] = {rows, is_packed ? columns / 2 : columns};
    const Operand out = check.output("out", args.out, kCodes, shape);
    check.output("scales", args.scales, kScales, scaleShape(out, "scales", args.scales));
    if (isNvfp4(args.scales)) {
        check.optionalInput("amax", args.amax, {kF32}, {1});
        check.output("tensor_scale", args.tensor_scale, {kF32}, {1});
    } else if (args.amax != nullptr || args.tensor_scale != nullptr) {
        throw Error(Code::kInvalidArgument, "amax and tensor_scale belong to scales of f8E4M3FN");
    }
    return x;
}

Operand checkTensors(const optirs_dequantize_mx_args& args) {
    Checker check;
    const Operand x =
        checkMatrix(check, "x", args.x, "scales", args.scales, "tensor_scale", args.tensor_scale);
    check.output("out", args.out, kWide, {x.shape()[0], columnsOf(x)});
    return x;
}

Operand checkTensors(const optirs_matmul_mx_args& args) {
    Checker check;
    const Operand a =
        checkMatrix(check, "a", args.a, "a_scales", args.a_scales, "a_tensor_scale", args.a_tensor_scale);
    const Operand b =
        checkMatrix(check, "b", args.b, "b_scales", args.b_scales, "b_tensor_scale", args.b_tensor_scale);
    if (columnsOf(a) != columnsOf(b)) {
        refuse(b, concat("stands for rows of ", columnsOf(b), " elements, ", a.text(), " for rows of ",
                         columnsOf(a)));
    }
    if (!std::isfinite(args.alpha) || !std::isfinite(args.beta)) {
        throw Error(Code::kInvalidArgument, "alpha and beta must be finite");
    }
    const int64_t columns = b.shape()[0];
    const Operand out = check.output("out", args.out, kWide, {a.shape()[0], columns});
    check.optionalInput("bias", args.bias, {kF32, out.type()}, {columns});
    return a;
}

}  // namespace optirs::kernels
