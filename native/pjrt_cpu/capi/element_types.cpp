#include "pjrt_cpu/capi/element_types.h"

#include <array>
#include <utility>

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

constexpr std::pair<ElementType, PJRT_Buffer_Type> kTypes[] = {
    {ElementType::kI1, PJRT_Buffer_Type_PRED},
    {ElementType::kI2, PJRT_Buffer_Type_S2},
    {ElementType::kI4, PJRT_Buffer_Type_S4},
    {ElementType::kI8, PJRT_Buffer_Type_S8},
    {ElementType::kI16, PJRT_Buffer_Type_S16},
    {ElementType::kI32, PJRT_Buffer_Type_S32},
    {ElementType::kI64, PJRT_Buffer_Type_S64},
    {ElementType::kUi2, PJRT_Buffer_Type_U2},
    {ElementType::kUi4, PJRT_Buffer_Type_U4},
    {ElementType::kUi8, PJRT_Buffer_Type_U8},
    {ElementType::kUi16, PJRT_Buffer_Type_U16},
    {ElementType::kUi32, PJRT_Buffer_Type_U32},
    {ElementType::kUi64, PJRT_Buffer_Type_U64},
    {ElementType::kF4E2M1FN, PJRT_Buffer_Type_F4E2M1FN},
    {ElementType::kF6E2M3FN, PJRT_Buffer_Type_F6E2M3FN},
    {ElementType::kF6E3M2FN, PJRT_Buffer_Type_F6E3M2FN},
    {ElementType::kF8E3M4, PJRT_Buffer_Type_F8E3M4},
    {ElementType::kF8E4M3, PJRT_Buffer_Type_F8E4M3},
    {ElementType::kF8E4M3FN, PJRT_Buffer_Type_F8E4M3FN},
    {ElementType::kF8E4M3FNUZ, PJRT_Buffer_Type_F8E4M3FNUZ},
    {ElementType::kF8E4M3B11FNUZ, PJRT_Buffer_Type_F8E4M3B11FNUZ},
    {ElementType::kF8E5M2, PJRT_Buffer_Type_F8E5M2},
    {ElementType::kF8E5M2FNUZ, PJRT_Buffer_Type_F8E5M2FNUZ},
    {ElementType::kF8E8M0FNU, PJRT_Buffer_Type_F8E8M0FNU},
    {ElementType::kBF16, PJRT_Buffer_Type_BF16},
    {ElementType::kF16, PJRT_Buffer_Type_F16},
    {ElementType::kF32, PJRT_Buffer_Type_F32},
    {ElementType::kF64, PJRT_Buffer_Type_F64},
    {ElementType::kC64, PJRT_Buffer_Type_C64},
    {ElementType::kC128, PJRT_Buffer_Type_C128},
};

}  // namespace

PJRT_Buffer_Type bufferType(ElementType type) {
    for (const auto& [element, buffer] : kTypes) {
        if (element == type) return buffer;
    }
    return PJRT_Buffer_Type_INVALID;
}

ElementType elementType(int32_t type) {
    for (const auto& [element, buffer] : kTypes) {
        if (buffer == type) return element;
    }
    const std::string number = std::to_string(type);
    if (type == PJRT_Buffer_Type_TOKEN || type == PJRT_Buffer_Type_S1 || type == PJRT_Buffer_Type_U1) {
        throw unimplemented("buffers of PJRT_Buffer_Type " + number + " (token and 1-bit integers)");
    }
    throw invalidArgument(number + " is no PJRT_Buffer_Type");
}

TensorType tensorType(int32_t type, const int64_t* dims, size_t rank) {
    if (rank > 0 && dims == nullptr)
        throw invalidArgument("dims is null, but num_dims is " + std::to_string(rank));
    const ElementType element = elementType(type);
    std::vector<int64_t> sizes;
    int64_t bytes = byteWidth(element);
    for (size_t d = 0; d < rank; ++d) {
        if (dims[d] < 0)
            throw invalidArgument("dimension " + std::to_string(d) + " is " + std::to_string(dims[d]));
        if (__builtin_mul_overflow(bytes, dims[d], &bytes)) {
            throw invalidArgument("the dimensions multiply to more bytes than 64 bits hold");
        }
        sizes.push_back(dims[d]);
    }
    return {element, std::move(sizes)};
}

std::string shortName(const TensorType& type) {
    std::string text(elementTypeName(type.element()));
    text += '[';
    for (int64_t d = 0; d < type.rank(); ++d) text += (d == 0 ? "" : ",") + std::to_string(type.dim(d));
    return text + ']';
}

}  // namespace optirs::plugin
