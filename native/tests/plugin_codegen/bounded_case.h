// Programs with a size that an argument gives, beside the same programs with that size written into them.
#pragma once

#include <cstdint>
#include <regex>
#include <string>
#include <vector>

namespace optirs::plugin::testing {

/// V<4>: a vector of at most 4 floats. M<4,3>: at most 4 rows of 3. W<3,4>: 3 rows of at most 4.
inline std::string withTypes(std::string text) {
    const auto replace = [&](const char* from, const char* to) {
        text = std::regex_replace(text, std::regex(from), to);
    };
    replace(R"(V<(\d+)>)", "tensor<?xf32, #stablehlo.bounds<$1>>");
    replace(R"(M<(\d+),(\d+)>)", "tensor<?x$2xf32, #stablehlo.bounds<$1, ?>>");
    replace(R"(W<(\d+),(\d+)>)", "tensor<$1x?xf32, #stablehlo.bounds<?, $2>>");
    return text;
}

/// `%n: tensor<i32>` and the parameters; in the second form the size is a constant, and nothing is bounded.
inline std::string sizedProgram(const std::string& parameters, const std::string& results,
                                const std::string& body) {
    return withTypes("func.func @main(%n: tensor<i32>" + parameters + ") -> (" + results + ") {\n" + body +
                     "\n}");
}
inline std::string fixedProgram(const std::string& parameters, const std::string& results,
                                const std::string& body, int32_t size) {
    return withTypes("func.func @main(%ignored: tensor<i32>" + parameters + ") -> (" + results +
                     ") {\n%n = stablehlo.constant dense<" + std::to_string(size) + "> : tensor<i32>\n" +
                     body + "\n}");
}

/// A program of which %n is the size.
struct BoundedCase {
    const char* name;
    const char* parameters;  ///< after the size; all floats
    const char* results;
    const char* body;
    int32_t largest = 4;
    int32_t least = 0;
};

/// Operations of every kind, and products.
std::vector<BoundedCase> boundedOperations();
std::vector<BoundedCase> boundedProducts();

/// Whether it gives at each size what it gives with that size written into it.
void expectTheSameAtEverySize(const BoundedCase& c);

}  // namespace optirs::plugin::testing
