#pragma once

#include <cstdint>
#include <string>

#include "pjrt_abi/pjrt_abi.h"
#include "pjrt_cpu/ir/type.h"

namespace optirs::plugin {

/// PJRT_Buffer_Type_INVALID for what has none (quantized types, index).
PJRT_Buffer_Type bufferType(ElementType type);
/// The number of the type in serialized xla.ShapeProto; 0 for what has none.
int64_t primitiveType(ElementType type);
/// `type`: the number of a PJRT_Buffer_Type. Throws INVALID_ARGUMENT for a number that is none, UNIMPLEMENTED
/// for token and the 1-bit integers.
ElementType elementType(int32_t type);
/// From pointers of an argument struct; throws INVALID_ARGUMENT for negative dimensions and for sizes beyond
/// int64.
TensorType tensorType(int32_t type, const int64_t* dims, size_t rank);
/// "f32[2,3]".
std::string shortName(const TensorType& type);

}  // namespace optirs::plugin
