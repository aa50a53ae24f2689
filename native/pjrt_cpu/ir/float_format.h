/// @file
/// Bit patterns of the float types, from f4E2M1FN to f64, to and from double.
#pragma once

#include <cstdint>

#include "pjrt_cpu/ir/element_type.h"

namespace optirs::plugin {

/// The bit pattern of `value` in `type`, rounded to nearest, ties to even. Overflow gives infinity
/// where the format has one, else NaN, else (f4, f6: neither) the largest value. f8E8M0FNU has only
/// powers of two and NaN: zero gives 2^-127, a negative number NaN.
/// @pre isFloat(type)
uint64_t encodeFloat(double value, ElementType type);

/// The value of a bit pattern; exact. @pre isFloat(type)
double decodeFloat(uint64_t bits, ElementType type);

}  // namespace optirs::plugin
