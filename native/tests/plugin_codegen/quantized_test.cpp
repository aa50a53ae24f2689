// Quantized programs against the specification's formulas, written out here in double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "pjrt_cpu/ir/error.h"
#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

struct Scheme {
    double scale;
    int zero;
    int low = -128;
    int high = 127;

    double value(int stored) const { return (stored - zero) * scale; }
    int stored(double value) const {
        const double shifted = std::clamp(value / scale + zero, double(low), double(high));
        return static_cast<int>(std::nearbyint(shifted));
    }
};

std::vector<int8_t> everyByte() {
    std::vector<int8_t> all;
    for (int i = -128; i < 128; ++i) all.push_back(static_cast<int8_t>(i));
    return all;
}

/// Scales are powers of two: every step is exact, and the formulas give single numbers.
const Scheme kA{0.25, 3};
const Scheme kB{0.5, -7};
constexpr const char* kTypeA = "tensor<256x!quant.uniform<i8:f32, 0.25:3>>";
constexpr const char* kTypeB = "tensor<256x!quant.uniform<i8:f32, 0.5:-7>>";

std::vector<int8_t> runBytes(const std::string& text, const std::vector<Bytes>& arguments) {
    return run(text, arguments).at(0).as<int8_t>();
}

std::string unary(const std::string& body, const std::string& from, const std::string& to) {
    return "func.func @main(%x: " + from + ") -> " + to + " {\n  %y = " + body + "\n  return %y : " + to +
           "\n}";
}

TEST(Quantized, ArgumentsAndResultsAreTheStoredIntegers) {
    const auto program = compile(
        unary("stablehlo.uniform_quantize %x : (" + std::string(kTypeA) + ") -> " + kTypeB, kTypeA, kTypeB));
    EXPECT_EQ(program->arguments[0].toString(), "tensor<256xi8>");
    const auto got = run(*program, {Bytes::of(everyByte())})[0].as<int8_t>();
    for (size_t i = 0; i < got.size(); ++i)
        ASSERT_EQ(got[i], kB.stored(kA.value(everyByte()[i]))) << "of " << int(everyByte()[i]);
}

TEST(Quantized, ToAndFromFloats) {
    std::vector<float> values;
    for (int i = -300; i < 300; ++i) values.push_back(static_cast<float>(i) * 0.125F);
    values.insert(values.end(), {INFINITY, -INFINITY, 1e30F, -1e30F, 0.0F, -0.0F});
    const std::string count = std::to_string(values.size());
    const std::string real = "tensor<" + count + "xf32>";
    const std::string quantized = "tensor<" + count + "x!quant.uniform<i8<-100:90>:f32, 0.25:3>>";
    const Scheme scheme{0.25, 3, -100, 90};
    const auto stored =
        runBytes(unary("stablehlo.uniform_quantize %x : (" + real + ") -> " + quantized, real, quantized),
                 {Bytes::of(values)});
    for (size_t i = 0; i < values.size(); ++i)
        ASSERT_EQ(stored[i], scheme.stored(values[i])) << "of " << values[i];
    const auto back =
        run(unary("stablehlo.uniform_dequantize %x : (" + quantized + ") -> " + real, quantized, real),
            {Bytes::of(stored)})[0]
            .as<float>();
    for (size_t i = 0; i < values.size(); ++i) ASSERT_EQ(back[i], scheme.value(stored[i]));
}

struct Operator {
    const char* name;
    double (*of)(double, double);
};

TEST(Quantized, BinaryOperatorsComputeWithWhatIsExpressed) {
    const Operator operators[] = {
        {"add", [](double a, double b) { return a + b; }},
        {"subtract", [](double a, double b) { return a - b; }},
        {"multiply", [](double a, double b) { return a * b; }},
        {"maximum", [](double a, double b) { return std::max(a, b); }},
        {"minimum", [](double a, double b) { return std::min(a, b); }},
    };
    std::vector<int8_t> lhs = everyByte();
    std::vector<int8_t> rhs = everyByte();
    std::ranges::rotate(rhs, rhs.begin() + 77);
    for (const Operator& op : operators) {
        const std::string a = kTypeA;
        const std::string b = kTypeB;
        const std::string text = "func.func @main(%x: " + a + ", %y: " + b + ") -> " + a +
                                 " {\n  %z = stablehlo." + op.name + " %x, %y : (" + a + ", " + b + ") -> " +
                                 a + "\n  return %z : " + a + "\n}";
        const auto got = runBytes(text, {Bytes::of(lhs), Bytes::of(rhs)});
        for (size_t i = 0; i < got.size(); ++i)
            ASSERT_EQ(got[i], kA.stored(op.of(kA.value(lhs[i]), kB.value(rhs[i]))))
                << op.name << " of " << int(lhs[i]) << ", " << int(rhs[i]);
    }
}

TEST(Quantized, ComparisonsCompareWhatIsExpressed) {
    const std::string text = "func.func @main(%x: " + std::string(kTypeA) + ", %y: " + kTypeB +
                             ") -> tensor<256xi1> {\n  %z = stablehlo.compare LT, %x, %y : (" + kTypeA +
                             ", " + kTypeB + ") -> tensor<256xi1>\n  return %z : tensor<256xi1>\n}";
    std::vector<int8_t> rhs = everyByte();
    std::ranges::reverse(rhs);
    const auto got = runBytes(text, {Bytes::of(everyByte()), Bytes::of(rhs)});
    for (size_t i = 0; i < got.size(); ++i)
        ASSERT_EQ(got[i] != 0, kA.value(everyByte()[i]) < kB.value(rhs[i]));
}

TEST(Quantized, AChannelHasItsOwnScale) {
    const std::string weights = "tensor<3x2x!quant.uniform<i8:f32:1, {0.5:1,0.25:-2}>>";
    const auto got = run(unary("stablehlo.uniform_dequantize %x : (" + weights + ") -> tensor<3x2xf32>",
                               weights, "tensor<3x2xf32>"),
                         {Bytes::of<int8_t>({1, -2, 3, 4, -128, 127})})[0]
                         .as<float>();
    EXPECT_EQ(got, std::vector<float>({0, 0, 1, 1.5F, -64.5F, 32.25F}));
}

TEST(Quantized, ProductsOfMatrices) {
    const std::string lhs = "tensor<2x3x!quant.uniform<i8:f32, 0.5:1>>";
    const std::string rhs = "tensor<3x2x!quant.uniform<i8:f32:1, {0.25:0,0.5:0}>>";
    const std::string out = "tensor<2x2x!quant.uniform<i32:f32, 0.125>>";
    const std::vector<int8_t> a = {1, 2, 3, -128, 127, 0};
    const std::vector<int8_t> b = {4, -5, 6, 7, -8, 9};
    const auto product = [](const std::string& x, const std::string& y, const std::string& z) {
        return "func.func @main(%x: " + x + ", %y: " + y + ") -> " + z +
               " {\n  %z = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0] : (" + x + ", " + y +
               ") -> " + z + "\n  return %z : " + z + "\n}";
    };
    const Scheme sa{0.5, 1};
    const double scales[] = {0.25, 0.5};
    const auto expressed = [&](size_t i, size_t j) {
        double sum = 0;
        for (size_t k = 0; k < 3; ++k) sum += sa.value(a[i * 3 + k]) * (b[k * 2 + j] * scales[j]);
        return sum;
    };
    const auto stored = run(product(lhs, rhs, out), {Bytes::of(a), Bytes::of(b)})[0].as<int32_t>();
    // Weights only: the other operand and the result are floats.
    std::vector<float> reals;
    for (const int8_t each : a) reals.push_back(static_cast<float>(sa.value(each)));
    const auto hybrid =
        run(product("tensor<2x3xf32>", rhs, "tensor<2x2xf32>"), {Bytes::of(reals), Bytes::of(b)})[0]
            .as<float>();
    for (size_t i = 0; i < 2; ++i) {
        for (size_t j = 0; j < 2; ++j) {
            EXPECT_EQ(stored[i * 2 + j], expressed(i, j) / 0.125);
            EXPECT_EQ(hybrid[i * 2 + j], expressed(i, j));
        }
    }
}

TEST(Quantized, WhatOnlyMovesElementsMovesIntegers) {
    const std::string from = "tensor<2x3x!quant.uniform<i8:f32:0, {0.5:1,0.25:2}>>";
    const std::string to = "tensor<3x2x!quant.uniform<i8:f32:1, {0.5:1,0.25:2}>>";
    const auto got =
        runBytes(unary("stablehlo.transpose %x, dims = [1, 0] : (" + from + ") -> " + to, from, to),
                 {Bytes::of<int8_t>({1, 2, 3, 4, 5, 6})});
    EXPECT_EQ(got, std::vector<int8_t>({1, 4, 2, 5, 3, 6}));
}

TEST(Quantized, AReductionFollowsItsBody) {
    const std::string element = "!quant.uniform<i8:f32, 0.5:1>";
    const std::string text = "func.func @main(%x: tensor<2x4x" + element + ">) -> tensor<2x" + element + R"(>{
  %zero = stablehlo.constant() {value = dense<1> : tensor<i8>} : () -> tensor<)" +
                             element + R"(>
  %y = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<2x4x)" +
                             element + ">, tensor<" + element + ">) -> tensor<2x" + element +
                             ">\n  return %y : tensor<2x" + element + ">\n}";
    const auto got = runBytes(text, {Bytes::of<int8_t>({1, 2, 3, 4, 120, 100, 1, -50})});
    // Of 0, 0.5, 1, 1.5; the second row leaves the range on its way, and stays at its end: 63 - 25.5.
    EXPECT_EQ(got[0], 7);
    EXPECT_EQ(got[1], 76);
}

TEST(Quantized, NarrowStorageSaturates) {
    const std::string type = "tensor<5x!quant.uniform<i4:bf16, 1.0>>";
    const auto got =
        run(unary("stablehlo.uniform_quantize %x : (tensor<5xbf16>) -> " + type, "tensor<5xbf16>", type),
            {Bytes::of<uint16_t>({0x4120, 0xC120, 0x3FC0, 0x4020, 0xBF00})})[0]
            .as<int8_t>();
    // 10, -10, 1.5, 2.5, -0.5
    EXPECT_EQ(got, std::vector<int8_t>({7, -8, 2, 2, 0}));
}

TEST(Quantized, ZeroPointsOutOfRangeAreRefused) {
    const std::string type = "tensor<2x!quant.uniform<i8:f32, 0.5:200>>";
    EXPECT_THROW(compile(unary("stablehlo.uniform_dequantize %x : (" + type + ") -> tensor<2xf32>", type,
                               "tensor<2xf32>")),
                 Error);
}

}  // namespace
}  // namespace optirs::plugin::testing
