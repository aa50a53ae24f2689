// Collective operations in compiled programs, run together on a grid of processes.
#include <gtest/gtest.h>

#include <numeric>

#include "tests/plugin_codegen/grid_program.h"

namespace optirs::plugin::testing {
namespace {

using Groups = std::vector<std::vector<int>>;

struct ModeCase {
    const char* attributes;
    /// Which processes (replica * 2 + partition) of the 2 x 2 grid combine.
    Groups groups;
};

TEST(Collective, AllReduceUnderstandsTheFourMeaningsOfGroups) {
    const ModeCase cases[] = {
        // cross_replica: the same partition of each replica.
        {"replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>", {{0, 2}, {1, 3}}},
        // Replicas alone; padding.
        {"replica_groups = dense<[[1, -1], [0, -1]]> : tensor<2x2xi64>", {{0}, {1}, {2}, {3}}},
        // No groups: everybody of the mode.
        {"replica_groups = dense<> : tensor<0x0xi64>", {{0, 2}, {1, 3}}},
        // cross_replica_and_partition: all partitions of the replicas.
        {"replica_groups = dense<[[0], [1]]> : tensor<2x1xi64>, channel_handle = "
         "#stablehlo.channel_handle<handle = 1, type = 0>",
         {{0, 1}, {2, 3}}},
        // flattened_ids.
        {"replica_groups = dense<[[0, 3], [1, 2]]> : tensor<2x2xi64>, channel_handle = "
         "#stablehlo.channel_handle<handle = 1, type = 0>, use_global_device_ids",
         {{0, 3}, {1, 2}}},
        {"replica_groups = dense<> : tensor<0x0xi64>, channel_handle = "
         "#stablehlo.channel_handle<handle = 1, type = 0>, use_global_device_ids",
         {{0, 1, 2, 3}}},
    };
    for (const ModeCase& c : cases) {
        const std::string text =
            onGrid(2, 2, "tensor<3xf32>", "tensor<3xf32>",
                   "%r = \"stablehlo.all_reduce\"(%x) " + reducer("add") + " {" + c.attributes +
                       "} : (tensor<3xf32>) -> tensor<3xf32>\n return %r : tensor<3xf32>");
        const std::vector<Floats> inputs = {{1, 2, 3}, {10, 20, 30}, {100, 200, 300}, {1000, 2000, 3000}};
        std::vector<Floats> expected(4, Floats(3, 0.0F));
        for (const auto& group : c.groups) {
            for (const int to : group) {
                for (const int from : group) {
                    for (size_t i = 0; i < 3; ++i)
                        expected[static_cast<size_t>(to)][i] += inputs[static_cast<size_t>(from)][i];
                }
            }
        }
        EXPECT_EQ(runGrid(text, inputs), expected) << c.attributes;
    }
}

// Each process has as many elements as its first one says, and gets those of the other.
TEST(Collective, BoundedDataTakesItsSizeAlong) {
    const std::string bounded = "tensor<?xf32, #stablehlo.bounds<4>>";
    const std::string text = onGrid(2, 1, "tensor<4xf32>", "tensor<2xf32>",
                                    R"(
  %f = stablehlo.slice %x [0:1] : (tensor<4xf32>) -> tensor<1xf32>
  %i = stablehlo.convert %f : (tensor<1xf32>) -> tensor<1xi32>
  %n = stablehlo.reshape %i : (tensor<1xi32>) -> tensor<i32>
  %cut = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4xf32>, tensor<i32>) -> )" +
                                        bounded + R"(
  %p = "stablehlo.collective_permute"(%cut) {source_target_pairs = dense<[[0, 1], [1, 0]]> : tensor<2x2xi64>} : ()" +
                                        bounded + ") -> " + bounded + R"(
  %z = stablehlo.constant dense<0.0> : tensor<f32>
  %t = stablehlo.reduce(%p init: %z) applies stablehlo.add across dimensions = [0] : ()" +
                                        bounded +
                                        R"(, tensor<f32>) -> tensor<f32>
  %m = stablehlo.get_dimension_size %p, dim = 0 : ()" +
                                        bounded + R"() -> tensor<i32>
  %c = stablehlo.convert %m : (tensor<i32>) -> tensor<f32>
  %a = stablehlo.reshape %t : (tensor<f32>) -> tensor<1xf32>
  %b = stablehlo.reshape %c : (tensor<f32>) -> tensor<1xf32>
  %r = stablehlo.concatenate %a, %b, dim = 0 : (tensor<1xf32>, tensor<1xf32>) -> tensor<2xf32>
  return %r : tensor<2xf32>)");
    EXPECT_EQ(runGrid(text, {{2, 5, 100, 100}, {3, 1, 1, 100}}), (std::vector<Floats>{{5, 3}, {7, 2}}));
    std::string reduced = text;
    const size_t at = reduced.find("\"stablehlo.collective_permute\"");
    const size_t end = reduced.find("tensor<2x2xi64>}", at) + 16;
    reduced.replace(at, end - at,
                    "\"stablehlo.all_reduce\"(%cut) " + reducer("add") +
                        " {replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}");
    EXPECT_EQ(runGrid(reduced, {{2, 5, 100, 100}, {2, 1, 100, 100}}),
              (std::vector<Floats>{{10, 2}, {10, 2}}));
}

TEST(Collective, ReducesFromTheFirstMemberToTheLast) {
    // Rounding shows the order: ((1 + 2^24) + 1) + -2^24 = 0, other orders give 1 or 2.
    const std::string text = onGrid(
        4, 1, "tensor<1xf32>", "tensor<1xf32>",
        "%r = \"stablehlo.all_reduce\"(%x) " + reducer("add") +
            " {replica_groups = dense<[[2, 0, 3, 1]]> : tensor<1x4xi64>} : (tensor<1xf32>) -> tensor<1xf32>\n"
            " return %r : tensor<1xf32>");
    const float big = 16777216.0F;
    for (int run = 0; run < 20; ++run) {
        for (const Floats& result : runGrid(text, {{big}, {-big}, {1}, {1}})) EXPECT_EQ(result, Floats{0});
    }
}

TEST(Collective, ReducerMayBeAnyRegionAndPromote) {
    // max(a, b) + 1, from i8 to f32.
    const std::string text =
        onGrid(3, 1, "tensor<2xi8>", "tensor<2xf32>",
               "%r = \"stablehlo.all_reduce\"(%x) ({\n ^bb0(%a: tensor<f32>, %b: tensor<f32>):\n"
               " %one = stablehlo.constant dense<1.0> : tensor<f32>\n"
               " %m = stablehlo.maximum %a, %b : tensor<f32>\n %s = stablehlo.add %m, %one : tensor<f32>\n"
               " stablehlo.return %s : tensor<f32>\n}) {replica_groups = dense<[[0, 1, 2]]> : "
               "tensor<1x3xi64>} : (tensor<2xi8>) -> tensor<2xf32>\n return %r : tensor<2xf32>");
    const auto outputs =
        run(text, {Bytes::of(std::vector<int8_t>{1, 9}), Bytes::of(std::vector<int8_t>{5, 2}),
                   Bytes::of(std::vector<int8_t>{3, 4})});
    for (const Bytes& output : outputs) EXPECT_EQ(output.as<float>(), (Floats{7, 11}));
}

TEST(Collective, LargeAllReduceGivesTheSameBitsOnAnyNumberOfThreads) {
    const size_t n = 100003;
    const std::string type = "tensor<" + std::to_string(n) + "xf32>";
    const std::string text = onGrid(3, 1, type, type,
                                    "%r = \"stablehlo.all_reduce\"(%x) " + reducer("add") +
                                        " {replica_groups = dense<[[0, 1, 2]]> : tensor<1x3xi64>} : (" +
                                        type + ") -> " + type + "\n return %r : " + type);
    std::vector<Floats> inputs(3, Floats(n));
    uint32_t state = 1;
    for (Floats& input : inputs) {
        for (float& value : input) {
            state = state * 1664525U + 1013904223U;
            value = static_cast<float>(state >> 8) * 1e-3F;
        }
    }
    Floats expected(n);
    for (size_t i = 0; i < n; ++i) expected[i] = (inputs[0][i] + inputs[1][i]) + inputs[2][i];
    for (const int threads : {1, 2, 4}) {
        for (const Floats& result : runGrid(text, inputs, threads)) EXPECT_EQ(result, expected);
    }
}

TEST(Collective, AllGatherJoinsAlongAnyDimension) {
    const std::string text = onGrid(
        1, 2, "tensor<2x3xf32>", "tensor<2x6xf32>",
        "%r = \"stablehlo.all_gather\"(%x) {all_gather_dim = 1 : i64, replica_groups = dense<[[1, 0]]> "
        ": tensor<1x2xi64>, channel_handle = #stablehlo.channel_handle<handle = 1, type = 0>, "
        "use_global_device_ids} : (tensor<2x3xf32>) -> tensor<2x6xf32>\n return %r : tensor<2x6xf32>");
    const Floats joined = {7, 8, 9, 1, 2, 3, 10, 11, 12, 4, 5, 6};
    EXPECT_EQ(runGrid(text, {{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11, 12}}),
              (std::vector<Floats>{joined, joined}));
}

TEST(Collective, ReduceScatterIsAllReduceAndSlice) {
    for (const int dimension : {0, 1}) {
        const std::string result = dimension == 0 ? "tensor<2x4xf32>" : "tensor<4x2xf32>";
        const std::string text =
            onGrid(2, 1, "tensor<4x4xf32>", result,
                   "%r = \"stablehlo.reduce_scatter\"(%x) " + reducer("add") +
                       " {scatter_dimension = " + std::to_string(dimension) +
                       " : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<4x4xf32>) -> " +
                       result + "\n return %r : " + result);
        Floats a(16);
        Floats b(16);
        std::iota(a.begin(), a.end(), 0.0F);
        std::iota(b.begin(), b.end(), 100.0F);
        std::vector<Floats> expected(2);
        for (size_t row = 0; row < 4; ++row) {
            for (size_t column = 0; column < 4; ++column) {
                const size_t owner = (dimension == 0 ? row : column) / 2;
                expected[owner].push_back(a[row * 4 + column] + b[row * 4 + column]);
            }
        }
        EXPECT_EQ(runGrid(text, {a, b}), expected) << dimension;
    }
}

TEST(Collective, CollectiveReduceGivesTheRootAlone) {
    const std::string text = onGrid(
        2, 1, "tensor<1xf32>", "tensor<1xf32>",
        "%r = \"stablehlo.collective_reduce\"(%x) " + reducer("add") +
            " {replica_groups = dense<[[1, 0]]> : tensor<1x2xi64>} : (tensor<1xf32>) -> tensor<1xf32>\n"
            " return %r : tensor<1xf32>");
    EXPECT_EQ(runGrid(text, {{1}, {2}}), (std::vector<Floats>{{0}, {3}}));
}

TEST(Collective, WorksInsideALoopAndOn256Processes) {
    // Each round shifts the values around the ring and sums; after 256 rounds everybody has seen all.
    std::string pairs;
    for (int i = 0; i < 256; ++i)
        pairs += (i == 0 ? "[" : ", [") + std::to_string(i) + ", " + std::to_string((i + 1) % 256) + "]";
    const std::string text = onGrid(
        256, 1, "tensor<f32>", "tensor<f32>",
        "%zero = stablehlo.constant dense<0> : tensor<i32>\n%none = stablehlo.constant dense<0.0> : "
        "tensor<f32>\n"
        "%r:3 = stablehlo.while(%i = %zero, %v = %x, %sum = %none) : tensor<i32>, tensor<f32>, tensor<f32>\n"
        "cond {\n %n = stablehlo.constant dense<8> : tensor<i32>\n"
        " %c = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>\n"
        " stablehlo.return %c : tensor<i1>\n} do {\n %one = stablehlo.constant dense<1> : tensor<i32>\n"
        " %next = stablehlo.add %i, %one : tensor<i32>\n"
        " %moved = \"stablehlo.collective_permute\"(%v) {source_target_pairs = dense<[" +
            pairs +
            "]> : tensor<256x2xi64>} : (tensor<f32>) -> tensor<f32>\n"
            " %total = stablehlo.add %sum, %moved : tensor<f32>\n"
            " stablehlo.return %next, %moved, %total : tensor<i32>, tensor<f32>, tensor<f32>\n}\n"
            "return %r#2 : tensor<f32>");
    std::vector<Floats> inputs;
    std::vector<Floats> expected;
    for (int i = 0; i < 256; ++i) {
        inputs.push_back({static_cast<float>(i)});
        int sum = 0;
        for (int k = 1; k <= 8; ++k) sum += (i - k + 256) % 256;
        expected.push_back({static_cast<float>(sum)});
    }
    EXPECT_EQ(runGrid(text, inputs), expected);
}

TEST(Collective, SendAndReceiveOnAChannel) {
    // The pairs are of partitions, or where there is one, of replicas.
    for (const std::string programs : {"[[\"send\", \"receive\"]]", "[[@send], [@receive]]"}) {
        const std::string text = R"(
func.func private @send(%x: tensor<2xf32>, %t: !stablehlo.token) -> !stablehlo.token {
  %0 = "stablehlo.send"(%x, %t) {channel_handle = #stablehlo.channel_handle<handle = 3, type = 1>,
       source_target_pairs = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<2xf32>, !stablehlo.token) -> !stablehlo.token
  return %0 : !stablehlo.token
}
func.func private @receive(%t: !stablehlo.token) -> (tensor<2xf32>, !stablehlo.token) {
  %0:2 = "stablehlo.recv"(%t) {channel_handle = #stablehlo.channel_handle<handle = 3, type = 1>,
       source_target_pairs = dense<[[0, 1]]> : tensor<1x2xi64>} : (!stablehlo.token) -> (tensor<2xf32>, !stablehlo.token)
  return %0#0, %0#1 : tensor<2xf32>, !stablehlo.token
}
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %t = stablehlo.create_token : !stablehlo.token
  %r:3 = "interpreter.run_parallel"(%x, %t, %t) {programs = )" +
                                 programs + R"(}
      : (tensor<2xf32>, !stablehlo.token, !stablehlo.token) -> (!stablehlo.token, tensor<2xf32>, !stablehlo.token)
  return %r#1 : tensor<2xf32>
})";
        EXPECT_EQ(runFloats(text, {{3, 4}}), (Floats{3, 4})) << programs;
    }
}

TEST(Collective, InfeedTakesItemsInOrderAndOutfeedIsTaken) {
    const std::string text = R"(
func.func private @first() -> tensor<f32> {
  %0 = stablehlo.constant dense<5.0> : tensor<f32>
  return %0 : tensor<f32>
}
func.func private @second() -> tensor<f32> {
  %0 = stablehlo.constant dense<3.0> : tensor<f32>
  return %0 : tensor<f32>
}
func.func private @process(%t: !stablehlo.token) -> (tensor<f32>, !stablehlo.token) {
  %a:2 = "stablehlo.infeed"(%t) : (!stablehlo.token) -> (tensor<f32>, !stablehlo.token)
  %b:2 = "stablehlo.infeed"(%a#1) : (!stablehlo.token) -> (tensor<f32>, !stablehlo.token)
  %d = stablehlo.subtract %a#0, %b#0 : tensor<f32>
  %o = "stablehlo.outfeed"(%d, %b#1) {outfeed_config = ""} : (tensor<f32>, !stablehlo.token) -> !stablehlo.token
  return %d, %o : tensor<f32>, !stablehlo.token
}
func.func @main() -> tensor<f32> {
  %t = stablehlo.create_token : !stablehlo.token
  %r:2 = "interpreter.run_parallel"(%t) {infeed = [@first, @second], programs = [[@process]]}
      : (!stablehlo.token) -> (tensor<f32>, !stablehlo.token)
  return %r#0 : tensor<f32>
})";
    EXPECT_EQ(runFloats(text, {}), Floats{2});
    std::string shorter = text;
    shorter.replace(shorter.find("@first, @second"), 15, "@first");
    try {
        run(shorter, {});
        ADD_FAILURE() << "should fail";
    } catch (const Error& error) {
        EXPECT_NE(error.message().find("run out"), std::string::npos) << error.message();
    }
}

}  // namespace
}  // namespace optirs::plugin::testing
