// HLO modules, run; what they should give is worked out by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../plugin_ir/hlo_samples.h"
#include "pjrt_cpu/ir/error.h"
#include "run_program.h"

namespace optirs::plugin::testing {
namespace {

using Floats = std::vector<float>;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Proto dims(std::vector<int64_t> values) { return Proto().packed(14, values); }
Proto calls(std::vector<int64_t> ids) { return Proto().packed(38, ids); }

struct Window {
    int64_t size = 1, stride = 1, low = 0, high = 0, window_dilation = 1, base_dilation = 1, reversal = 0;
};
Proto windowOf(const std::vector<Window>& dimensions) {
    Proto window;
    for (const Window& each : dimensions) {
        window.message(1, Proto()
                              .number(1, each.size)
                              .number(2, each.stride)
                              .number(3, each.low)
                              .number(4, each.high)
                              .number(5, each.window_dilation)
                              .number(6, each.base_dilation)
                              .number(7, each.reversal));
    }
    return window;
}

std::vector<Floats> runHlo(HloModule& module, const std::vector<Floats>& arguments) {
    std::vector<Bytes> inputs;
    for (const Floats& each : arguments) inputs.push_back(Bytes::of(each));
    std::vector<Floats> results;
    for (const Bytes& each : run(module.program(), inputs)) results.push_back(each.as<float>());
    return results;
}

TEST(HloProgram, ElementwiseAndConstants) {
    HloModule module;
    HloComputation& main = module.computation();
    const int64_t x = main.parameter(0, f32({2, 3}));
    const int64_t c = main.constantF32({2, 3}, {1, 2, 3, 4, 5, 6});
    const int64_t sum = main.add("add", f32({2, 3}), {x, c});
    const int64_t zero = main.constantF32({}, {0});
    const int64_t zeros = main.add("broadcast", f32({2, 3}), {zero}, Proto());
    const int64_t more =
        main.add("compare", pred({2, 3}), {sum, zeros}, Proto().bytes(63, "GT").bytes(72, "FLOAT"));
    const int64_t less = main.add("negate", f32({2, 3}), {sum});
    main.add("select", f32({2, 3}), {more, sum, less});
    EXPECT_THAT(runHlo(module, {{-5, -1, 0, 1, -9, 0}})[0], ElementsAre(4, 1, 3, 5, 4, 6));
}

TEST(HloProgram, LiteralsAreInTheOrderOfTheirLayout) {
    HloModule module;
    HloComputation& main = module.computation();
    const Proto shape = shapeOf(hlo_type::kF32, {2, 3}, {0, 1});
    main.add("constant", shape, {},
             Proto().message(8, Proto().message(1, shape).fixed(8, Floats{1, 4, 2, 5, 3, 6})));
    EXPECT_THAT(runHlo(module, {})[0], ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(HloProgram, SmallIntegersArePacked) {
    HloModule module;
    HloComputation& main = module.computation();
    const Proto shape = shapeOf(hlo_type::kS4, {3});
    const int64_t c =
        main.add("constant", shape, {}, Proto().message(8, Proto().message(1, shape).bytes(21, "\x7E\x08")));
    main.add("convert", f32({3}), {c});
    EXPECT_THAT(runHlo(module, {})[0], ElementsAre(-2, 7, -8));
}

TEST(HloProgram, MovesData) {
    HloModule module;
    HloComputation& main = module.computation();
    const int64_t x = main.parameter(0, f32({2, 3}));
    const int64_t t = main.add("transpose", f32({3, 2}), {x}, dims({1, 0}));
    const int64_t r = main.add("reverse", f32({3, 2}), {t}, dims({0}));
    Proto slice;
    slice.message(17, Proto().number(1, 0).number(2, 3).number(3, 2));
    slice.message(17, Proto().number(1, 1).number(2, 2).number(3, 1));
    const int64_t s = main.add("slice", f32({2, 1}), {r}, slice);
    Proto corner;
    corner.message(17, Proto().number(1, 0).number(2, 2).number(3, 1));
    corner.message(17, Proto().number(1, 0).number(2, 2).number(3, 1));
    const int64_t c = main.add("slice", f32({2, 2}), {t}, corner);
    const int64_t joined = main.add("concatenate", f32({2, 3}), {c, s}, dims({1}));
    const int64_t value = main.constantF32({}, {9});
    Proto config;
    config.message(1, Proto().number(1, 1).number(2, 0).number(3, 0));
    config.message(1, Proto().number(1, -1).number(2, 0).number(3, 1));
    main.add("pad", f32({3, 4}), {joined, value}, Proto().message(21, config));
    // t = [[1,4],[2,5],[3,6]]; reversed [[3,6],[2,5],[1,4]]; its column 1 of rows 0 and 2: 6, 4
    // joined = [[1,4,6],[2,5,4]]; padded: a row of 9 before, 9 between columns, and one column less
    EXPECT_THAT(runHlo(module, {{1, 2, 3, 4, 5, 6}})[0], ElementsAre(9, 9, 9, 9, 9, 4, 9, 6, 9, 5, 9, 4));
}

TEST(HloProgram, DotAndFusion) {
    HloModule module;
    HloComputation& fused = module.computation();
    const int64_t a = fused.parameter(0, f32({2, 2}));
    const int64_t b = fused.parameter(1, f32({2, 2}));
    fused.add("multiply", f32({2, 2}), {a, b});
    const int64_t fused_id = fused.id();
    HloComputation& main = module.computation();
    const int64_t x = main.parameter(0, f32({2, 3}));
    const int64_t y = main.parameter(1, f32({2, 3}));
    const int64_t d =
        main.add("dot", f32({2, 2}), {x, y}, Proto().message(30, Proto().packed(1, {1}).packed(2, {1})));
    main.add("fusion", f32({2, 2}), {d, d}, calls({fused_id}).bytes(11, "kLoop"));
    EXPECT_THAT(runHlo(module, {{1, 2, 3, 4, 5, 6}, {1, 0, 1, 0, 1, 0}})[0], ElementsAre(16, 4, 100, 25));
}

TEST(HloProgram, ConvolutionWithItsWindow) {
    HloModule module;
    HloComputation& main = module.computation();
    const int64_t x = main.parameter(0, f32({1, 4, 1}));
    const int64_t k = main.parameter(1, f32({2, 1, 1}));
    const Proto numbers = Proto()
                              .number(7, 0)
                              .number(8, 2)
                              .packed(11, {1})
                              .number(3, 1)
                              .number(4, 2)
                              .packed(6, {0})
                              .number(9, 0)
                              .number(10, 2)
                              .packed(12, {1});
    main.add("convolution", f32({1, 5, 1}), {x, k},
             Proto()
                 .message(15, windowOf({{.size = 2, .low = 1, .high = 1, .reversal = 1}}))
                 .message(16, numbers));
    // The reversed kernel (10, 1) slides over 0 1 2 3 4 0.
    EXPECT_THAT(runHlo(module, {{1, 2, 3, 4}, {1, 10}})[0], ElementsAre(1, 12, 23, 34, 40));
}

TEST(HloProgram, Reductions) {
    HloModule module;
    const int64_t add = module.combiner("add");
    const int64_t maximum = module.combiner("maximum");
    const int64_t ge = module.combiner("compare", f32({}), pred({}), Proto().bytes(63, "GE"));
    HloComputation& main = module.computation();
    const int64_t x = main.parameter(0, f32({2, 4}));
    const int64_t zero = main.constantF32({}, {0});
    const int64_t rows = main.add("reduce", f32({2}), {x, zero}, dims({1}).packed(38, {add}));
    const Proto pairs = windowOf({{.size = 1}, {.size = 2, .stride = 2}});
    const int64_t pooled =
        main.add("reduce-window", f32({2, 2}), {x, zero}, calls({maximum}).message(15, pairs));
    const int64_t back =
        main.add("select-and-scatter", f32({2, 4}), {x, pooled, zero}, calls({ge, add}).message(15, pairs));
    main.add("tuple", tupleOf({f32({2}), f32({2, 2}), f32({2, 4})}), {rows, pooled, back});
    const auto results = runHlo(module, {{1, 2, 4, 3, 5, 5, -1, -2}});
    EXPECT_THAT(results[0], ElementsAre(10, 7));
    EXPECT_THAT(results[1], ElementsAre(2, 4, 5, 0));
    EXPECT_THAT(results[2], ElementsAre(0, 2, 4, 0, 5, 0, 0, 0));
}

TEST(HloProgram, GatherScatterAndSort) {
    HloModule module;
    const int64_t add = module.combiner("add");
    HloComputation& less = module.computation();
    const int64_t a = less.parameter(0, f32({}));
    const int64_t b = less.parameter(1, f32({}));
    less.parameter(2, s32({}));
    less.parameter(3, s32({}));
    less.add("compare", pred({}), {a, b}, Proto().bytes(63, "LT"));
    const int64_t less_id = less.id();
    HloComputation& main = module.computation();
    const int64_t x = main.parameter(0, f32({4}));
    const int64_t places = main.constantS32({3}, {3, 0, 3});
    const int64_t taken =
        main.add("gather", f32({3}), {x, places},
                 Proto().message(33, Proto().packed(2, {0}).packed(3, {0}).number(4, 1)).packed(34, {1}));
    const int64_t added =
        main.add("scatter", f32({4}), {x, places, taken},
                 calls({add}).message(48, Proto().packed(2, {0}).packed(3, {0}).number(4, 1)));
    const int64_t iota = main.add("iota", s32({4}), {}, dims({0}));
    const int64_t sorted = main.add("sort", tupleOf({f32({4}), s32({4})}), {added, iota},
                                    dims({0}).packed(38, {less_id}).number(60, 1));
    const int64_t values = main.add("get-tuple-element", f32({4}), {sorted}, Proto().number(13, 0));
    const int64_t order = main.add("get-tuple-element", s32({4}), {sorted}, Proto().number(13, 1));
    const int64_t order_f32 = main.add("convert", f32({4}), {order});
    main.add("tuple", tupleOf({f32({4}), f32({4})}), {values, order_f32});
    const auto results = runHlo(module, {{5, 2, 7, 1}});
    EXPECT_THAT(results[0], ElementsAre(2, 3, 7, 10));  // 5+5, 2, 7, 1+1+1
    EXPECT_THAT(results[1], ElementsAre(1, 3, 2, 0));
}

// Doubles the second part of a tuple until the counter in the first is 0; the body is named first.
TEST(HloProgram, WhileOverTuplesAndConditional) {
    HloModule module;
    const Proto state = tupleOf({s32({}), tupleOf({f32({2})})});
    HloComputation& body = module.computation();
    const int64_t p = body.parameter(0, state);
    const int64_t n = body.add("get-tuple-element", s32({}), {p}, Proto().number(13, 0));
    const int64_t inner = body.add("get-tuple-element", tupleOf({f32({2})}), {p}, Proto().number(13, 1));
    const int64_t x = body.add("get-tuple-element", f32({2}), {inner}, Proto().number(13, 0));
    const int64_t one = body.constantS32({}, {1});
    const int64_t fewer = body.add("subtract", s32({}), {n, one});
    const int64_t twice = body.add("add", f32({2}), {x, x});
    const int64_t part = body.add("tuple", tupleOf({f32({2})}), {twice});
    body.add("tuple", state, {fewer, part});
    const int64_t body_id = body.id();
    HloComputation& condition = module.computation();
    const int64_t q = condition.parameter(0, state);
    const int64_t left = condition.add("get-tuple-element", s32({}), {q}, Proto().number(13, 0));
    const int64_t zero = condition.constantS32({}, {0});
    condition.add("compare", pred({}), {left, zero}, Proto().bytes(63, "NE"));
    const int64_t condition_id = condition.id();
    HloComputation& negate = module.computation();
    negate.add("negate", f32({2}), {negate.parameter(0, f32({2}))});
    const int64_t negate_id = negate.id();
    HloComputation& keep = module.computation();
    keep.parameter(0, f32({2}));
    const int64_t keep_id = keep.id();
    HloComputation& main = module.computation();
    const int64_t arg = main.parameter(0, f32({2}));
    const int64_t wrapped = main.add("tuple", tupleOf({f32({2})}), {arg});
    const int64_t three = main.constantS32({}, {3});
    const int64_t start = main.add("tuple", state, {three, wrapped});
    const int64_t end = main.add("while", state, {start}, calls({body_id, condition_id}));
    const int64_t after = main.add("get-tuple-element", tupleOf({f32({2})}), {end}, Proto().number(13, 1));
    const int64_t result = main.add("get-tuple-element", f32({2}), {after}, Proto().number(13, 0));
    const int64_t branch = main.constantS32({}, {1});
    const int64_t negated =
        main.add("conditional", f32({2}), {branch, result, result}, calls({keep_id, negate_id}));
    const int64_t zero_s32 = main.constantS32({}, {0});
    const int64_t is_zero = main.add("compare", pred({}), {three, zero_s32}, Proto().bytes(63, "EQ"));
    // false: the second computation
    main.add("conditional", f32({2}), {is_zero, result, negated}, calls({negate_id, keep_id}));
    EXPECT_THAT(runHlo(module, {{1, -2}})[0], ElementsAre(-8, 16));
}

TEST(HloProgram, SamplesOfTheFuzzer) {
    EXPECT_THAT(run(hloTopKSample(), {Bytes::of(Floats{3, -1, 7, 7, 0.5F, 2, -4, 1})})[0].as<float>(),
                ElementsAre(7, 7, 2, 1));
    // 16 times, by four doublings; branch 4 is beyond the last, which is taken.
    EXPECT_THAT(run(hloControlSample(), {Bytes::of(Floats{0, 0.0625F})})[0].as<float>(),
                ElementsAre(1, ::testing::FloatNear(2.718282F, 1e-6F)));
}

// JAX's approx_max_k as an HLO module says it.
TEST(HloProgram, ApproximateTopKWithItsConfiguration) {
    HloModule module;
    HloComputation& comparison = module.computation();
    const int64_t compare = comparison.id();
    const int64_t a = comparison.parameter(0, f32({}));
    const int64_t b = comparison.parameter(1, f32({}));
    comparison.add("compare", pred({}), {a, b}, Proto().bytes(63, "GT"));
    HloComputation& main = module.computation();
    const int64_t x = main.parameter(0, f32({4, 2}));
    main.add("custom-call", f32({1, 2}), {x, main.constantF32({}, {-1e30F})},
             Proto()
                 .bytes(28, "ApproxTopK")
                 .bytes(43, R"({"top_k": 1, "reduction_dim": 0, "recall_target": 0.95, "note": "a, b"})")
                 .packed(38, {compare}));
    EXPECT_THAT(runHlo(module, {{3, -1, 7, 7, 0.5F, 2, -4, 9}})[0], ElementsAre(7, 9));
}

TEST(HloProgram, DynamicSlicesCallsAndMap) {
    HloModule module;
    const int64_t product = module.combiner("multiply");
    HloComputation& called = module.computation();
    const int64_t v = called.parameter(0, f32({4}));
    called.add("map", f32({4}), {v, v}, dims({0}).packed(38, {product}));
    const int64_t called_id = called.id();
    HloComputation& main = module.computation();
    const int64_t x = main.parameter(0, f32({4}));
    const int64_t i = main.constantS32({}, {2});
    const int64_t part = main.add("dynamic-slice", f32({2}), {x, i}, Proto().packed(20, {2}));
    const int64_t zero = main.constantS32({}, {0});
    const int64_t moved = main.add("dynamic-update-slice", f32({4}), {x, part, zero});
    const int64_t copied = main.add("copy", f32({4}), {moved});
    main.add("call", f32({4}), {copied}, calls({called_id}));
    EXPECT_THAT(runHlo(module, {{1, 2, 3, 4}})[0], ElementsAre(9, 16, 9, 16));
}

TEST(HloProgram, TakesNestedTuplesAsArgumentsAndDonatesThem) {
    HloModule module;
    HloComputation& main = module.computation();
    const Proto pair = tupleOf({f32({}), tupleOf({f32({2})})});
    const int64_t p = main.parameter(0, pair);
    const int64_t s = main.add("get-tuple-element", f32({}), {p}, Proto().number(13, 0));
    const int64_t inner = main.add("get-tuple-element", tupleOf({f32({2})}), {p}, Proto().number(13, 1));
    const int64_t v = main.add("get-tuple-element", f32({2}), {inner}, Proto().number(13, 0));
    const int64_t wide = main.add("broadcast", f32({2}), {s}, Proto());
    main.add("add", f32({2}), {v, wide});
    module.proto().message(8, Proto().message(1, Proto().packed(3, {1, 0}).number(4, 1)));
    const auto program = compile(module.program(), {});
    ASSERT_EQ(program->arguments.size(), 2U);
    int aliased = -1;
    for (const Allocation& each : program->allocations) {
        if (each.kind == Allocation::Kind::kOutput) aliased = each.aliased_argument;
    }
    EXPECT_EQ(aliased, 1);
    const auto results = run(*program, {Bytes::of(Floats{10}), Bytes::of(Floats{1, 2})});
    EXPECT_THAT(results[0].as<float>(), ElementsAre(11, 12));
}

TEST(HloProgram, WhatIsNotMappedNamesTheInstruction) {
    HloModule module;
    HloComputation& main = module.computation();
    const int64_t x = main.parameter(0, f32({4}));
    main.add("stochastic-convert", f32({4}), {x, x});
    try {
        run(module.program(), {});
        ADD_FAILURE() << "should fail";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::kUnimplemented);
        EXPECT_THAT(error.message(), HasSubstr("stochastic-convert.2 (stochastic-convert)"));
    }
}

}  // namespace
}  // namespace optirs::plugin::testing
