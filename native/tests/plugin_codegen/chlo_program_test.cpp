// CHLO operations that become more than one operation, compiled, against their definitions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/float_format.h"
#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

std::vector<float> counted(int64_t count, int modulus) {
    std::vector<float> out(static_cast<size_t>(count));
    for (size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<float>(static_cast<int>(i * 7 % 23) % modulus - 3);
    return out;
}

std::vector<float> raggedDot(const std::string& types, const std::string& numbers,
                             const std::vector<float>& lhs, const std::vector<float>& rhs,
                             const std::vector<int64_t>& sizes) {
    const std::string arrow = " -> ";
    const size_t at = types.find(arrow);
    const size_t first = types.find(", ");
    const size_t second = types.find(", ", first + 1);
    const std::string result = types.substr(at + arrow.size());
    return run("func.func @main(%a: " + types.substr(0, first) +
                   ", %b: " + types.substr(first + 2, second - first - 2) +
                   ", %g: " + types.substr(second + 2, at - second - 2) + ") -> " + result +
                   " {\n%0 = \"chlo.ragged_dot\"(%a, %b, %g) {ragged_dot_dimension_numbers = "
                   "#chlo.ragged_dot<" +
                   numbers +
                   ">, precision_config = [#chlo<precision DEFAULT>, #chlo<precision DEFAULT>]} : (" +
                   types.substr(0, at) + ")" + arrow + result + "\nreturn %0 : " + result + "\n}",
               {Bytes::of(lhs), Bytes::of(rhs), Bytes::of(sizes)})[0]
        .as<float>();
}

// Rows of group g times matrix g; rows of no group are zero. The other groups' NaN do not spread.
TEST(RaggedDot, GroupsOfRows) {
    const auto lhs = counted(11 * 5, 5);
    auto rhs = counted(3 * 5 * 7, 9);
    rhs[1 * 35 + 4] = NAN;  // of a group without rows
    const auto got = raggedDot("tensor<11x5xf32>, tensor<3x5x7xf32>, tensor<3xi64> -> tensor<11x7xf32>",
                               "lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1], "
                               "lhs_ragged_dimensions = [0], rhs_group_dimensions = [0]",
                               lhs, rhs, {4, 0, 5});
    for (size_t m = 0; m < 11; ++m) {
        for (size_t n = 0; n < 7; ++n) {
            const size_t group = m < 4 ? 0 : 2;
            float sum = 0;
            for (size_t k = 0; m < 9 && k < 5; ++k) sum += lhs[m * 5 + k] * rhs[group * 35 + k * 7 + n];
            EXPECT_EQ(got[m * 7 + n], sum) << m << " " << n;
        }
    }
}

// [b, m, k] x [g, b, k, n] with sizes of their own for each b.
TEST(RaggedDot, GroupsOfRowsInBatches) {
    const auto lhs = counted(2 * 6 * 5, 5);
    const auto rhs = counted(3 * 2 * 5 * 4, 9);
    const std::vector<int64_t> sizes = {1, 2, 3, 6, 0, 0};
    const auto got = raggedDot("tensor<2x6x5xf32>, tensor<3x2x5x4xf32>, tensor<2x3xi64> -> tensor<2x6x4xf32>",
                               "lhs_batching_dimensions = [0], rhs_batching_dimensions = [1], "
                               "lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [2], "
                               "lhs_ragged_dimensions = [1], rhs_group_dimensions = [0]",
                               lhs, rhs, sizes);
    for (size_t b = 0; b < 2; ++b) {
        for (size_t m = 0; m < 6; ++m) {
            const size_t group = b == 1 || m < 1 ? 0 : m < 3 ? 1 : 2;
            for (size_t n = 0; n < 4; ++n) {
                float sum = 0;
                for (size_t k = 0; k < 5; ++k)
                    sum += lhs[(b * 6 + m) * 5 + k] * rhs[((group * 2 + b) * 5 + k) * 4 + n];
                EXPECT_EQ(got[(b * 6 + m) * 4 + n], sum) << b << " " << m << " " << n;
            }
        }
    }
}

// Each group's part of the contraction has a product of its own.
TEST(RaggedDot, GroupsOfTheContraction) {
    const auto lhs = counted(11 * 5, 5);
    const auto rhs = counted(5 * 7, 9);
    const auto got = raggedDot("tensor<11x5xf32>, tensor<5x7xf32>, tensor<3xi64> -> tensor<3x11x7xf32>",
                               "lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0], "
                               "lhs_ragged_dimensions = [1]",
                               lhs, rhs, {2, 1, 9});
    const size_t begin[] = {0, 2, 3};
    const size_t end[] = {2, 3, 5};
    for (size_t g = 0; g < 3; ++g) {
        for (size_t m = 0; m < 11; ++m) {
            for (size_t n = 0; n < 7; ++n) {
                float sum = 0;
                for (size_t k = begin[g]; k < end[g]; ++k) sum += lhs[m * 5 + k] * rhs[k * 7 + n];
                EXPECT_EQ(got[(g * 11 + m) * 7 + n], sum) << g << " " << m << " " << n;
            }
        }
    }
}

TEST(RaggedDot, GroupsOfBatches) {
    const auto lhs = counted(3 * 4 * 5, 5);
    const auto rhs = counted(3 * 5 * 2, 9);
    const auto got = raggedDot("tensor<3x4x5xf32>, tensor<3x5x2xf32>, tensor<2xi64> -> tensor<3x4x2xf32>",
                               "lhs_batching_dimensions = [0], rhs_batching_dimensions = [0], "
                               "lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [1], "
                               "lhs_ragged_dimensions = [0]",
                               lhs, rhs, {1, 2});
    for (size_t b = 0; b < 3; ++b) {
        for (size_t m = 0; m < 4; ++m) {
            for (size_t n = 0; n < 2; ++n) {
                float sum = 0;
                for (size_t k = 0; k < 5; ++k) sum += lhs[(b * 4 + m) * 5 + k] * rhs[(b * 5 + k) * 2 + n];
                EXPECT_EQ(got[(b * 4 + m) * 2 + n], sum);
            }
        }
    }
}

// A number of any kind becomes the constant: truth values are written without a type.
TEST(ConstantLike, TruthValuesAndNumbers) {
    const auto filled = [](const std::string& type, const std::string& value) {
        const std::string tensor = "tensor<3x" + type + ">";
        return run("func.func @main(%x: " + tensor + ") -> " + tensor +
                       " {\n%0 = \"chlo.constant_like\"(%x) {value = " + value + "} : (" + tensor + ") -> " +
                       tensor + "\nreturn %0 : " + tensor + "\n}",
                   {Bytes::of(std::vector<uint8_t>(3, 0))})[0]
            .as<uint8_t>();
    };
    EXPECT_THAT(filled("i1", "true"), ::testing::ElementsAre(1, 1, 1));
    EXPECT_THAT(filled("i1", "false"), ::testing::ElementsAre(0, 0, 0));
    EXPECT_THAT(filled("i8", "-2 : i8"), ::testing::ElementsAre(254, 254, 254));
    EXPECT_THAT(filled("f8E5M2", "1.0 : f8E5M2"), ::testing::ElementsAre(0x3C, 0x3C, 0x3C));
}

// Every number of a narrow type, towards several others: the reference looks for the neighbour among all
// values.
TEST(NextAfter, NarrowFloats) {
    for (const char* name : {"f4E2M1FN", "f8E3M4", "f8E4M3", "f8E4M3FN", "f8E4M3FNUZ", "f8E4M3B11FNUZ",
                             "f8E5M2", "f8E5M2FNUZ", "f8E8M0FNU"}) {
        const ElementType type = *elementTypeFromName(name);
        std::vector<double> values;
        for (uint64_t bits = 0; bits < (uint64_t{1} << bitWidth(type)); ++bits)
            values.push_back(decodeFloat(bits, type));
        std::vector<double> sorted;
        for (const double value : values) {
            if (!std::isnan(value) && std::ranges::find(sorted, value) == sorted.end())
                sorted.push_back(value);
        }
        std::ranges::sort(sorted);
        std::vector<uint8_t> x;
        std::vector<uint8_t> y;
        for (size_t from = 0; from < values.size(); ++from) {
            for (size_t to = 0; to < values.size(); to += 5) {
                x.push_back(static_cast<uint8_t>(from));
                y.push_back(static_cast<uint8_t>(to));
            }
        }
        const std::string tensor = "tensor<" + std::to_string(x.size()) + "x" + name + ">";
        const auto got = run("func.func @main(%x: " + tensor + ", %y: " + tensor + ") -> " + tensor +
                                 " {\n%0 = chlo.next_after %x, %y : " + tensor + ", " + tensor + " -> " +
                                 tensor + "\nreturn %0 : " + tensor + "\n}",
                             {Bytes::of(x), Bytes::of(y)})[0]
                             .as<uint8_t>();
        for (size_t i = 0; i < x.size(); ++i) {
            const double from = values[x[i]];
            const double to = values[y[i]];
            const double next = decodeFloat(got[i], type);
            if (std::isnan(from) || std::isnan(to)) {
                EXPECT_TRUE(std::isnan(next)) << name << " " << from << " " << to;
                continue;
            }
            const auto at = std::ranges::find(sorted, from);
            const double wanted = from == to ? to : from < to ? *(at + 1) : *(at - 1);
            EXPECT_EQ(next, wanted) << name << " " << from << " " << to;
        }
    }
}

// XLA's clients write CHLO into portable artifacts as calls.
TEST(NamedCalls, OfChloAreTheOperation) {
    const std::vector<float> x = {-1.5F, -0.25F, 0.0F, 0.5F, 3.0F};
    const auto unary = [&](const std::string& target) {
        return run("func.func @main(%x: tensor<5xf32>) -> tensor<5xf32> {\n%0 = stablehlo.custom_call @" +
                       target +
                       "(%x) {mhlo.attributes = {}, mhlo.version = 1 : i64} : (tensor<5xf32>) -> "
                       "tensor<5xf32>\n"
                       "return %0 : tensor<5xf32>\n}",
                   {Bytes::of(x)})[0]
            .as<float>();
    };
    const auto erf = unary("mhlo.erf");
    const auto sinh = unary("mhlo.sinh");
    const auto tan = unary("mhlo.tan");
    for (size_t i = 0; i < x.size(); ++i) {
        EXPECT_NEAR(erf[i], std::erf(x[i]), 1e-6) << x[i];
        EXPECT_NEAR(sinh[i], std::sinh(x[i]), 2e-6 * std::abs(std::sinh(x[i]))) << x[i];
        EXPECT_NEAR(tan[i], std::tan(x[i]), 2e-6 * std::abs(std::tan(x[i]))) << x[i];
    }
}

std::vector<Bytes> topK(const std::string& attributes, const std::string& results) {
    return run("func.func @main(%x: tensor<2x4xf32>) -> (" + results +
                   ") {\n%0:2 = stablehlo.custom_call @mhlo.topk(%x) "
                   "{mhlo.attributes = {" +
                   attributes + "}, mhlo.version = 1 : i64} : (tensor<2x4xf32>) -> (" + results +
                   ")\nreturn %0#0, %0#1 : " + results + "\n}",
               {Bytes::of(std::vector<float>{3, -1, 7, 7, 0.5F, 2, -4, 1})});
}

TEST(NamedCalls, TopKTakesTheLargestOrTheSmallest) {
    const auto largest = topK("k = 2 : i64, largest = true", "tensor<2x2xf32>, tensor<2x2xi32>");
    EXPECT_EQ(largest[0].as<float>(), (std::vector<float>{7, 7, 2, 1}));
    EXPECT_EQ(largest[1].as<int32_t>(), (std::vector<int32_t>{2, 3, 1, 3}));
    const auto smallest = topK("k = 2 : i64, largest = false", "tensor<2x2xf32>, tensor<2x2xi32>");
    EXPECT_EQ(smallest[0].as<float>(), (std::vector<float>{-1, 3, -4, 0.5F}));
    EXPECT_EQ(smallest[1].as<int32_t>(), (std::vector<int32_t>{1, 0, 2, 0}));
}

// XLA's own call, with a comparison of the values, of values and indices, or none.
TEST(NamedCalls, TopKByAComparison) {
    const auto run_call = [](const std::string& arguments, const std::string& body,
                             const std::string& attributes) {
        return run("func.func private @first(" + arguments + ") -> tensor<i1> {\n" + body +
                       "return %0 : tensor<i1>\n}\n"
                       "func.func public @main(%x: tensor<2x4xf32>) -> (tensor<2x3xf32>, tensor<2x3xi32>) {\n"
                       "%0:2 = stablehlo.custom_call @TopK(%x) " +
                       attributes +
                       " : (tensor<2x4xf32>) -> (tensor<2x3xf32>, tensor<2x3xi32>)\n"
                       "return %0#0, %0#1 : tensor<2x3xf32>, tensor<2x3xi32>\n}",
                   {Bytes::of(std::vector<float>{3, -1, 7, 7, -0.0F, 0, NAN, 1})});
    };
    const std::string values = "%a: tensor<f32>, %b: tensor<f32>";
    const std::string both = values + ", %i: tensor<i32>, %j: tensor<i32>";
    const auto compare = [](const std::string& direction, const std::string& order) {
        return "%0 = stablehlo.compare " + direction + ", %a, %b, " + order +
               " : (tensor<f32>, tensor<f32>) -> tensor<i1>\n";
    };
    const std::string called = "{called_computations = [@first]}";
    for (const auto& [arguments, attributes] : {std::pair(values, called), {both, called}, {values, "{}"}}) {
        const auto largest = run_call(arguments, compare("GT", "TOTALORDER"), attributes);
        EXPECT_THAT(largest[0].as<float>(),
                    ::testing::ElementsAre(7, 7, 3, ::testing::NanSensitiveFloatEq(NAN), 1, 0));
        EXPECT_EQ(largest[1].as<int32_t>(), (std::vector<int32_t>{2, 3, 0, 2, 3, 1}));
    }
    const auto smallest = run_call(both, compare("LT", "TOTALORDER"), called);
    EXPECT_EQ(smallest[0].as<float>(), (std::vector<float>{-1, 3, 7, -0.0F, 0, 1}));
    EXPECT_EQ(smallest[1].as<int32_t>(), (std::vector<int32_t>{1, 0, 2, 0, 1, 3}));
    // Indices are seen by the comparison: the last come first.
    const auto last = run_call(
        both, "%0 = stablehlo.compare GT, %i, %j : (tensor<i32>, tensor<i32>) -> tensor<i1>\n", called);
    EXPECT_EQ(last[1].as<int32_t>(), (std::vector<int32_t>{3, 2, 1, 3, 2, 1}));
}

// JAX's approx_max_k and approx_min_k, which may be exact. The comparison is a function of the module.
std::vector<Bytes> approxTopK(const std::string& config, const std::string& results,
                              const std::string& direction = "GT") {
    const std::string types = "(tensor<2x4xf32>, tensor<2x4xi32>, tensor<f32>, tensor<i32>) -> ";
    return run(
        "func.func private @first(%a: tensor<f32>, %b: tensor<f32>, %i: tensor<i32>, %j: "
        "tensor<i32>) -> tensor<i1> {\n"
        "%0 = stablehlo.compare " +
            direction +
            ", %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>\nreturn %0 : tensor<i1>\n}\n"
            "func.func public @main(%x: tensor<2x4xf32>) -> (" +
            results +
            ") {\n"
            "%i = stablehlo.iota dim = 1 : tensor<2x4xi32>\n"
            "%none = stablehlo.constant dense<0xFF800000> : tensor<f32>\n"
            "%minus = stablehlo.constant dense<-1> : tensor<i32>\n"
            "%0:2 = stablehlo.custom_call @ApproxTopK(%x, %i, %none, %minus) {called_computations = "
            "[@first], mhlo.backend_config = {" +
            config + "}} : " + types + "(" + results + ")\nreturn %0#0, %0#1 : " + results + "\n}",
        {Bytes::of(std::vector<float>{3, -1, 7, 7, 0.5F, 2, -4, 1})});
}

TEST(NamedCalls, ApproximateTopKIsExact) {
    const std::string config =
        "aggregate_to_topk = true, is_fallback = true, recall_target = 0.95 : f32, "
        "reduction_dim = 1 : i64, reduction_input_size_override = -1 : i64, top_k = 2 : i64";
    const auto largest = approxTopK(config, "tensor<2x2xf32>, tensor<2x2xi32>");
    EXPECT_EQ(largest[0].as<float>(), (std::vector<float>{7, 7, 2, 1}));
    EXPECT_EQ(largest[1].as<int32_t>(), (std::vector<int32_t>{2, 3, 1, 3}));
    const auto smallest = approxTopK(config, "tensor<2x2xf32>, tensor<2x2xi32>", "LT");
    EXPECT_EQ(smallest[0].as<float>(), (std::vector<float>{-1, 3, -4, 0.5F}));
    EXPECT_EQ(smallest[1].as<int32_t>(), (std::vector<int32_t>{1, 0, 2, 0}));
    const auto rows = approxTopK("reduction_dim = 0 : i64", "tensor<1x4xf32>, tensor<1x4xi32>");
    EXPECT_EQ(rows[0].as<float>(), (std::vector<float>{3, 2, 7, 7}));
}

TEST(NamedCalls, ThatCannotBeTheOperationSayWhy) {
    const auto refusal = [](const auto& program) -> std::string {
        try {
            program();
            return "none";
        } catch (const Error& error) {
            return error.message();
        }
    };
    const auto top = [&](const char* attributes, const char* results) {
        return refusal([&] { topK(attributes, results); });
    };
    const auto approx = [&](const char* config, const char* results) {
        return refusal([&] { approxTopK(config, results); });
    };
    using ::testing::HasSubstr;
    EXPECT_THAT(top("k = 9 : i64", "tensor<2x9xf32>, tensor<2x9xi32>"), HasSubstr("k = 9"));
    EXPECT_THAT(top("k = 2 : i64", "tensor<2x3xf32>, tensor<2x3xi32>"),
                HasSubstr("should be tensor<2x2xf32>"));
    const auto call = [&](const std::string& types, const std::string& results) {
        return refusal([&] {
            run("func.func private @first(%a: tensor<f32>) -> tensor<f32> {\nreturn %a : tensor<f32>\n}\n"
                "func.func public @main(%x: " +
                    types +
                    ") {\n%0:2 = stablehlo.custom_call @TopK(%x) "
                    "{called_computations = [@first]} : (" +
                    types + ") -> (" + results + ")\nreturn\n}",
                {Bytes(16)});
        });
    };
    EXPECT_THAT(call("tensor<f32>", "tensor<f32>, tensor<i32>"), HasSubstr("a last dimension"));
    EXPECT_THAT(call("tensor<4xf32>", "tensor<2xf32>, tensor<2xi32>"), HasSubstr("sort"));
    EXPECT_THAT(approx("top_k = 2 : i64", "tensor<2x2xf32>, tensor<2x2xi32>"), HasSubstr("reduction_dim"));
    EXPECT_THAT(approx("reduction_dim = 2 : i64", "tensor<2x2xf32>, tensor<2x2xi32>"),
                HasSubstr("reduction_dim 2 is not a dimension"));
    EXPECT_THAT(approx("reduction_dim = 1 : i64", "tensor<3x2xf32>, tensor<3x2xi32>"),
                HasSubstr("result 0 should be tensor<2x2xf32>"));
    EXPECT_THAT(approx("reduction_dim = 1 : i64", "tensor<2x5xf32>, tensor<2x5xi32>"), HasSubstr("line"));
}

// What JAX's qr is, where a platform has no library of its own.
TEST(NamedCalls, QrOfAProgram) {
    const std::vector<float> a = {3, 1, 4, 2, 0, 5};
    const auto parts =
        run("func.func @main(%a: tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>) {\n"
            "%0:2 = stablehlo.custom_call @Qr(%a) : (tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<2xf32>)\n"
            "%1 = stablehlo.custom_call @ProductOfElementaryHouseholderReflectors(%0#0, %0#1) : "
            "(tensor<3x2xf32>, tensor<2xf32>) -> tensor<3x2xf32>\n"
            "return %0#0, %1 : tensor<3x2xf32>, tensor<3x2xf32>\n}",
            {Bytes::of(a)});
    const auto r = parts[0].as<float>(), q = parts[1].as<float>();
    for (size_t i = 0; i < 3; ++i) {
        EXPECT_NEAR(q[2 * i] * r[0], a[2 * i], 1e-5);
        EXPECT_NEAR(q[2 * i] * r[1] + q[2 * i + 1] * r[3], a[2 * i + 1], 1e-5);
    }
}

}  // namespace
}  // namespace optirs::plugin::testing
