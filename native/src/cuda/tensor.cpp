#include "src/cuda/tensor.h"

#include "src/core/error.h"
#include "src/core/text.h"

namespace optirs::cuda {

int64_t countOf(const optirs_dl_tensor& tensor) {
    int64_t count = 1;
    for (int32_t i = 0; i < tensor.ndim; ++i) {
        count *= tensor.shape[i];
    }
    return count;
}

int64_t columnsOf(const optirs_dl_tensor& tensor) { return tensor.shape[tensor.ndim - 1]; }

int64_t rowsOf(const optirs_dl_tensor& tensor) {
    int64_t rows = 1;
    for (int32_t i = 0; i + 1 < tensor.ndim; ++i) {
        rows *= tensor.shape[i];
    }
    return rows;
}

bool isF32(const optirs_dl_tensor& tensor) {
    return tensor.dtype.code == OPTIRS_DL_FLOAT && tensor.dtype.bits == 32;
}

Element elementOf(const optirs_dl_tensor& tensor) {
    if (tensor.dtype.code == OPTIRS_DL_BFLOAT) {
        return Element::kBF16;
    }
    return tensor.dtype.bits == 32 ? Element::kF32 : Element::kF16;
}

bool isFloat8(const optirs_dl_tensor& tensor) { return tensor.dtype.bits == 8; }

Float8 float8Of(const optirs_dl_tensor& tensor) {
    return tensor.dtype.code == OPTIRS_DL_F8E4M3FN ? Float8::kE4M3 : Float8::kE5M2;
}

MatrixType matrixTypeOf(const optirs_dl_tensor& tensor) {
    if (isFloat8(tensor)) {
        return float8Of(tensor) == Float8::kE4M3 ? MatrixType::kE4M3 : MatrixType::kE5M2;
    }
    switch (elementOf(tensor)) {
        case Element::kF32:
            return MatrixType::kF32;
        case Element::kBF16:
            return MatrixType::kBF16;
        default:
            return MatrixType::kF16;
    }
}

Indices indicesOf(const optirs_dl_tensor* tensor) {
    return tensor == nullptr ? Indices{} : Indices{dataOf<void>(tensor), tensor->dtype.bits};
}

Queue queueOf(const optirs_dl_tensor& tensor, CUstream stream) { return {tensor.device.device_id, stream}; }

uint32_t* clearedAmax(const Queue& queue, const optirs_dl_tensor* amax) {
    auto* bits = dataOf<uint32_t>(amax);
    if (bits != nullptr) {
        clearMemory(queue, bits, sizeof(*bits));
    }
    return bits;
}

void require(bool is_served, const char* lacking) {
    if (!is_served) {
        throw core::Error(core::Code::kUnimplemented, core::concat("the CUDA backend has no ", lacking),
                          "cuda");
    }
}

void requireSameType(const optirs_dl_tensor& x, const optirs_dl_tensor& gradient) {
    require(elementOf(gradient) == elementOf(x), "backward pass whose gradients are not of the type of x");
}

}  // namespace optirs::cuda
