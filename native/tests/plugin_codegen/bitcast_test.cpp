// bitcast_convert between elements of different widths, the narrower one of less than a byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run_program.h"

namespace optirs::plugin::testing {
namespace {

using ::testing::ElementsAre;

template <class To, class From>
std::vector<To> bitcast(const std::string& from, const std::string& to, const std::vector<From>& values) {
    const std::string text = "func.func @main(%x: " + from + ") -> " + to +
                             " {\n%0 = stablehlo.bitcast_convert %x : (" + from + ") -> " + to +
                             "\nreturn %0 : " + to + "\n}";
    const std::vector<Bytes> results = run(text, {Bytes::of(values)});
    return results[0].as<To>();
}

TEST(Bitcast, TheFirstOfSeveralHasTheLowestBits) {
    EXPECT_THAT((bitcast<int8_t, int8_t>("tensor<2x2xi4>", "tensor<2xi8>", {1, 2, 3, -4})),
                ElementsAre(0x21, static_cast<int8_t>(0xC3)));
    EXPECT_THAT((bitcast<uint16_t, uint8_t>("tensor<1x8xui2>", "tensor<1xui16>", {1, 2, 3, 0, 0, 0, 0, 2})),
                ElementsAre(0x8039));
    EXPECT_THAT((bitcast<int8_t, uint8_t>("tensor<2x2xui2>", "tensor<2xi4>", {3, 0, 0, 2})),
                ElementsAre(3, -8));
    EXPECT_THAT((bitcast<float, uint8_t>("tensor<8xui4>", "tensor<f32>", {0, 0, 0, 0, 0, 8, 15, 3})),
                ElementsAre(1.0F));
}

TEST(Bitcast, OneGivesItsPartsFromTheLowestBitsOn) {
    EXPECT_THAT(
        (bitcast<int8_t, int8_t>("tensor<2xi8>", "tensor<2x2xi4>", {0x21, static_cast<int8_t>(0xC3)})),
        ElementsAre(1, 2, 3, -4));
    EXPECT_THAT((bitcast<uint8_t, float>("tensor<1xf32>", "tensor<1x8xui4>", {1.0F})),
                ElementsAre(0, 0, 0, 0, 0, 8, 15, 3));
    EXPECT_THAT((bitcast<uint8_t, int8_t>("tensor<i4>", "tensor<2xui2>", {-2})), ElementsAre(2, 3));
}

}  // namespace
}  // namespace optirs::plugin::testing
