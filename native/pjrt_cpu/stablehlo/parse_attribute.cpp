// Attributes of MLIR itself: numbers, strings, symbols, lists, dictionaries, arrays.
#include <cmath>

#include "pjrt_cpu/ir/float_format.h"
#include "pjrt_cpu/stablehlo/text_parser.h"

namespace optirs::plugin {
namespace {

uint64_t lowBits(int64_t value, int width) {
    const auto bits = static_cast<uint64_t>(value);
    return width >= 64 ? bits : bits & ((uint64_t{1} << width) - 1);
}

}  // namespace

Attribute TextParser::parseAttribute() {
    const Depth depth(*this);
    const Token start = token_;
    switch (start.kind) {
        case TokenKind::kString: {
            Attribute value = takeString("an attribute");
            if (accept(':')) parseType();
            return value;
        }
        case TokenKind::kSymbol: {
            SymbolAttribute symbol{takeSymbol("an attribute"), {}};
            while (token_.kind == TokenKind::kColonColon) {
                take();
                symbol.nested.push_back(takeSymbol("a nested symbol"));
            }
            return symbol;
        }
        case TokenKind::kInteger:
        case TokenKind::kFloat:
            return parseNumber(false);
        case TokenKind::kHash:
            return parseHash();
        case TokenKind::kBang:
            return parseType();
        case TokenKind::kIdentifier:
            break;
        default:
            if (accept('-')) return parseNumber(true);
            if (isNext('(')) return Type(parseFunctionType());
            if (accept('{')) return parseDictionary();
            if (accept('[')) {
                Attribute::List out;
                list(']', "a list attribute", [&] { out.push_back(parseAttribute()); });
                expect(']', "a list attribute");
                return out;
            }
            fail("expected an attribute, got " + token_.describe());
    }
    if (acceptWord("true")) return true;
    if (acceptWord("false")) return false;
    if (acceptWord("unit")) return Attribute();
    if (start.text == "dense") return parseDense();
    if (start.text == "dense_resource") return parseDenseResource();
    if (start.text == "array") return parseArray();
    if (start.text == "loc") return OpaqueAttribute{"loc(" + parseLocation() + ")"};
    if (start.text == "affine_map" || start.text == "affine_set" || start.text == "opaque" ||
        start.text == "strided" || start.text == "distinct" || start.text == "sparse") {
        Attribute value = parseOpaqueAttribute(take());
        if (accept(':')) parseType();
        return value;
    }
    return parseType();
}

Attribute TextParser::parseNumber(bool negative) {
    const Token number = token_;
    std::optional<ElementType> type;
    const auto parse_type_suffix = [&] {
        if (!accept(':')) return;
        const Token name = token_;
        const Type parsed = parseType();
        if (const OpaqueType* opaque = parsed.opaqueOrNull()) type = elementTypeFromName(opaque->text);
        if (!type || isComplex(*type)) failAt(name, "a number attribute has an integer or float type");
    };
    if (number.kind == TokenKind::kFloat) {
        double value = takeNumber("an attribute");
        if (negative) value = -value;
        parse_type_suffix();
        if (type && !isFloat(*type)) failAt(number, "a float number cannot have an integer type");
        const ElementType float_type = type.value_or(ElementType::kF64);
        return FloatAttribute{decodeFloat(encodeFloat(value, float_type), float_type), float_type};
    }
    if (number.kind != TokenKind::kInteger) fail("expected a number behind '-', got " + token_.describe());
    const uint64_t magnitude = static_cast<uint64_t>(takeInteger("an attribute"));
    parse_type_suffix();
    if (type && isFloat(*type)) {
        if (number.text.substr(0, 2) != "0x" || negative) {
            failAt(number, "a float attribute is written with a point, or as a hex bit pattern");
        }
        return FloatAttribute{decodeFloat(lowBits(static_cast<int64_t>(magnitude), bitWidth(*type)), *type),
                              *type};
    }
    if (negative && magnitude > uint64_t{1} << 63) failAt(number, "this integer does not fit 64 bits");
    const auto value = static_cast<int64_t>(negative ? ~magnitude + 1 : magnitude);
    if (type == ElementType::kI1) return value != 0;
    return IntegerAttribute{value, type.value_or(ElementType::kI64)};
}

Attribute TextParser::parseArray() {
    const char* where = "array<...>";
    take();
    expect('<', where);
    const Token name = take();
    const auto type = elementTypeFromName(name.text);
    if (name.kind != TokenKind::kIdentifier || !type || isComplex(*type)) {
        failAt(name, "expected an element type in array<...>, got " + name.describe());
    }
    ArrayListAttribute out{*type, {}, {}};
    if (accept(':')) {
        list('>', where, [&] {
            if (isFloat(*type)) {
                const bool hex = token_.kind == TokenKind::kInteger && token_.text.substr(0, 2) == "0x";
                out.floats.push_back(hex ? decodeFloat(lowBits(takeInteger(where), bitWidth(*type)), *type)
                                         : takeNumber(where));
            } else if (acceptWord("true")) {
                out.integers.push_back(1);
            } else if (acceptWord("false")) {
                out.integers.push_back(0);
            } else {
                out.integers.push_back(takeInteger(where));
            }
        });
    }
    expect('>', where);
    return out;
}

Attribute TextParser::parseOpaqueAttribute(const Token& begin) {
    std::string text(begin.text);
    while (isNext('<') || isNext('[')) {
        const char open = token_.text[0];
        const char close = open == '<' ? '>' : ']';
        lexer_.rewind(token_, 1);
        text += open;
        text += lexer_.skipBalanced(close);
        text += close;
        token_ = lexer_.next();
    }
    return OpaqueAttribute{std::move(text)};
}

NamedAttributes TextParser::parseDictionary() {
    NamedAttributes out;
    parseDictionaryInto(out);
    return out;
}

void TextParser::parseDictionaryInto(NamedAttributes& attributes) {
    list('}', "an attribute dictionary", [&] {
        const Token name = token_;
        std::string key;
        if (name.kind == TokenKind::kString) {
            key = takeString("an attribute name");
        } else if (name.kind == TokenKind::kIdentifier) {
            key = std::string(take().text);
        } else {
            fail("expected an attribute name, got " + token_.describe());
        }
        if (attributes.find(key) != nullptr) failAt(name, "attribute " + key + " is given twice");
        attributes.set(key, accept('=') ? parseAttribute() : Attribute());
    });
    expect('}', "an attribute dictionary");
}

bool TextParser::parseOptionalDictionary(NamedAttributes& attributes) {
    if (!accept('{')) return false;
    parseDictionaryInto(attributes);
    return true;
}

}  // namespace optirs::plugin
