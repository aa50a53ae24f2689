// Types: tensors, tokens, tuples, functions, quantized elements.
#include <cctype>
#include <charconv>
#include <cmath>

#include "pjrt_cpu/stablehlo/text_parser.h"

namespace optirs::plugin {

std::vector<Type> TextParser::parseTypeList() {
    std::vector<Type> out;
    do {
        out.push_back(parseType());
    } while (accept(','));
    return out;
}

FunctionType TextParser::parseFunctionType() {
    const Depth depth(*this);
    FunctionType out;
    expect('(', "a function type");
    if (!isNext(')')) out.inputs = parseTypeList();
    expect(')', "a function type");
    expectArrow("a function type");
    if (accept('(')) {
        if (!isNext(')')) out.results = parseTypeList();
        expect(')', "the results of a function type");
    } else {
        out.results.push_back(parseType());
    }
    return out;
}

Type TextParser::parseType() {
    const Depth depth(*this);
    const Token start = token_;
    if (isNext('(')) return parseFunctionType();
    if (start.kind == TokenKind::kBang) {
        take();
        if (start.text == "!stablehlo.token" || start.text == "!mhlo.token") return TokenType{};
        const auto alias = type_aliases_.find(std::string(start.text));
        if (alias != type_aliases_.end()) return alias->second;
        std::string text(start.text);
        if (isNext('<')) {
            lexer_.rewind(token_, 1);
            text += "<" + std::string(lexer_.skipBalanced('>')) + ">";
            token_ = lexer_.next();
        }
        return OpaqueType{std::move(text)};
    }
    if (start.kind != TokenKind::kIdentifier) fail("expected a type, got " + token_.describe());
    if (start.text == "tensor") {
        take();
        return parseTensorType();
    }
    take();
    if (start.text == "tuple") {
        TupleType tuple;
        expect('<', "a tuple type");
        if (!isNext('>')) tuple.elements = parseTypeList();
        expect('>', "a tuple type");
        return tuple;
    }
    std::string text(start.text);
    // `si32` is the explicit spelling of a signed integer.
    if (text.size() > 2 && text.starts_with("si") && std::isdigit(static_cast<unsigned char>(text[2])) != 0) {
        text.erase(0, 1);
    }
    const bool known = elementTypeFromName(text).has_value() || text == "none" || text == "tf32";
    const bool has_body = text == "complex" || text == "vector" || text == "memref";
    // Any other integer width is a type of MLIR, if not one of StableHLO.
    const bool integer =
        text.size() > 1 && text[0] == 'i' && text.find_first_not_of("0123456789", 1) == std::string::npos;
    if (!known && !has_body && !integer) failAt(start, "unknown type " + start.describe());
    if (has_body) {
        if (!isNext('<')) fail("expected '<' behind " + text);
        lexer_.rewind(token_, 1);
        text += "<" + std::string(lexer_.skipBalanced('>')) + ">";
        token_ = lexer_.next();
    }
    return OpaqueType{std::move(text)};
}

TensorType TextParser::parseTensorType() {
    if (!isNext('<')) fail("expected '<' behind tensor");
    const Token start = token_;
    // `2x3xf32` is not made of ordinary tokens: read characters up to the element type.
    lexer_.rewind(token_, 1);
    std::vector<int64_t> dims;
    while (true) {
        while (lexer_.peekChar() == ' ') lexer_.skipChar();
        const Location at = lexer_.location();
        int64_t dim = kDynamic;
        if (lexer_.peekChar() == '?') {
            lexer_.skipChar();
        } else if (lexer_.peekChar() >= '0' && lexer_.peekChar() <= '9') {
            dim = 0;
            while (lexer_.peekChar() >= '0' && lexer_.peekChar() <= '9') {
                const int digit = lexer_.peekChar() - '0';
                if (dim > (INT64_MAX - digit) / 10) {
                    throw lexer_.errorAt(at.line, at.column, "this dimension does not fit 64 bits");
                }
                dim = dim * 10 + digit;
                lexer_.skipChar();
            }
        } else {
            break;
        }
        if (lexer_.peekChar() != 'x') {
            throw lexer_.errorAt(at.line, at.column,
                                 "expected 'x' and an element type behind this dimension");
        }
        lexer_.skipChar();
        dims.push_back(dim);
        if (dims.size() > static_cast<size_t>(limits_.max_rank)) {
            throw lexer_.errorAt(
                at.line, at.column,
                "a tensor has at most " + std::to_string(limits_.max_rank) + " dimensions here");
        }
    }
    token_ = lexer_.next();
    TensorType type(ElementType::kF32, std::move(dims));
    parseElement(type);
    if (accept(',')) parseEncoding(type);
    expect('>', "a tensor type");
    if (!type.sizeFits()) failAt(start, "the size of " + type.toString() + " does not fit 64 bits");
    return type;
}

void TextParser::parseElement(TensorType& type) {
    const Token name = token_;
    if (name.kind == TokenKind::kBang && name.text == "!quant.uniform") {
        take();
        type.setQuantized(parseQuantized());
        return;
    }
    if (name.kind == TokenKind::kBang && readAliased(name, [&] { parseElement(type); })) return;
    if (name.kind != TokenKind::kIdentifier) fail("expected an element type, got " + token_.describe());
    take();
    if (name.text == "complex") {
        expect('<', "a complex type");
        const Token part = take();
        expect('>', "a complex type");
        if (part.isWord("f32")) {
            type = type.withElement(ElementType::kC64);
        } else if (part.isWord("f64")) {
            type = type.withElement(ElementType::kC128);
        } else {
            failAt(part, "complex numbers are of f32 or f64, got " + part.describe());
        }
        return;
    }
    // `si32` is the explicit spelling of a signed integer.
    std::string text(name.text);
    if (text.size() > 2 && text.substr(0, 2) == "si") text.erase(0, 1);
    const auto element = elementTypeFromName(text);
    if (!element) failAt(name, "unknown element type " + name.describe());
    type = type.withElement(*element);
}

std::vector<int64_t> TextParser::parseBounds(char close) {
    std::vector<int64_t> bounds;
    list(close, "bounds", [&] {
        if (accept('?')) {
            bounds.push_back(kDynamic);
            return;
        }
        const Token at = token_;
        bounds.push_back(takeInteger("bounds"));
        if (bounds.back() < 0) failAt(at, "a bound is not negative");
    });
    return bounds;
}

void TextParser::parseEncoding(TensorType& type) {
    const Token start = token_;
    if (start.kind == TokenKind::kHash && readAliased(start, [&] { parseEncoding(type); })) return;
    std::vector<int64_t> bounds;
    if (start.kind == TokenKind::kHash && start.text == "#stablehlo.bounds") {
        take();
        expect('<', "bounds");
        bounds = parseBounds('>');
        expect('>', "bounds");
    } else if (start.kind == TokenKind::kHash && start.text == "#stablehlo.type_extensions") {
        take();
        expect('<', "type extensions");
        expectWord("bounds");
        expect('=', "type extensions");
        expect('[', "type extensions");
        bounds = parseBounds(']');
        expect(']', "type extensions");
        expect('>', "type extensions");
    } else {
        // Layouts and shardings of other dialects do not change what the program computes.
        const Attribute other = parseAttribute();
        const auto* opaque = other.get<OpaqueAttribute>();
        if (opaque != nullptr && opaque->text.starts_with("#sparse_tensor")) {
            throw unimplemented(
                lexer_.errorAt(start, "sparse tensors are not supported: make them dense").message());
        }
        return;
    }
    if (bounds.size() != static_cast<size_t>(type.rank())) {
        failAt(start,
               std::to_string(bounds.size()) + " bounds for " + std::to_string(type.rank()) + " dimensions");
    }
    for (size_t i = 0; i < bounds.size(); ++i) {
        if (bounds[i] != kDynamic && type.dims()[i] != kDynamic) {
            failAt(start, "dimension " + std::to_string(i) + " is static and cannot have a bound");
        }
    }
    type.setBounds(std::move(bounds));
}

double TextParser::takeNumber(const char* where) {
    const bool negative = accept('-');
    if (token_.kind == TokenKind::kInteger) {
        const auto value = static_cast<double>(takeInteger(where));
        return negative ? -value : value;
    }
    if (token_.kind != TokenKind::kFloat) {
        fail(std::string("expected a number in ") + where + ", got " + token_.describe());
    }
    const Token number = take();
    double value = 0;
    const auto [end, error] =
        std::from_chars(number.text.data(), number.text.data() + number.text.size(), value);
    if (error == std::errc::result_out_of_range) {
        // Either direction: the exponent's sign tells overflow from underflow.
        value = number.text.find("e-") != std::string_view::npos ||
                        number.text.find("E-") != std::string_view::npos
                    ? 0.0
                    : INFINITY;
    }
    return negative ? -value : value;
}

void TextParser::parseScale(QuantizedType& type) {
    const Token at = token_;
    type.scales.push_back(takeNumber("a quantized type"));
    if (!(type.scales.back() > 0)) failAt(at, "a scale is a positive number");
    type.zero_points.push_back(accept(':') ? takeInteger("a quantized type") : 0);
}

std::shared_ptr<const QuantizedType> TextParser::parseQuantized() {
    const char* where = "a quantized type";
    auto type = std::make_shared<QuantizedType>();
    const auto element = [&] {
        const Token name = take();
        std::string text(name.text);
        if (text.size() > 1 && text[0] == 'u' && text[1] != 'i') text.insert(1, "i");  // u8 is ui8
        const auto found = elementTypeFromName(text);
        if (name.kind != TokenKind::kIdentifier || !found) {
            failAt(name, "expected an element type in a quantized type, got " + name.describe());
        }
        return *found;
    };
    expect('<', where);
    const Token storage_token = token_;
    type->storage = element();
    const int bits = bitWidth(type->storage);
    if (!isInteger(type->storage) || bits > 32)
        failAt(storage_token, "values are stored in integers of up to 32 bits");
    const bool is_signed = isSignedInteger(type->storage);
    type->storage_min = is_signed ? -(int64_t{1} << (bits - 1)) : 0;
    type->storage_max = (int64_t{1} << (is_signed ? bits - 1 : bits)) - 1;
    if (accept('<')) {
        type->storage_min = takeInteger(where);
        expect(':', where);
        type->storage_max = takeInteger(where);
        expect('>', where);
    }
    expect(':', where);
    const Token expressed_token = token_;
    type->expressed = element();
    if (!isFloat(type->expressed)) failAt(expressed_token, "quantized values express floats");
    if (accept(':')) {
        const Token at = token_;
        type->axis = takeInteger(where);
        if (type->axis < 0) failAt(at, "the quantized dimension is not negative");
    }
    expect(',', where);
    if (type->axis >= 0) {
        expect('{', where);
        list('}', where, [&] { parseScale(*type); });
        expect('}', where);
    } else {
        parseScale(*type);
    }
    expect('>', where);
    return type;
}

}  // namespace optirs::plugin
