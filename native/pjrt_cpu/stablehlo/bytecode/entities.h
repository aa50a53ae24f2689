/// @file
/// Attributes and types of a bytecode program, decoded when they are first named.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pjrt_cpu/ir/attribute.h"
#include "pjrt_cpu/stablehlo/bytecode/container.h"
#include "pjrt_cpu/stablehlo/parser.h"

namespace optirs::plugin::bytecode {

/// A type; where it can be the element of a tensor, also as a scalar tensor of it.
struct DecodedType {
    Type type;
    std::optional<TensorType> scalar;
};

class Entities {
 public:
    Entities(const Container& container, const ParseLimits& limits);

    const Container& container() const { return container_; }

    /// The attribute or type whose number is read from `in`.
    /// Nesting and expanded size are bounded: what is shared in the program is spelled out later.
    Attribute attribute(ByteReader& in);
    const DecodedType& type(ByteReader& in);
    /// The type of a number that was read at byte `at`.
    const DecodedType& typeAt(uint64_t index, size_t at);
    std::vector<Attribute> attributeList(ByteReader& in, const char* what);
    std::vector<Type> typeList(ByteReader& in, const char* what);

    /// `attribute()`, of a kind. The error names `what`.
    template <typename T>
    T attributeOf(ByteReader& in, const char* what) {
        const size_t at = in.position();
        const Attribute found = attribute(in);
        const T* value = found.get<T>();
        if (value == nullptr)
            ByteReader::failAt(at, std::string("expected ") + what + ", got " + shortened(found));
        return *value;
    }
    /// A varint whose lowest bit tells whether an attribute follows from the rest.
    std::optional<Attribute> optionalAttribute(ByteReader& in);
    std::string text(ByteReader& in, const char* what);
    NamedAttributes dictionary(ByteReader& in, const char* what);
    /// The element type for a tensor. @throws when the type cannot be one
    const TensorType& element(ByteReader& in);
    /// A tensor of `element`, its rank and size checked.
    DecodedType tensor(const TensorType& element, std::vector<int64_t> dims, const ByteReader& in) const;
    DecodedType scalar(ElementType element) const;
    /// i1 as bits or bytes, others as they lie in memory; one element is a splat.
    Literal literal(const TensorType& type, std::span<const uint8_t> bytes, const ByteReader& in) const;

    /// What `loc(...)` says, shortened; null when unknown.
    std::shared_ptr<const std::string> location(ByteReader& in);

    /// Counts what attribute or type uses expand to. @throws when a program repeats too much
    void charge(uint64_t weight, size_t position);
    uint64_t lastWeight() const { return last_weight_; }

 private:
    template <typename T>
    struct Slot {
        enum class State : uint8_t { kUnread, kReading, kDone } state = State::kUnread;
        T value;
        uint64_t weight = 1;
    };
    static std::string shortened(const Attribute& attribute);
    template <typename T, typename Decode>
    const T& resolve(std::vector<Slot<T>>& slots, const std::vector<Entry>& entries, uint64_t index,
                     size_t at, const char* what, const Decode& decode);
    Attribute attributeAt(uint64_t index, size_t at);
    Attribute decodeAttribute(const Entry& entry);
    DecodedType decodeType(const Entry& entry);

    // By dialect, each in its own file.
    Attribute builtinAttribute(ByteReader& in);
    DecodedType builtinType(ByteReader& in);
    Attribute builtinLocation(uint64_t code, ByteReader& in);
    Attribute vhloAttribute(ByteReader& in);
    DecodedType vhloType(ByteReader& in);
    Attribute stablehloAttribute(ByteReader& in);
    Attribute chloAttribute(ByteReader& in);
    Attribute sdyAttribute(ByteReader& in);
    Attribute sdyShardingRule(ByteReader& in);
    Attribute floatAttribute(ByteReader& in);
    Attribute integerAttribute(ByteReader& in);
    Attribute enumeration(const char* kind, ByteReader& in);
    Attribute resultAccuracy(ByteReader& in);
    Attribute denseArray(ByteReader& in);
    DecodedType quantized(ByteReader& in, bool per_axis);
    DecodedType rankedTensor(ByteReader& in);
    DecodedType withEncoding(DecodedType decoded, const Attribute& encoding, const ByteReader& in) const;
    [[noreturn]] void unknownCode(uint64_t code, const char* what, const ByteReader& in) const;

    const Container& container_;
    ParseLimits limits_;
    std::vector<Slot<Attribute>> attributes_;
    std::vector<Slot<DecodedType>> types_;
    std::vector<std::shared_ptr<const std::string>> locations_;
    int depth_ = 0;
    uint64_t weight_ = 0;       // of what is being decoded
    uint64_t last_weight_ = 1;  // of what was decoded last
    uint64_t charged_ = 0;
};

}  // namespace optirs::plugin::bytecode
