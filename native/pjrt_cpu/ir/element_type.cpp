#include "pjrt_cpu/ir/element_type.h"

#include <array>

namespace optirs::plugin {
namespace {

struct Row {
    std::string_view name;
    int bits;
    ElementClass kind;
};

constexpr Row kRows[] = {
#define OPTIRS_X(name, text, bits, kind) {text, bits, ElementClass::kind},
    OPTIRS_ELEMENT_TYPES(OPTIRS_X)
#undef OPTIRS_X
};

const Row& row(ElementType type) { return kRows[static_cast<size_t>(type)]; }

}  // namespace

std::string_view elementTypeName(ElementType type) { return row(type).name; }

std::optional<ElementType> elementTypeFromName(std::string_view name) {
    for (size_t i = 0; i < std::size(kRows); ++i) {
        if (kRows[i].name == name) return static_cast<ElementType>(i);
    }
    return std::nullopt;
}

ElementClass elementClass(ElementType type) { return row(type).kind; }

int bitWidth(ElementType type) { return row(type).bits; }

int byteWidth(ElementType type) { return (row(type).bits + 7) / 8; }

ElementType realType(ElementType type) {
    if (type == ElementType::kC64) return ElementType::kF32;
    if (type == ElementType::kC128) return ElementType::kF64;
    return type;
}

}  // namespace optirs::plugin
