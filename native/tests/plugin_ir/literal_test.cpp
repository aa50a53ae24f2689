#include "pjrt_cpu/ir/literal.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "pjrt_cpu/ir/float_format.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/stablehlo/parser.h"

namespace optirs::plugin {
namespace {

constexpr ElementType kSmallFloats[] = {
    ElementType::kF4E2M1FN,   ElementType::kF6E2M3FN,      ElementType::kF6E3M2FN,  ElementType::kF8E3M4,
    ElementType::kF8E4M3,     ElementType::kF8E4M3FN,      ElementType::kF8E5M2,    ElementType::kF8E4M3FNUZ,
    ElementType::kF8E5M2FNUZ, ElementType::kF8E4M3B11FNUZ, ElementType::kF8E8M0FNU, ElementType::kBF16,
    ElementType::kF16};

TEST(FloatFormat, EveryPatternSurvives) {
    for (const ElementType type : kSmallFloats) {
        for (uint64_t bits = 0; bits < uint64_t{1} << bitWidth(type); ++bits) {
            const double value = decodeFloat(bits, type);
            if (std::isnan(value)) {
                EXPECT_TRUE(std::isnan(decodeFloat(encodeFloat(value, type), type)));
            } else {
                EXPECT_EQ(encodeFloat(value, type), bits) << elementTypeName(type) << " " << bits;
            }
        }
    }
}

// The nearest of all patterns, found by looking at every one.
TEST(FloatFormat, RoundsToNearestEven) {
    std::mt19937_64 random(7);
    for (const ElementType type : kSmallFloats) {
        if (bitWidth(type) > 8) continue;
        std::vector<std::pair<double, uint64_t>> all;
        for (uint64_t bits = 0; bits < uint64_t{1} << bitWidth(type); ++bits) {
            const double value = decodeFloat(bits, type);
            if (std::isfinite(value) && !std::signbit(value)) all.emplace_back(value, bits);
        }
        std::sort(all.begin(), all.end());
        for (size_t i = 0; i + 1 < all.size(); ++i) {
            const double low = all[i].first;
            const double high = all[i + 1].first;
            const double middle = (low + high) / 2;
            const uint64_t even = (all[i].second & 1) == 0 ? all[i].second : all[i + 1].second;
            if (type != ElementType::kF8E8M0FNU || low > 0) {
                EXPECT_EQ(encodeFloat(middle, type), even) << elementTypeName(type) << " " << middle;
            }
            EXPECT_EQ(encodeFloat(std::nextafter(middle, low), type), all[i].second);
            EXPECT_EQ(encodeFloat(std::nextafter(middle, high), type), all[i + 1].second);
        }
    }
    for (int i = 0; i < 100000; ++i) {
        const auto value = std::bit_cast<float>(static_cast<uint32_t>(random()));
        if (std::isnan(value)) continue;
        // bf16 is the upper half of f32: add half of the lower, and what makes ties even.
        const auto bits = std::bit_cast<uint32_t>(value);
        const uint64_t expected = std::isinf(value) ? bits >> 16 : (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
        EXPECT_EQ(encodeFloat(value, ElementType::kBF16), expected);
    }
}

TEST(FloatFormat, KnownValues) {
    EXPECT_EQ(encodeFloat(448, ElementType::kF8E4M3FN), 0x7Eu);
    EXPECT_EQ(encodeFloat(1e9, ElementType::kF8E4M3FN), 0x7Fu);
    EXPECT_EQ(encodeFloat(1e9, ElementType::kF8E5M2), 0x7Cu);
    EXPECT_EQ(encodeFloat(65504, ElementType::kF16), 0x7BFFu);
    EXPECT_EQ(encodeFloat(65520, ElementType::kF16), 0x7C00u);
    EXPECT_EQ(encodeFloat(-0.0, ElementType::kF8E4M3FNUZ), 0u);
    EXPECT_EQ(decodeFloat(1, ElementType::kF16), std::ldexp(1.0, -24));
}

Literal parse(const std::string& text) {
    const auto module = parseModule("func.func @main() {\n%c = stablehlo.constant " + text + "\nreturn\n}");
    return constantValue(*module->entry().body().first());
}

TEST(Literal, Spellings) {
    EXPECT_EQ(parse("dense<[0x7F800000, -1.5]> : tensor<2xf32>").real(0),
              std::numeric_limits<double>::infinity());
    EXPECT_TRUE(std::isnan(parse("dense<0x7FC00000> : tensor<f32>").real(0)));
    EXPECT_EQ(parse("dense<0xFF80> : tensor<bf16>").real(0), -std::numeric_limits<double>::infinity());
    EXPECT_EQ(parse("dense<(1.0, -2.0)> : tensor<3xcomplex<f64>>").complex(2), std::complex<double>(1, -2));
    EXPECT_EQ(parse("dense<[true, false]> : tensor<2xi1>").integers(), (std::vector<int64_t>{1, 0}));
    EXPECT_EQ(parse("dense<[-8, 7, 15]> : tensor<3xi4>").integers(), (std::vector<int64_t>{-8, 7, -1}));
    EXPECT_EQ(parse("dense<\"0x0F08\"> : tensor<2xi4>").integers(), (std::vector<int64_t>{-1, -8}));
    EXPECT_EQ(parse("dense<\"0x05\"> : tensor<3xi1>").integers(), (std::vector<int64_t>{1, 0, 1}));
    EXPECT_EQ(parse("dense<\"0xFF\"> : tensor<3xi1>").integers(), (std::vector<int64_t>{1, 1, 1}));
    EXPECT_EQ(parse("dense<\"0x0502\"> : tensor<10xi1>").integers(),
              (std::vector<int64_t>{1, 0, 1, 0, 0, 0, 0, 0, 0, 1}));
    EXPECT_EQ(parse("dense<18446744073709551615> : tensor<ui64>").integer(0), -1);
    EXPECT_EQ(parse("dense<[[1, 2], [3, 4]]> : tensor<2x2xi32>").at<int32_t>(2), 3);
    EXPECT_EQ(parse("dense<> : tensor<0x3xf32>").elementCount(), 0);
    EXPECT_TRUE(parse("dense<7> : tensor<1000000000x1000000xi32>").isSplat());
    EXPECT_TRUE(parse("dense<1.0> : tensor<4xf32>") == parse("dense<[1.0, 1.0, 1.0, 1.0]> : tensor<4xf32>"));
}

// Bits survive text, whatever they are.
TEST(Literal, TextRoundTrip) {
    std::mt19937_64 random(1);
    for (const char* name : {"i1", "i4", "ui4", "i8", "ui16", "i32", "ui64", "f8E5M2", "f8E4M3FN", "bf16",
                             "f16", "f32", "f64"}) {
        const ElementType element = *elementTypeFromName(name);
        for (const int64_t count : {1, 5, 200}) {
            std::vector<std::byte> bytes(static_cast<size_t>(count * byteWidth(element)));
            for (auto& byte : bytes) byte = static_cast<std::byte>(random());
            if (bitWidth(element) < 8) {
                for (auto& byte : bytes) storeInteger(loadInteger(&byte, element), element, &byte);
            }
            const Literal literal(TensorType(element, {count}), bytes);
            EXPECT_TRUE(parse(literal.toString()) == literal) << literal.toString();
        }
    }
}

}  // namespace
}  // namespace optirs::plugin
