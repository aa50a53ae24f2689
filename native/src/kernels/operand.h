// Tensor arguments of kernels, and what can be wrong with them. Errors name the argument, its type and shape.
#pragma once

#include <optirs/dlpack.h>
#include <optirs/dtype.h>

#include <initializer_list>
#include <span>
#include <string>

namespace optirs::kernels {

/// An element type as one number, so that sets of them are lists of constants.
constexpr uint32_t typeKey(optirs_dl_data_type type) noexcept {
    return static_cast<uint32_t>(type.lanes) << 16 | static_cast<uint32_t>(type.code) << 8 | type.bits;
}

inline constexpr uint32_t kF64 = typeKey({OPTIRS_DL_FLOAT, 64, 1});
inline constexpr uint32_t kF32 = typeKey({OPTIRS_DL_FLOAT, 32, 1});
inline constexpr uint32_t kBF16 = typeKey({OPTIRS_DL_BFLOAT, 16, 1});
inline constexpr uint32_t kF16 = typeKey({OPTIRS_DL_FLOAT, 16, 1});
inline constexpr uint32_t kE4M3 = typeKey({OPTIRS_DL_F8E4M3FN, 8, 1});
inline constexpr uint32_t kE5M2 = typeKey({OPTIRS_DL_F8E5M2, 8, 1});
inline constexpr uint32_t kE8M0 = typeKey({OPTIRS_DL_F8E8M0FNU, 8, 1});
inline constexpr uint32_t kS64 = typeKey({OPTIRS_DL_INT, 64, 1});
inline constexpr uint32_t kS32 = typeKey({OPTIRS_DL_INT, 32, 1});
inline constexpr uint32_t kS16 = typeKey({OPTIRS_DL_INT, 16, 1});
inline constexpr uint32_t kU8 = typeKey({OPTIRS_DL_UINT, 8, 1});

inline constexpr int32_t kMaxRank = 16;

/// A tensor argument: what it is called, and which one of a list it is.
struct Operand {
    const char* name = nullptr;
    const optirs_dl_tensor* tensor = nullptr;
    int64_t index = -1;  // within its list; -1 for one that stands alone

    const optirs_dl_tensor& operator*() const noexcept { return *tensor; }
    const optirs_dl_tensor* operator->() const noexcept { return tensor; }
    std::span<const int64_t> shape() const noexcept {
        return {tensor->shape, static_cast<size_t>(tensor->ndim)};
    }
    const char* data() const noexcept { return static_cast<const char*>(tensor->data) + tensor->byte_offset; }
    uint32_t type() const noexcept { return typeKey(tensor->dtype); }
    int64_t elementCount() const noexcept;
    /// From the first element to behind the last.
    int64_t byteCount() const noexcept;

    /// "grads[3] f32[2,3]"
    std::string text() const;
};

/// Throws INVALID_ARGUMENT "what: text".
[[noreturn]] void refuse(const Operand& operand, const std::string& what);

/// How elements may lie in memory.
enum class Layout : uint8_t {
    kDense,  // row-major
    kRows,   // any strides that are not negative, as long as rows are contiguous
};

/// How many blocks of so many elements an extent has. Throws INVALID_ARGUMENT unless it is 1 to 2^40: of
/// larger ones the places of elements would not fit 63 bits.
int64_t blockCount(int64_t extent, int64_t block, const char* name);

/// A tensor that must be there and make sense in itself: shape, memory, alignment, layout.
Operand required(const char* name, const optirs_dl_tensor* tensor, int64_t index = -1,
                 Layout layout = Layout::kDense);

/// Throws where rows of an operand of Layout::kRows have elements in common.
void checkSeparateRows(const Operand& operand);

/// Throws unless the type is one of those.
void checkType(const Operand& operand, std::initializer_list<uint32_t> allowed);

/// Throws unless both have the same shape.
void checkSameShape(const Operand& operand, const Operand& like);

/// Throws unless both are on the same device.
void checkSameDevice(const Operand& operand, const Operand& like);

/// Throws if some byte belongs to both.
void checkDisjoint(const Operand& left, const Operand& right);

}  // namespace optirs::kernels
