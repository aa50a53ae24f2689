/// @file
/// Tokens of MLIR text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/location.h"

namespace optirs::plugin {

enum class TokenKind : uint8_t {
    kEnd,
    kIdentifier,  ///< `stablehlo.add`
    kValue,       ///< `%0`
    kHash,        ///< `#stablehlo.dot`, `#0`
    kSymbol,      ///< `@main`, `@"a b"`
    kBlock,       ///< `^bb0`
    kBang,        ///< `!quant.uniform`
    kInteger,     ///< `12`, `0xFF`
    kFloat,       ///< `1.5e-3`
    kString,      ///< with its quotes
    kArrow,       ///< `->`
    kColonColon,
    kMetadataBegin,  ///< `{-#`
    kMetadataEnd,    ///< `#-}`
    kPunctuation,    ///< one character, in `Token::text`
};

/// A token; `text` points into the program.
struct Token {
    TokenKind kind = TokenKind::kEnd;
    std::string_view text;
    int32_t line = 1;
    int32_t column = 1;

    bool is(char punctuation) const { return kind == TokenKind::kPunctuation && text[0] == punctuation; }
    bool isWord(std::string_view word) const { return kind == TokenKind::kIdentifier && text == word; }
    /// For messages: the text, shortened, or `end of input`.
    std::string describe() const;
};

class Lexer {
 public:
    /// `text` must outlive the lexer and its tokens.
    explicit Lexer(std::string_view text) : text_(text) {}

    /// @throws Error INVALID_ARGUMENT with line, column and the line itself.
    Token next();

    /// Continues right behind the start of `token` plus `offset` characters.
    void rewind(const Token& token, size_t offset = 0);
    /// The next raw character without skipping anything; '\0' at the end.
    char peekChar() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skipChar();

    /// Skips raw text to the bracket that closes the one just consumed. Strings and `->` are seen for
    /// what they are; round, square, curly and angle brackets nest.
    /// @returns the text in between
    std::string_view skipBalanced(char close);

    Location location() const { return {line_, column(), nullptr}; }
    /// `line 3, column 5: what`, the source line, and a caret under the column.
    Error errorAt(int32_t line, int32_t column, const std::string& what) const;
    Error errorAt(const Token& token, const std::string& what) const {
        return errorAt(token.line, token.column, what);
    }
    std::string_view text() const { return text_; }

 private:
    int32_t column() const { return static_cast<int32_t>(at_ - line_start_) + 1; }
    void skipSpace();
    Token make(TokenKind kind, size_t begin) const;
    void lexNumber();
    void lexString();
    bool lexSuffixId();

    std::string_view text_;
    size_t at_ = 0;
    size_t line_start_ = 0;
    int32_t line_ = 1;
    int32_t token_line_ = 1;
    int32_t token_column_ = 1;
};

}  // namespace optirs::plugin
