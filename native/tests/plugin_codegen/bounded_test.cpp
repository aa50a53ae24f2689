// Dimensions whose size an argument gives: what lies past it has no part in any result.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "run_program.h"

namespace optirs::plugin::testing {
namespace {

using Floats = std::vector<float>;
using ::testing::ElementsAre;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<Floats> runWithSize(const std::string& body, const std::string& results, int32_t size,
                                const std::vector<Floats>& arguments, const std::string& types) {
    std::vector<Bytes> inputs = {Bytes::of(std::vector<int32_t>{size})};
    std::string parameters = "%n: tensor<i32>";
    size_t at = 0;
    for (size_t i = 0; i < arguments.size(); ++i) {
        inputs.push_back(Bytes::of(arguments[i]));
        const size_t end = types.find(';', at);
        parameters += ", %x" + std::to_string(i) + ": " + types.substr(at, end - at);
        at = end + 1;
    }
    const std::string text = "func.func @main(" + parameters + ") -> (" + results + ") {\n" + body + "\n}";
    std::vector<Floats> out;
    for (const Bytes& each : run(text, inputs)) out.push_back(each.as<float>());
    return out;
}

const std::string kCut =
    "%s = \"stablehlo.set_dimension_size\"(%x0, %n) {dimension = 0 : i64} : (tensor<4xf32>, tensor<i32>)"
    " -> tensor<?xf32, #stablehlo.bounds<4>>\n";
const std::string kReduce = R"(
  %zero = stablehlo.constant dense<INIT> : tensor<f32>
  %r = stablehlo.reduce(VALUE init: %zero) applies stablehlo.OP across dimensions = [0] :
      (tensor<?xf32, #stablehlo.bounds<4>>, tensor<f32>) -> tensor<f32>
)";

std::string reduceOf(const std::string& value, const std::string& op, const std::string& init) {
    std::string text = kReduce;
    text.replace(text.find("INIT"), 4, init);
    text.replace(text.find("VALUE"), 5, value);
    text.replace(text.find("OP"), 2, op);
    return text;
}

TEST(Bounded, ReductionsLeaveThePaddingOut) {
    const Floats x = {-1, -2, kNan, 100};
    const struct {
        const char* op;
        const char* init;
        float expected;
    } cases[] = {{"add", "5.0", 2}, {"multiply", "3.0", 6}, {"maximum", "-9.0", -1}, {"minimum", "9.0", -2}};
    for (const auto& each : cases) {
        const auto result = runWithSize(kCut + reduceOf("%s", each.op, each.init) + "return %r : tensor<f32>",
                                        "tensor<f32>", 2, {x}, "tensor<4xf32>;");
        EXPECT_EQ(result[0][0], each.expected) << each.op;
    }
    // Nothing is there: what is left is where it began. All is there: the padding has no place.
    const std::string sum = kCut + reduceOf("%s", "add", "5.0") + "return %r : tensor<f32>";
    EXPECT_EQ(runWithSize(sum, "tensor<f32>", 0, {x}, "tensor<4xf32>;")[0][0], 5);
    EXPECT_EQ(runWithSize(sum, "tensor<f32>", 4, {{1, 2, 3, 4}}, "tensor<4xf32>;")[0][0], 15);
}

// A softmax over the first n elements: maximum, exponentials, their sum, and the size as a number.
TEST(Bounded, ElementwiseOperationsAndBroadcastsKeepTheSize) {
    const std::string type = "tensor<?xf32, #stablehlo.bounds<4>>";
    std::string body = kCut + reduceOf("%s", "maximum", "0xFF800000");
    body +=
        "%wide = \"stablehlo.dynamic_broadcast_in_dim\"(%r, %shape) {broadcast_dimensions = array<i64>} : "
        "(tensor<f32>, tensor<1xi32>) -> " +
        type + "\n";
    body.insert(0, "%shape = stablehlo.reshape %n : (tensor<i32>) -> tensor<1xi32>\n");
    body += "%d = stablehlo.subtract %s, %wide : " + type + "\n";
    body += "%e = stablehlo.exponential %d : " + type + "\n";
    body += "%z = stablehlo.constant dense<0.0> : tensor<f32>\n";
    body += "%total = stablehlo.reduce(%e init: %z) applies stablehlo.add across dimensions = [0] : (" +
            type + ", tensor<f32>) -> tensor<f32>\n";
    body += "%size = \"stablehlo.get_dimension_size\"(%e) {dimension = 0 : i64} : (" + type +
            ") -> tensor<i32>\n%count = stablehlo.convert %size : (tensor<i32>) -> tensor<f32>\n"
            "return %total, %count : tensor<f32>, tensor<f32>";
    const auto result = runWithSize(body, "tensor<f32>, tensor<f32>", 3, {{1, 2, 3, 1000}}, "tensor<4xf32>;");
    EXPECT_NEAR(result[0][0], 1 + std::exp(-1) + std::exp(-2), 1e-6);
    EXPECT_EQ(result[1][0], 3);
}

TEST(Bounded, ProductsContractWhatIsThere) {
    const std::string body = R"(
  %s = "stablehlo.set_dimension_size"(%x0, %n) {dimension = 1 : i64} : (tensor<2x3xf32>, tensor<i32>)
      -> tensor<2x?xf32, #stablehlo.bounds<?, 3>>
  %t = "stablehlo.set_dimension_size"(%x1, %n) {dimension = 0 : i64} : (tensor<3x2xf32>, tensor<i32>)
      -> tensor<?x2xf32, #stablehlo.bounds<3, ?>>
  %d = stablehlo.dot_general %s, %t, contracting_dims = [1] x [0] :
      (tensor<2x?xf32, #stablehlo.bounds<?, 3>>, tensor<?x2xf32, #stablehlo.bounds<3, ?>>) -> tensor<2x2xf32>
  %whole = stablehlo.dot_general %x0, %x1, contracting_dims = [1] x [0] :
      (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
  return %d, %whole : tensor<2x2xf32>, tensor<2x2xf32>)";
    const auto result =
        runWithSize(body, "tensor<2x2xf32>, tensor<2x2xf32>", 2,
                    {{1, 2, 3, 4, 5, kNan}, {1, 10, 2, 20, 3, INFINITY}}, "tensor<2x3xf32>;tensor<3x2xf32>;");
    EXPECT_THAT(result[0], ElementsAre(5, 50, 14, 140));
    EXPECT_EQ(result[1][0], 14);  // the operands themselves are whole
}

// Rows of a product whose number is bounded, transposed, with a dimension added, summed both ways.
TEST(Bounded, TheSizeFollowsItsDimension) {
    const std::string body = R"(
  %s = "stablehlo.set_dimension_size"(%x0, %n) {dimension = 0 : i64} : (tensor<3x2xf32>, tensor<i32>)
      -> tensor<?x2xf32, #stablehlo.bounds<3, ?>>
  %d = stablehlo.dot_general %s, %x1, contracting_dims = [1] x [0] :
      (tensor<?x2xf32, #stablehlo.bounds<3, ?>>, tensor<2x2xf32>) -> tensor<?x2xf32, #stablehlo.bounds<3, ?>>
  %t = stablehlo.transpose %d, dims = [1, 0] :
      (tensor<?x2xf32, #stablehlo.bounds<3, ?>>) -> tensor<2x?xf32, #stablehlo.bounds<?, 3>>
  %r = stablehlo.reshape %t :
      (tensor<2x?xf32, #stablehlo.bounds<?, 3>>) -> tensor<2x1x?xf32, #stablehlo.bounds<?, ?, 3>>
  %j = stablehlo.concatenate %r, %r, dim = 1 :
      (tensor<2x1x?xf32, #stablehlo.bounds<?, ?, 3>>, tensor<2x1x?xf32, #stablehlo.bounds<?, ?, 3>>)
      -> tensor<2x2x?xf32, #stablehlo.bounds<?, ?, 3>>
  %z = stablehlo.constant dense<0.0> : tensor<f32>
  %a = stablehlo.reduce(%j init: %z) applies stablehlo.add across dimensions = [0] :
      (tensor<2x2x?xf32, #stablehlo.bounds<?, ?, 3>>, tensor<f32>) -> tensor<2x?xf32, #stablehlo.bounds<?, 3>>
  %b = stablehlo.reduce(%a init: %z) applies stablehlo.add across dimensions = [1] :
      (tensor<2x?xf32, #stablehlo.bounds<?, 3>>, tensor<f32>) -> tensor<2xf32>
  return %b : tensor<2xf32>)";
    const auto result = runWithSize(body, "tensor<2xf32>", 2, {{1, 2, 3, 4, kNan, 6}, {1, 0, 0, 10}},
                                    "tensor<3x2xf32>;tensor<2x2xf32>;");
    EXPECT_THAT(result[0], ElementsAre(64, 64));  // 1 + 20 + 3 + 40
}

}  // namespace
}  // namespace optirs::plugin::testing
