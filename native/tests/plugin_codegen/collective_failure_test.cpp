// Programs whose processes do not agree on a collective operation.
#include "tests/plugin_codegen/grid_program.h"

namespace optirs::plugin::testing {
namespace {

TEST(Collective, AnOperationThatNotAllReachFailsAtOnceAndNamesThem) {
    const std::string text = onGrid(
        2, 1, "tensor<f32>", "tensor<f32>",
        "%id = stablehlo.replica_id : tensor<ui32>\n%zero = stablehlo.constant dense<0> : tensor<ui32>\n"
        "%p = stablehlo.compare EQ, %id, %zero : (tensor<ui32>, tensor<ui32>) -> tensor<i1>\n"
        "%r = \"stablehlo.if\"(%p) ({\n %s = \"stablehlo.all_reduce\"(%x) " +
            reducer("add") +
            " {replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<f32>) -> tensor<f32>\n"
            " stablehlo.return %s : tensor<f32>\n}, {\n stablehlo.return %x : tensor<f32>\n}) : "
            "(tensor<i1>) -> tensor<f32>\nreturn %r : tensor<f32>");
    const std::string message = failureOf(text, {{1}, {2}}, Code::kFailedPrecondition);
    EXPECT_NE(message.find("process (0, 0): at stablehlo.all_reduce"), std::string::npos) << message;
    EXPECT_NE(message.find("process (1, 0): ended"), std::string::npos) << message;
}

TEST(Collective, OperationsInAnotherOrderOrOfAnotherShapeFail) {
    const auto program = [](const std::string& name, const std::string& first, const std::string& second) {
        return "func.func private @" + name +
               "(%x: tensor<4xf32>) -> tensor<4xf32> {\n %g = stablehlo.slice %x [0:2] "
               ": (tensor<4xf32>) -> tensor<2xf32>\n" +
               first + second + " return %x : tensor<4xf32>\n}\n";
    };
    const std::string whole = " %w = \"stablehlo.all_reduce\"(%x) " + reducer("add") +
                              " {replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<4xf32>) -> "
                              "tensor<4xf32>\n";
    const std::string half = " %h = \"stablehlo.all_reduce\"(%g) " + reducer("add") +
                             " {replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<2xf32>) -> "
                             "tensor<2xf32>\n";
    const std::string main =
        "func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {\n %r:2 = \"interpreter.run_parallel\"(%a, %a) "
        "{programs = [[@one], [@two]]} : (tensor<4xf32>, tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)\n"
        " return %r#0 : tensor<4xf32>\n}\n";
    const std::string order = failureOf(program("one", whole, half) + program("two", half, whole) + main,
                                        {{1, 2, 3, 4}}, Code::kFailedPrecondition);
    EXPECT_NE(order.find("tensor<2xf32>"), std::string::npos) << order;
    EXPECT_NE(order.find("process (1, 0)"), std::string::npos) << order;
    failureOf(program("one", whole, "") + program("two", half, "") + main, {{1, 2, 3, 4}},
              Code::kFailedPrecondition);
    EXPECT_EQ(runFloats(program("one", whole, half) + program("two", whole, half) + main, {{1, 2, 3, 4}}),
              (Floats{1, 2, 3, 4}));
}

TEST(Collective, GroupsAreCheckedWhenCompiled) {
    const auto text = [](const std::string& groups) {
        return onGrid(2, 1, "tensor<f32>", "tensor<f32>",
                      "%r = \"stablehlo.all_reduce\"(%x) " + reducer("add") + " {replica_groups = " + groups +
                          "} : (tensor<f32>) -> tensor<f32>\n return %r : tensor<f32>");
    };
    EXPECT_NE(failureOf(text("dense<[[0, 2]]> : tensor<1x2xi64>"), {{1}, {2}}, Code::kInvalidArgument)
                  .find("names replica 2"),
              std::string::npos);
    EXPECT_NE(failureOf(text("dense<[[0, 0]]> : tensor<1x2xi64>"), {{1}, {2}}, Code::kInvalidArgument)
                  .find("twice"),
              std::string::npos);
    EXPECT_NE(
        failureOf(text("dense<[[0]]> : tensor<1x1xi64>"), {{1}, {2}}, Code::kInvalidArgument).find("none of"),
        std::string::npos);
}

}  // namespace
}  // namespace optirs::plugin::testing
