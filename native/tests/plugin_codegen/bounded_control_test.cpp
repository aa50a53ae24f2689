// Sizes through control flow, reshapes and slices, with results worked out by hand.
#include <gmock/gmock.h>

#include "bounded_case.h"
#include "pjrt_cpu/ir/error.h"
#include "run_program.h"

namespace optirs::plugin::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Floats = std::vector<float>;

/// The only result, for a size.
Sized runAt(const std::string& parameters, const std::string& results, const std::string& body, int32_t size,
            const std::vector<Floats>& arguments) {
    std::vector<Bytes> inputs = {Bytes::of(std::vector<int32_t>{size})};
    for (const Floats& each : arguments) inputs.push_back(Bytes::of(each));
    return runSized(*compile(sizedProgram(parameters, results, body)), inputs).at(0);
}

const std::string kCut =
    "%s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4xf32>, tensor<i32>) -> V<4>\n";

TEST(BoundedControl, ALoopCarriesTheSizeThatItChanges) {
    const std::string body = kCut + R"(
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %r:2 = stablehlo.while(%i = %zero, %v = %s) : tensor<i32>, V<4>
  cond {
    %two = stablehlo.constant dense<2> : tensor<i32>
    %p = stablehlo.compare LT, %i, %two : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  } do {
    %one = stablehlo.constant dense<1> : tensor<i32>
    %j = stablehlo.add %i, %one : tensor<i32>
    %m = stablehlo.get_dimension_size %v, dim = 0 : (V<4>) -> tensor<i32>
    %k = stablehlo.subtract %m, %one : tensor<i32>
    %d = stablehlo.add %v, %v : V<4>
    %w = stablehlo.set_dimension_size %d, %k, dim = 0 : (V<4>, tensor<i32>) -> V<4>
    stablehlo.return %j, %w : tensor<i32>, V<4>
  }
  return %r#1 : V<4>)";
    const Sized three = runAt(", %x: tensor<4xf32>", "V<4>", body, 3, {{1, 2, 3, 4}});
    EXPECT_THAT(three.dims, ElementsAre(1));
    EXPECT_THAT(three.data.as<float>(), ElementsAre(4));
    EXPECT_THAT(runAt(", %x: tensor<4xf32>", "V<4>", body, 4, {{1, 2, 3, 4}}).data.as<float>(),
                ElementsAre(4, 8));
    EXPECT_THAT(runAt(", %x: tensor<4xf32>", "V<4>", body, 0, {{1, 2, 3, 4}}).dims, ElementsAre(0));
}

TEST(BoundedControl, BranchesGiveSizesOfTheirOwn) {
    const std::string body = kCut + R"(
  %two = stablehlo.constant dense<2> : tensor<i32>
  %p = stablehlo.compare GT, %n, %two : (tensor<i32>, tensor<i32>) -> tensor<i1>
  %r = "stablehlo.if"(%p) ({
    %j = stablehlo.concatenate %s, %s, dim = 0 : (V<4>, V<4>) -> V<8>
    stablehlo.return %j : V<8>
  }, {
    stablehlo.return %s : V<4>
  }) : (tensor<i1>) -> V<8>
  return %r : V<8>)";
    EXPECT_THAT(runAt(", %x: tensor<4xf32>", "V<8>", body, 3, {{1, 2, 3, 4}}).data.as<float>(),
                ElementsAre(1, 2, 3, 1, 2, 3));
    EXPECT_THAT(runAt(", %x: tensor<4xf32>", "V<8>", body, 2, {{1, 2, 3, 4}}).data.as<float>(),
                ElementsAre(1, 2));
    EXPECT_THAT(runAt(", %x: tensor<4xf32>", "V<8>", body, 0, {{1, 2, 3, 4}}).data.as<float>(), IsEmpty());
}

TEST(BoundedControl, ACaseAndACallHandTheSizeOn) {
    const std::string text = withTypes(R"(
func.func private @twice(%v: V<4>) -> V<4> {
  %r = stablehlo.add %v, %v : V<4>
  return %r : V<4>
}
func.func @main(%n: tensor<i32>, %x: tensor<4xf32>) -> V<4> {
  )" + kCut + R"(
  %r = "stablehlo.case"(%n) ({
    stablehlo.return %s : V<4>
  }, {
    %t = func.call @twice(%s) : (V<4>) -> V<4>
    stablehlo.return %t : V<4>
  }, {
    stablehlo.return %x : tensor<4xf32>
  }) : (tensor<i32>) -> V<4>
  return %r : V<4>
})");
    const auto program = compile(text);
    const auto at = [&](int32_t n) {
        return runSized(*program, {Bytes::of(std::vector<int32_t>{n}), Bytes::of<float>({1, 2, 3, 4})}).at(0);
    };
    EXPECT_THAT(at(0).dims, ElementsAre(0));
    EXPECT_THAT(at(1).data.as<float>(), ElementsAre(2));
    EXPECT_THAT(at(2).data.as<float>(), ElementsAre(1, 2, 3, 4));
}

// What is there of a slice that the size cuts short.
TEST(BoundedControl, ASliceHasWhatIsThereOfIt) {
    const std::string body = kCut +
                             "%r = \"stablehlo.slice\"(%s) {start_indices = array<i64: 1>, limit_indices = "
                             "array<i64: 4>, strides = array<i64: 2>} : (V<4>) -> V<2>\nreturn %r : V<2>";
    const std::vector<std::vector<float>> expected = {{}, {}, {2}, {2}, {2, 4}};
    for (int32_t n = 0; n <= 4; ++n)
        EXPECT_EQ(runAt(", %x: tensor<4xf32>", "V<2>", body, n, {{1, 2, 3, 4}}).data.as<float>(),
                  expected[static_cast<size_t>(n)])
            << n;
    const std::string window =
        kCut +
        "%i = stablehlo.constant dense<2> : tensor<i32>\n%r = \"stablehlo.dynamic_slice\"(%s, %i) "
        "{slice_sizes = array<i64: 3>} : (V<4>, tensor<i32>) -> V<3>\nreturn %r : V<3>";
    EXPECT_THAT(runAt(", %x: tensor<4xf32>", "V<3>", window, 2, {{1, 2, 3, 4}}).data.as<float>(),
                ElementsAre(1, 2));
    EXPECT_THAT(runAt(", %x: tensor<4xf32>", "V<3>", window, 4, {{1, 2, 3, 4}}).data.as<float>(),
                ElementsAre(2, 3, 4));
}

// Rows of two and of three: a reshape counts the elements that are there.
TEST(BoundedControl, AReshapeCountsWhatIsThere) {
    const Floats six = {1, 2, 3, 4, 5, 6};
    const auto reshaped = [&](const std::string& cut, const std::string& from, const std::string& to,
                              int32_t n) {
        return runAt(", %x: tensor<2x3xf32>", to,
                     "%s = stablehlo.set_dimension_size %x, %n, dim = " + cut +
                         " : (tensor<2x3xf32>, tensor<i32>) -> " + from + "\n%r = stablehlo.reshape %s : (" +
                         from + ") -> " + to + "\nreturn %r : " + to,
                     n, {six});
    };
    EXPECT_THAT(reshaped("0", "M<2,3>", "V<6>", 1).data.as<float>(), ElementsAre(1, 2, 3));
    EXPECT_THAT(reshaped("0", "M<2,3>", "V<6>", 0).dims, ElementsAre(0));
    // What is there does not lie together.
    EXPECT_THAT(reshaped("1", "W<2,3>", "V<6>", 2).data.as<float>(), ElementsAre(1, 2, 4, 5));
    const Sized three = reshaped("1", "W<2,3>", "W<1,6>", 1);
    EXPECT_THAT(three.dims, ElementsAre(1, 2));
    EXPECT_THAT(three.data.as<float>(), ElementsAre(1, 4));
    const Sized pairs = reshaped("1", "W<2,3>", "M<3,2>", 2);
    EXPECT_THAT(pairs.dims, ElementsAre(2, 2));
    EXPECT_THAT(pairs.data.as<float>(), ElementsAre(1, 2, 4, 5));
}

TEST(BoundedControl, ADynamicReshapeTakesTheSizesThatItIsGiven) {
    const std::string body = R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 1 : (tensor<2x3xf32>, tensor<i32>) -> W<2,3>
  %l = stablehlo.constant dense<2> : tensor<1xi32>
  %h = stablehlo.reshape %n : (tensor<i32>) -> tensor<1xi32>
  %d = stablehlo.concatenate %h, %l, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
  %r = stablehlo.dynamic_reshape %s, %d : (W<2,3>, tensor<2xi32>) -> M<3,2>
  return %r : M<3,2>)";
    const Sized result = runAt(", %x: tensor<2x3xf32>", "M<3,2>", body, 2, {{1, 2, 3, 4, 5, 6}});
    EXPECT_THAT(result.dims, ElementsAre(2, 2));
    EXPECT_THAT(result.data.as<float>(), ElementsAre(1, 2, 4, 5));
}

TEST(BoundedControl, TwoSizesOfOneResultArePacked) {
    const std::string body = R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<3x4xf32>, tensor<i32>) -> M<3,4>
  %m = stablehlo.add %n, %n : tensor<i32>
  %t = "stablehlo.set_dimension_size"(%s, %m) {dimension = 1 : i64} : (M<3,4>, tensor<i32>) -> tensor<?x?xf32, #stablehlo.bounds<3, 4>>
  return %t : tensor<?x?xf32, #stablehlo.bounds<3, 4>>)";
    const Sized result = runAt(", %x: tensor<3x4xf32>", "tensor<?x?xf32, #stablehlo.bounds<3, 4>>", body, 1,
                               {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}});
    EXPECT_THAT(result.dims, ElementsAre(1, 2));
    EXPECT_THAT(result.data.as<float>(), ElementsAre(0, 1));
    const Sized larger = runAt(", %x: tensor<3x4xf32>", "tensor<?x?xf32, #stablehlo.bounds<3, 4>>", body, 2,
                               {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}});
    EXPECT_THAT(larger.data.as<float>(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

// x, one zero before and n behind, a window of two ones.
TEST(BoundedControl, AConvolutionWithPaddingThatIsGiven) {
    const std::string body = R"(
  %one = stablehlo.constant dense<1> : tensor<i32>
  %k = stablehlo.constant dense<1.0> : tensor<2x1x1xf32>
  %l = stablehlo.reshape %one : (tensor<i32>) -> tensor<1x1xi32>
  %h = stablehlo.reshape %n : (tensor<i32>) -> tensor<1x1xi32>
  %p = stablehlo.concatenate %l, %h, dim = 1 : (tensor<1x1xi32>, tensor<1x1xi32>) -> tensor<1x2xi32>
  %r = "stablehlo.dynamic_conv"(%x, %k, %p) {dimension_numbers = #stablehlo.conv<[b, 0, f]x[0, i, o]->[b, 0, f]>, feature_group_count = 1 : i64, batch_group_count = 1 : i64} : (tensor<1x3x1xf32>, tensor<2x1x1xf32>, tensor<1x2xi32>) -> tensor<1x?x1xf32, #stablehlo.bounds<?, 8, ?>>
  return %r : tensor<1x?x1xf32, #stablehlo.bounds<?, 8, ?>>)";
    const std::string type = "tensor<1x?x1xf32, #stablehlo.bounds<?, 8, ?>>";
    const auto at = [&](int32_t n) { return runAt(", %x: tensor<1x3x1xf32>", type, body, n, {{1, 2, 3}}); };
    EXPECT_THAT(at(0).data.as<float>(), ElementsAre(1, 3, 5));
    EXPECT_THAT(at(2).data.as<float>(), ElementsAre(1, 3, 5, 3, 0));
    EXPECT_THAT(at(2).dims, ElementsAre(1, 5, 1));
}

// From the text that the passes leave, and in the memory of an argument.
TEST(BoundedControl, AProgramThatIsMadeAgainKnowsItsSizes) {
    const std::string text = withTypes(R"(
func.func @main(%n: tensor<i32>, %x: tensor<3x4xf32> {tf.aliasing_output = 0 : i32}) -> W<3,4> {
  %d = stablehlo.add %x, %x : tensor<3x4xf32>
  %s = stablehlo.set_dimension_size %d, %n, dim = 1 : (tensor<3x4xf32>, tensor<i32>) -> W<3,4>
  return %s : W<3,4>
})");
    const auto program = compileOptimised(compile(text)->optimized_text, {});
    const auto result = runSized(*program, {Bytes::of(std::vector<int32_t>{2}),
                                            Bytes::of<float>({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})});
    ASSERT_EQ(result.size(), 1U);
    EXPECT_THAT(result[0].dims, ElementsAre(3, 2));
    EXPECT_THAT(result[0].data.as<float>(), ElementsAre(0, 2, 8, 10, 16, 18));
}

// What the random number generator gives is open, how much of it is not.
TEST(BoundedControl, RandomNumbersAreAsManyAsTheSize) {
    const std::string body = R"(
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %one = stablehlo.constant dense<1.0> : tensor<f32>
  %h = stablehlo.reshape %n : (tensor<i32>) -> tensor<1xi32>
  %r = "stablehlo.rng"(%zero, %one, %h) {rng_distribution = #stablehlo<rng_distribution UNIFORM>} : (tensor<f32>, tensor<f32>, tensor<1xi32>) -> V<4>
  return %r : V<4>)";
    EXPECT_THAT(runAt("", "V<4>", body, 3, {}).dims, ElementsAre(3));
}

TEST(BoundedControl, RefusalsSayWhatAndWhereAndWhatToDo) {
    const auto refusal = [](const std::string& body, const std::string& results) {
        try {
            compile(sizedProgram(", %x: tensor<4xf32>, %k: tensor<4x1x1xf32>", results, body));
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Code::kUnimplemented) << error.message();
            return error.message();
        }
        ADD_FAILURE() << "should be refused";
        return std::string();
    };
    EXPECT_THAT(refusal(kCut + R"(%r = stablehlo.custom_call @mine(%s) : (V<4>) -> tensor<4xf32>
  return %r : tensor<4xf32>)",
                        "tensor<4xf32>"),
                ::testing::AllOf(HasSubstr("stablehlo.custom_call at line 3"), HasSubstr("dimension 0"),
                                 HasSubstr("pad the operand")));
    EXPECT_THAT(
        refusal(kCut + R"(%c = stablehlo.convert %s : (V<4>) -> tensor<?xcomplex<f32>, #stablehlo.bounds<4>>
  %r = stablehlo.fft %c, type = FFT, length = [4] : (tensor<?xcomplex<f32>, #stablehlo.bounds<4>>) -> tensor<?xcomplex<f32>, #stablehlo.bounds<4>>
  %q = stablehlo.real %r : (tensor<?xcomplex<f32>, #stablehlo.bounds<4>>) -> V<4>
  return %q : V<4>)",
                "V<4>"),
        ::testing::AllOf(HasSubstr("stablehlo.fft"), HasSubstr("dimension 0"), HasSubstr("is transformed")));
    EXPECT_THAT(
        refusal(
            R"(%s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4xf32>, tensor<i32>) -> tensor<?xf32>
  return %s : tensor<?xf32>)",
            "tensor<?xf32>"),
        HasSubstr("stablehlo.set_dimension_size"));
}

}  // namespace
}  // namespace optirs::plugin::testing
