// Programs for arguments of unknown shape, made for the shapes that they have.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"
#include "tests/source_folder.h"

namespace optirs::plugin {
namespace {

std::unique_ptr<Module> parsed(const std::string& text) {
    auto module = parseModule(text);
    verify(*module);
    return module;
}

TensorType f32(std::vector<int64_t> dims) { return {ElementType::kF32, std::move(dims)}; }

std::string message(const auto& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.message();
    }
    return "no error";
}

constexpr const char* kGrowing = R"(
func.func private @twice(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = stablehlo.concatenate %x, %x, dim = 0 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
func.func @main(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<i32>) {
  %y = call @twice(%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %n = stablehlo.get_dimension_size %y, dim = 0 : (tensor<?x4xf32>) -> tensor<i32>
  return %y, %n : tensor<?x4xf32>, tensor<i32>
})";

TEST(Specialise, ShapesOfArgumentsReachTheResultsThroughCalls) {
    const auto module = parsed(kGrowing);
    EXPECT_TRUE(hasDynamicArguments(*module));
    const TensorType types[] = {f32({3, 4})};
    specialiseArguments(*module, types);
    EXPECT_FALSE(hasDynamicArguments(*module));
    EXPECT_TRUE(shapesAreKnown(*module));
    EXPECT_EQ(module->entry().type().results[0].toString(), "tensor<6x4xf32>");
    const auto again = parsed(print(*module));
    EXPECT_NE(print(*again).find("dense<6>"), std::string::npos) << print(*again);
}

TEST(Specialise, ArgumentsThatDoNotFitAreRefusedByNumber) {
    const auto refusal = [](const TensorType& type) {
        return message([&] {
            const auto module = parsed(kGrowing);
            const TensorType types[] = {type};
            specialiseArguments(*module, types);
        });
    };
    EXPECT_EQ(refusal(f32({3, 5})), "argument 0 is tensor<3x5xf32>, the program takes tensor<?x4xf32>");
    EXPECT_NE(refusal(f32({3})).find("argument 0"), std::string::npos);
    EXPECT_NE(refusal(TensorType(ElementType::kI32, {3, 4})).find("argument 0"), std::string::npos);
}

TEST(Specialise, ABoundedDimensionKeepsItsBound) {
    const std::string text = R"(
func.func @main(%x: tensor<?xf32, #stablehlo.bounds<5>>) -> tensor<?xf32, #stablehlo.bounds<5>> {
  %y = stablehlo.negate %x : tensor<?xf32, #stablehlo.bounds<5>>
  return %y : tensor<?xf32, #stablehlo.bounds<5>>
})";
    const auto module = parsed(text);
    const TensorType fits[] = {f32({5})};
    specialiseArguments(*module, fits);
    EXPECT_EQ(module->entry().type().results[0].tensor().dim(0), 5);
    const TensorType large[] = {f32({6})};
    EXPECT_NE(message([&] { specialiseArguments(*parsed(text), large); }).find("bound of 5"),
              std::string::npos);
}

TEST(Specialise, ASizeSetToAKnownNumberCutsTheDimension) {
    const auto module = parsed(R"(
func.func @main(%x: tensor<5xf32>) -> tensor<?xf32, #stablehlo.bounds<5>> {
  %n = stablehlo.constant dense<3> : tensor<i32>
  %y = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<5xf32>, tensor<i32>) -> tensor<?xf32, #stablehlo.bounds<5>>
  return %y : tensor<?xf32, #stablehlo.bounds<5>>
})");
    runPasses(*module);
    EXPECT_EQ(module->entry().type().results[0].toString(), "tensor<3xf32>") << print(*module);
}

TEST(Specialise, ASizeThatOnlyTheProgramComputesGoesOutBesideItsResult) {
    const auto module = parsed(R"(
func.func @main(%x: tensor<5xf32>, %n: tensor<i32>) -> tensor<?xf32, #stablehlo.bounds<5>> {
  %y = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<5xf32>, tensor<i32>) -> tensor<?xf32, #stablehlo.bounds<5>>
  return %y : tensor<?xf32, #stablehlo.bounds<5>>
})");
    runPasses(*module);
    const FunctionType& type = module->entry().type();
    ASSERT_EQ(type.results.size(), 2U) << print(*module);
    EXPECT_EQ(type.results[0].toString(), "tensor<5xf32>");
    EXPECT_EQ(type.results[1].toString(), "tensor<1xi32>");
    EXPECT_NE(print(*module).find("optirs.sizes = array<i64: 0, 0>"), std::string::npos) << print(*module);
}

TEST(Specialise, AnAssertionThatDoesNotHoldSaysItsNumbers) {
    const std::string text = R"(
func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?xf32>) -> tensor<i32>
  %four = stablehlo.constant dense<4> : tensor<i32>
  %ok = stablehlo.compare EQ, %n, %four : (tensor<i32>, tensor<i32>) -> tensor<i1>
  stablehlo.custom_call @shape_assertion(%ok, %n) {error_message = "expected 4, got {0}", has_side_effect = true} : (tensor<i1>, tensor<i32>) -> ()
  return %x : tensor<?xf32>
})";
    const TensorType four[] = {f32({4})};
    const auto module = parsed(text);
    specialiseArguments(*module, four);
    EXPECT_EQ(print(*module).find("shape_assertion"), std::string::npos);
    const TensorType three[] = {f32({3})};
    EXPECT_NE(message([&] { specialiseArguments(*parsed(text), three); }).find("expected 4, got 3"),
              std::string::npos);
}

// As JAX writes a cumulative sum over a dimension of unknown size.
TEST(Specialise, AWindowWhoseSizesAreOperandsIsAReduceWindow) {
    const std::string text = R"(
func.func private @sum(%a: tensor<f32>, %b: tensor<f32>) -> tensor<f32> {
  %0 = stablehlo.add %a, %b : tensor<f32>
  return %0 : tensor<f32>
}
func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %ones = stablehlo.constant dense<1> : tensor<1xi32>
  %none = stablehlo.constant dense<0> : tensor<1x1xi32>
  %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?xf32>) -> tensor<i32>
  %size = stablehlo.reshape %n : (tensor<i32>) -> tensor<1xi32>
  %before = stablehlo.subtract %size, %ones : tensor<1xi32>
  %low = stablehlo.reshape %before : (tensor<1xi32>) -> tensor<1x1xi32>
  %padding = stablehlo.concatenate %low, %none, dim = 1 : (tensor<1x1xi32>, tensor<1x1xi32>) -> tensor<1x2xi32>
  %y = stablehlo.custom_call @stablehlo.dynamic_reduce_window(%x, %zero, %size, %ones, %ones, %ones, %padding) {called_computations = [@sum]} : (tensor<?xf32>, tensor<f32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>, tensor<1x2xi32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
})";
    const auto module = parsed(text);
    const TensorType types[] = {f32({5})};
    specialiseArguments(*module, types);
    EXPECT_TRUE(shapesAreKnown(*module));
    const auto again = parsed(print(*module));
    EXPECT_NE(print(*again).find("stablehlo.reduce_window"), std::string::npos) << print(*again);
    EXPECT_EQ(again->entry().type().results[0].toString(), "tensor<5xf32>");
    std::string wrong = text;
    wrong.replace(wrong.find("[@sum]"), 6, "[@mean]");
    EXPECT_NE(message([&] { specialiseArguments(*parsed(wrong), types); }).find("@mean"), std::string::npos);
}

TEST(Specialise, TopKAndRandomBitsTakeTheirSizesFromOperands) {
    const auto module = parsed(R"(
func.func @main(%x: tensor<?xf32>, %state: tensor<2xui64>) -> (tensor<?xf32>, tensor<?xi32>, tensor<?xui32>) {
  %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?xf32>) -> tensor<i32>
  %two = stablehlo.constant dense<2> : tensor<i32>
  %k = stablehlo.divide %n, %two : tensor<i32>
  %0:2 = stablehlo.custom_call @stablehlo.dynamic_top_k(%x, %k) : (tensor<?xf32>, tensor<i32>) -> (tensor<?xf32>, tensor<?xi32>)
  %size = stablehlo.reshape %n : (tensor<i32>) -> tensor<1xi32>
  %1:2 = stablehlo.custom_call @stablehlo.dynamic_rng_bit_generator(%state, %size) {rng_algorithm = #stablehlo<rng_algorithm THREE_FRY>} : (tensor<2xui64>, tensor<1xi32>) -> (tensor<2xui64>, tensor<?xui32>)
  return %0#0, %0#1, %1#1 : tensor<?xf32>, tensor<?xi32>, tensor<?xui32>
})");
    const TensorType types[] = {f32({7}), TensorType(ElementType::kUi64, {2})};
    specialiseArguments(*module, types);
    EXPECT_TRUE(shapesAreKnown(*module));
    const auto again = parsed(print(*module));
    const std::vector<Type>& results = again->entry().type().results;
    EXPECT_EQ(results[0].toString(), "tensor<3xf32>");
    EXPECT_EQ(results[1].toString(), "tensor<3xi32>");
    EXPECT_EQ(results[2].toString(), "tensor<7xui32>");
}

TEST(Specialise, SizesThatComeAsValuesAreBound) {
    const std::string text = R"(
func.func @main(%n: tensor<i32>, %x: tensor<?xf32>) -> tensor<2x?xf32> {
  %two = stablehlo.constant dense<2> : tensor<1xi32>
  %m = stablehlo.reshape %n : (tensor<i32>) -> tensor<1xi32>
  %shape = stablehlo.concatenate %two, %m, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
  %y = stablehlo.dynamic_broadcast_in_dim %x, %shape, dims = [1] : (tensor<?xf32>, tensor<2xi32>) -> tensor<2x?xf32>
  return %y : tensor<2x?xf32>
})";
    const auto module = parsed(text);
    const TensorType types[] = {TensorType(ElementType::kI32, {}), f32({7})};
    specialiseArguments(*module, types);
    EXPECT_FALSE(shapesAreKnown(*module));
    const std::pair<size_t, Literal> values[] = {{0, Literal::splatInteger(types[0], 7)}};
    bindArguments(*module, values);
    EXPECT_TRUE(shapesAreKnown(*module)) << print(*module);
    EXPECT_EQ(module->entry().type().results[0].toString(), "tensor<2x7xf32>");
}

TEST(Specialise, ALoopCarriesTheShapeItIsGiven) {
    const auto module = parsed(R"(
func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %r:2 = stablehlo.while(%i = %zero, %v = %x) : tensor<i32>, tensor<?xf32>
  cond {
    %n = stablehlo.get_dimension_size %v, dim = 0 : (tensor<?xf32>) -> tensor<i32>
    %c = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %one = stablehlo.constant dense<1> : tensor<i32>
    %j = stablehlo.add %i, %one : tensor<i32>
    %w = stablehlo.add %v, %v : tensor<?xf32>
    stablehlo.return %j, %w : tensor<i32>, tensor<?xf32>
  }
  return %r#1 : tensor<?xf32>
})");
    const TensorType types[] = {f32({9})};
    specialiseArguments(*module, types);
    EXPECT_TRUE(shapesAreKnown(*module)) << print(*module);
    EXPECT_EQ(module->entry().type().results[0].toString(), "tensor<9xf32>");
}

/// The programs of JAX's shape polymorphism: every `?` and every size that comes as a value is `size`.
std::string specialiseAll(const std::string& text, int64_t size) {
    return message([&] {
        const auto module = parsed(text);
        std::vector<TensorType> types;
        std::vector<std::pair<size_t, Literal>> values;
        for (const Type& input : module->entry().type().inputs) {
            std::vector<int64_t> dims(input.tensor().dims().begin(), input.tensor().dims().end());
            std::ranges::replace(dims, kDynamic, size);
            types.push_back(input.tensor().withDims(dims));
            if (dims.empty() && isInteger(types.back().element()))
                values.emplace_back(types.size() - 1, Literal::splatInteger(types.back(), size));
        }
        specialiseArguments(*module, types);
        if (!shapesAreKnown(*module)) bindArguments(*module, values);
        if (!shapesAreKnown(*module)) throw unimplemented("shapes stay unknown");
        verify(*parseModule(print(*module)));
        runPasses(*module);
    });
}

TEST(Specialise, ProgramsOfJaxBecomeStatic) {
    const auto folder = test::sharedFolder() / "conformance/stablehlo/testdata/dynamic";
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
    int total = 0;
    int known = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::stringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        ++total;
        std::string reason;
        // Which sizes make sense a program does not say; three is as good as any, some need more.
        for (const int64_t size : {3, 4, 8, 5}) {
            reason = specialiseAll(text.str(), size);
            if (reason == "no error") break;
        }
        known += reason == "no error" ? 1 : 0;
        if (reason != "no error") std::cout << entry.path().filename().string() << ": " << reason << "\n";
    }
    EXPECT_EQ(known, total);
    EXPECT_GE(total, 100);
}

}  // namespace
}  // namespace optirs::plugin
