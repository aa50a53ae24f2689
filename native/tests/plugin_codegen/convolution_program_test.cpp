// Which algorithm a convolution of a program runs by, and that all of them agree.
#include <gtest/gtest.h>

#include <string>

#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

std::string convolution(const std::string& precision) {
    return R"(
func.func @main(%x: tensor<2x14x14x16xf32>, %w: tensor<3x3x16x24xf32>) -> tensor<2x14x14x24xf32> {
  %y = stablehlo.convolution(%x, %w) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f],
      window = {pad = [[1, 1], [1, 1]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64)" +
           precision + R"(} : (tensor<2x14x14x16xf32>, tensor<3x3x16x24xf32>) -> tensor<2x14x14x24xf32>
  return %y : tensor<2x14x14x24xf32>
})";
}

std::string steps(const std::string& text) {
    std::string list;
    const auto program = compile(text);
    for (const auto& step : program->steps) list += step->describe() + "\n";
    return list;
}

TEST(ConvolutionProgram, PrecisionSaysWhetherDigitsMayBeLost) {
    const std::string exact =
        ", precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>]";
    const std::string usual =
        ", precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]";
    EXPECT_NE(steps(convolution("")).find("Winograd"), std::string::npos) << steps(convolution(""));
    EXPECT_NE(steps(convolution(usual)).find("Winograd"), std::string::npos) << steps(convolution(usual));
    EXPECT_EQ(steps(convolution(exact)).find("Winograd"), std::string::npos) << steps(convolution(exact));
    const std::vector<std::vector<float>> arguments = {numbers(2 * 14 * 14 * 16, 1),
                                                       numbers(3 * 3 * 16 * 24, 2)};
    const std::vector<float> direct = runFloats(convolution(exact), arguments);
    const std::vector<float> fast = runFloats(convolution(""), arguments);
    for (size_t i = 0; i < direct.size(); ++i) ASSERT_NEAR(fast[i], direct[i], 3e-5) << i;
}

}  // namespace
}  // namespace optirs::plugin::testing
