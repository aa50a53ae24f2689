#include "pjrt_cpu/stablehlo/hlo/shape.h"

#include <optional>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/stablehlo/hlo/fields.h"

namespace optirs::plugin::hlo {
namespace {

constexpr int kMaxDepth = 32;
constexpr size_t kMaxRank = 64;
constexpr int64_t kTuple = 13;
constexpr int64_t kToken = 17;

std::optional<ElementType> elementTypeOf(int64_t primitive) {
    switch (primitive) {
        case 1:
            return ElementType::kI1;
        case 2:
            return ElementType::kI8;
        case 3:
            return ElementType::kI16;
        case 4:
            return ElementType::kI32;
        case 5:
            return ElementType::kI64;
        case 6:
            return ElementType::kUi8;
        case 7:
            return ElementType::kUi16;
        case 8:
            return ElementType::kUi32;
        case 9:
            return ElementType::kUi64;
        case 10:
            return ElementType::kF16;
        case 11:
            return ElementType::kF32;
        case 12:
            return ElementType::kF64;
        case 15:
            return ElementType::kC64;
        case 16:
            return ElementType::kBF16;
        case 18:
            return ElementType::kC128;
        case 19:
            return ElementType::kF8E5M2;
        case 20:
            return ElementType::kF8E4M3FN;
        case 21:
            return ElementType::kI4;
        case 22:
            return ElementType::kUi4;
        case 23:
            return ElementType::kF8E4M3B11FNUZ;
        case 24:
            return ElementType::kF8E5M2FNUZ;
        case 25:
            return ElementType::kF8E4M3FNUZ;
        case 26:
            return ElementType::kI2;
        case 27:
            return ElementType::kUi2;
        case 28:
            return ElementType::kF8E4M3;
        case 29:
            return ElementType::kF8E3M4;
        case 32:
            return ElementType::kF4E2M1FN;
        case 33:
            return ElementType::kF8E8M0FNU;
        case 35:
            return ElementType::kF6E3M2FN;
        case 36:
            return ElementType::kF6E2M3FN;
        default:
            return std::nullopt;
    }
}

}  // namespace

size_t Shape::leafCount() const {
    if (!is_tuple) return 1;
    size_t count = 0;
    for (const Shape& part : parts) count += part.leafCount();
    return count;
}

void Shape::appendLeaves(std::vector<Type>& leaves) const {
    if (!is_tuple) leaves.push_back(type);
    for (const Shape& part : parts) part.appendLeaves(leaves);
}

size_t Shape::leafAt(const std::vector<int64_t>& index) const {
    const Shape* at = this;
    size_t leaf = 0;
    for (const int64_t i : index) {
        if (!at->is_tuple || i < 0 || static_cast<size_t>(i) >= at->parts.size())
            throw invalidArgument("HLO: no part " + listToString(index) + " in a shape");
        for (int64_t k = 0; k < i; ++k) leaf += at->parts[static_cast<size_t>(k)].leafCount();
        at = &at->parts[static_cast<size_t>(i)];
    }
    return leaf;
}

bool Shape::isRowMajor() const {
    for (size_t i = 0; i < minor_to_major.size(); ++i) {
        if (minor_to_major[i] != static_cast<int64_t>(minor_to_major.size() - 1 - i)) return false;
    }
    return true;
}

Shape readShape(const ProtoMessage& message, int depth) {
    if (depth > kMaxDepth) message.fail("tuples inside each other, more than 32");
    Shape shape;
    const int64_t primitive = message.integer(ShapeField::kElementType);
    if (primitive == kTuple) {
        shape.is_tuple = true;
        for (const ProtoMessage& part : message.messages(ShapeField::kTupleShapes, "ShapeProto"))
            shape.parts.push_back(readShape(part, depth + 1));
        return shape;
    }
    if (primitive == kToken) return shape;
    const std::optional<ElementType> element = elementTypeOf(primitive);
    if (!element) {
        if (primitive <= 0) message.fail("a shape without an element type");
        throw unimplemented("HLO: values of xla.PrimitiveType " + std::to_string(primitive));
    }
    std::vector<int64_t> dims = message.integers(ShapeField::kDimensions);
    if (dims.size() > kMaxRank) message.fail(std::to_string(dims.size()) + " dimensions");
    const std::vector<int64_t> dynamic = message.integers(ShapeField::kIsDynamic);
    std::vector<int64_t> bounds(dims.size(), kDynamic);
    bool is_dynamic = false;
    for (size_t i = 0; i < dims.size(); ++i) {
        const bool here = i < dynamic.size() && dynamic[i] != 0;
        if (dims[i] < 0 && !(here && dims[i] == INT64_MIN))
            message.fail("a dimension of " + std::to_string(dims[i]));
        if (!here) continue;
        is_dynamic = true;
        bounds[i] = std::exchange(dims[i], kDynamic);
    }
    TensorType type(*element, std::move(dims));
    if (is_dynamic) type.setBounds(std::move(bounds));
    if (!type.sizeFits()) message.fail("the bytes of " + type.toString() + " do not fit 63 bits");
    if (message.has(ShapeField::kLayout)) {
        shape.minor_to_major =
            message.message(ShapeField::kLayout, "LayoutProto").integers(LayoutField::kMinorToMajor);
        std::vector<bool> seen(static_cast<size_t>(type.rank()));
        bool fits = shape.minor_to_major.empty() || shape.minor_to_major.size() == seen.size();
        for (const int64_t dim : shape.minor_to_major) {
            fits = fits && dim >= 0 && dim < type.rank() && !seen[static_cast<size_t>(dim)];
            if (fits) seen[static_cast<size_t>(dim)] = true;
        }
        if (!fits) message.fail("a layout that is none of " + type.toString());
    }
    shape.type = std::move(type);
    return shape;
}

}  // namespace optirs::plugin::hlo
