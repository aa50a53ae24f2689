// Facts about element types.
#pragma once

#include <optirs/dlpack.h>
#include <optirs/dtype.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace optirs::core {

struct DTypeFacts {
    std::string_view name;  // as in StableHLO
    int32_t bits;           // of one element when elements are packed; 0 if it has no bytes
    int32_t dl_code;        // DLPack family, or -1
};

/// NULL for a number that is not an element type.
const DTypeFacts* findDType(optirs_dtype dtype) noexcept;

/// The element type of DLPack's, if both can express it in whole bytes.
std::optional<optirs_dl_data_type> toDlpack(optirs_dtype dtype) noexcept;

/// The element type of ours, if there is one; OPTIRS_DTYPE_INVALID otherwise.
optirs_dtype fromDlpack(optirs_dl_data_type type) noexcept;

}  // namespace optirs::core
