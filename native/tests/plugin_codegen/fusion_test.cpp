// Fused kernels against the same formulas written out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

constexpr const char* kSoftmax = R"(
func.func @main(%a: tensor<37x65xf32>) -> tensor<37x65xf32> {
  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %m = stablehlo.reduce(%a init: %low) applies stablehlo.maximum across dimensions = [1] : (tensor<37x65xf32>, tensor<f32>) -> tensor<37xf32>
  %mb = stablehlo.broadcast_in_dim %m, dims = [0] : (tensor<37xf32>) -> tensor<37x65xf32>
  %d = stablehlo.subtract %a, %mb : tensor<37x65xf32>
  %e = stablehlo.exponential %d : tensor<37x65xf32>
  %s = stablehlo.reduce(%e init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<37x65xf32>, tensor<f32>) -> tensor<37xf32>
  %sb = stablehlo.broadcast_in_dim %s, dims = [0] : (tensor<37xf32>) -> tensor<37x65xf32>
  %r = stablehlo.divide %e, %sb : tensor<37x65xf32>
  return %r : tensor<37x65xf32>
})";

TEST(Fusion, SoftmaxIsOneKernel) {
    const auto program = compile(kSoftmax);
    EXPECT_EQ(program->steps.size(), 1U);
    EXPECT_LT(program->arena_bytes, 1024);
    const std::vector<float> in = numbers(37 * 65, 1);
    const auto out = run(*program, {Bytes::of(in)})[0].as<float>();
    for (size_t row = 0; row < 37; ++row) {
        double sum = 0;
        for (size_t c = 0; c < 65; ++c) sum += std::exp(in[row * 65 + c]);
        for (size_t c = 0; c < 65; ++c)
            EXPECT_NEAR(out[row * 65 + c], std::exp(in[row * 65 + c]) / sum, 1e-7);
    }
}

TEST(Fusion, FormulasThatShareTheirOperandsAreOneKernel) {
    // y = x tanh(x) and its gradient: x and g are read once, and nothing but the results is written.
    const auto program = compile(R"(
func.func @main(%x: tensor<300x200xf32>, %g: tensor<300x200xf32>) -> (tensor<300x200xf32>, tensor<300x200xf32>) {
  %one = stablehlo.constant dense<1.0> : tensor<300x200xf32>
  %t = stablehlo.tanh %x : tensor<300x200xf32>
  %y = stablehlo.multiply %x, %t : tensor<300x200xf32>
  %t2 = stablehlo.multiply %t, %t : tensor<300x200xf32>
  %d = stablehlo.subtract %one, %t2 : tensor<300x200xf32>
  %xd = stablehlo.multiply %x, %d : tensor<300x200xf32>
  %s = stablehlo.add %t, %xd : tensor<300x200xf32>
  %dx = stablehlo.multiply %g, %s : tensor<300x200xf32>
  return %y, %dx : tensor<300x200xf32>, tensor<300x200xf32>
})");
    EXPECT_EQ(program->steps.size(), 1U);
    EXPECT_LT(program->arena_bytes, 1024);
    const std::vector<float> x = numbers(300 * 200, 3);
    const std::vector<float> g = numbers(300 * 200, 4);
    const auto results = run(*program, {Bytes::of(x), Bytes::of(g)});
    const std::vector<float> y = results[0].as<float>();
    const std::vector<float> dx = results[1].as<float>();
    for (size_t i = 0; i < x.size(); ++i) {
        const double t = std::tanh(static_cast<double>(x[i]));
        ASSERT_NEAR(y[i], x[i] * t, 1e-6) << i;
        ASSERT_NEAR(dx[i], g[i] * (t + x[i] * (1 - t * t)), 1e-6) << i;
    }
}

TEST(Fusion, LongColumnsAreAddedInParts) {
    // Two leading dimensions: 8 x 96 rows in 32 parts, then the parts.
    const auto program = compile(R"(
func.func @main(%a: tensor<8x96x130xf32>) -> (tensor<130xf32>, tensor<130xf32>) {
  %zero = stablehlo.constant dense<0.5> : tensor<f32>
  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %s = stablehlo.reduce(%a init: %zero) applies stablehlo.add across dimensions = [0, 1] : (tensor<8x96x130xf32>, tensor<f32>) -> tensor<130xf32>
  %m = stablehlo.reduce(%a init: %low) applies stablehlo.maximum across dimensions = [0, 1] : (tensor<8x96x130xf32>, tensor<f32>) -> tensor<130xf32>
  return %s, %m : tensor<130xf32>, tensor<130xf32>
})");
    const std::vector<float> in = numbers(8 * 96 * 130, 6);
    const auto results = run(*program, {Bytes::of(in)}, 3);
    for (size_t c = 0; c < 130; ++c) {
        double sum = 0.5;
        float greatest = -2;
        for (size_t r = 0; r < 8 * 96; ++r) {
            sum += in[r * 130 + c];
            greatest = std::max(greatest, in[r * 130 + c]);
        }
        EXPECT_NEAR(results[0].as<float>()[c], sum, 1e-4);
        EXPECT_EQ(results[1].as<float>()[c], greatest);
    }
}

TEST(Fusion, PartsStartWithWhatChangesNothing) {
    // A type without infinities, the least integer, and zeros whose sum is -0.
    const auto out =
        run(R"(
func.func @main(%a: tensor<65536xf8E4M3FN>, %b: tensor<65536xi32>, %c: tensor<65536xf32>) -> (tensor<f8E4M3FN>, tensor<i32>, tensor<f32>) {
  %low = stablehlo.constant dense<-448.0> : tensor<f8E4M3FN>
  %least = stablehlo.constant dense<-2147483648> : tensor<i32>
  %zero = stablehlo.constant dense<-0.0> : tensor<f32>
  %0 = stablehlo.reduce(%a init: %low) applies stablehlo.maximum across dimensions = [0] : (tensor<65536xf8E4M3FN>, tensor<f8E4M3FN>) -> tensor<f8E4M3FN>
  %1 = stablehlo.reduce(%b init: %least) applies stablehlo.maximum across dimensions = [0] : (tensor<65536xi32>, tensor<i32>) -> tensor<i32>
  %2 = stablehlo.reduce(%c init: %zero) applies stablehlo.add across dimensions = [0] : (tensor<65536xf32>, tensor<f32>) -> tensor<f32>
  return %0, %1, %2 : tensor<f8E4M3FN>, tensor<i32>, tensor<f32>
})",
            {Bytes::of(std::vector<uint8_t>(65536, 0xb8)), Bytes::of(std::vector<int32_t>(65536, -7)),
             Bytes::of(std::vector<float>(65536, -0.0F))});
    EXPECT_EQ(out[0].as<uint8_t>()[0], 0xb8) << "-1";
    EXPECT_EQ(out[1].as<int32_t>()[0], -7);
    EXPECT_TRUE(std::signbit(out[2].as<float>()[0]));
}

TEST(Fusion, ResultsDoNotDependOnThreads) {
    const auto program = compile(R"(
func.func @main(%a: tensor<4096x300xf32>) -> (tensor<300xf32>, tensor<f32>) {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %t = stablehlo.tanh %a : tensor<4096x300xf32>
  %c = stablehlo.reduce(%t init: %zero) applies stablehlo.add across dimensions = [0] : (tensor<4096x300xf32>, tensor<f32>) -> tensor<300xf32>
  %s = stablehlo.reduce(%a init: %zero) applies stablehlo.add across dimensions = [0, 1] : (tensor<4096x300xf32>, tensor<f32>) -> tensor<f32>
  return %c, %s : tensor<300xf32>, tensor<f32>
})");
    const std::vector<float> in = numbers(4096 * 300, 2);
    const auto one = run(*program, {Bytes::of(in)}, 1);
    const auto three = run(*program, {Bytes::of(in)}, 3);
    EXPECT_EQ(one[0].as<float>(), three[0].as<float>());
    EXPECT_EQ(one[1].as<float>(), three[1].as<float>());
    double sum = 0;
    double column = 0;
    for (const float x : in) sum += x;
    for (size_t r = 0; r < 4096; ++r) column += std::tanh(in[r * 300 + 7]);
    EXPECT_NEAR(one[1].as<float>()[0], sum, 1e-2);
    EXPECT_NEAR(one[0].as<float>()[7], column, 1e-3);
}

TEST(Fusion, EightBitFloatsRoundOnce) {
    const auto out = run(R"(
func.func @main(%a: tensor<5xf32>) -> (tensor<5xf8E4M3FN>, tensor<5xf32>) {
  %0 = stablehlo.convert %a : (tensor<5xf32>) -> tensor<5xf8E4M3FN>
  %1 = stablehlo.convert %0 : (tensor<5xf8E4M3FN>) -> tensor<5xf32>
  return %0, %1 : tensor<5xf8E4M3FN>, tensor<5xf32>
})",
                         {Bytes::of<float>({1, -448, 0.0625f, 17, 1.0625f})});
    EXPECT_THAT(out[0].as<uint8_t>(), ::testing::ElementsAre(0x38, 0xfe, 0x18, 0x58, 0x38));
    EXPECT_THAT(out[1].as<float>(), ::testing::ElementsAre(1, -448, 0.0625f, 16, 1));
}

TEST(Fusion, DonatedUpdateIsOnePass) {
    const auto program = compile(R"(
func.func @main(%p: tensor<1000xf32> {tf.aliasing_output = 0 : i32}, %m: tensor<1000xf32> {tf.aliasing_output = 1 : i32}, %g: tensor<1000xf32>) -> (tensor<1000xf32>, tensor<1000xf32>) {
  %b = stablehlo.constant dense<0.9> : tensor<1000xf32>
  %r = stablehlo.constant dense<0.1> : tensor<1000xf32>
  %0 = stablehlo.multiply %m, %b : tensor<1000xf32>
  %1 = stablehlo.add %0, %g : tensor<1000xf32>
  %2 = stablehlo.multiply %1, %r : tensor<1000xf32>
  %3 = stablehlo.subtract %p, %2 : tensor<1000xf32>
  return %3, %1 : tensor<1000xf32>, tensor<1000xf32>
})");
    EXPECT_EQ(program->steps.size(), 1U);
    const auto p = numbers(1000, 3);
    const auto m = numbers(1000, 4);
    const auto g = numbers(1000, 5);
    const auto out = run(*program, {Bytes::of(p), Bytes::of(m), Bytes::of(g)});
    for (size_t i = 0; i < 1000; ++i) {
        const float momentum = m[i] * 0.9f + g[i];
        EXPECT_EQ(out[1].as<float>()[i], momentum);
        EXPECT_EQ(out[0].as<float>()[i], p[i] - momentum * 0.1f);
    }
}

TEST(Fusion, DonatedArgumentsMaySwap) {
    const auto out = run(R"(
func.func @main(%a: tensor<3xf32> {tf.aliasing_output = 1 : i32}, %b: tensor<3xf32> {tf.aliasing_output = 0 : i32}) -> (tensor<3xf32>, tensor<3xf32>) {
  return %a, %b : tensor<3xf32>, tensor<3xf32>
})",
                         {Bytes::of<float>({1, 2, 3}), Bytes::of<float>({4, 5, 6})});
    EXPECT_THAT(out[0].as<float>(), ::testing::ElementsAre(1, 2, 3));
    EXPECT_THAT(out[1].as<float>(), ::testing::ElementsAre(4, 5, 6));
}

TEST(Fusion, DonatedArgumentReadBackwards) {
    const auto out = run(R"(
func.func @main(%a: tensor<4xf32> {tf.aliasing_output = 0 : i32}) -> tensor<4xf32> {
  %r = stablehlo.reverse %a, dims = [0] : tensor<4xf32>
  %0 = stablehlo.add %a, %r : tensor<4xf32>
  return %0 : tensor<4xf32>
})",
                         {Bytes::of<float>({1, 2, 3, 10})});
    EXPECT_THAT(out[0].as<float>(), ::testing::ElementsAre(11, 5, 5, 11));
}

TEST(Fusion, EqualKernelsShareCode) {
    const auto twice = compile(R"(
func.func @main(%a: tensor<64xf32>, %b: tensor<128xf32>, %c: tensor<64xf32>) -> (tensor<64xf32>, tensor<64xf32>) {
  %0 = stablehlo.tanh %a : tensor<64xf32>
  %1 = stablehlo.tanh %c : tensor<64xf32>
  return %0, %1 : tensor<64xf32>, tensor<64xf32>
})");
    const auto once = compile(R"(
func.func @main(%a: tensor<64xf32>) -> tensor<64xf32> {
  %0 = stablehlo.tanh %a : tensor<64xf32>
  return %0 : tensor<64xf32>
})");
    EXPECT_EQ(twice->generated_code_bytes, once->generated_code_bytes);
}

// Several vectors at once, one at a time, or one element at a time: where an element lies changes no bit of
// it.
TEST(Fusion, LongChainsGiveTheSameBitsAtEveryLength) {
    const auto chain = [](size_t rows, size_t columns) {
        const std::string type = "tensor<" + std::to_string(rows) + "x" + std::to_string(columns) + "xf32>";
        std::vector<float> x(rows * columns);
        for (size_t i = 0; i < x.size(); ++i) x[i] = 0.01F * static_cast<float>(i % columns);
        return runFloats("func.func @main(%x: " + type + ") -> " + type +
                             " {\n"
                             "%0 = stablehlo.tanh %x : " +
                             type +
                             "\n"
                             "%1 = stablehlo.sqrt %0 : " +
                             type +
                             "\n"
                             "%2 = stablehlo.exponential %1 : " +
                             type +
                             "\n"
                             "%3 = stablehlo.divide %x, %2 : " +
                             type + "\nreturn %3 : " + type + "\n}",
                         {x});
    };
    const auto longest = chain(1, 5000);
    for (const size_t columns : {1, 7, 16, 31, 32, 33, 64, 65, 96, 128, 255, 2048, 2049, 4096}) {
        for (const size_t rows : {1, 3}) {
            const auto some = chain(rows, columns);
            for (size_t i = 0; i < some.size(); ++i) ASSERT_EQ(some[i], longest[i % columns]) << columns;
        }
    }
}

}  // namespace
}  // namespace optirs::plugin::testing
