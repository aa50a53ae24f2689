// `dense<...>`: numbers in nested lists, one number for all elements, or the bytes as a hex string.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "pjrt_cpu/ir/float_format.h"
#include "pjrt_cpu/stablehlo/text_parser.h"

namespace optirs::plugin {
namespace {

int hexValue(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// An element before its type is known: `dense<[1, 2]> : tensor<2xi8>` tells it last.
struct Number {
    Token token;
    bool negative = false;
};

// Whether an integer fits the type; a signless type takes both -128 and 255 for 8 bits.
bool fits(uint64_t magnitude, bool negative, ElementType type) {
    const int width = bitWidth(type);
    if (negative) {
        return isUnsignedInteger(type) ? magnitude == 0 : magnitude <= uint64_t{1} << (width - 1);
    }
    return width == 64 || magnitude < uint64_t{1} << width;
}

}  // namespace

struct TextParser::Elements {
    std::vector<Number> numbers;
    std::vector<int64_t> shape;  // of the nested lists
    bool shape_known = false;
    bool is_complex = false;
    bool is_list = false;
};

void TextParser::parseElement(Elements& elements) {
    if (accept('(')) {
        elements.is_complex = true;
        for (int part = 0; part < 2; ++part) {
            if (part == 1) expect(',', "a complex number");
            Number number;
            number.negative = accept('-');
            number.token = take();
            elements.numbers.push_back(number);
        }
        expect(')', "a complex number");
        return;
    }
    Number number;
    number.negative = accept('-');
    number.token = take();
    elements.numbers.push_back(number);
}

void TextParser::parseElements(Elements& elements, size_t depth) {
    if (!isNext('[')) {
        if (elements.shape_known && elements.is_list && depth != elements.shape.size()) {
            fail("this list is nested less deeply than the ones before it");
        }
        elements.shape_known = true;
        parseElement(elements);
        return;
    }
    const Depth nesting(*this);
    const Token start = take();
    elements.is_list = true;
    if (elements.shape_known && depth >= elements.shape.size()) {
        failAt(start, "this list is nested more deeply than the ones before it");
    }
    const bool first = !elements.shape_known && depth == elements.shape.size();
    if (first) elements.shape.push_back(0);
    int64_t count = 0;
    list(']', "dense<...>", [&] {
        parseElements(elements, depth + 1);
        ++count;
    });
    expect(']', "dense<...>");
    if (first) {
        elements.shape[depth] = count;
        elements.shape_known = true;
    } else if (elements.shape[depth] != count) {
        failAt(start, "this list has " + std::to_string(count) + " elements, the ones before it " +
                          std::to_string(elements.shape[depth]));
    }
}

Literal TextParser::literalFromElements(const Elements& elements, const TensorType& type, const Token& at) {
    const ElementType element = type.quantized() != nullptr ? type.quantized()->storage : type.element();
    if (!elements.numbers.empty() && elements.is_complex != isComplex(element)) {
        failAt(at, std::string(elements.is_complex ? "complex" : "real") + " numbers for " + type.toString());
    }
    if (elements.is_list &&
        !std::equal(elements.shape.begin(), elements.shape.end(), type.dims().begin(), type.dims().end())) {
        failAt(at, "lists of shape " + listToString(elements.shape) + " for " + type.toString());
    }
    if (!elements.is_list && elements.numbers.empty() && type.elementCount() != 0) {
        failAt(at, "dense<> without elements is for empty shapes, this is " + type.toString());
    }
    const ElementType part = realType(element);
    const auto width = static_cast<size_t>(byteWidth(part));
    std::vector<std::byte> bytes(elements.numbers.size() * width);
    for (size_t i = 0; i < elements.numbers.size(); ++i) {
        const Token& token = elements.numbers[i].token;
        const bool negative = elements.numbers[i].negative;
        std::byte* out = &bytes[i * width];
        if (token.isWord("true") || token.isWord("false")) {
            if (part != ElementType::kI1 || negative)
                failAt(token, "true and false are of i1, this is " + type.toString());
            *out = token.text == "true" ? std::byte{1} : std::byte{0};
            continue;
        }
        const bool hex = token.text.substr(0, 2) == "0x";
        if (token.kind == TokenKind::kFloat) {
            if (!isFloat(part)) failAt(token, "a float number in " + type.toString());
            double value = 0;
            const auto [end, error] =
                std::from_chars(token.text.data(), token.text.data() + token.text.size(), value);
            if (error == std::errc::result_out_of_range) {
                const bool tiny = token.text.find("e-") != std::string_view::npos ||
                                  token.text.find("E-") != std::string_view::npos;
                value = tiny ? 0.0 : HUGE_VAL;
            }
            storeReal(negative ? -value : value, part, out);
            continue;
        }
        if (token.kind != TokenKind::kInteger) failAt(token, "expected a number, got " + token.describe());
        uint64_t magnitude = 0;
        const std::string_view digits = hex ? token.text.substr(2) : token.text;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, hex ? 16 : 10);
        if (error != std::errc()) failAt(token, "this integer does not fit 64 bits");
        if (isFloat(part)) {
            if (!hex || negative)
                failAt(token, "a float is written with a point (1.0), or as a hex bit pattern");
            if (bitWidth(part) < 64 && magnitude >> bitWidth(part) != 0) {
                failAt(token, "this bit pattern does not fit " + std::string(elementTypeName(part)));
            }
            std::memcpy(out, &magnitude, width);
            continue;
        }
        if (!fits(magnitude, negative, part)) {
            failAt(token, "this integer does not fit " + std::string(elementTypeName(part)));
        }
        storeInteger(static_cast<int64_t>(negative ? ~magnitude + 1 : magnitude), part, out);
    }
    if (type.elementCount() == 0) bytes.clear();
    return Literal(type, std::move(bytes));
}

Literal TextParser::literalFromHex(const Token& text, const TensorType& type, const Token& at) {
    const std::string_view digits = text.text.substr(1, text.text.size() - 2);
    if (digits.substr(0, 2) != "0x" || digits.size() % 2 != 0) {
        failAt(text, "the bytes of a constant are a string of an even number of hex digits behind 0x");
    }
    std::vector<std::byte> bytes(digits.size() / 2 - 1);
    for (size_t i = 0; i < bytes.size(); ++i) {
        const int high = hexValue(digits[2 * i + 2]);
        const int low = hexValue(digits[2 * i + 3]);
        if (high < 0 || low < 0)
            failAt(text, "'" + std::string(digits.substr(2 * i + 2, 2)) + "' is not a hex byte");
        bytes[i] = static_cast<std::byte>(high * 16 + low);
    }
    const ElementType element = type.quantized() != nullptr ? type.quantized()->storage : type.element();
    const auto width = static_cast<size_t>(byteWidth(element));
    const auto count = static_cast<uint64_t>(type.elementCount());
    // One byte of 0, 1 or 255 is a splat; any other byte holds up to eight elements.
    const bool one_byte_splat = bytes.size() == 1 && (bytes[0] == std::byte{0} || bytes[0] == std::byte{1} ||
                                                      bytes[0] == std::byte{255});
    if (element == ElementType::kI1 && !one_byte_splat && bytes.size() != count &&
        bytes.size() == (count + 7) / 8) {
        // Written by an MLIR that packs eight booleans into a byte.
        std::vector<std::byte> unpacked(count);
        for (size_t i = 0; i < count; ++i) unpacked[i] = (bytes[i / 8] >> (i % 8)) & std::byte{1};
        bytes = std::move(unpacked);
    }
    if (bytes.size() != width && bytes.size() / width != count) {
        failAt(at, std::to_string(bytes.size()) + " bytes for " + type.toString() + ", which takes " +
                       std::to_string(width * count));
    }
    if (bytes.size() % width != 0) failAt(at, "the bytes end inside an element of " + type.toString());
    if (count == 0) bytes.clear();
    if (isBoolean(element)) {
        for (std::byte& byte : bytes) byte = byte != std::byte{0} ? std::byte{1} : std::byte{0};
    } else if (bitWidth(element) < 8 && isInteger(element)) {
        for (std::byte& byte : bytes) storeInteger(loadInteger(&byte, element), element, &byte);
    }
    return Literal(type, std::move(bytes));
}

/// A vector holds its elements as a tensor does.
TensorType TextParser::parseLiteralType() {
    const Token start = token_;
    const Type type = acceptWord("vector") ? Type(parseTensorType()) : parseType();
    const TensorType* tensor = type.tensorOrNull();
    if (tensor == nullptr || !tensor->isStatic()) {
        failAt(start, "a constant has a static tensor type, got " + type.toString());
    }
    return *tensor;
}

Attribute TextParser::parseDense() {
    const Token start = take();
    expect('<', "dense<...>");
    Elements elements;
    Token hex;
    if (token_.kind == TokenKind::kString) {
        hex = take();
    } else if (!isNext('>')) {
        parseElements(elements, 0);
    }
    expect('>', "dense<...>");
    expect(':', "a dense constant");
    const TensorType type = parseLiteralType();
    if (hex.kind == TokenKind::kString) return literalFromHex(hex, type, start);
    return literalFromElements(elements, type, start);
}

Attribute TextParser::parseDenseResource() {
    take();
    expect('<', "dense_resource<...>");
    const Token name = take();
    if (name.kind != TokenKind::kIdentifier && name.kind != TokenKind::kString) {
        failAt(name, "expected the name of a resource, got " + name.describe());
    }
    expect('>', "dense_resource<...>");
    expect(':', "a dense constant");
    const TensorType type = parseLiteralType();
    const auto found =
        resources_.find(name.kind == TokenKind::kString ? stringValue(name) : std::string(name.text));
    if (found == resources_.end()) {
        failAt(name,
               "resource " + std::string(name.text) + " is not in the program's {-# dialect_resources #-}");
    }
    Token bytes = found->second;
    // A resource's blob starts with its alignment, four bytes, before the data.
    constexpr size_t kPrefix = 8;
    if (bytes.text.size() < 4 + kPrefix || bytes.text.substr(1, 2) != "0x") {
        failAt(bytes, "the blob of a resource is \"0x\", 4 bytes of alignment, and the data");
    }
    const std::string text = "\"0x" + std::string(bytes.text.substr(3 + kPrefix));
    Token rest = bytes;
    rest.text = text;
    return literalFromHex(rest, type, name);
}

}  // namespace optirs::plugin
