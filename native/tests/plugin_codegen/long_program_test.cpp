// Programs whose kernels must not grow with them, and one that has nothing to run.
#include <gtest/gtest.h>

#include <string>

#include "pjrt_cpu/codegen/plan/group.h"
#include "pjrt_cpu/codegen/plan/split_concatenations.h"
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "run_program.h"

namespace optirs::plugin::testing {
namespace {

// Every step reads the one before at two places: evaluated where it is used, that doubles each time.
TEST(LongPrograms, StepsThatReadTwiceDoNotMultiply) {
    constexpr int kSteps = 14;
    constexpr int kSize = 1 << kSteps;
    const std::string type = "tensor<" + std::to_string(kSize) + "xf32>";
    std::string text = "func.func @main(%v0: " + type + ") -> " + type +
                       " {\n%z = stablehlo.constant dense<0.0> : tensor<f32>\n";
    for (int i = 0; i < kSteps; ++i) {
        const std::string n = std::to_string(i), step = std::to_string(1 << i);
        const std::string rest = "tensor<" + std::to_string(kSize - (1 << i)) + "xf32>";
        text += "%a" + n + " = stablehlo.slice %v" + n + " [0:" + std::to_string(kSize - (1 << i)) + "] : (" +
                type + ") -> " + rest + "\n%b" + n + " = stablehlo.pad %a" + n + ", %z, low = [" + step +
                "], high = [0], interior = [0] : (" + rest + ", tensor<f32>) -> " + type + "\n%v" +
                std::to_string(i + 1) + " = stablehlo.add %v" + n + ", %b" + n + " : " + type + "\n";
    }
    text += "return %v" + std::to_string(kSteps) + " : " + type + "\n}";
    const auto sums = runFloats(text, {std::vector<float>(kSize, 1.0F)});
    for (int i = 0; i < kSize; ++i) ASSERT_EQ(sums[static_cast<size_t>(i)], static_cast<float>(i + 1));
    EXPECT_LT(compile(text)->generated_code_bytes, 64 * 1024);
}

TEST(LongPrograms, ChainsOfAnyLengthAreCut) {
    constexpr int kLength = 30000;
    std::string text =
        "func.func @main(%v0: tensor<4xf32>) -> tensor<4xf32> {\n"
        "%c = stablehlo.constant dense<1.0> : tensor<4xf32>\n";
    for (int i = 0; i < kLength; ++i) {
        text += "%v" + std::to_string(i + 1) + " = stablehlo.add %v" + std::to_string(i) +
                ", %c : tensor<4xf32>\n";
    }
    text += "return %v" + std::to_string(kLength) + " : tensor<4xf32>\n}";
    EXPECT_EQ(runFloats(text, {{0, 1, 2, 3}}),
              (std::vector<float>{kLength, kLength + 1, kLength + 2, kLength + 3}));
}

// A kernel that chooses between n values takes longer than n to compile: three hundred joined values, also of
// joined joins, are ten kernels.
TEST(LongPrograms, WideConcatenationsAreCut) {
    const auto program = [](int width, int nested) {
        const std::string size = std::to_string(width * nested);
        const std::string type = "tensor<" + size + "xf32>";
        std::string text = "func.func @main(%x: " + type + ") -> " + type + " {\n";
        std::string joins;
        std::string join_types;
        for (int n = 0; n < nested; ++n) {
            std::string parts;
            std::string types;
            for (int i = 0; i < width; ++i) {
                const std::string name = "%p" + std::to_string(n * width + i);
                // In the opposite order.
                const int at = width * nested - 1 - (n * width + i);
                text += name + " = stablehlo.slice %x [" + std::to_string(at) + ":" + std::to_string(at + 1) +
                        "] : (" + type + ") -> tensor<1xf32>\n";
                parts += (i > 0 ? ", " : "") + name;
                types += i > 0 ? ", tensor<1xf32>" : "tensor<1xf32>";
            }
            const std::string name = "%j" + std::to_string(n);
            const std::string joined = "tensor<" + std::to_string(width) + "xf32>";
            text += name + " = stablehlo.concatenate " + parts + ", dim = 0 : (" + types + ") -> " + joined +
                    "\n";
            joins += (n > 0 ? ", " : "") + name;
            join_types += (n > 0 ? ", " : "") + joined;
        }
        return text + "%y = stablehlo.concatenate " + joins + ", dim = 0 : (" + join_types + ") -> " + type +
               "\nreturn %y : " + type + "\n}";
    };
    for (const auto& [width, nested] : {std::pair{300, 1}, std::pair{25, 12}}) {
        const std::vector<float> x = numbers(300, 1);
        EXPECT_EQ(runFloats(program(width, nested), {x}), std::vector<float>(x.rbegin(), x.rend()));
        const auto module = parseModule(program(width, nested));
        splitWideConcatenations(module->entry());
        EXPECT_GE(planBlock(module->entry().body()).groups.size(), 10U) << width << " x " << nested;
    }
}

TEST(LongPrograms, AFunctionWithoutABodyIsNotRun) {
    try {
        compile("func.func private @main(tensor<4xf32>) -> tensor<4xf32>");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::kInvalidArgument);
        EXPECT_NE(error.message().find("@main at line 1"), std::string::npos) << error.message();
        EXPECT_NE(error.message().find("has no body"), std::string::npos);
    }
}

}  // namespace
}  // namespace optirs::plugin::testing
