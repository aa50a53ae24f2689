// Attributes of MLIR itself in bytecode.
#include <bit>

#include "pjrt_cpu/ir/float_format.h"
#include "pjrt_cpu/stablehlo/bytecode/entities.h"

namespace optirs::plugin::bytecode {
namespace {

enum AttributeCode : uint8_t {
    kArray,
    kDictionary,
    kString,
    kStringWithType,
    kFlatSymbolRef,
    kSymbolRef,
    kType,
    kUnit,
    kInteger,
    kFloat,
    kCallSiteLoc,
    kFileLineColLoc,
    kFusedLoc,
    kFusedLocWithMetadata,
    kNameLoc,
    kUnknownLoc,
    kDenseResourceElements,
    kDenseArray,
    kDenseElements,
    kDenseStringElements,
    kSparseElements,
    kDistinct,
    kFileLineColRange,
};

// Locations nest and are shared: their text stays short.
constexpr size_t kMaxLocationText = 512;

std::string childLocation(const Attribute& attribute) {
    const auto* opaque = attribute.get<OpaqueAttribute>();
    if (opaque == nullptr || !opaque->text.starts_with("loc(")) return "unknown";
    return opaque->text.substr(4, opaque->text.size() - 5).substr(0, kMaxLocationText);
}

OpaqueAttribute locationOf(const std::string& text) { return {"loc(" + text + ")"}; }

}  // namespace

Attribute Entities::builtinLocation(uint64_t code, ByteReader& in) {
    switch (code) {
        case kCallSiteLoc: {
            const std::string callee = childLocation(attribute(in));
            return locationOf("callsite(" + callee + " at " + childLocation(attribute(in)) + ")");
        }
        case kFileLineColLoc: {
            const std::string file = text(in, "a file name");
            const uint64_t line = in.varint("a line");
            return locationOf(quoted(file) + ":" + std::to_string(line) + ":" +
                              std::to_string(in.varint("a column")));
        }
        case kFileLineColRange: {
            std::string out = quoted(text(in, "a file name"));
            const size_t count = in.count("lines and columns");
            for (size_t i = 0; i < count; ++i) {
                const uint64_t number = in.varint("a line or column");
                constexpr size_t kShown = 4;
                if (i < kShown) out += (i == 2 ? " to " : ":") + std::to_string(number);
            }
            return locationOf(out);
        }
        case kFusedLoc:
        case kFusedLocWithMetadata: {
            std::string out;
            const size_t count = in.count("locations");
            for (size_t i = 0; i < count; ++i) {
                const Attribute part = attribute(in);
                if (out.size() < kMaxLocationText) out += (out.empty() ? "" : ", ") + childLocation(part);
            }
            if (code == kFusedLocWithMetadata) attribute(in);
            return locationOf("fused[" + out + "]");
        }
        case kNameLoc: {
            std::string out = quoted(text(in, "the name of a location"));
            const std::string child = childLocation(attribute(in));
            if (child != "unknown") out += "(" + child + ")";
            return locationOf(out);
        }
        default:
            return locationOf("unknown");
    }
}

Attribute Entities::floatAttribute(ByteReader& in) {
    const TensorType& type = element(in);
    if (!isFloat(type.element())) in.fail("a float attribute has a float type, got " + type.toString());
    const uint64_t bits = in.bits(bitWidth(type.element()), "a float");
    return FloatAttribute{decodeFloat(bits, type.element()), type.element()};
}

Attribute Entities::integerAttribute(ByteReader& in) {
    const TensorType& type = element(in);
    const ElementType element = type.element();
    if (!isInteger(element) && !isBoolean(element)) {
        in.fail("an integer attribute has an integer type, got " + type.toString());
    }
    const uint64_t bits = in.bits(bitWidth(element), "an integer");
    if (isBoolean(element)) return (bits & 1) != 0;
    std::byte bytes[8];
    storeInteger(static_cast<int64_t>(bits), element, bytes);
    return IntegerAttribute{loadInteger(bytes, element), element};
}

Attribute Entities::denseArray(ByteReader& in) {
    const TensorType& type = element(in);
    const ElementType element = type.element();
    const uint64_t count = in.varint("the size of an array");
    const auto bytes = in.blob("an array");
    if (isComplex(element) || type.quantized() != nullptr) in.fail("an array of " + type.toString());
    const auto width = static_cast<size_t>(byteWidth(element));
    if (bytes.size() / width != count || bytes.size() % width != 0) {
        in.fail(std::to_string(bytes.size()) + " bytes for an array of " + std::to_string(count) +
                " elements");
    }
    ArrayListAttribute out{element, {}, {}};
    for (size_t i = 0; i < count; ++i) {
        const auto* at = reinterpret_cast<const std::byte*>(bytes.data()) + i * width;
        if (isFloat(element)) {
            out.floats.push_back(loadReal(at, element));
        } else {
            out.integers.push_back(loadInteger(at, element));
        }
    }
    return out;
}

Attribute Entities::builtinAttribute(ByteReader& in) {
    const uint64_t code = in.varint("the code of an attribute");
    switch (code) {
        case kArray:
            return attributeList(in, "attributes");
        case kDictionary:
            return dictionary(in, "named attributes");
        case kString:
            return std::string(container_.string(in, "a string"));
        case kStringWithType: {
            std::string value(container_.string(in, "a string"));
            type(in);
            return value;
        }
        case kFlatSymbolRef:
            return SymbolAttribute{text(in, "a symbol"), {}};
        case kSymbolRef: {
            SymbolAttribute out{text(in, "a symbol"), {}};
            const size_t count = in.count("nested symbols");
            for (size_t i = 0; i < count; ++i) {
                out.nested.push_back(attributeOf<SymbolAttribute>(in, "a nested symbol").name);
            }
            return out;
        }
        case kType:
            return type(in).type;
        case kUnit:
            return Attribute();
        case kInteger:
            return integerAttribute(in);
        case kFloat:
            return floatAttribute(in);
        case kCallSiteLoc:
        case kFileLineColLoc:
        case kFusedLoc:
        case kFusedLocWithMetadata:
        case kNameLoc:
        case kUnknownLoc:
        case kFileLineColRange:
            return builtinLocation(code, in);
        case kDenseArray:
            return denseArray(in);
        case kDenseElements:
        case kDenseResourceElements: {
            const Type tensor_type = type(in).type;
            const TensorType* tensor = tensor_type.tensorOrNull();
            if (tensor == nullptr) in.fail("a constant has a tensor type, got " + tensor_type.toString());
            if (code == kDenseElements) return literal(*tensor, in.blob("a constant"), in);
            const Resource& data = container_.resource(in);
            if (data.data.empty() && tensor->isStatic() && tensor->elementCount() > 0) {
                in.fail("resource " + std::string(data.name) + " has no data in this program");
            }
            return literal(*tensor, data.data, in);
        }
        case kDistinct:
            return attribute(in);
        case kSparseElements:
            throw unimplemented("bytecode, byte " + std::to_string(in.position()) +
                                ": sparse constants are not part of StableHLO: write them dense");
        case kDenseStringElements:
            throw unimplemented("bytecode, byte " + std::to_string(in.position()) +
                                ": constants of strings are not part of StableHLO");
        default:
            unknownCode(code, "builtin attribute", in);
    }
}

}  // namespace optirs::plugin::bytecode
