// Forms of MLIR text that clients write: locations, aliases, resources, encodings, attributes of all kinds.
#include <gtest/gtest.h>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin {
namespace {

/// Parses, verifies, and checks that the printed text means the same.
std::unique_ptr<Module> read(const std::string& text) {
    auto module = parseModule(text);
    verify(*module);
    const std::string printed = print(*module);
    EXPECT_EQ(print(*parseModule(printed)), printed);
    return module;
}

const Operation& first(const Module& module) { return *module.entry().body().first(); }

std::string refusal(const std::string& text) {
    try {
        verify(*parseModule(text));
    } catch (const Error& error) {
        return error.message();
    }
    return "accepted";
}

TEST(TextForms, LocationsOfEveryKind) {
    const auto module = read(R"mlir(
#loc = loc(unknown)
#file = loc("model.py":12:5)
#named = loc("jit(f)/add"(#file))
#caller = loc(callsite(#named at "main.py":3:1))
#fused = loc(fused<"pass">[#named, #caller])
module @m {
  func.func public @main(%arg0: tensor<f32> loc("x")) -> (tensor<f32> {jax.result_info = "result"}) {
    %0 = stablehlo.negate %arg0 : tensor<f32> loc(#named)
    %1 = stablehlo.negate %0 : tensor<f32> loc(#caller)
    %2 = stablehlo.negate %1 : tensor<f32> loc(#fused)
    %3 = stablehlo.negate %2 : tensor<f32> loc("a \22quoted\22 (name)"("f.py":1:2 to 3:4))
    return %3 : tensor<f32> loc(#loc)
  } loc(#loc)
} loc(#loc)
)mlir");
    const Operation& op = first(*module);
    ASSERT_NE(op.location().source, nullptr);
    EXPECT_NE(op.location().source->find("model.py"), std::string::npos) << *op.location().source;
    EXPECT_NE(op.next()->location().source->find("main.py"), std::string::npos);
    EXPECT_NE(op.location().toString().find("line 9"), std::string::npos) << op.location().toString();
}

TEST(TextForms, AliasesOfAttributesAndTypes) {
    const auto module = read(R"(
#map = affine_map<(d0) -> (d0)>
#dims = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>
!t = tensor<2x2xf32>
func.func @main(%a: !t, %b: !t) -> !t {
  %0 = "stablehlo.dot_general"(%a, %b) <{dot_dimension_numbers = #dims}> {some.map = #map} : (!t, !t) -> !t
  return %0 : !t
})");
    EXPECT_EQ(dotDimensions(first(*module)).lhs_contracting, std::vector<int64_t>{1});
}

TEST(TextForms, ResourcesGiveTheirBytes) {
    const auto module = read(R"(
func.func @main() -> tensor<2xi32> {
  %0 = stablehlo.constant dense_resource<weights> : tensor<2xi32>
  return %0 : tensor<2xi32>
}
{-#
  dialect_resources: { builtin: { weights: "0x040000000700000009000000" } }
#-}
)");
    EXPECT_EQ(constantValue(first(*module)).integers(), (std::vector<int64_t>{7, 9}));
}

TEST(TextForms, AliasesInsideOfTensorTypes) {
    const auto module = read(R"(
!number = f32
!other = !number
!quantized = !quant.uniform<i8:f32, 5.000000e-01:3>
!pair = tensor<2x!other>
#bounds = #stablehlo.bounds<?, 3>
func.func @main(%a: !pair, %b: tensor<4x!quantized>, %c: tensor<2x?x!number, #bounds>) {
  %0 = stablehlo.abs %a : tensor<2xf32>
  return
})");
    const Block& body = module->entry().body();
    EXPECT_EQ(body.argument(0)->type().toString(), "tensor<2xf32>");
    EXPECT_EQ(body.argument(1)->tensor().quantized()->zero_points[0], 3);
    EXPECT_EQ(body.argument(2)->tensor().bounds()[1], 3);
    const std::string circle = "!a = f32\n!b = !a\n!a = !b\nfunc.func @main(%a: tensor<!a>) {\nreturn\n}";
    EXPECT_NE(refusal(circle).find("nested more than"), std::string::npos) << refusal(circle);
    EXPECT_NE(refusal("func.func @main(%a: tensor<!b>) {\nreturn\n}").find("expected an element type"),
              std::string::npos);
}

TEST(TextForms, ConvolutionDimensionsInLongForm) {
    const std::string numbers =
        "#stablehlo.conv<raw input_batch_dimension = 0, input_feature_dimension = 2, "
        "input_spatial_dimensions "
        "= [1], kernel_input_feature_dimension = 1, kernel_output_feature_dimension = 2, "
        "kernel_spatial_dimensions = [0], output_batch_dimension = 0, output_feature_dimension = 2, "
        "output_spatial_dimensions = [1]>";
    const auto text = [](const std::string& dimensions) {
        return "func.func @main(%a: tensor<1x4x2xf32>, %k: tensor<2x2x3xf32>) -> tensor<1x3x3xf32> {\n"
               "%0 = \"stablehlo.convolution\"(%a, %k) {dimension_numbers = " +
               dimensions +
               ", feature_group_count = 1 : i64, batch_group_count = 1 : i64} : (tensor<1x4x2xf32>, "
               "tensor<2x2x3xf32>) -> tensor<1x3x3xf32>\nreturn %0 : tensor<1x3x3xf32>\n}";
    };
    const auto raw = read(text(numbers));
    const auto shorter = read(text("#stablehlo.conv<[b, 0, f]x[0, i, o]->[b, 0, f]>"));
    EXPECT_EQ(convolutionDimensions(first(*raw)), convolutionDimensions(first(*shorter)));
    EXPECT_NE(refusal(text("#stablehlo.conv<raw input_batch_dimension = 0>")).find("without gaps"),
              std::string::npos);
}

TEST(TextForms, SparseEncodingsAreRefused) {
    const std::string message = refusal(R"(
#CSR = #sparse_tensor.encoding<{ map = (d0, d1) -> (d0 : dense, d1 : compressed) }>
func.func @main(%a: tensor<2x2xf32, #CSR>) -> tensor<2x2xf32, #CSR> {
  return %a : tensor<2x2xf32, #CSR>
})");
    EXPECT_NE(message.find("sparse"), std::string::npos) << message;
    EXPECT_NE(message.find("line 2"), std::string::npos) << message;
}

TEST(TextForms, BoundsOfDynamicDimensions) {
    const auto module = read(R"(
func.func @main(%a: tensor<?x4xf32, #stablehlo.bounds<8, ?>>) -> tensor<?x4xf32, #stablehlo.bounds<8, ?>> {
  %0 = stablehlo.abs %a : tensor<?x4xf32, #stablehlo.bounds<8, ?>>
  return %0 : tensor<?x4xf32, #stablehlo.bounds<8, ?>>
})");
    EXPECT_EQ(module->entry().body().argument(0)->tensor().bounds()[0], 8);
}

TEST(TextForms, AccuracyOfResults) {
    const auto module = read(R"(
func.func @main(%a: tensor<f32>) -> tensor<f32> {
  %0 = "stablehlo.exponential"(%a) {result_accuracy = #stablehlo.result_accuracy<atol = 1.0e-5, rtol = 0.0, ulps = 2, mode = #stablehlo.result_accuracy_mode<TOLERANCE>>} : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
})");
    const auto* accuracy = first(*module).attribute("result_accuracy")->get<ResultAccuracy>();
    ASSERT_NE(accuracy, nullptr);
    EXPECT_EQ(accuracy->ulps, 2);
    EXPECT_EQ(accuracy->atol, 1e-5);
}

TEST(TextForms, CompositesWithAttributesAndRegions) {
    read(R"(
func.func private @body(%a: tensor<2xf32>) -> tensor<2xf32> {
  return %a : tensor<2xf32>
}
func.func @main(%a: tensor<2xf32>) -> tensor<2xf32> {
  %0 = stablehlo.composite "my.op" %a {composite_attributes = {k = 2 : i64, name = "n", nested = {x = [1.0 : f32, unit]}}, decomposition = @body, version = 3 : i32} : (tensor<2xf32>) -> tensor<2xf32>
  %1 = "stablehlo.composite"(%0) <{decomposition = @body, name = "my.op"}> ({
    ^bb0(%b: tensor<2xf32>):
      stablehlo.return %b : tensor<2xf32>
  }) : (tensor<2xf32>) -> tensor<2xf32>
  return %1 : tensor<2xf32>
})");
}

TEST(TextForms, AttributesThatClientsAttach) {
    const auto module = read(R"(
module @jit_f attributes {jax.uses_shape_polymorphism = false, mhlo.num_partitions = 2 : i32, mhlo.num_replicas = 1 : i32, mhlo.xla_entry_computation_parameter_layouts = [dense<[1, 0]> : tensor<2xindex>]} {
  func.func public @main(%arg0: tensor<2xf32> {jax.buffer_donor = true, mhlo.layout_mode = "default", mhlo.memory_kind = "device", mhlo.sharding = "{replicated}", tf.aliasing_output = 0 : i32}, %t: !stablehlo.token {jax.token = true}) -> (tensor<2xf32> {jax.result_info = "a[\22\C3\A9\22]", mhlo.layout_mode = "default"}, !stablehlo.token) attributes {no_inline} {
    %0 = stablehlo.custom_call @ffi(%arg0) {api_version = 4 : i32, mhlo.backend_config = {a = 1 : i64, b = [true, 2.5 : f64], "c d" = @sym}, operand_layouts = [dense<0> : tensor<1xindex>], result_layouts = [dense<0> : tensor<1xindex>]} : (tensor<2xf32>) -> tensor<2xf32>
    %1 = stablehlo.custom_call @typed(%0) {api_version = 4 : i32, backend_config = {n = 1 : si32, f = 0x7FC00000 : f32, s = "h\C3\A9llo\n", u = 3 : ui8}} : (tensor<2xf32>) -> tensor<2xf32>
    return %1, %t : tensor<2xf32>, !stablehlo.token
  }
})");
    EXPECT_EQ(*module->entry().resultAttributes()[0].find("jax.result_info")->get<std::string>(),
              "a[\"\xC3\xA9\"]");
}

TEST(TextForms, TuplesAndTokensInGenericForm) {
    read(R"(
"builtin.module"() <{sym_name = "g"}> ({
  "func.func"() <{function_type = (tensor<f32>, !stablehlo.token) -> (tensor<f32>, !stablehlo.token), sym_name = "main", arg_attrs = [{a.b = 1 : i32}, {}]}> ({
  ^bb0(%a: tensor<f32>, %t: !stablehlo.token):
    %0 = "stablehlo.tuple"(%a, %t) : (tensor<f32>, !stablehlo.token) -> tuple<tensor<f32>, !stablehlo.token>
    %1 = "stablehlo.get_tuple_element"(%0) <{index = 0 : i32}> : (tuple<tensor<f32>, !stablehlo.token>) -> tensor<f32>
    %2 = "stablehlo.after_all"(%t, %t) : (!stablehlo.token, !stablehlo.token) -> !stablehlo.token
    "func.return"(%1, %2) : (tensor<f32>, !stablehlo.token) -> ()
  }) : () -> ()
}) : () -> ())");
}

TEST(TextForms, NumbersInEverySpelling) {
    const auto module = read(R"(
func.func @main() -> (tensor<4xf32>, tensor<2xsi32>, tensor<3xui8>, tensor<2xcomplex<f32>>) {
  %0 = stablehlo.constant dense<[0x7F800000, -1.5e+3, 0xFFC00000, 1.0E-3]> : tensor<4xf32>
  %1 = stablehlo.constant dense<[-2147483648, 0x10]> : tensor<2xsi32>
  %2 = stablehlo.constant dense<"0x0102FF"> : tensor<3xui8>
  %3 = stablehlo.constant dense<[(1.0, -2.0), (0x7F800000, 0.0)]> : tensor<2xcomplex<f32>>
  return %0, %1, %2, %3 : tensor<4xf32>, tensor<2xsi32>, tensor<3xui8>, tensor<2xcomplex<f32>>
})");
    const Literal& floats = constantValue(first(*module));
    EXPECT_EQ(floats.real(1), -1500.0);
    EXPECT_GT(floats.real(0), 1e300);
}

// Tools wrap programs: what is inside is read as if it stood in the outer module.
TEST(TextForms, ModulesInsideAModuleArePartOfIt) {
    constexpr const char* kPretty = R"(module @outer attributes {x.a = 1 : i32} {
      module @inner attributes {x.a = 2 : i32, x.b = 3 : i32} {
        func.func @main(%a: tensor<f32>) -> tensor<f32> {
          return %a : tensor<f32>
        }
      }
    })";
    constexpr const char* kGeneric = R"("builtin.module"() ({
      "builtin.module"() ({
        "func.func"() <{function_type = (tensor<f32>) -> tensor<f32>, sym_name = "main"}> ({
        ^bb0(%arg0: tensor<f32>):
          "func.return"(%arg0) : (tensor<f32>) -> ()
        }) : () -> ()
      }) {sym_name = "inner", x.a = 2 : i32, x.b = 3 : i32} : () -> ()
    }) {sym_name = "outer", x.a = 1 : i32} : () -> ())";
    const auto pretty = parseModule(kPretty);
    verify(*pretty);
    EXPECT_EQ(pretty->name(), "outer");
    EXPECT_EQ(pretty->attributes().find("x.a")->get<IntegerAttribute>()->value, 1);
    EXPECT_EQ(pretty->attributes().find("x.b")->get<IntegerAttribute>()->value, 3);
    EXPECT_EQ(print(*parseModule(kGeneric)), print(*pretty));
}

TEST(TextForms, ConstantsOfOtherDialects) {
    const auto wanted = parseModule(R"(func.func @main() -> tensor<2xi32> {
      %0 = stablehlo.constant dense<[1, 2]> : tensor<2xi32>
      return %0 : tensor<2xi32> })");
    EXPECT_EQ(print(*parseModule(R"(func.func @main() -> tensor<2xi32> {
      %cst = arith.constant dense<[1, 2]> : tensor<2xi32>
      return %cst : tensor<2xi32> })")),
              print(*wanted));
    EXPECT_EQ(print(*parseModule(R"("builtin.module"() ({
      "func.func"() ({
        %0 = "arith.constant"() <{value = dense<[1, 2]> : tensor<2xi32>}> : () -> tensor<2xi32>
        "func.return"(%0) : (tensor<2xi32>) -> ()
      }) {function_type = () -> tensor<2xi32>, sym_name = "main"} : () -> ()
    }) : () -> ())")),
              print(*wanted));
}

TEST(TextForms, ConstantVectorsHoldWhatTensorsDo) {
    const auto module = parseModule(
        "module attributes {x.y = dense<[1, 2]> : vector<2xi64>, x.z = dense<> : vector<0xf32>} {}");
    EXPECT_EQ(module->attributes().find("x.y")->get<Literal>()->integers(), (std::vector<int64_t>{1, 2}));
    EXPECT_EQ(module->attributes().find("x.z")->get<Literal>()->elementCount(), 0);
    EXPECT_THROW(parseModule("module attributes {x.y = dense<1> : vector<?xi64>} {}"), Error);
}

}  // namespace
}  // namespace optirs::plugin
