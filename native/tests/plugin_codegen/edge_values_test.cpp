// Results on edge values as the StableHLO specification has them (where it leaves them open, as XLA's CPU has
// them): each case once with its operands as arguments, which the code generator sees, and once as constants,
// which are folded.
#include <gtest/gtest.h>

#include <cmath>

#include "pjrt_cpu/ir/float_format.h"
#include "pjrt_cpu/ir/type.h"
#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

struct Constant {
    std::string values;
    std::string type;
    ElementType element() const {
        std::string name = type.substr(type.rfind('x') + 1);
        if (type.find('x') == std::string::npos) name = type.substr(type.find('<') + 1);
        name.resize(name.find('>'));
        return *elementTypeFromName(name);
    }
};

Bytes bytesOf(const Constant& c) {
    return run("func.func @main() -> " + c.type + " {\n%0 = stablehlo.constant dense<" + c.values +
                   "> : " + c.type + "\nreturn %0 : " + c.type + "\n}",
               {})[0];
}

void expectSame(const Bytes& got, const Bytes& want, ElementType type, const std::string& what) {
    ASSERT_EQ(got.size(), want.size()) << what;
    const auto width = static_cast<size_t>(byteWidth(type));
    for (size_t i = 0; i * width < want.size(); ++i) {
        uint64_t a = 0;
        uint64_t b = 0;
        std::memcpy(&a, got.data() + i * width, width);
        std::memcpy(&b, want.data() + i * width, width);
        const bool both_nan =
            isFloat(type) && std::isnan(decodeFloat(a, type)) && std::isnan(decodeFloat(b, type));
        EXPECT_TRUE(a == b || both_nan)
            << what << ", element " << i << ": bits " << std::hex << a << ", not " << b;
    }
}

/// `line` computes %r from %a, %b, ...
void expectResult(const std::string& line, const std::vector<Constant>& operands, const Constant& want) {
    std::string parameters;
    std::string constants;
    std::vector<Bytes> arguments;
    for (size_t i = 0; i < operands.size(); ++i) {
        const std::string name = std::string("%") + static_cast<char>('a' + i);
        parameters += (i == 0 ? "" : ", ") + name + ": " + operands[i].type;
        constants +=
            name + " = stablehlo.constant dense<" + operands[i].values + "> : " + operands[i].type + "\n";
        arguments.push_back(bytesOf(operands[i]));
    }
    const std::string end = line + "\nreturn %r : " + want.type + "\n}";
    const Bytes expected = bytesOf(want);
    const std::string arrow = ") -> " + want.type + " {\n";
    expectSame(run("func.func @main(" + parameters + arrow + end, arguments)[0], expected, want.element(),
               line);
    expectSame(run("func.func @main(" + arrow + constants + end, {})[0], expected, want.element(),
               "folded " + line);
}

void expectBinary(const std::string& op, const std::string& element, int count, const std::string& a,
                  const std::string& b, const std::string& want) {
    const std::string type = "tensor<" + std::to_string(count) + "x" + element + ">";
    expectResult("%r = stablehlo." + op + " %a, %b : " + type, {{a, type}, {b, type}}, {want, type});
}
void expectUnary(const std::string& op, const std::string& element, int count, const std::string& a,
                 const std::string& want) {
    const std::string type = "tensor<" + std::to_string(count) + "x" + element + ">";
    expectResult("%r = stablehlo." + op + " %a : " + type, {{a, type}}, {want, type});
}
void expectConvert(const std::string& op, const std::string& from, const std::string& to,
                   const std::string& a, const std::string& want) {
    expectResult("%r = stablehlo." + op + " %a : (" + from + ") -> " + to, {{a, from}}, {want, to});
}

TEST(EdgeValues, IntegerArithmetic) {
    expectBinary("add", "i8", 2, "[127, -128]", "[1, -1]", "[-128, 127]");
    expectBinary("subtract", "ui8", 2, "[0, 5]", "[1, 250]", "[255, 11]");
    expectBinary("multiply", "i32", 2, "[65536, -2147483648]", "[65536, -1]", "[0, -2147483648]");
    expectBinary("multiply", "i4", 2, "[7, -8]", "[7, -1]", "[1, -8]");
    expectBinary("divide", "i32", 5, "[7, -7, 0, -2147483648, -7]", "[0, 0, 0, -1, 2]",
                 "[-1, -1, -1, -2147483648, -3]");
    expectBinary("divide", "i8", 3, "[-128, 100, 3]", "[-1, 0, -4]", "[-128, -1, 0]");
    expectBinary("divide", "i64", 2, "[-9223372036854775808, 5]", "[-1, 0]", "[-9223372036854775808, -1]");
    expectBinary("divide", "ui32", 3, "[7, 0, 4294967295]", "[0, 0, 2]",
                 "[4294967295, 4294967295, 2147483647]");
    expectBinary("remainder", "i32", 5, "[7, -7, -2147483648, -7, 7]", "[0, 0, -1, 3, -3]",
                 "[7, -7, 0, -1, 1]");
    expectBinary("remainder", "ui8", 2, "[250, 250]", "[0, 7]", "[250, 5]");
    expectBinary("power", "i32", 7, "[0, 2, -1, 1, -3, 2, 10]", "[0, -1, -3, -5, 3, 32, 9]",
                 "[1, 0, -1, 1, -27, 0, 1000000000]");
    expectUnary("abs", "i8", 3, "[-128, -5, 7]", "[-128, 5, 7]");
    expectUnary("negate", "i32", 2, "[-2147483648, 5]", "[-2147483648, -5]");
    expectUnary("sign", "i16", 3, "[-300, 0, 9]", "[-1, 0, 1]");
    expectUnary("count_leading_zeros", "i8", 3, "[0, -1, 1]", "[8, 0, 7]");
    expectUnary("count_leading_zeros", "ui64", 2, "[0, 1]", "[64, 63]");
    expectUnary("popcnt", "i16", 2, "[-1, 0]", "[16, 0]");
}

TEST(EdgeValues, Shifts) {
    expectBinary("shift_left", "i32", 5, "[1, 1, 1, -1, 3]", "[31, 32, -1, 33, 30]",
                 "[-2147483648, 0, 0, 0, -1073741824]");
    expectBinary("shift_right_arithmetic", "i32", 4, "[-8, -8, 8, -8]", "[1, 32, 100, -1]",
                 "[-4, -1, 0, -1]");
    expectBinary("shift_right_logical", "i32", 4, "[-8, -8, 8, -8]", "[1, 32, 100, -1]",
                 "[2147483644, 0, 0, 0]");
    expectBinary("shift_left", "ui8", 3, "[255, 255, 1]", "[7, 8, 255]", "[128, 0, 0]");
    expectBinary("shift_right_logical", "i8", 3, "[-128, -128, 5]", "[7, 8, 0]", "[1, 0, 5]");
    expectBinary("shift_right_arithmetic", "i4", 3, "[-8, -8, 7]", "[3, 4, 1]", "[-1, -1, 3]");
    expectBinary("shift_left", "ui2", 3, "[3, 3, 1]", "[1, 2, 1]", "[2, 0, 2]");
}

TEST(EdgeValues, FloatArithmetic) {
    // 0x7F800000 is infinity, 0x7FC00000 a NaN.
    for (const std::string t : {"f32", "f64", "bf16", "f16"}) {
        expectBinary("divide", t, 4, "[1.0, -1.0, 0.0, 1.0]", "[0.0, 0.0, 0.0, -0.0]",
                     t == "f32" ? "[0x7F800000, 0xFF800000, 0x7FC00000, 0xFF800000]"
                     : t == "f64"
                         ? "[0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000, 0xFFF0000000000000]"
                     : t == "bf16" ? "[0x7F80, 0xFF80, 0x7FC0, 0xFF80]"
                                   : "[0x7C00, 0xFC00, 0x7E00, 0xFC00]");
        expectBinary("remainder", t, 4, "[5.5, -5.5, 5.5, -0.0]", "[2.0, 2.0, -2.0, 1.0]",
                     "[1.5, -1.5, 1.5, -0.0]");
        expectUnary("sign", t, 4, "[-0.0, 0.0, -3.5, 1.0e-4]", "[-0.0, 0.0, -1.0, 1.0]");
        expectUnary("round_nearest_afz", t, 7, "[0.5, -0.5, 1.5, 2.5, -2.5, 0.25, -0.25]",
                    "[1.0, -1.0, 2.0, 3.0, -3.0, 0.0, -0.0]");
        expectUnary("round_nearest_even", t, 7, "[0.5, -0.5, 1.5, 2.5, -2.5, 0.25, -0.25]",
                    "[0.0, -0.0, 2.0, 2.0, -2.0, 0.0, -0.0]");
        expectUnary("floor", t, 3, "[-0.0, -0.5, 1.75]", "[-0.0, -1.0, 1.0]");
        expectUnary("ceil", t, 3, "[-0.0, -0.5, 1.25]", "[-0.0, -0.0, 2.0]");
        expectUnary("sqrt", t, 2, "[-0.0, 4.0]", "[-0.0, 2.0]");
        expectUnary("abs", t, 2, "[-0.0, -2.0]", "[0.0, 2.0]");
        expectBinary("maximum", t, 4, "[0.0, -0.0, 1.0, -1.0]", "[-0.0, 0.0, 2.0, -2.0]",
                     "[0.0, 0.0, 2.0, -1.0]");
        expectBinary("minimum", t, 4, "[0.0, -0.0, 1.0, -1.0]", "[-0.0, 0.0, 2.0, -2.0]",
                     "[-0.0, -0.0, 1.0, -2.0]");
    }
    // The largest float below a half, and an odd integer that has no half left.
    expectUnary("round_nearest_afz", "f32", 2, "[0x3EFFFFFF, 8388609.0]", "[0.0, 8388609.0]");
    expectBinary("remainder", "f32", 3, "[5.5, 5.5, 0x7F800000]", "[0.0, 0x7F800000, 2.0]",
                 "[0x7FC00000, 5.5, 0x7FC00000]");
    expectBinary("maximum", "f32", 2, "[0x7FC00000, 1.0]", "[1.0, 0x7FC00000]", "[0x7FC00000, 0x7FC00000]");
    expectBinary("minimum", "f64", 2, "[0x7FF8000000000000, 1.0]", "[1.0, 0x7FF8000000000000]",
                 "[0x7FF8000000000000, 0x7FF8000000000000]");
    expectBinary("power", "f32", 8, "[0.0, 0x7FC00000, 1.0, -8.0, -2.0, 0.0, -0.0, -1.0]",
                 "[0.0, 0.0, 0x7FC00000, 0.5, 3.0, -1.0, -1.0, 0x7F800000]",
                 "[1.0, 1.0, 1.0, 0x7FC00000, -8.0, 0x7F800000, 0xFF800000, 1.0]");
    expectUnary("rsqrt", "f32", 4, "[0.0, -0.0, -1.0, 0x7F800000]",
                "[0x7F800000, 0xFF800000, 0x7FC00000, 0.0]");
    // Denormal results are kept.
    expectBinary("multiply", "f32", 2, "[1.0e-30, 0x00000001]", "[1.0e-10, 0.5]", "[0x000116C2, 0.0]");
}

TEST(EdgeValues, ComparisonsAndClamp) {
    const std::string x = "[0x7FC00000, 0x7FC00000, -0.0, 0xFFC00000, 0xFF800000]";
    const std::string y = "[0x7FC00000, 1.0, 0.0, 0xFF800000, 0xFFC00000]";
    const auto compare = [&](const std::string& direction, const std::string& kind, const std::string& want) {
        expectResult("%r = stablehlo.compare " + direction + ", %a, %b, " + kind +
                         " : (tensor<5xf32>, tensor<5xf32>) -> tensor<5xi1>",
                     {{x, "tensor<5xf32>"}, {y, "tensor<5xf32>"}}, {want, "tensor<5xi1>"});
    };
    compare("EQ", "FLOAT", "[false, false, true, false, false]");
    compare("NE", "FLOAT", "[true, true, false, true, true]");
    compare("LT", "FLOAT", "[false, false, false, false, false]");
    compare("GE", "FLOAT", "[false, false, true, false, false]");
    compare("EQ", "TOTALORDER", "[true, false, false, false, false]");
    compare("LT", "TOTALORDER", "[false, false, true, true, false]");
    compare("GT", "TOTALORDER", "[false, true, false, false, true]");
    expectResult(
        "%r = stablehlo.compare LT, %a, %b, UNSIGNED : (tensor<2xui8>, tensor<2xui8>) -> tensor<2xi1>",
        {{"[255, 1]", "tensor<2xui8>"}, {"[1, 255]", "tensor<2xui8>"}}, {"[false, true]", "tensor<2xi1>"});
    expectResult("%r = stablehlo.clamp %a, %b, %c : tensor<4xf32>",
                 {{"[0.0, 3.0, 0.0, 0x7FC00000]", "tensor<4xf32>"},
                  {"[0x7FC00000, 2.0, -1.0, 1.0]", "tensor<4xf32>"},
                  {"[1.0, 1.0, 1.0, 1.0]", "tensor<4xf32>"}},
                 {"[0x7FC00000, 1.0, 0.0, 0x7FC00000]", "tensor<4xf32>"});
    expectResult("%r = stablehlo.clamp %a, %b, %c : tensor<2xi32>",
                 {{"[5, 0]", "tensor<2xi32>"}, {"[1, 9]", "tensor<2xi32>"}, {"[3, 3]", "tensor<2xi32>"}},
                 {"[3, 3]", "tensor<2xi32>"});
    expectResult(
        "%r = \"stablehlo.sort\"(%a) ({\n^bb0(%x: tensor<f32>, %y: tensor<f32>):\n%p = stablehlo.compare LT, "
        "%x, %y, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>\nstablehlo.return %p : tensor<i1>\n}) "
        "{dimension = 0 : i64, is_stable = true} : (tensor<6xf32>) -> tensor<6xf32>",
        {{"[0x7FC00000, 0.0, 1.0, -0.0, 0xFF800000, 0x7F800000]", "tensor<6xf32>"}},
        {"[0xFF800000, -0.0, 0.0, 1.0, 0x7F800000, 0x7FC00000]", "tensor<6xf32>"});
}

TEST(EdgeValues, Conversions) {
    expectConvert("convert", "tensor<6xf32>", "tensor<6xi32>",
                  "[0x7FC00000, 0x7F800000, 0xFF800000, 3.0e9, -0.9, 2.9]",
                  "[0, 2147483647, -2147483648, 2147483647, 0, 2]");
    expectConvert("convert", "tensor<4xf32>", "tensor<4xui8>", "[300.0, -1.0, 255.9, 0x7FC00000]",
                  "[255, 0, 255, 0]");
    expectConvert("convert", "tensor<2xf64>", "tensor<2xi64>", "[1.0e300, -1.0e300]",
                  "[9223372036854775807, -9223372036854775808]");
    expectConvert("convert", "tensor<3xi32>", "tensor<3xi8>", "[300, -129, 127]", "[44, 127, 127]");
    expectConvert("convert", "tensor<3xi8>", "tensor<3xui16>", "[-1, 127, -128]", "[65535, 127, 65408]");
    expectConvert("convert", "tensor<4xf32>", "tensor<4xi1>", "[0.0, -0.0, 0x7FC00000, 1.0e-45]",
                  "[false, false, true, true]");
    expectConvert("convert", "tensor<2xi64>", "tensor<2xf32>", "[9223372036854775807, 16777217]",
                  "[9.223372036854775807e18, 16777216.0]");
    // One rounding: just above the middle between two neighbours, by less than f32 can say.
    expectConvert("convert", "tensor<2xf64>", "tensor<2xbf16>", "[1.00390625000001, 1.00390625]",
                  "[1.0078125, 1.0]");
    expectConvert("convert", "tensor<3xf32>", "tensor<3xf16>", "[65519.0, 65520.0, 1.0e-8]",
                  "[65504.0, 0x7C00, 0.0]");
    expectConvert("convert", "tensor<3xf32>", "tensor<3xf8E4M3FN>", "[448.0, 1000.0, 0x7F800000]",
                  "[448.0, 0x7F, 0x7F]");
}

TEST(EdgeValues, BitcastsBetweenWidths) {
    expectConvert("bitcast_convert", "tensor<2xf32>", "tensor<2x4xui8>", "[1.0, -0.0]",
                  "[[0, 0, 128, 63], [0, 0, 0, 128]]");
    expectConvert("bitcast_convert", "tensor<2x4xui8>", "tensor<2xf32>", "[[0, 0, 128, 63], [0, 0, 0, 128]]",
                  "[1.0, -0.0]");
    expectConvert("bitcast_convert", "tensor<2xi64>", "tensor<2x2xi32>", "[4294967297, -1]",
                  "[[1, 1], [-1, -1]]");
    expectConvert("bitcast_convert", "tensor<2x2xi16>", "tensor<2xi32>", "[[1, 1], [-1, 0]]",
                  "[65537, 65535]");
    expectConvert("bitcast_convert", "tensor<2xf32>", "tensor<2xi32>", "[0x7FC12345, 0xFF800001]",
                  "[2143363909, -8388607]");
    expectConvert("bitcast_convert", "tensor<2xi8>", "tensor<2xui8>", "[-1, -128]", "[255, 128]");
}

TEST(EdgeValues, PaddingOfWindowsIsTheInitialValue) {
    const auto window = [](const std::string& body, const std::string& attributes, int results) {
        return "%r = \"stablehlo.reduce_window\"(%a, %b) ({\n^bb0(%x: tensor<i32>, %y: tensor<i32>):\n" +
               body + "\nstablehlo.return %z : tensor<i32>\n}) {window_dimensions = array<i64: 2>, " +
               attributes + "} : (tensor<3xi32>, tensor<i32>) -> tensor<" + std::to_string(results) + "xi32>";
    };
    const std::string add = "%z = stablehlo.add %x, %y : tensor<i32>";
    const std::string edges = "padding = dense<[[1, 1]]> : tensor<1x2xi64>";
    const Constant input = {"[1, 2, 3]", "tensor<3xi32>"};
    expectResult(window(add, edges, 4), {input, {"10", "tensor<i32>"}},
                 {"[21, 13, 15, 23]", "tensor<4xi32>"});
    expectResult(window(add, edges, 4), {input, {"0", "tensor<i32>"}}, {"[1, 3, 5, 3]", "tensor<4xi32>"});
    expectResult(window("%z = stablehlo.maximum %x, %y : tensor<i32>", edges, 4),
                 {input, {"2", "tensor<i32>"}}, {"[2, 2, 3, 3]", "tensor<4xi32>"});
    expectResult(window(add, "base_dilations = array<i64: 2>", 4), {input, {"10", "tensor<i32>"}},
                 {"[21, 22, 22, 23]", "tensor<4xi32>"});
    // No identity is known of this one.
    expectResult(window("%z = stablehlo.subtract %y, %x : tensor<i32>", edges, 4),
                 {input, {"10", "tensor<i32>"}}, {"[1, 11, 11, 17]", "tensor<4xi32>"});
}

TEST(EdgeValues, ReducersMayChoose) {
    expectResult(R"(%zero = stablehlo.constant dense<0> : tensor<i64>
%r = "stablehlo.reduce"(%a, %b) ({
^bb0(%x: tensor<i64>, %y: tensor<i64>):
  %p = stablehlo.compare GT, %y, %zero : (tensor<i64>, tensor<i64>) -> tensor<i1>
  %z = "stablehlo.if"(%p) ({
    %even = stablehlo.remainder %y, %c : tensor<i64>
    %q = stablehlo.compare EQ, %even, %zero : (tensor<i64>, tensor<i64>) -> tensor<i1>
    %w = "stablehlo.if"(%q) ({
      stablehlo.return %x : tensor<i64>
    }, {
      %s = stablehlo.add %x, %y : tensor<i64>
      stablehlo.return %s : tensor<i64>
    }) : (tensor<i1>) -> tensor<i64>
    stablehlo.return %w : tensor<i64>
  }, {
    %d = stablehlo.subtract %x, %y : tensor<i64>
    stablehlo.return %d : tensor<i64>
  }) : (tensor<i1>) -> tensor<i64>
  stablehlo.return %z : tensor<i64>
}) {dimensions = array<i64: 0>} : (tensor<5xi64>, tensor<i64>) -> tensor<i64>)",
                 {{"[1, -2, 3, 4, 7]", "tensor<5xi64>"}, {"100", "tensor<i64>"}, {"2", "tensor<i64>"}},
                 {"113", "tensor<i64>"});
}

TEST(EdgeValues, IndicesOutOfRange) {
    const std::string t = "tensor<5xi32>";
    expectResult(
        "%r = stablehlo.dynamic_slice %a, %b, sizes = [2] : (tensor<5xi32>, tensor<i32>) -> tensor<2xi32>",
        {{"[0, 1, 2, 3, 4]", t}, {"100", "tensor<i32>"}}, {"[3, 4]", "tensor<2xi32>"});
    expectResult(
        "%r = stablehlo.dynamic_slice %a, %b, sizes = [2] : (tensor<5xi32>, tensor<i64>) -> tensor<2xi32>",
        {{"[0, 1, 2, 3, 4]", t}, {"-9223372036854775808", "tensor<i64>"}}, {"[0, 1]", "tensor<2xi32>"});
    expectResult(
        "%r = stablehlo.dynamic_slice %a, %b, sizes = [2] : (tensor<5xi32>, tensor<ui8>) -> tensor<2xi32>",
        {{"[0, 1, 2, 3, 4]", t}, {"255", "tensor<ui8>"}}, {"[3, 4]", "tensor<2xi32>"});
    expectResult(
        "%r = stablehlo.dynamic_update_slice %a, %b, %c : (tensor<5xi32>, tensor<2xi32>, tensor<i32>) -> "
        "tensor<5xi32>",
        {{"[0, 1, 2, 3, 4]", t}, {"[8, 9]", "tensor<2xi32>"}, {"4", "tensor<i32>"}}, {"[0, 1, 2, 8, 9]", t});
    expectResult(
        "%r = \"stablehlo.gather\"(%a, %b) {dimension_numbers = #stablehlo.gather<offset_dims = [1], "
        "start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 2>, indices_are_sorted = "
        "false} : (tensor<5xi32>, tensor<4x1xi64>) -> tensor<4x2xi32>",
        {{"[0, 1, 2, 3, 4]", t}, {"[[-7], [4], [9223372036854775807], [1]]", "tensor<4x1xi64>"}},
        {"[[0, 1], [3, 4], [3, 4], [1, 2]]", "tensor<4x2xi32>"});
    // Of a window that is partly outside the elements inside are updated.
    expectResult(
        "%r = \"stablehlo.scatter\"(%a, %b, %c) ({\n^bb0(%x: tensor<i32>, %y: tensor<i32>):\n%s = "
        "stablehlo.add %x, %y : tensor<i32>\nstablehlo.return %s : tensor<i32>\n}) "
        "{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], "
        "scatter_dims_to_operand_dims = [0], index_vector_dim = 1>, indices_are_sorted = false, "
        "unique_indices = false} : (tensor<5xi32>, tensor<4x1xi64>, tensor<4x2xi32>) -> tensor<5xi32>",
        {{"[0, 1, 2, 3, 4]", t},
         {"[[-1], [4], [9223372036854775807], [3]]", "tensor<4x1xi64>"},
         {"[[10, 10], [20, 20], [30, 30], [40, 40]]", "tensor<4x2xi32>"}},
        {"[10, 1, 2, 43, 64]", t});
}

}  // namespace
}  // namespace optirs::plugin::testing
