#include "pjrt_cpu/stablehlo/text_parser.h"

#include <charconv>

#include "pjrt_cpu/stablehlo/bytecode/bytecode.h"
#include "pjrt_cpu/stablehlo/hlo/hlo.h"

namespace optirs::plugin {

TextParser::TextParser(std::string_view text, const ParseLimits& limits) : lexer_(text), limits_(limits) {}

TextParser::Depth::Depth(TextParser& parser) : parser_(parser) {
    if (parser_.depth_ >= parser_.limits_.max_nesting) {
        parser_.fail("nested more than " + std::to_string(parser_.limits_.max_nesting) + " levels deep");
    }
    ++parser_.depth_;
}

TextParser::Depth::~Depth() { --parser_.depth_; }

Token TextParser::take() {
    Token taken = token_;
    token_ = lexer_.next();
    return taken;
}

bool TextParser::accept(char punctuation) {
    if (!token_.is(punctuation)) return false;
    take();
    return true;
}

bool TextParser::acceptWord(std::string_view word) {
    if (!token_.isWord(word)) return false;
    take();
    return true;
}

void TextParser::expect(char punctuation, const char* where) {
    if (!accept(punctuation)) {
        fail(std::string("expected '") + punctuation + "' in " + where + ", got " + token_.describe());
    }
}

void TextParser::expectWord(std::string_view word) {
    if (!acceptWord(word)) fail("expected '" + std::string(word) + "', got " + token_.describe());
}

void TextParser::expectArrow(const char* where) {
    if (token_.kind != TokenKind::kArrow) {
        fail(std::string("expected '->' in ") + where + ", got " + token_.describe());
    }
    take();
}

void TextParser::fail(const std::string& what) const { failAt(token_, what); }

void TextParser::failAt(const Token& token, const std::string& what) const {
    throw lexer_.errorAt(token, what);
}

std::string TextParser::stringValue(const Token& token) const {
    const std::string_view body = token.text.substr(1, token.text.size() - 2);
    std::string out;
    out.reserve(body.size());
    for (size_t i = 0; i < body.size(); ++i) {
        if (body[i] != '\\' || i + 1 >= body.size()) {
            out += body[i];
            continue;
        }
        const char c = body[++i];
        if (c == 'n') {
            out += '\n';
        } else if (c == 't') {
            out += '\t';
        } else if (c == '"' || c == '\\') {
            out += c;
        } else {
            unsigned byte = 0;
            const std::string_view digits = body.substr(i, 2);
            const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
            if (error != std::errc() || end != digits.data() + 2) failAt(token, "unknown escape in a string");
            out += static_cast<char>(byte);
            ++i;
        }
    }
    return out;
}

std::string TextParser::takeString(const char* where) {
    if (token_.kind != TokenKind::kString) {
        fail(std::string("expected a string in ") + where + ", got " + token_.describe());
    }
    return stringValue(take());
}

std::string TextParser::takeSymbol(const char* where) {
    if (token_.kind != TokenKind::kSymbol) {
        fail(std::string("expected an @name in ") + where + ", got " + token_.describe());
    }
    Token symbol = take();
    symbol.text.remove_prefix(1);
    return symbol.text[0] == '"' ? stringValue(symbol) : std::string(symbol.text);
}

int64_t TextParser::takeInteger(const char* where) {
    const bool negative = accept('-');
    if (token_.kind != TokenKind::kInteger) {
        fail(std::string("expected an integer in ") + where + ", got " + token_.describe());
    }
    const Token number = take();
    const bool hex = number.text.substr(0, 2) == "0x";
    const std::string_view digits = hex ? number.text.substr(2) : number.text;
    uint64_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
    if (error != std::errc() || (negative && value > uint64_t{1} << 63)) {
        failAt(number, "this integer does not fit 64 bits");
    }
    return static_cast<int64_t>(negative ? ~value + 1 : value);
}

std::vector<int64_t> TextParser::takeIntegerList(const char* where) {
    std::vector<int64_t> out;
    expect('[', where);
    list(']', where, [&] { out.push_back(takeInteger(where)); });
    expect(']', where);
    return out;
}

TextParser::Scope::Scope(TextParser& parser, bool isolated)
    : parser_(parser), mark_(parser.defined_.size()), isolated_(isolated) {
    if (isolated_) hidden_.swap(parser_.values_);
}

TextParser::Scope::~Scope() {
    while (parser_.defined_.size() > mark_) {
        parser_.values_.erase(parser_.defined_.back());
        parser_.defined_.pop_back();
    }
    if (isolated_) hidden_.swap(parser_.values_);
}

void TextParser::define(const Token& name, std::vector<Value*> values) {
    const auto [at, inserted] = values_.emplace(name.text, Definition{std::move(values), name});
    if (!inserted) {
        failAt(name, "value " + std::string(name.text) + " was already defined at " +
                         locationOf(at->second.token).toString());
    }
    defined_.push_back(name.text);
}

Value* TextParser::lookup(const Token& name) {
    const auto found = values_.find(name.text);
    if (found == values_.end()) {
        failAt(name, "value " + std::string(name.text) + " is not defined here");
    }
    const std::vector<Value*>& values = found->second.values;
    size_t number = 0;
    // `%0#1`: the lexer sees `#1` as a token of its own.
    if (token_.kind == TokenKind::kHash && token_.text.data() == name.text.data() + name.text.size()) {
        const Token suffix = take();
        const std::string_view digits = suffix.text.substr(1);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (error != std::errc() || end != digits.data() + digits.size()) {
            failAt(suffix, "expected a result number behind " + std::string(name.text));
        }
    }
    if (number >= values.size()) {
        failAt(name, "value " + std::string(name.text) + " has " + std::to_string(values.size()) +
                         " results, number " + std::to_string(number) + " is not among them");
    }
    return values[number];
}

Value* TextParser::parseValue() {
    if (token_.kind != TokenKind::kValue) fail("expected a value such as %0, got " + token_.describe());
    const Token name = take();
    return lookup(name);
}

Attribute TextParser::parseWholeAttribute() {
    token_ = lexer_.next();
    Attribute out = parseAttribute();
    if (token_.kind != TokenKind::kEnd) fail("expected the end of the attribute, got " + token_.describe());
    return out;
}

Type TextParser::parseWholeType() {
    token_ = lexer_.next();
    Type out = parseType();
    if (token_.kind != TokenKind::kEnd) fail("expected the end of the type, got " + token_.describe());
    return out;
}

Attribute parseAttributeText(std::string_view text, const ParseLimits& limits) {
    return TextParser(text, limits).parseWholeAttribute();
}

Type parseTypeText(std::string_view text, const ParseLimits& limits) {
    return TextParser(text, limits).parseWholeType();
}

std::unique_ptr<Module> parseModule(std::string_view text, const ParseLimits& limits) {
    if (isBytecode(text)) return parseBytecode(text, limits);
    if (isHlo(text)) return parseHlo(text);
    if (text.size() > limits.max_text_bytes) {
        throw invalidArgument("the program is " + std::to_string(text.size()) +
                              " bytes of text, more than the " + std::to_string(limits.max_text_bytes) +
                              " accepted");
    }
    return TextParser(text, limits).parse();
}

}  // namespace optirs::plugin
