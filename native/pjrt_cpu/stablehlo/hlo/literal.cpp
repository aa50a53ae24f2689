// Constants: the data of each element type has a field of its own.
#include <cstring>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/stablehlo/hlo/fields.h"
#include "pjrt_cpu/stablehlo/hlo/shape.h"

namespace optirs::plugin::hlo {
namespace {

enum class Storage : uint8_t { kVarints, kFixed32, kFixed64, kBytes };

struct DataField {
    uint32_t number;
    Storage storage;
};

/// Where xla.LiteralProto has the elements of a type.
DataField dataFieldOf(ElementType type) {
    using enum ElementType;
    switch (type) {
        case kI1:
            return {2, Storage::kVarints};
        case kI2:
            return {26, Storage::kBytes};
        case kI4:
            return {21, Storage::kBytes};
        case kI8:
            return {15, Storage::kBytes};
        case kI16:
            return {17, Storage::kBytes};
        case kI32:
            return {4, Storage::kVarints};
        case kI64:
            return {5, Storage::kVarints};
        case kUi2:
            return {27, Storage::kBytes};
        case kUi4:
            return {22, Storage::kBytes};
        case kUi8:
            return {3, Storage::kBytes};
        case kUi16:
            return {16, Storage::kBytes};
        case kUi32:
            return {6, Storage::kVarints};
        case kUi64:
            return {7, Storage::kVarints};
        case kF4E2M1FN:
            return {32, Storage::kBytes};
        case kF6E2M3FN:
            return {36, Storage::kBytes};
        case kF6E3M2FN:
            return {35, Storage::kBytes};
        case kF8E3M4:
            return {29, Storage::kBytes};
        case kF8E4M3:
            return {28, Storage::kBytes};
        case kF8E4M3FN:
            return {20, Storage::kBytes};
        case kF8E4M3FNUZ:
            return {25, Storage::kBytes};
        case kF8E4M3B11FNUZ:
            return {23, Storage::kBytes};
        case kF8E5M2:
            return {19, Storage::kBytes};
        case kF8E5M2FNUZ:
            return {24, Storage::kBytes};
        case kF8E8M0FNU:
            return {33, Storage::kBytes};
        case kBF16:
            return {13, Storage::kBytes};
        case kF16:
            return {11, Storage::kBytes};
        case kF32:
            return {8, Storage::kFixed32};
        case kF64:
            return {9, Storage::kFixed64};
        case kC64:
            return {12, Storage::kFixed32};
        case kC128:
            return {18, Storage::kFixed64};
        default:
            throw unimplemented("HLO: constants of " + std::string(elementTypeName(type)));
    }
}

std::vector<std::byte> numbers(const ProtoMessage& message, uint32_t field, ElementType element) {
    const std::vector<int64_t> values = message.integers(field);
    const auto width = static_cast<size_t>(byteWidth(element));
    std::vector<std::byte> bytes(values.size() * width);
    for (size_t i = 0; i < values.size(); ++i) {
        // A bool is any number that is not 0.
        const int64_t value = isBoolean(element) && values[i] != 0 ? 1 : values[i];
        std::memcpy(bytes.data() + i * width, &value, width);
    }
    return bytes;
}

/// Elements of 2 and 4 bits are packed in bytes, the first one in the lowest bits.
std::vector<std::byte> unpacked(std::vector<std::byte> bytes, const TensorType& type) {
    const int bits = bitWidth(type.element());
    const auto count = static_cast<size_t>(type.elementCount());
    if (bits != 2 && bits != 4) return bytes;
    const size_t per_byte = 8 / static_cast<size_t>(bits);
    // Programs of before that have a byte for each.
    const bool is_packed = bytes.size() == (count + per_byte - 1) / per_byte && bytes.size() != count;
    if (!is_packed && bytes.size() != count) return bytes;
    std::vector<std::byte> out(count);
    const unsigned mask = (1U << bits) - 1;
    const unsigned sign = isSignedInteger(type.element()) ? 1U << (bits - 1) : 0;
    for (size_t i = 0; i < count; ++i) {
        const auto byte = std::to_integer<unsigned>(bytes[is_packed ? i / per_byte : i]);
        const unsigned value =
            byte >> (is_packed ? static_cast<unsigned>(i % per_byte) * static_cast<unsigned>(bits) : 0) &
            mask;
        out[i] = static_cast<std::byte>(((value ^ sign) - sign) & 0xFF);
    }
    return out;
}

/// From the order of a layout to row-major.
std::vector<std::byte> rowMajor(const std::vector<std::byte>& bytes, const Shape& shape) {
    const TensorType& type = shape.type.tensor();
    const auto width = static_cast<size_t>(byteWidth(type.element()));
    const auto rank = static_cast<size_t>(type.rank());
    std::vector<size_t> strides(rank);
    size_t stride = width;
    for (const int64_t dim : shape.minor_to_major) {
        strides[static_cast<size_t>(dim)] = stride;
        stride *= static_cast<size_t>(type.dim(dim));
    }
    std::vector<std::byte> out(bytes.size());
    std::vector<int64_t> index(rank);
    size_t from = 0;
    for (size_t at = 0; at < out.size(); at += width) {
        std::memcpy(out.data() + at, bytes.data() + from, width);
        for (size_t d = rank; d-- > 0;) {
            from += strides[d];
            if (++index[d] < type.dims()[d]) break;
            from -= strides[d] * static_cast<size_t>(type.dims()[d]);
            index[d] = 0;
        }
    }
    return out;
}

}  // namespace

Literal readLiteral(const ProtoMessage& message) {
    const Shape shape = readShape(message.message(1, "ShapeProto"));
    if (shape.is_tuple || !shape.type.isTensor())
        throw unimplemented("HLO: a constant that is a tuple or a token");
    const TensorType& type = shape.type.tensor();
    if (!type.isStatic()) throw unimplemented("HLO: a constant of type " + type.toString());
    const DataField field = dataFieldOf(type.element());
    std::vector<std::byte> bytes;
    switch (field.storage) {
        case Storage::kVarints:
            bytes = numbers(message, field.number, type.element());
            break;
        case Storage::kFixed32:
            bytes = message.fixedBits(field.number, 4);
            break;
        case Storage::kFixed64:
            bytes = message.fixedBits(field.number, 8);
            break;
        case Storage::kBytes: {
            const std::string_view text = message.bytes(field.number);
            bytes.resize(text.size());
            if (!text.empty()) std::memcpy(bytes.data(), text.data(), text.size());
            bytes = unpacked(std::move(bytes), type);
            break;
        }
    }
    if (static_cast<int64_t>(bytes.size()) != type.byteCount())
        message.fail(std::to_string(bytes.size()) + " bytes of data for " + type.toString());
    if (!shape.isRowMajor()) bytes = rowMajor(bytes, shape);
    if (type.elementCount() == 1) return Literal::splat(type, bytes);
    if (bytes.empty()) return Literal::splatInteger(type, 0);
    return {type, std::move(bytes)};
}

}  // namespace optirs::plugin::hlo
