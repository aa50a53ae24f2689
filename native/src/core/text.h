// Messages out of pieces: strings and integers, without the cost and the locale of streams.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace optirs::core {

inline void append(std::string& text, std::string_view piece) { text += piece; }
inline void append(std::string& text, char piece) { text += piece; }
template <std::integral T>
void append(std::string& text, T piece) {
    text += std::to_string(piece);
}

template <class... Pieces>
std::string concat(const Pieces&... pieces) {
    std::string text;
    (append(text, pieces), ...);
    return text;
}

}  // namespace optirs::core
