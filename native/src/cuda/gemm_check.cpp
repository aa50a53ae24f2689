#include "src/cuda/gemm_check.h"

#include <initializer_list>
#include <utility>

#include "src/core/error.h"
#include "src/core/text.h"
#include "src/cuda/context.h"

namespace optirs::cuda {
namespace {

using core::Code;
using core::concat;
using core::Error;

constexpr uintptr_t kAlignment = 16;

[[noreturn]] void refuse(const std::string& text) { throw Error(Code::kInvalidArgument, "gemm: " + text); }

void checkSize(int64_t value, const char* name) {
    if (value < 1) {
        refuse(concat(name, " is ", value, "; it must be at least 1"));
    }
}

void checkStride(int64_t stride, int64_t columns, const char* name) {
    if (stride < columns) {
        refuse(concat("the rows of ", name, " have ", columns, " elements, but are ", stride, " apart"));
    }
}

void checkAddress(const void* address, const char* name, uintptr_t alignment) {
    if (address == nullptr) {
        refuse(concat(name, " is NULL"));
    }
    if (reinterpret_cast<uintptr_t>(address) % alignment != 0) {
        refuse(concat(name, " is not aligned to ", alignment, " bytes"));
    }
}

void refuseBlockScales(const Gemm& p) {
    for (const ScaleMode mode : {p.a.scale_mode, p.b.scale_mode}) {
        if (mode == ScaleMode::kBlock128 || mode == ScaleMode::kTile128) {
            throw Error(Code::kUnimplemented,
                        "gemm: block scales need compute capability 9.0, A stored as [m,k] and B as [n,k], "
                        "addresses and rows of multiples of 16 bytes, and no gradient of a bias");
        }
    }
}

void checkScales(const Gemm& p, int64_t version, int32_t capability) {
    if (p.a.scale_mode == ScaleMode::kTensor && p.b.scale_mode == ScaleMode::kTensor) {
        return;
    }
    if (version < kCublasLtRowScales) {
        throw Error(Code::kUnimplemented, concat("gemm: row scales need cuBLASLt 12.9; this is version ",
                                                 version / 10000, ".", version % 10000 / 100));
    }
    if (capability != kHopper) {
        throw Error(Code::kUnimplemented, "gemm: row scales need a Hopper GPU");
    }
    if (p.a.scale_mode != p.b.scale_mode) {
        refuse("row scales must be those of A and of B");
    }
}

void checkFloat8(const Gemm& p, int32_t capability, int64_t version) {
    if (capability < kAda) {
        throw Error(Code::kUnimplemented,
                    concat("gemm: FP8 products need compute capability 8.9; this device has ",
                           capability / 10, ".", capability % 10));
    }
    if (!isFloat8(p.a.type) || !isFloat8(p.b.type)) {
        refuse(concat("A is ", nameOf(p.a.type), " and B is ", nameOf(p.b.type),
                      "; both must be 8-bit, or none"));
    }
    refuseBlockScales(p);
    if (p.a.type == MatrixType::kE5M2 && p.b.type == MatrixType::kE5M2) {
        refuse("A and B are both f8E5M2; one of them must be f8E4M3FN");
    }
    if (capability < kBlackwell && (p.a.is_transposed || !p.b.is_transposed)) {
        refuse("FP8 operands must be contiguous along k: A stored as [m,k] and B as [n,k] (is_transposed)");
    }
    if (p.m % 16 != 0 || p.n % 16 != 0 || p.k % 16 != 0) {
        refuse(concat("FP8 products need m, n and k in multiples of 16; they are ", p.m, ", ", p.n, " and ",
                      p.k, ": pad them with zeros"));
    }
    if (p.a.stride % 16 != 0 || p.b.stride % 16 != 0) {
        refuse(concat("FP8 operands need strides in multiples of 16; they are ", p.a.stride, " and ",
                      p.b.stride));
    }
    // One scale for all of an operand may be left out, for 1.
    for (const auto& [operand, name] :
         {std::pair(&p.a, "the scale of A"), std::pair(&p.b, "the scale of B")}) {
        if (operand->scale != nullptr || operand->scale_mode != ScaleMode::kTensor) {
            checkAddress(operand->scale, name, alignof(float));
        }
    }
    if (p.epilogue == GemmEpilogue::kDGeluBiasGrad || p.epilogue == GemmEpilogue::kBiasGradB) {
        refuse("FP8 products have no bias gradient: fuse it with the cast");
    }
    if (isFloat8(p.d_type) && p.beta != 0) {
        refuse("an FP8 result cannot add C: beta must be 0");
    }
    checkScales(p, version, capability);
}

}  // namespace

bool usesBias(GemmEpilogue epilogue) {
    return epilogue == GemmEpilogue::kBias || epilogue == GemmEpilogue::kGeluBias ||
           epilogue == GemmEpilogue::kGeluAuxBias || epilogue == GemmEpilogue::kDGeluBiasGrad ||
           epilogue == GemmEpilogue::kBiasGradB;
}

bool usesAux(GemmEpilogue epilogue) {
    return epilogue == GemmEpilogue::kGeluAux || epilogue == GemmEpilogue::kGeluAuxBias ||
           epilogue == GemmEpilogue::kDGelu || epilogue == GemmEpilogue::kDGeluBiasGrad;
}

bool isFloat8(MatrixType type) { return type == MatrixType::kE4M3 || type == MatrixType::kE5M2; }

int64_t bytesOf(MatrixType type) { return isFloat8(type) ? 1 : type == MatrixType::kF32 ? 4 : 2; }

const char* nameOf(MatrixType type) {
    switch (type) {
        case MatrixType::kF32:
            return "f32";
        case MatrixType::kF16:
            return "f16";
        case MatrixType::kBF16:
            return "bf16";
        case MatrixType::kE4M3:
            return "f8E4M3FN";
        case MatrixType::kE5M2:
            return "f8E5M2";
    }
    return "unknown";
}

void checkGemm(const Gemm& p, int32_t capability, int64_t version) {
    checkSize(p.m, "m");
    checkSize(p.n, "n");
    checkSize(p.k, "k");
    checkSize(p.batch, "batch");
    checkStride(p.a.stride, p.a.is_transposed ? p.m : p.k, "A");
    checkStride(p.b.stride, p.b.is_transposed ? p.k : p.n, "B");
    checkStride(p.d_stride, p.n, "D");
    const bool is_float8 = isFloat8(p.a.type) || isFloat8(p.b.type);
    const auto alignment = [&](MatrixType type) {
        return is_float8 ? kAlignment : static_cast<uintptr_t>(bytesOf(type));
    };
    checkAddress(p.a.data, "A", alignment(p.a.type));
    checkAddress(p.b.data, "B", alignment(p.b.type));
    checkAddress(p.d, "D", alignment(p.d_type));
    if (p.beta != 0) {
        checkAddress(p.c, "C", alignment(p.d_type));
    }
    if (is_float8) {
        checkFloat8(p, capability, version);
    } else {
        if (p.a.type != p.b.type) {
            refuse(concat("A is ", nameOf(p.a.type), " and B is ", nameOf(p.b.type),
                          "; they must be of one type"));
        }
        if (isFloat8(p.d_type) || (p.d_type != p.a.type && p.d_type != MatrixType::kF32)) {
            refuse(concat("D is ", nameOf(p.d_type), "; with operands of ", nameOf(p.a.type), " it must be ",
                          nameOf(p.a.type), " or f32"));
        }
        if (p.a.scale != nullptr || p.b.scale != nullptr) {
            refuse("scales belong to FP8 operands");
        }
    }
    if (!isFloat8(p.d_type) && (p.d_scale != nullptr || p.d_amax != nullptr)) {
        refuse("a scale and a greatest magnitude of D belong to an FP8 result");
    }
    if (usesBias(p.epilogue)) {
        checkAddress(p.bias, "bias", static_cast<uintptr_t>(bytesOf(p.bias_type)));
    }
    if (usesAux(p.epilogue)) {
        checkAddress(p.aux, "aux", kAlignment);
        if (p.aux_type != p.d_type) {
            throw Error(Code::kUnimplemented, concat("gemm: aux is ", nameOf(p.aux_type), " and D is ",
                                                     nameOf(p.d_type), "; cuBLASLt needs one type for both"));
        }
        checkStride(p.aux_stride, p.n, "aux");
        if (p.aux_stride % 8 != 0) {
            refuse(concat("aux needs a stride in multiples of 8; it is ", p.aux_stride));
        }
    }
}

}  // namespace optirs::cuda
