#include "src/kernels/operand.h"

#include <algorithm>

#include "src/core/dlpack.h"
#include "src/core/dtype.h"
#include "src/core/error.h"
#include "src/core/text.h"
#include "src/kernels/overlap.h"

namespace optirs::kernels {

using core::Code;
using core::concat;
using core::Error;

namespace {

/// Of a tensor's elements, and from its first to its last: no address space is larger.
constexpr int64_t kMaxBytes = int64_t{1} << 57;

std::string typeName(optirs_dl_data_type type) {
    const core::DTypeFacts* facts = core::findDType(core::fromDlpack(type));
    return facts != nullptr ? std::string(facts->name)
                            : concat("(DLPack code ", int{type.code}, ", ", int{type.bits}, " bits, ",
                                     int{type.lanes}, " lanes)");
}

std::string nameOf(const Operand& operand) {
    return operand.index < 0 ? std::string(operand.name) : concat(operand.name, '[', operand.index, ']');
}

/// Pinned host memory is host memory.
bool isHost(int32_t device_type) {
    return device_type == OPTIRS_DL_CPU || device_type == OPTIRS_DL_CUDA_HOST;
}

/// No product of extents overflows, not even where another is 0.
void checkExtents(const Operand& operand) {
    int64_t bytes = operand->dtype.bits / 8;
    for (const int64_t extent : operand.shape()) {
        if (extent < 0) {
            refuse(operand, concat("has the negative extent ", extent));
        }
        if (__builtin_mul_overflow(bytes, std::max<int64_t>(extent, 1), &bytes) || bytes > kMaxBytes) {
            refuse(operand, "has more bytes than any memory");
        }
    }
}

/// The last element is not too far from the first.
void checkSpan(const Operand& operand) {
    int64_t last = 0;
    for (int32_t i = 0; i < operand->ndim; ++i) {
        int64_t step = 0;
        if (__builtin_mul_overflow(operand->shape[i] - 1, operand->strides[i], &step) ||
            __builtin_add_overflow(last, step, &last) || last > kMaxBytes / (operand->dtype.bits / 8)) {
            refuse(operand, concat("has the stride ", operand->strides[i], " in dimension ", i,
                                   ", with which it would reach over more bytes than any memory has"));
        }
    }
}

bool isSameDevice(optirs_dl_device left, optirs_dl_device right) {
    return (isHost(left.device_type) && isHost(right.device_type)) ||
           (left.device_type == right.device_type && left.device_id == right.device_id);
}

}  // namespace

int64_t Operand::elementCount() const noexcept {
    int64_t count = 1;
    for (const int64_t extent : shape()) {
        count *= extent;
    }
    return count;
}

int64_t Operand::byteCount() const noexcept {
    const int64_t size = tensor->dtype.bits / 8;
    const int64_t count = elementCount();
    if (tensor->strides == nullptr || count == 0) {
        return count * size;
    }
    int64_t last = 0;
    for (int32_t i = 0; i < tensor->ndim; ++i) {
        last += (tensor->shape[i] - 1) * tensor->strides[i];
    }
    return (last + 1) * size;
}

std::string Operand::text() const {
    std::string text = concat(nameOf(*this), ' ', typeName(tensor->dtype), '[');
    for (const int64_t extent : shape()) {
        text += concat(text.back() == '[' ? "" : ",", extent);
    }
    return text + ']';
}

void refuse(const Operand& operand, const std::string& what) {
    throw Error(Code::kInvalidArgument, concat(operand.text(), ' ', what));
}

int64_t blockCount(int64_t extent, int64_t block, const char* name) {
    constexpr int kLargest = 40;
    if (block < 1 || block > int64_t{1} << kLargest) {
        throw Error(Code::kInvalidArgument,
                    concat(name, " is ", block, "; it must be at least 1, and at most 2^", kLargest));
    }
    return extent / block + (extent % block != 0 ? 1 : 0);
}

Operand required(const char* name, const optirs_dl_tensor* tensor, int64_t index, Layout layout) {
    const Operand operand{name, tensor, index};
    if (tensor == nullptr) {
        throw Error(Code::kInvalidArgument, concat("the tensor ", nameOf(operand), " is NULL"));
    }
    if (tensor->ndim < 0 || tensor->ndim > kMaxRank || (tensor->ndim > 0 && tensor->shape == nullptr)) {
        throw Error(Code::kInvalidArgument, concat(nameOf(operand), " has ", tensor->ndim, " dimensions",
                                                   tensor->shape == nullptr ? " and no shape" : "", "; 0 to ",
                                                   kMaxRank, " are allowed"));
    }
    if (tensor->dtype.bits < 8) {
        refuse(operand, "has elements of less than a byte");
    }
    checkExtents(operand);
    if (std::ranges::find(operand.shape(), 0) != operand.shape().end()) {
        return operand;
    }
    if (tensor->data == nullptr) {
        refuse(operand, "has no memory: its data is NULL");
    }
    const auto size = static_cast<uintptr_t>(tensor->dtype.bits / 8);
    if (reinterpret_cast<uintptr_t>(operand.data()) % size != 0) {
        refuse(operand, concat("is not aligned to its element size of ", size, " bytes"));
    }
    if (tensor->strides == nullptr) {
        return operand;
    }
    if (layout == Layout::kDense && !core::isDense(operand.shape(), tensor->strides)) {
        refuse(operand, "is not dense and row-major; copy it first");
    }
    for (int32_t i = 0; i < tensor->ndim; ++i) {
        const bool is_row = i + 1 == tensor->ndim && tensor->shape[i] > 1;
        if (tensor->strides[i] < 0 || (is_row && tensor->strides[i] != 1)) {
            refuse(operand, concat("has the stride ", tensor->strides[i], " in dimension ", i,
                                   "; strides may not be negative, and the last must be 1"));
        }
    }
    checkSpan(operand);
    return operand;
}

void checkSeparateRows(const Operand& operand) {
    if (operand->strides == nullptr || !overlapsItself(operand)) {
        return;
    }
    std::string strides;
    for (int32_t i = 0; i < operand->ndim; ++i) {
        strides += concat(i == 0 ? "" : ",", operand->strides[i]);
    }
    refuse(operand, concat("has the strides [", strides,
                           "], with which its rows, which are written, would lie over each other"));
}

void checkType(const Operand& operand, std::initializer_list<uint32_t> allowed) {
    if (std::ranges::find(allowed, operand.type()) != allowed.end()) {
        return;
    }
    std::string list;
    for (const uint32_t key : allowed) {
        const optirs_dl_data_type type{static_cast<uint8_t>(key >> 8), static_cast<uint8_t>(key),
                                       static_cast<uint16_t>(key >> 16)};
        list += concat(list.empty() ? "" : ", ", typeName(type));
    }
    refuse(operand, concat("has an element type that is not allowed here; allowed: ", list));
}

void checkSameShape(const Operand& operand, const Operand& like) {
    if (!std::ranges::equal(operand.shape(), like.shape())) {
        refuse(operand, concat("must have the shape of ", like.text()));
    }
}

void checkSameDevice(const Operand& operand, const Operand& like) {
    const optirs_dl_device left = operand->device;
    const optirs_dl_device right = like->device;
    if (!isSameDevice(left, right)) {
        refuse(operand, concat("is on DLPack device ", left.device_type, ':', left.device_id, ", but ",
                               like.text(), " is on ", right.device_type, ':', right.device_id,
                               "; all tensors of a kernel are on one device"));
    }
}

void checkDisjoint(const Operand& left, const Operand& right) {
    if (shareMemory(left, right)) {
        refuse(left, concat("shares memory with ", right.text()));
    }
}

}  // namespace optirs::kernels
