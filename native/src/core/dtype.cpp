#include "src/core/dtype.h"

#include <array>

namespace optirs::core {
namespace {

constexpr int32_t kNone = -1;

// Indexed by optirs_dtype.
constexpr std::array<DTypeFacts, 34> kFacts = {{
    {"invalid", 0, kNone},
    {"i1", 8, OPTIRS_DL_BOOL},
    {"i8", 8, OPTIRS_DL_INT},
    {"i16", 16, OPTIRS_DL_INT},
    {"i32", 32, OPTIRS_DL_INT},
    {"i64", 64, OPTIRS_DL_INT},
    {"ui8", 8, OPTIRS_DL_UINT},
    {"ui16", 16, OPTIRS_DL_UINT},
    {"ui32", 32, OPTIRS_DL_UINT},
    {"ui64", 64, OPTIRS_DL_UINT},
    {"f16", 16, OPTIRS_DL_FLOAT},
    {"f32", 32, OPTIRS_DL_FLOAT},
    {"f64", 64, OPTIRS_DL_FLOAT},
    {"bf16", 16, OPTIRS_DL_BFLOAT},
    {"complex<f32>", 64, OPTIRS_DL_COMPLEX},
    {"complex<f64>", 128, OPTIRS_DL_COMPLEX},
    {"f8E5M2", 8, OPTIRS_DL_F8E5M2},
    {"f8E4M3FN", 8, OPTIRS_DL_F8E4M3FN},
    {"f8E4M3B11FNUZ", 8, OPTIRS_DL_F8E4M3B11FNUZ},
    {"f8E5M2FNUZ", 8, OPTIRS_DL_F8E5M2FNUZ},
    {"f8E4M3FNUZ", 8, OPTIRS_DL_F8E4M3FNUZ},
    {"i4", 4, kNone},
    {"ui4", 4, kNone},
    {"token", 0, kNone},
    {"i2", 2, kNone},
    {"ui2", 2, kNone},
    {"f8E4M3", 8, OPTIRS_DL_F8E4M3},
    {"f8E3M4", 8, OPTIRS_DL_F8E3M4},
    {"f8E8M0FNU", 8, OPTIRS_DL_F8E8M0FNU},
    {"f4E2M1FN", 4, kNone},
    {"si1", 1, kNone},
    {"ui1", 1, kNone},
    {"f6E2M3FN", 6, kNone},
    {"f6E3M2FN", 6, kNone},
}};
static_assert(kFacts.size() == OPTIRS_DTYPE_F6E3M2FN + 1);

}  // namespace

const DTypeFacts* findDType(optirs_dtype dtype) noexcept {
    const bool is_type = dtype > OPTIRS_DTYPE_INVALID && static_cast<size_t>(dtype) < kFacts.size();
    return is_type ? &kFacts[static_cast<size_t>(dtype)] : nullptr;
}

std::optional<optirs_dl_data_type> toDlpack(optirs_dtype dtype) noexcept {
    const DTypeFacts* facts = findDType(dtype);
    if (facts == nullptr || facts->dl_code == kNone) {
        return std::nullopt;
    }
    return optirs_dl_data_type{static_cast<uint8_t>(facts->dl_code), static_cast<uint8_t>(facts->bits), 1};
}

optirs_dtype fromDlpack(optirs_dl_data_type type) noexcept {
    for (size_t index = 0; index < kFacts.size() && type.lanes == 1; ++index) {
        if (kFacts[index].dl_code == type.code && kFacts[index].bits == type.bits) {
            return static_cast<optirs_dtype>(index);
        }
    }
    return OPTIRS_DTYPE_INVALID;
}

}  // namespace optirs::core
