#include "pjrt_cpu/capi/element_types.h"

#include <array>

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

struct Row {
    ElementType element;
    PJRT_Buffer_Type buffer;
    int64_t primitive;  ///< xla.PrimitiveType, in serialized shapes
};

constexpr Row kTypes[] = {
    {ElementType::kI1, PJRT_Buffer_Type_PRED, 1},
    {ElementType::kI2, PJRT_Buffer_Type_S2, 26},
    {ElementType::kI4, PJRT_Buffer_Type_S4, 21},
    {ElementType::kI8, PJRT_Buffer_Type_S8, 2},
    {ElementType::kI16, PJRT_Buffer_Type_S16, 3},
    {ElementType::kI32, PJRT_Buffer_Type_S32, 4},
    {ElementType::kI64, PJRT_Buffer_Type_S64, 5},
    {ElementType::kUi2, PJRT_Buffer_Type_U2, 27},
    {ElementType::kUi4, PJRT_Buffer_Type_U4, 22},
    {ElementType::kUi8, PJRT_Buffer_Type_U8, 6},
    {ElementType::kUi16, PJRT_Buffer_Type_U16, 7},
    {ElementType::kUi32, PJRT_Buffer_Type_U32, 8},
    {ElementType::kUi64, PJRT_Buffer_Type_U64, 9},
    {ElementType::kF4E2M1FN, PJRT_Buffer_Type_F4E2M1FN, 32},
    {ElementType::kF6E2M3FN, PJRT_Buffer_Type_F6E2M3FN, 36},
    {ElementType::kF6E3M2FN, PJRT_Buffer_Type_F6E3M2FN, 35},
    {ElementType::kF8E3M4, PJRT_Buffer_Type_F8E3M4, 29},
    {ElementType::kF8E4M3, PJRT_Buffer_Type_F8E4M3, 28},
    {ElementType::kF8E4M3FN, PJRT_Buffer_Type_F8E4M3FN, 20},
    {ElementType::kF8E4M3FNUZ, PJRT_Buffer_Type_F8E4M3FNUZ, 25},
    {ElementType::kF8E4M3B11FNUZ, PJRT_Buffer_Type_F8E4M3B11FNUZ, 23},
    {ElementType::kF8E5M2, PJRT_Buffer_Type_F8E5M2, 19},
    {ElementType::kF8E5M2FNUZ, PJRT_Buffer_Type_F8E5M2FNUZ, 24},
    {ElementType::kF8E8M0FNU, PJRT_Buffer_Type_F8E8M0FNU, 33},
    {ElementType::kBF16, PJRT_Buffer_Type_BF16, 16},
    {ElementType::kF16, PJRT_Buffer_Type_F16, 10},
    {ElementType::kF32, PJRT_Buffer_Type_F32, 11},
    {ElementType::kF64, PJRT_Buffer_Type_F64, 12},
    {ElementType::kC64, PJRT_Buffer_Type_C64, 15},
    {ElementType::kC128, PJRT_Buffer_Type_C128, 18},
};

}  // namespace

PJRT_Buffer_Type bufferType(ElementType type) {
    for (const Row& row : kTypes) {
        if (row.element == type) return row.buffer;
    }
    return PJRT_Buffer_Type_INVALID;
}

int64_t primitiveType(ElementType type) {
    for (const Row& row : kTypes) {
        if (row.element == type) return row.primitive;
    }
    return 0;
}

ElementType elementType(int32_t type) {
    for (const Row& row : kTypes) {
        if (row.buffer == type) return row.element;
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
    constexpr size_t kMaxRank = 1024;
    if (rank > kMaxRank) throw invalidArgument("an array of " + std::to_string(rank) + " dimensions");
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
    const std::vector<int64_t> largest = boundsOf(type);
    for (int64_t d = 0; d < type.rank(); ++d) {
        text += d == 0 ? "" : ",";
        const int64_t size = largest[static_cast<size_t>(d)];
        if (type.dim(d) == kDynamic && size != kDynamic) text += "<=";
        text += size == kDynamic ? "?" : std::to_string(size);
    }
    return text + ']';
}

}  // namespace optirs::plugin
