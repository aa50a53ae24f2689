// Regions inside of each other: how many there may be, and what the errors say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin {
namespace {

using ::testing::HasSubstr;

std::string nestedIfs(int count) {
    std::string text = "%v0 = stablehlo.negate %x : tensor<f32>\n";
    for (int i = 0; i < count; ++i) {
        const std::string value = "%v" + std::to_string(i);
        text = "%v" + std::to_string(i + 1) + " = \"stablehlo.if\"(%p) ({\n" + text + "stablehlo.return " +
               value +
               " : tensor<f32>\n}, {\nstablehlo.return %x : tensor<f32>\n}) : (tensor<i1>) -> tensor<f32>\n";
    }
    return "func.func @main(%p: tensor<i1>, %x: tensor<f32>) -> tensor<f32> {\n" + text + "return %v" +
           std::to_string(count) + " : tensor<f32>\n}";
}

void compileFront(const std::string& text) {
    const auto module = parseModule(text);
    verify(*module);
    runPasses(*module);
}

std::string refusal(const std::string& text, Code code) {
    try {
        compileFront(text);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), code);
        return error.message();
    }
    return "accepted";
}

TEST(Nesting, DeepTextIsRefusedWhereItIsReached) {
    const std::string message = refusal(nestedIfs(161), Code::kInvalidArgument);
    EXPECT_THAT(message, HasSubstr("nested more than 160 levels deep"));
    EXPECT_THAT(message, HasSubstr("line 8"));
}

TEST(Nesting, WhatTextAllowsMayBeTooDeepForPasses) {
    EXPECT_THAT(refusal(nestedIfs(65), Code::kResourceExhausted),
                HasSubstr("nests regions more than 64 levels deep"));
    compileFront(nestedIfs(64));
}

}  // namespace
}  // namespace optirs::plugin
