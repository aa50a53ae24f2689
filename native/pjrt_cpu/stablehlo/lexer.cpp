#include "pjrt_cpu/stablehlo/lexer.h"

#include <algorithm>
#include <vector>

namespace optirs::plugin {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isHexDigit(char c) { return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

constexpr size_t kMaxTokenInMessage = 40;

}  // namespace

std::string Token::describe() const {
    if (kind == TokenKind::kEnd) return "end of input";
    if (text.size() <= kMaxTokenInMessage) return "'" + std::string(text) + "'";
    return "'" + std::string(text.substr(0, kMaxTokenInMessage)) + "...'";
}

Error Lexer::errorAt(int32_t line, int32_t column, const std::string& what) const {
    constexpr size_t kContext = 80;  // characters of the line shown before and behind the column
    size_t begin = 0;
    for (int32_t i = 1; i < line; ++i) {
        const size_t newline = text_.find('\n', begin);
        if (newline == std::string_view::npos) break;
        begin = newline + 1;
    }
    const size_t at = std::min(begin + static_cast<size_t>(column - 1), text_.size());
    const size_t end = std::min(text_.find('\n', begin), text_.size());
    const size_t from = at - begin > kContext ? at - kContext : begin;
    const size_t to = std::max(at, std::min(end, at + kContext));
    std::string shown(text_.substr(from, to - from));
    // Control characters would move the caret, and have no place in a message.
    for (char& c : shown) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
    return invalidArgument("line " + std::to_string(line) + ", column " + std::to_string(column) + ": " +
                           what + "\n  " + shown + "\n  " + std::string(at - from, ' ') + "^");
}

void Lexer::skipChar() {
    if (text_[at_] == '\n') {
        ++line_;
        line_start_ = at_ + 1;
    }
    ++at_;
}

void Lexer::rewind(const Token& token, size_t offset) {
    at_ = static_cast<size_t>(token.text.data() - text_.data());
    line_ = token.line;
    line_start_ = at_ + 1 - static_cast<size_t>(token.column);
    while (offset-- > 0) skipChar();
}

void Lexer::skipSpace() {
    while (at_ < text_.size()) {
        const char c = text_[at_];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            skipChar();
        } else if (text_.substr(at_, 2) == "//") {
            at_ = std::min(text_.find('\n', at_), text_.size());
        } else {
            break;
        }
    }
}

Token Lexer::make(TokenKind kind, size_t begin) const {
    return {kind, text_.substr(begin, at_ - begin), token_line_, token_column_};
}

void Lexer::lexNumber() {
    if (text_.substr(at_, 2) == "0x" && at_ + 2 < text_.size() && isHexDigit(text_[at_ + 2])) {
        at_ += 2;
        while (isHexDigit(peekChar())) ++at_;
        return;
    }
    while (isDigit(peekChar())) ++at_;
    if (peekChar() != '.') return;
    ++at_;
    while (isDigit(peekChar())) ++at_;
    if (peekChar() != 'e' && peekChar() != 'E') return;
    size_t digits = at_ + 1;
    if (digits < text_.size() && (text_[digits] == '+' || text_[digits] == '-')) ++digits;
    if (digits >= text_.size() || !isDigit(text_[digits])) return;
    at_ = digits;
    while (isDigit(peekChar())) ++at_;
}

void Lexer::lexString() {
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\n') {
        at_ += text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n' ? 2 : 1;
    }
    if (peekChar() != '"') throw errorAt(token_line_, token_column_, "this string has no closing quote");
    ++at_;
}

bool Lexer::lexSuffixId() {
    const size_t begin = at_;
    if (isDigit(peekChar())) {
        while (isDigit(peekChar())) ++at_;
    } else {
        while (isLetter(peekChar()) || isDigit(peekChar()) || peekChar() == '$' || peekChar() == '.' ||
               peekChar() == '-') {
            // `#a->` : the minus belongs to the arrow.
            if (text_.substr(at_, 2) == "->") break;
            ++at_;
        }
    }
    return at_ > begin;
}

Token Lexer::next() {
    skipSpace();
    token_line_ = line_;
    token_column_ = column();
    const size_t begin = at_;
    if (at_ >= text_.size()) return make(TokenKind::kEnd, begin);
    const char c = text_[at_];
    if (isLetter(c)) {
        while (isLetter(peekChar()) || isDigit(peekChar()) || peekChar() == '$' || peekChar() == '.') ++at_;
        return make(TokenKind::kIdentifier, begin);
    }
    if (isDigit(c)) {
        lexNumber();
        const bool is_float = text_.substr(begin, at_ - begin).find('.') != std::string_view::npos;
        return make(is_float ? TokenKind::kFloat : TokenKind::kInteger, begin);
    }
    if (c == '"') {
        lexString();
        return make(TokenKind::kString, begin);
    }
    const std::string_view three = text_.substr(at_, 3);
    if (three == "{-#" || three == "#-}") {
        at_ += 3;
        return make(c == '{' ? TokenKind::kMetadataBegin : TokenKind::kMetadataEnd, begin);
    }
    if (three.substr(0, 2) == "->" || three.substr(0, 2) == "::") {
        at_ += 2;
        return make(c == '-' ? TokenKind::kArrow : TokenKind::kColonColon, begin);
    }
    TokenKind kind = TokenKind::kPunctuation;
    if (c == '%') kind = TokenKind::kValue;
    if (c == '#') kind = TokenKind::kHash;
    if (c == '@') kind = TokenKind::kSymbol;
    if (c == '^') kind = TokenKind::kBlock;
    if (c == '!') kind = TokenKind::kBang;
    if (kind != TokenKind::kPunctuation) {
        ++at_;
        if (kind == TokenKind::kSymbol && peekChar() == '"') {
            lexString();
        } else if (!lexSuffixId()) {
            throw errorAt(token_line_, token_column_, "a name should follow '" + std::string(1, c) + "'");
        }
        return make(kind, begin);
    }
    constexpr std::string_view kPunctuation = "(){}[]<>,:=-+*?/|";
    if (kPunctuation.find(c) == std::string_view::npos) {
        const auto byte = static_cast<unsigned char>(c);
        throw errorAt(token_line_, token_column_,
                      byte < 0x20 || byte > 0x7E ? "unexpected byte " + std::to_string(byte)
                                                 : "unexpected character '" + std::string(1, c) + "'");
    }
    ++at_;
    return make(TokenKind::kPunctuation, begin);
}

std::string_view Lexer::skipBalanced(char close) {
    const size_t begin = at_;
    const int32_t from_line = line_;
    const int32_t from_column = column();
    std::vector<char> open = {close};
    while (at_ < text_.size()) {
        const char c = text_[at_];
        if (c == '"') {
            token_line_ = line_;
            token_column_ = column();
            lexString();
            continue;
        }
        if (text_.substr(at_, 2) == "->") {
            at_ += 2;
            continue;
        }
        if (c == '(') open.push_back(')');
        if (c == '[') open.push_back(']');
        if (c == '{') open.push_back('}');
        if (c == '<') open.push_back('>');
        if (c == ')' || c == ']' || c == '}' || c == '>') {
            if (open.back() != c) {
                throw errorAt(line_, column(),
                              "expected '" + std::string(1, open.back()) + "', got '" + c + "'");
            }
            open.pop_back();
            if (open.empty()) {
                const std::string_view inside = text_.substr(begin, at_ - begin);
                ++at_;
                return inside;
            }
        }
        skipChar();
    }
    throw errorAt(from_line, from_column, "no closing '" + std::string(1, close) + "' for this");
}

}  // namespace optirs::plugin
