// Expansions against the definitions.
#include <gtest/gtest.h>

#include <cmath>

#include "interpreter.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin::testing {
namespace {

std::vector<Tensor> run(const std::string& text, const std::vector<Tensor>& arguments) {
    const auto module = parseModule(text);
    verify(*module);
    runPasses(*module);
    verify(*module);
    walk(module->entry().body(),
         [](const Operation& op) { EXPECT_FALSE(op.name().starts_with("chlo.")) << op.name(); });
    return interpret(module->entry(), arguments);
}

TEST(Chlo, NextAfter) {
    const std::vector<double> from = {0.0, -0.0, 1.0, -1.0, 1.0, 3.4028234663852886e38, 0.0, NAN};
    const std::vector<double> to = {1.0, -1.0, 2.0, 2.0, 1.0, INFINITY, 0.0, 1.0};
    const auto got =
        run("func.func @main(%a: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<8xf32> {\n%0 = chlo.next_after "
            "%a, %b : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>\nreturn %0 : tensor<8xf32>\n}",
            {realTensor(ElementType::kF32, {8}, from), realTensor(ElementType::kF32, {8}, to)})[0]
            .reals;
    for (size_t i = 0; i + 1 < from.size(); ++i) {
        EXPECT_EQ(got[i], static_cast<double>(
                              std::nextafterf(static_cast<float>(from[i]), static_cast<float>(to[i]))))
            << i;
    }
    EXPECT_TRUE(std::isnan(got[7]));
}

TEST(Chlo, Mulhi) {
    for (const char* name : {"i8", "ui8", "i32", "ui32", "i64", "ui64"}) {
        const ElementType element = *elementTypeFromName(name);
        const bool is_signed = isSignedInteger(element);
        Tensor x{TensorType(element, {6}), {}, {3, 100, -7, INT64_MAX, INT64_MIN, -1}};
        Tensor y{TensorType(element, {6}), {}, {5, 120, 9, INT64_MAX, -1, -1}};
        const int width = bitWidth(element);
        for (Tensor* each : {&x, &y}) {
            for (int64_t& value : each->integers) {
                std::byte bytes[8];
                storeInteger(value, element, bytes);
                value = loadInteger(bytes, element);
            }
        }
        const std::string type = x.type.toString();
        const auto got = run("func.func @main(%a: " + type + ", %b: " + type + ") -> " + type +
                                 " {\n%0 = chlo.mulhi %a, %b : " + type + ", " + type + " -> " + type +
                                 "\nreturn %0 : " + type + "\n}",
                             {x, y})[0];
        for (size_t i = 0; i < 6; ++i) {
            __extension__ using Wide = __int128;
            __extension__ using WideUnsigned = unsigned __int128;
            const auto expected =
                is_signed
                    ? static_cast<int64_t>((static_cast<Wide>(x.integers[i]) * y.integers[i]) >> width)
                    : static_cast<int64_t>((static_cast<WideUnsigned>(static_cast<uint64_t>(x.integers[i])) *
                                            static_cast<uint64_t>(y.integers[i])) >>
                                           width);
            EXPECT_EQ(got.integers[i], expected) << name << " " << i;
        }
    }
}

TEST(Chlo, TopK) {
    const auto got =
        run("func.func @main(%a: tensor<6xf32>) -> (tensor<3xf32>, tensor<3xi32>) {\n%0:2 = chlo.top_k(%a, k "
            "= 3) : tensor<6xf32> -> (tensor<3xf32>, tensor<3xi32>)\nreturn %0#0, %0#1 : tensor<3xf32>, "
            "tensor<3xi32>\n}",
            {realTensor(ElementType::kF32, {6}, {1, 9, 3, 9, -4, 5})});
    EXPECT_EQ(got[0].reals, (std::vector<double>{9, 9, 5}));
    EXPECT_EQ(got[1].integers, (std::vector<int64_t>{1, 3, 5}));
}

TEST(Chlo, BroadcastingOperations) {
    const auto got =
        run("func.func @main(%a: tensor<2x3xf32>, %b: tensor<3xf32>) -> tensor<2x3xf32> {\n%0 = "
            "chlo.broadcast_add %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>\nreturn %0 : "
            "tensor<2x3xf32>\n}",
            {realTensor(ElementType::kF32, {2, 3}, {1, 2, 3, 4, 5, 6}),
             realTensor(ElementType::kF32, {3}, {10, 20, 30})});
    EXPECT_EQ(got[0].reals, (std::vector<double>{11, 22, 33, 14, 25, 36}));
}

TEST(Decompose, BatchNormTrainingAndGradient) {
    // Against the textbook formula, and the gradient against finite differences of it.
    const std::vector<double> x = {1, 2, 4, -1, 0.5, 3, 2, -2, 1, 0, 5, 1.5};
    const std::vector<double> dy = {0.3, -1, 2, 0.5, 1, -0.2, 0.7, 0.1, -0.4, 1.5, -1, 0.6};
    const double epsilon = 0.001;
    const Tensor input = realTensor(ElementType::kF64, {3, 2, 2}, x);
    const Tensor scale = realTensor(ElementType::kF64, {2}, {1.5, -0.5});
    const Tensor offset = realTensor(ElementType::kF64, {2}, {0.25, 1});
    const auto forward = [&](const Tensor& at) {
        return run(
            "func.func @main(%x: tensor<3x2x2xf64>, %s: tensor<2xf64>, %o: tensor<2xf64>) -> "
            "(tensor<3x2x2xf64>, tensor<2xf64>, tensor<2xf64>) {\n"
            "%0:3 = \"stablehlo.batch_norm_training\"(%x, %s, %o) {epsilon = 1.0e-3 : f32, feature_index = 1 "
            ": i64} : (tensor<3x2x2xf64>, tensor<2xf64>, tensor<2xf64>) -> (tensor<3x2x2xf64>, "
            "tensor<2xf64>, tensor<2xf64>)\n"
            "return %0#0, %0#1, %0#2 : tensor<3x2x2xf64>, tensor<2xf64>, tensor<2xf64>\n}",
            {at, scale, offset});
    };
    const auto y = forward(input);
    for (size_t f = 0; f < 2; ++f) {
        double mean = 0;
        double variance = 0;
        for (size_t i = 0; i < 12; ++i) mean += (i / 2 % 2 == f) ? x[i] / 6 : 0;
        for (size_t i = 0; i < 12; ++i) variance += (i / 2 % 2 == f) ? (x[i] - mean) * (x[i] - mean) / 6 : 0;
        EXPECT_NEAR(y[1].reals[f], mean, 1e-12);
        EXPECT_NEAR(y[2].reals[f], variance, 1e-12);
        for (size_t i = 0; i < 12; ++i) {
            if (i / 2 % 2 != f) continue;
            EXPECT_NEAR(y[0].reals[i],
                        (x[i] - mean) / std::sqrt(variance + epsilon) * scale.reals[f] + offset.reals[f],
                        1e-6);
        }
    }
    const auto gradient =
        run("func.func @main(%x: tensor<3x2x2xf64>, %s: tensor<2xf64>, %m: tensor<2xf64>, %v: tensor<2xf64>, "
            "%d: tensor<3x2x2xf64>) -> (tensor<3x2x2xf64>, tensor<2xf64>, tensor<2xf64>) {\n"
            "%0:3 = \"stablehlo.batch_norm_grad\"(%x, %s, %m, %v, %d) {epsilon = 1.0e-3 : f32, feature_index "
            "= 1 : i64} : (tensor<3x2x2xf64>, tensor<2xf64>, tensor<2xf64>, tensor<2xf64>, "
            "tensor<3x2x2xf64>) -> (tensor<3x2x2xf64>, tensor<2xf64>, tensor<2xf64>)\n"
            "return %0#0, %0#1, %0#2 : tensor<3x2x2xf64>, tensor<2xf64>, tensor<2xf64>\n}",
            {input, scale, y[1], y[2], realTensor(ElementType::kF64, {3, 2, 2}, dy)});
    const auto loss = [&](const Tensor& at) {
        double sum = 0;
        const auto out = forward(at);
        for (size_t i = 0; i < 12; ++i) sum += out[0].reals[i] * dy[i];
        return sum;
    };
    for (size_t i = 0; i < 12; ++i) {
        Tensor up = input;
        Tensor down = input;
        up.reals[i] += 1e-5;
        down.reals[i] -= 1e-5;
        EXPECT_NEAR(gradient[0].reals[i], (loss(up) - loss(down)) / 2e-5, 1e-7) << i;
    }
}

TEST(Decompose, EinsumAndTorchIndexSelect) {
    std::vector<double> a(2 * 3 * 4);
    std::vector<double> b(2 * 4 * 5);
    for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<double>(i % 7) - 3;
    for (size_t i = 0; i < b.size(); ++i) b[i] = static_cast<double>(i % 5) - 2;
    const auto product =
        run("func.func @main(%a: tensor<2x3x4xf64>, %b: tensor<2x4x5xf64>) -> tensor<3x2x5xf64> {\n%0 = "
            "stablehlo.einsum %a, %b, config = \"zik,zkj->izj\" : (tensor<2x3x4xf64>, tensor<2x4x5xf64>) -> "
            "tensor<3x2x5xf64>\nreturn %0 : tensor<3x2x5xf64>\n}",
            {realTensor(ElementType::kF64, {2, 3, 4}, a), realTensor(ElementType::kF64, {2, 4, 5}, b)})[0];
    for (size_t i = 0; i < 3; ++i) {
        for (size_t z = 0; z < 2; ++z) {
            for (size_t j = 0; j < 5; ++j) {
                double sum = 0;
                for (size_t k = 0; k < 4; ++k) sum += a[(z * 3 + i) * 4 + k] * b[(z * 4 + k) * 5 + j];
                EXPECT_EQ(product.reals[(i * 2 + z) * 5 + j], sum);
            }
        }
    }
    Tensor index{TensorType(ElementType::kI32, {2, 2}), {}, {2, 0, 1, 1}};
    const auto rows =
        run("func.func @main(%a: tensor<2x3x4xf64>, %i: tensor<2x2xi32>) -> tensor<2x2x4xf64> {\n%0 = "
            "\"stablehlo.torch_index_select\"(%a, %i) {dim = 1 : i64, batch_dims = 1 : i64} : "
            "(tensor<2x3x4xf64>, tensor<2x2xi32>) -> tensor<2x2x4xf64>\nreturn %0 : tensor<2x2x4xf64>\n}",
            {realTensor(ElementType::kF64, {2, 3, 4}, a), index})[0];
    for (size_t z = 0; z < 2; ++z) {
        for (size_t i = 0; i < 2; ++i) {
            for (size_t k = 0; k < 4; ++k)
                EXPECT_EQ(rows.reals[(z * 2 + i) * 4 + k],
                          a[(z * 3 + static_cast<size_t>(index.integers[z * 2 + i])) * 4 + k]);
        }
    }
}

}  // namespace
}  // namespace optirs::plugin::testing
