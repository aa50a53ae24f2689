/// @file
/// Text in, text out: what a pass makes of a function's body.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin::testing {

struct Case {
    const char* arguments;
    const char* result;
    const char* before;  // values are returned as %r
    const char* after;
};

inline std::string program(const Case& c, const char* body) {
    return std::string("func.func @main(") + c.arguments + ") -> " + c.result + " {\n" + body +
           "\nreturn %r : " + c.result + "\n}\n";
}

// Also with `%a` itself as the result.
inline std::string expected(const Case& c) {
    std::string body = c.after;
    const size_t alias = body.find("%r = %");
    if (alias == std::string::npos) return print(*parseModule(program(c, c.after)));
    const size_t end = std::min(body.find('\n', alias), body.size());
    const std::string value = body.substr(alias + 5, end - alias - 5);
    body.erase(alias);
    return print(*parseModule(std::string("func.func @main(") + c.arguments + ") -> " + c.result + " {\n" +
                              body + "\nreturn " + value + " : " + c.result + "\n}\n"));
}

template <typename Pass>
void check(const Case& c, const Pass& pass) {
    const auto module = parseModule(program(c, c.before));
    verify(*module);
    Function& main = module->entry();
    pass(main);
    eliminateDeadCode(main);
    verify(*module);
    EXPECT_EQ(print(*module), expected(c)) << c.before;
}

}  // namespace optirs::plugin::testing
