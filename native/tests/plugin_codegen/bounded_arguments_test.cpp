// Programs whose arguments may have any size up to a bound, beside the same programs for arrays of that size.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <regex>

#include "../plugin_ir/hlo_writer.h"
#include "run_program.h"

namespace optirs::plugin::testing {
namespace {

using Extents = std::map<std::string, int64_t>;

/// `n+m`: a sum of named sizes.
int64_t extentOf(const std::string& names, const Extents& extents) {
    int64_t sum = 0;
    for (size_t at = 0; at < names.size();) {
        const size_t end = std::min(names.find('+', at), names.size());
        sum += extents.at(names.substr(at, end - at));
        at = end + 1;
    }
    return sum;
}

/// Types are written `tensor<{n:4}x3xf32>`: at most 4 rows, n of them. Calls `write` for each that has such a
/// dimension, with what stands between < and >.
std::string withTypes(const std::string& text, const std::function<std::string(std::string)>& write) {
    static const std::regex pattern(R"(tensor<([^<>]*\{[^<>]*)>)");
    std::string out;
    auto rest = text.begin();
    for (std::sregex_iterator found(text.begin(), text.end(), pattern), end; found != end; ++found) {
        out.append(rest, text.begin() + found->position());
        out += "tensor<" + write((*found)[1]) + ">";
        rest = text.begin() + found->position() + found->length();
    }
    return out.append(rest, text.end());
}

const std::regex& extentPattern() {
    static const std::regex pattern(R"(\{([a-z+]+):(\d+)\})");
    return pattern;
}

std::string boundedText(const std::string& text) {
    return withTypes(text, [](std::string type) {
        std::string bounds;
        for (std::string rest = type; rest.find('x') != std::string::npos;) {
            const size_t end = rest.find('x');
            std::smatch extent;
            const std::string dim = rest.substr(0, end);
            bounds += bounds.empty() ? "" : ", ";
            bounds += std::regex_match(dim, extent, extentPattern()) ? extent[2].str() : "?";
            rest = rest.substr(end + 1);
        }
        return std::regex_replace(type, extentPattern(), "?") + ", #stablehlo.bounds<" + bounds + ">";
    });
}

std::string fixedText(const std::string& text, const Extents& extents) {
    return withTypes(text, [&](std::string type) {
        for (std::smatch found; std::regex_search(type, found, extentPattern());)
            type = found.prefix().str() + std::to_string(extentOf(found[1], extents)) + found.suffix().str();
        return type;
    });
}

/// Numbers of the type: small, whole, none 0 or 1, so that padding would show in sums and in products.
Bytes valuesOf(const TensorType& type, int64_t seed) {
    const auto fill = [&](auto one) {
        std::vector<decltype(one)> values;
        for (int64_t k = 0; k < type.elementCount(); ++k)
            values.push_back(static_cast<decltype(one)>((k * 7 + seed * 3) % 5 + 2));
        return Bytes::of(values);
    };
    switch (type.element()) {
        case ElementType::kI8:
            return fill(int8_t{});
        case ElementType::kF64:
            return fill(double{});
        default:
            return fill(float{});
    }
}

/// What the program for any size gives for these.
std::vector<Sized> runOf(const Program& bounded, const Program& fixed) {
    std::vector<Bytes> arguments;
    for (size_t i = 0; i < fixed.arguments.size(); ++i)
        arguments.push_back(valuesOf(fixed.arguments[i], static_cast<int64_t>(i)));
    std::vector<int32_t> sizes;
    for (const SizedDimension& each : bounded.sized_arguments)
        sizes.push_back(static_cast<int32_t>(fixed.arguments[static_cast<size_t>(each.array)].dim(each.dim)));
    if (!sizes.empty()) arguments.push_back(Bytes::of(sizes));
    return runSized(bounded, arguments);
}

struct Case {
    const char* name;
    const char* text;
    std::vector<std::pair<std::string, int64_t>> largest;
};

class BoundedArguments : public ::testing::TestWithParam<Case> {
 protected:
    void compareFrom(size_t number, Extents extents) {
        if (number < GetParam().largest.size()) {
            const auto& [name, largest] = GetParam().largest[number];
            for (int64_t size = 0; size <= largest; ++size) {
                extents[name] = size;
                compareFrom(number + 1, extents);
            }
            return;
        }
        const auto fixed = compile(fixedText(GetParam().text, extents));
        const auto got = runOf(*bounded, *fixed);
        const auto wanted = runOf(*fixed, *fixed);
        std::string where;
        for (const auto& [name, size] : extents) where += name + " = " + std::to_string(size) + " ";
        ASSERT_EQ(got.size(), wanted.size());
        for (size_t i = 0; i < got.size(); ++i) {
            EXPECT_EQ(got[i].dims, wanted[i].dims) << where << "result " << i;
            EXPECT_EQ(got[i].data.as<uint8_t>(), wanted[i].data.as<uint8_t>()) << where << "result " << i;
        }
    }

    std::unique_ptr<const Program> bounded = compile(boundedText(GetParam().text));
};

TEST_P(BoundedArguments, GiveWhatArraysOfTheirSizeGive) {
    ASSERT_FALSE(bounded->sized_arguments.empty()) << "it is compiled for one size at a time";
    compareFrom(0, {});
}

const Case kCases[] = {
    {"identity",
     R"(func.func @main(%a: tensor<{n:3}x2x{m:2}x{k:3}xf32>) -> tensor<{n:3}x2x{m:2}x{k:3}xf32> {
  return %a : tensor<{n:3}x2x{m:2}x{k:3}xf32>
})",
     {{"n", 3}, {"m", 2}, {"k", 3}}},
    {"bytes",
     R"(func.func @main(%a: tensor<2x{n:5}x3xi8>) -> (tensor<3x{n:5}x2xi8>, tensor<2x{n:5}x3xf64>) {
  %t = stablehlo.transpose %a, dims = [2, 1, 0] : (tensor<2x{n:5}x3xi8>) -> tensor<3x{n:5}x2xi8>
  %w = stablehlo.convert %a : (tensor<2x{n:5}x3xi8>) -> tensor<2x{n:5}x3xf64>
  return %t, %w : tensor<3x{n:5}x2xi8>, tensor<2x{n:5}x3xf64>
})",
     {{"n", 5}}},
    {"reductions",
     R"(func.func @main(%x: tensor<2xf64>, %a: tensor<2x{n:4}xf64>) -> (tensor<2xf64>, tensor<2xf64>, tensor<2xf64>) {
  %zero = stablehlo.constant dense<0.0> : tensor<f64>
  %one = stablehlo.constant dense<1.0> : tensor<f64>
  %s = stablehlo.reduce(%a init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<2x{n:4}xf64>, tensor<f64>) -> tensor<2xf64>
  %p = stablehlo.reduce(%a init: %one) applies stablehlo.multiply across dimensions = [1] : (tensor<2x{n:4}xf64>, tensor<f64>) -> tensor<2xf64>
  %m = stablehlo.reduce(%a init: %one) applies stablehlo.maximum across dimensions = [1] : (tensor<2x{n:4}xf64>, tensor<f64>) -> tensor<2xf64>
  %r = stablehlo.add %s, %x : tensor<2xf64>
  return %r, %p, %m : tensor<2xf64>, tensor<2xf64>, tensor<2xf64>
})",
     {{"n", 4}}},
    {"product",
     R"(func.func @main(%a: tensor<{m:3}x{n:4}xf32>, %b: tensor<{n:4}x2xf32>) -> tensor<{m:3}x2xf32> {
  %c = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<{m:3}x{n:4}xf32>, tensor<{n:4}x2xf32>) -> tensor<{m:3}x2xf32>
  return %c : tensor<{m:3}x2xf32>
})",
     {{"m", 3}, {"n", 4}}},
    {"sizes",
     R"(func.func @main(%unused: tensor<{n:4}xf32>, %a: tensor<{m:3}x{n:4}xf32>) -> (tensor<i32>, tensor<i32>) {
  %m = stablehlo.get_dimension_size %a, dim = 0 : (tensor<{m:3}x{n:4}xf32>) -> tensor<i32>
  %n = stablehlo.get_dimension_size %a, dim = 1 : (tensor<{m:3}x{n:4}xf32>) -> tensor<i32>
  return %m, %n : tensor<i32>, tensor<i32>
})",
     {{"m", 3}, {"n", 4}}},
    {"concatenation",
     R"(func.func @main(%a: tensor<{n:3}x2xf32>, %b: tensor<{m:2}x2xf32>) -> tensor<{n+m:5}x2xf32> {
  %c = stablehlo.concatenate %a, %b, dim = 0 : (tensor<{n:3}x2xf32>, tensor<{m:2}x2xf32>) -> tensor<{n+m:5}x2xf32>
  return %c : tensor<{n+m:5}x2xf32>
})",
     {{"n", 3}, {"m", 2}}},
    {"loop",
     R"(func.func @main(%a: tensor<{n:4}xf32>) -> (tensor<{n:4}xf32>, tensor<i32>) {
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %one = stablehlo.constant dense<1> : tensor<i32>
  %n = stablehlo.get_dimension_size %a, dim = 0 : (tensor<{n:4}xf32>) -> tensor<i32>
  %r:2 = stablehlo.while(%i = %zero, %v = %a) : tensor<i32>, tensor<{n:4}xf32>
  cond {
    %c = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %j = stablehlo.add %i, %one : tensor<i32>
    %w = stablehlo.add %v, %a : tensor<{n:4}xf32>
    stablehlo.return %j, %w : tensor<i32>, tensor<{n:4}xf32>
  }
  return %r#1, %r#0 : tensor<{n:4}xf32>, tensor<i32>
})",
     {{"n", 4}}},
    {"call",
     R"(func.func private @twice(%v: tensor<{n:4}x{n:4}xf32>) -> tensor<{n:4}x{n:4}xf32> {
  %w = stablehlo.add %v, %v : tensor<{n:4}x{n:4}xf32>
  return %w : tensor<{n:4}x{n:4}xf32>
}
func.func @main(%a: tensor<{n:4}x{n:4}xf32>) -> tensor<{n:4}x{n:4}xf32> {
  %b = func.call @twice(%a) : (tensor<{n:4}x{n:4}xf32>) -> tensor<{n:4}x{n:4}xf32>
  %c = stablehlo.add %b, %a : tensor<{n:4}x{n:4}xf32>
  return %c : tensor<{n:4}x{n:4}xf32>
})",
     {{"n", 4}}},
    {"tuple",
     R"(func.func @main(%t: tuple<tensor<f32>, tensor<{n:4}x2xf32>>) -> tensor<{n:4}x2xf32> {
  %a = stablehlo.get_tuple_element %t[1] : (tuple<tensor<f32>, tensor<{n:4}x2xf32>>) -> tensor<{n:4}x2xf32>
  return %a : tensor<{n:4}x2xf32>
})",
     {{"n", 4}}},
    {"donated",
     R"(func.func @main(%a: tensor<{n:4}x2xf32> {tf.aliasing_output = 1 : i32}, %b: tensor<3xf32> {tf.aliasing_output = 0 : i32}) -> (tensor<3xf32>, tensor<{n:4}x2xf32>) {
  %c = stablehlo.negate %a : tensor<{n:4}x2xf32>
  %d = stablehlo.negate %b : tensor<3xf32>
  return %d, %c : tensor<3xf32>, tensor<{n:4}x2xf32>
})",
     {{"n", 4}}},
};

INSTANTIATE_TEST_SUITE_P(Programs, BoundedArguments, ::testing::ValuesIn(kCases),
                         [](const auto& each) { return each.param.name; });

TEST(BoundedArgument, ItsTypeSaysTheBounds) {
    const auto program = compile(boundedText(kCases[0].text));
    ASSERT_EQ(program->arguments.size(), 1U);
    EXPECT_EQ(program->arguments[0].toString(), "tensor<?x2x?x?xf32, #stablehlo.bounds<3, ?, 2, 3>>");
    EXPECT_EQ(program->sized_arguments.size(), 3U);
}

// From the text that the passes left.
TEST(BoundedArgument, TheProgramMadeAgainIsTheSame) {
    const auto first = compile(boundedText(kCases[3].text));
    CompileOptions options;
    options.known_objects = first->object_files;
    const auto again = compileOptimised(first->optimized_text, options);
    const auto fixed = compile(fixedText(kCases[3].text, {{"m", 2}, {"n", 3}}));
    EXPECT_EQ(again->compiled_modules, 0);
    EXPECT_EQ(again->arguments, first->arguments);
    EXPECT_EQ(runOf(*again, *fixed)[0].data.as<float>(), runOf(*fixed, *fixed)[0].data.as<float>());
}

// A triangular matrix of a size that comes with it: memory of another size has no meaning for the algorithm.
TEST(BoundedArgument, WhereAnOperationCannotKeepTheSizeShapesAreAwaited) {
    const std::string type = "tensor<{n:4}x{n:4}xf32>";
    const auto program = compile(boundedText("func.func @main(%a: " + type + ") -> " + type +
                                             " {\n  %l = stablehlo.cholesky %a, lower = true : " + type +
                                             "\n  return %l : " + type + "\n}"));
    EXPECT_TRUE(program->sized_arguments.empty());
    EXPECT_TRUE(program->steps.empty());
    EXPECT_EQ(program->arguments[0].toString(), "tensor<?x?xf32, #stablehlo.bounds<4, 4>>");
}

TEST(BoundedArgument, OneDimensionWithoutABoundIsEnoughToAwaitShapes) {
    const auto program = compile(R"(
func.func @main(%a: tensor<?xf32, #stablehlo.bounds<4>>, %b: tensor<?xf32>) -> tensor<?xf32, #stablehlo.bounds<4>> {
  %c = stablehlo.negate %a : tensor<?xf32, #stablehlo.bounds<4>>
  return %c : tensor<?xf32, #stablehlo.bounds<4>>
})");
    EXPECT_TRUE(program->sized_arguments.empty());
}

// f32[<=4,2] in an HLO module: a sum over what is there, and the argument itself.
TEST(BoundedArgument, HloModulesHaveThemToo) {
    const Proto at_most_four = f32({4, 2}).packed(6, {1, 0});
    HloModule module;
    HloComputation& sum = module.computation();
    const int64_t a = sum.parameter(0, f32({}));
    const int64_t b = sum.parameter(1, f32({}));
    sum.add("add", f32({}), {a, b});
    const int64_t sum_id = sum.id();
    HloComputation& main = module.computation();
    const int64_t x = main.parameter(0, at_most_four);
    const int64_t zero = main.constantF32({}, {0});
    const int64_t total =
        main.add("reduce", f32({2}), {x, zero}, Proto().packed(14, {0}).packed(38, {sum_id}));
    const int64_t negative = main.add("negate", at_most_four, {x});
    main.add("tuple", tupleOf({f32({2}), at_most_four}), {total, negative});
    const auto program = compile(module.program());
    ASSERT_EQ(program->sized_arguments.size(), 1U);
    const auto results = runSized(
        *program, {Bytes::of(std::vector<float>{1, 2, 3, 4, 5, 6}), Bytes::of(std::vector<int32_t>{3})});
    EXPECT_THAT(results[0].data.as<float>(), ::testing::ElementsAre(9, 12));
    EXPECT_THAT(results[1].dims, ::testing::ElementsAre(3, 2));
    EXPECT_THAT(results[1].data.as<float>(), ::testing::ElementsAre(-1, -2, -3, -4, -5, -6));
}

}  // namespace
}  // namespace optirs::plugin::testing
