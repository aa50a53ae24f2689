// Results that are written past the caches are the same as those that are not.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

/// Softmax of each row, and x tanh(x) of each element.
std::string program(size_t rows, size_t columns, bool donated = false) {
    const std::string row = "tensor<" + std::to_string(rows) + "xf32>";
    const std::string all = "tensor<" + std::to_string(rows) + "x" + std::to_string(columns) + "xf32>";
    const std::string donation = donated ? " {tf.aliasing_output = 1 : i32}" : "";
    return "func.func @main(%a: " + all + ", %b: " + all + donation + ") -> (" + all + ", " + all + R"() {
  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %m = stablehlo.reduce(%a init: %low) applies stablehlo.maximum across dimensions = [1] : ()" +
           all + ", tensor<f32>) -> " + row + R"(
  %mb = stablehlo.broadcast_in_dim %m, dims = [0] : ()" +
           row + ") -> " + all + R"(
  %d = stablehlo.subtract %a, %mb : )" +
           all + R"(
  %e = stablehlo.exponential %d : )" +
           all + R"(
  %s = stablehlo.reduce(%e init: %zero) applies stablehlo.add across dimensions = [1] : ()" +
           all + ", tensor<f32>) -> " + row + R"(
  %sb = stablehlo.broadcast_in_dim %s, dims = [0] : ()" +
           row + ") -> " + all + R"(
  %r = stablehlo.divide %e, %sb : )" +
           all + R"(
  %t = stablehlo.tanh %b : )" +
           all + R"(
  %y = stablehlo.multiply %b, %t : )" +
           all + R"(
  return %r, %y : )" +
           all + ", " + all + "\n}";
}

size_t count(const std::string& text, std::string_view what) {
    size_t found = 0;
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
    return found;
}

/// A large program against a small one over its first and its last rows, bit for bit.
void checkRows(size_t rows, size_t columns, bool donated) {
    constexpr size_t kFew = 5;
    const std::vector<float> in = numbers(rows * columns, 1);
    const auto large = run(program(rows, columns, donated), {Bytes::of(in), Bytes::of(in)});
    for (const size_t first : {size_t{0}, rows / 2, rows - kFew}) {
        const auto begin = in.begin() + static_cast<ptrdiff_t>(first * columns);
        const std::vector<float> some(begin, begin + kFew * columns);
        const auto small = run(program(kFew, columns, donated), {Bytes::of(some), Bytes::of(some)});
        for (size_t i = 0; i < 2; ++i) {
            const std::vector<float> all = large[i].as<float>();
            const auto part = all.begin() + static_cast<ptrdiff_t>(first * columns);
            EXPECT_EQ(std::vector<float>(part, part + kFew * columns), small[i].as<float>())
                << "result " << i << " from row " << first;
        }
    }
}

TEST(Stream, LargeResultsAreTheSame) { checkRows(4128, 1024, false); }
// The rows of the first result begin at every alignment.
TEST(Stream, RowsOfOddLength) { checkRows(4129, 1023, false); }
TEST(Stream, ResultsInTheMemoryOfArguments) { checkRows(4128, 1024, true); }

TEST(Stream, OnlyLargeResultsBypassTheCaches) {
    EXPECT_EQ(count(optimisedIr(program(100, 1024)), "!nontemporal"), 0U);
    const std::string ir = optimisedIr(program(4128, 1024));
    EXPECT_GE(count(ir, "!nontemporal"), 2U);
    EXPECT_GE(count(ir, "call void @llvm.x86.sse.sfence"), 2U);
}

TEST(Stream, WhatIsReadInPlaceIsInTheCachesAlready) {
    const std::string donated = optimisedIr(program(4128, 1024, true));
    EXPECT_GE(count(donated, "!nontemporal"), 1U);
    EXPECT_LT(count(donated, "!nontemporal"), count(optimisedIr(program(4128, 1024)), "!nontemporal"));
}

}  // namespace
}  // namespace optirs::plugin::testing
