/// @file
/// A cursor over the text of one attribute.
#pragma once

#include <cctype>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {

/// Reads words, numbers and punctuation; spaces between them do not count.
class TextCursor {
 public:
    /// `what` names the text in messages: "a sharding".
    TextCursor(std::string_view text, const char* what) : text_(text), what_(what) {}

    void skipSpace() {
        while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
    }
    bool atEnd() {
        skipSpace();
        return at_ == text_.size();
    }
    bool next(std::string_view wanted) {
        skipSpace();
        return text_.substr(at_, wanted.size()) == wanted;
    }
    bool accept(std::string_view wanted) {
        if (!next(wanted)) return false;
        at_ += wanted.size();
        return true;
    }
    void expect(std::string_view wanted) {
        if (!accept(wanted)) fail("expected '" + std::string(wanted) + "'");
    }
    bool nextIsDigit() {
        skipSpace();
        return at_ < text_.size() &&
               (std::isdigit(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '-');
    }
    int64_t integer() {
        skipSpace();
        int64_t value = 0;
        const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
        if (error != std::errc()) fail("expected an integer");
        at_ = static_cast<size_t>(end - text_.data());
        return value;
    }
    /// Letters, digits, `_`, `.`, `-` and `$`; may be empty.
    std::string word() {
        skipSpace();
        const size_t begin = at_;
        const auto is_word = [](char c) {
            return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '$' ||
                   c == '-';
        };
        while (at_ < text_.size() && is_word(text_[at_])) ++at_;
        return std::string(text_.substr(begin, at_ - begin));
    }
    /// A string in double quotes; `\"`, `\\` and two hex digits behind a backslash are escapes.
    std::string quoted() {
        expect("\"");
        std::string out;
        while (at_ < text_.size() && text_[at_] != '"') {
            if (text_[at_] != '\\') {
                out += text_[at_++];
                continue;
            }
            ++at_;
            unsigned byte = 0;
            const std::string_view digits = text_.substr(at_, 2);
            const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
            if (error == std::errc() && digits.size() == 2 && end == digits.data() + 2) {
                out += static_cast<char>(byte);
                at_ += 2;
            } else if (at_ < text_.size()) {
                out += text_[at_++];
            }
        }
        expect("\"");
        return out;
    }
    /// `a, b, c` up to and including `close`.
    template <typename Item>
    void list(std::string_view close, const Item& item) {
        if (accept(close)) return;
        do {
            item();
        } while (accept(","));
        expect(close);
    }
    void expectEnd() {
        if (!atEnd()) fail("unexpected text");
    }
    [[noreturn]] void fail(const std::string& why) const {
        constexpr size_t kShown = 24;
        const std::string rest(text_.substr(at_, kShown));
        throw invalidArgument(std::string(what_) + ": " + why + " at character " + std::to_string(at_) +
                              ", got " + (rest.empty() ? "the end" : "'" + rest + "'") + " in " +
                              std::string(text_.substr(0, kMaxShown)) +
                              (text_.size() > kMaxShown ? "..." : ""));
    }
    size_t position() const { return at_; }

 private:
    static constexpr size_t kMaxShown = 200;
    std::string_view text_;
    size_t at_ = 0;
    const char* what_;
};

}  // namespace optirs::plugin
