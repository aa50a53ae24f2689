#include "mutate.h"

#include <algorithm>
#include <iterator>

namespace optirs::plugin::testing {

std::string mutate(std::string text, std::mt19937_64& random) {
    static constexpr const char* kPieces[] = {"(",
                                              ")",
                                              "{",
                                              "}",
                                              "[",
                                              "]",
                                              "<",
                                              ">",
                                              ",",
                                              ":",
                                              "=",
                                              "->",
                                              "%0",
                                              "%arg0",
                                              "#",
                                              "@",
                                              "^bb0",
                                              "!",
                                              "\"",
                                              "tensor<",
                                              "x",
                                              "?",
                                              "-1",
                                              "0",
                                              "9223372036854775807",
                                              "99999999999999999999",
                                              "0x",
                                              "1.0e999",
                                              "dense<",
                                              "array<i64:",
                                              "f32",
                                              "i1",
                                              "complex<f32>",
                                              "tuple<",
                                              "loc(",
                                              "stablehlo.",
                                              "stablehlo.reduce",
                                              "//",
                                              "\n",
                                              "{-#",
                                              "#-}",
                                              "\xC3",
                                              "_",
                                              "!stablehlo.token",
                                              "#stablehlo.bounds<",
                                              "unit",
                                              "true",
                                              "i4",
                                              "index",
                                              "18446744073709551615"};
    const size_t edits = 1 + random() % 4;
    for (size_t i = 0; i < edits && !text.empty(); ++i) {
        const size_t at = random() % text.size();
        const size_t length = std::min<size_t>(text.size() - at, 1 + random() % 24);
        switch (random() % 7) {
            case 0:
                text.erase(at, length);
                break;
            case 1:
                text.insert(at, kPieces[random() % std::size(kPieces)]);
                break;
            case 2:
                text.replace(at, 1, kPieces[random() % std::size(kPieces)]);
                break;
            case 3:
                text.insert(at, text.substr(random() % text.size(), length));
                break;
            case 4:
                text[at] = static_cast<char>(random());
                break;
            case 5:
                text.resize(at);
                break;
            default: {
                // A number becomes another one: shapes and attributes that do not fit.
                const size_t digit = text.find_first_of("0123456789", at);
                if (digit != std::string::npos) text[digit] = static_cast<char>('0' + random() % 10);
            }
        }
    }
    return text;
}

}  // namespace optirs::plugin::testing
