#include "pjrt_cpu/stablehlo/bytecode/entities.h"

#include <algorithm>

namespace optirs::plugin::bytecode {
namespace {

// One attribute or type may be shared many times over: what it comes to when spelled out is bounded.
constexpr uint64_t kMaxWeight = uint64_t{1} << 22;
constexpr uint64_t kMaxTypeWeight = uint64_t{1} << 16;
constexpr uint64_t kMaxCharged = uint64_t{1} << 26;
constexpr size_t kMaxLocation = 256;

std::string shorten(std::string text) {
    if (text.size() > kMaxLocation) text = text.substr(0, kMaxLocation) + "...";
    return text;
}

}  // namespace

Entities::Entities(const Container& container, const ParseLimits& limits)
    : container_(container),
      limits_(limits),
      attributes_(container.attributes().size()),
      types_(container.types().size()),
      locations_(container.attributes().size()) {}

std::string Entities::shortened(const Attribute& attribute) {
    // Only short kinds: a list may be long beyond reason.
    if (attribute.get<Attribute::List>() != nullptr) return "a list";
    if (attribute.get<NamedAttributes>() != nullptr) return "a dictionary";
    if (attribute.get<Literal>() != nullptr) return "a dense tensor";
    return shorten(attribute.toString());
}

template <typename T, typename Decode>
const T& Entities::resolve(std::vector<Slot<T>>& slots, const std::vector<Entry>& entries, uint64_t index,
                           size_t at, const char* what, const Decode& decode) {
    if (index >= slots.size()) {
        ByteReader::failAt(at, std::string(what) + " " + std::to_string(index) + ", there are " +
                                   std::to_string(slots.size()));
    }
    Slot<T>& slot = slots[static_cast<size_t>(index)];
    if (slot.state == Slot<T>::State::kReading) {
        ByteReader::failAt(at, std::string(what) + " " + std::to_string(index) + " contains itself");
    }
    if (slot.state == Slot<T>::State::kUnread) {
        if (depth_ >= limits_.max_nesting) {
            ByteReader::failAt(at, "attributes and types nest more than " +
                                       std::to_string(limits_.max_nesting) + " levels deep");
        }
        ++depth_;
        slot.state = Slot<T>::State::kReading;
        const uint64_t outer = std::exchange(weight_, 1);
        slot.value = decode(entries[static_cast<size_t>(index)]);
        slot.weight = weight_;
        weight_ = outer;
        slot.state = Slot<T>::State::kDone;
        --depth_;
        const uint64_t limit = std::is_same_v<T, Attribute> ? kMaxWeight : kMaxTypeWeight;
        if (slot.weight > limit) {
            ByteReader::failAt(at, std::string(what) + " " + std::to_string(index) +
                                       " expands to more than " + std::to_string(limit) + " parts");
        }
    }
    last_weight_ = slot.weight;
    weight_ += slot.weight;
    return slot.value;
}

Attribute Entities::attributeAt(uint64_t index, size_t at) {
    return resolve(attributes_, container_.attributes(), index, at, "attribute",
                   [&](const Entry& entry) { return decodeAttribute(entry); });
}

Attribute Entities::attribute(ByteReader& in) {
    const size_t at = in.position();
    return attributeAt(in.varint("an attribute"), at);
}

std::optional<Attribute> Entities::optionalAttribute(ByteReader& in) {
    const size_t at = in.position();
    const auto [index, present] = in.varintWithFlag("an optional attribute");
    if (!present) return std::nullopt;
    return attributeAt(index, at);
}

const DecodedType& Entities::type(ByteReader& in) {
    const size_t at = in.position();
    return typeAt(in.varint("a type"), at);
}

const DecodedType& Entities::typeAt(uint64_t index, size_t at) {
    return resolve(types_, container_.types(), index, at, "type",
                   [&](const Entry& entry) { return decodeType(entry); });
}

void Entities::charge(uint64_t weight, size_t position) {
    charged_ += weight;
    if (charged_ > kMaxCharged) {
        ByteReader::failAt(position, "the attributes and types of the program expand to more than " +
                                         std::to_string(kMaxCharged) + " parts");
    }
}

std::vector<Attribute> Entities::attributeList(ByteReader& in, const char* what) {
    const size_t count = in.count(what);
    std::vector<Attribute> out;
    out.reserve(count);
    for (size_t i = 0; i < count; ++i) {
        out.push_back(attribute(in));
        if (weight_ > kMaxWeight)
            in.fail("a list expands to more than " + std::to_string(kMaxWeight) + " parts");
    }
    return out;
}

std::vector<Type> Entities::typeList(ByteReader& in, const char* what) {
    const size_t count = in.count(what);
    std::vector<Type> out;
    out.reserve(std::min<size_t>(count, kMaxTypeWeight));
    for (size_t i = 0; i < count; ++i) {
        out.push_back(type(in).type);
        if (weight_ > kMaxTypeWeight)
            in.fail("a type expands to more than " + std::to_string(kMaxTypeWeight) + " parts");
    }
    return out;
}

std::string Entities::text(ByteReader& in, const char* what) { return attributeOf<std::string>(in, what); }

NamedAttributes Entities::dictionary(ByteReader& in, const char* what) {
    const size_t count = in.count(what, 2);
    NamedAttributes out;
    for (size_t i = 0; i < count; ++i) {
        const std::string name = text(in, "the name of an attribute");
        out.set(name, attribute(in));
        if (weight_ > kMaxWeight)
            in.fail("a dictionary expands to more than " + std::to_string(kMaxWeight) + " parts");
    }
    return out;
}

const TensorType& Entities::element(ByteReader& in) {
    const size_t at = in.position();
    const DecodedType& found = type(in);
    if (!found.scalar)
        ByteReader::failAt(at, "expected an element type, got " + shorten(found.type.toString()));
    return *found.scalar;
}

DecodedType Entities::scalar(ElementType element) const {
    return {OpaqueType{std::string(elementTypeName(element))}, TensorType(element, {})};
}

DecodedType Entities::tensor(const TensorType& element, std::vector<int64_t> dims,
                             const ByteReader& in) const {
    if (dims.size() > static_cast<size_t>(limits_.max_rank)) {
        in.fail("a tensor has at most " + std::to_string(limits_.max_rank) + " dimensions here, got " +
                std::to_string(dims.size()));
    }
    for (const int64_t dim : dims) {
        if (dim < 0 && dim != kDynamic) in.fail("a dimension is not negative, got " + std::to_string(dim));
    }
    TensorType out = element.withDims(std::move(dims));
    if (!out.sizeFits()) in.fail("the size of " + out.toString() + " does not fit 64 bits");
    return {std::move(out), {}};
}

Literal Entities::literal(const TensorType& type, std::span<const uint8_t> bytes,
                          const ByteReader& in) const {
    if (!type.isStatic()) in.fail("a constant has a static tensor type, got " + type.toString());
    const ElementType element = type.quantized() != nullptr ? type.quantized()->storage : type.element();
    const auto width = static_cast<size_t>(byteWidth(element));
    const auto count = static_cast<uint64_t>(type.elementCount());
    std::vector<std::byte> out;
    const auto wrong = [&] {
        in.fail(std::to_string(bytes.size()) + " bytes for " + type.toString() + ", which has " +
                std::to_string(count) + " elements of " + std::to_string(width) + " bytes");
    };
    if (isBoolean(element)) {
        constexpr uint8_t kAllTrue = 0xFF;
        if (bytes.size() == 1 && (bytes[0] == 0 || bytes[0] == kAllTrue || count <= 1)) {
            out.assign(1, bytes[0] != 0 ? std::byte{1} : std::byte{0});
        } else if (bytes.size() == (count + 7) / 8) {
            // Eight to a byte, the lowest bit first.
            out.resize(count);
            for (size_t i = 0; i < count; ++i) out[i] = static_cast<std::byte>((bytes[i / 8] >> (i % 8)) & 1);
        } else if (bytes.size() == count) {
            for (const uint8_t byte : bytes) out.push_back(byte != 0 ? std::byte{1} : std::byte{0});
        } else {
            wrong();
        }
        if (count == 0) out.clear();
        return Literal(type, std::move(out));
    }
    if (bytes.size() % width != 0 || (bytes.size() != width && bytes.size() / width != count)) wrong();
    if (count > 0)
        out.assign(reinterpret_cast<const std::byte*>(bytes.data()),
                   reinterpret_cast<const std::byte*>(bytes.data()) + bytes.size());
    if (bitWidth(element) < 8 && isInteger(element)) {
        for (std::byte& byte : out) storeInteger(loadInteger(&byte, element), element, &byte);
    }
    return Literal(type, std::move(out));
}

std::shared_ptr<const std::string> Entities::location(ByteReader& in) {
    ByteReader peek = in;
    const uint64_t index = peek.varint("a location");
    const Attribute found = attribute(in);
    std::shared_ptr<const std::string>& cached = locations_[static_cast<size_t>(index)];
    if (!cached) {
        const auto* opaque = found.get<OpaqueAttribute>();
        if (opaque == nullptr || !opaque->text.starts_with("loc(") || opaque->text == "loc(unknown)")
            return nullptr;
        cached =
            std::make_shared<const std::string>(shorten(opaque->text.substr(4, opaque->text.size() - 5)));
    }
    return cached;
}

Attribute Entities::decodeAttribute(const Entry& entry) {
    ByteReader in = entry.content;
    const std::string_view dialect = container_.dialects()[entry.dialect].name;
    if (!entry.custom) {
        const std::string_view source = in.cString("the text of an attribute");
        in.expectEnd("an attribute");
        try {
            return parseAttributeText(source, limits_);
        } catch (const Error& error) {
            throw Error(error.code(), "bytecode, byte " + std::to_string(entry.content.position()) +
                                          ": in the text of an attribute, " + error.message());
        }
    }
    Attribute out;
    if (dialect == "builtin") {
        out = builtinAttribute(in);
    } else if (dialect == "vhlo") {
        out = vhloAttribute(in);
    } else if (dialect == "stablehlo") {
        out = stablehloAttribute(in);
    } else if (dialect == "chlo") {
        out = chloAttribute(in);
    } else if (dialect == "sdy") {
        out = sdyAttribute(in);
    } else {
        in.fail("dialect " + std::string(dialect) + " has no encoding of attributes known here");
    }
    in.expectEnd("an attribute");
    return out;
}

DecodedType Entities::decodeType(const Entry& entry) {
    ByteReader in = entry.content;
    const std::string_view dialect = container_.dialects()[entry.dialect].name;
    DecodedType out;
    if (!entry.custom) {
        const std::string_view source = in.cString("the text of a type");
        try {
            out.type = parseTypeText(source, limits_);
            const auto* opaque = out.type.opaqueOrNull();
            const bool element = opaque != nullptr && (elementTypeFromName(opaque->text).has_value() ||
                                                       opaque->text.starts_with("!quant.uniform"));
            if (element) out.scalar = parseTypeText("tensor<" + opaque->text + ">", limits_).tensor();
        } catch (const Error& error) {
            throw Error(error.code(), "bytecode, byte " + std::to_string(entry.content.position()) +
                                          ": in the text of a type, " + error.message());
        }
    } else if (dialect == "builtin") {
        out = builtinType(in);
    } else if (dialect == "vhlo") {
        out = vhloType(in);
    } else if (dialect == "stablehlo") {
        const uint64_t code = in.varint("the code of a type");
        if (code != 0) unknownCode(code, "stablehlo type", in);
        out.type = TokenType{};
    } else {
        in.fail("dialect " + std::string(dialect) + " has no encoding of types known here");
    }
    in.expectEnd("a type");
    return out;
}

void Entities::unknownCode(uint64_t code, const char* what, const ByteReader& in) const {
    in.fail("unknown " + std::string(what) + " with code " + std::to_string(code));
}

}  // namespace optirs::plugin::bytecode
