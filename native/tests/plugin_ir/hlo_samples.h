/// @file
/// HLO modules that tests damage and fuzzers begin with.
#pragma once

#include <string>
#include <vector>

#include "hlo_writer.h"

namespace optirs::plugin::testing {

/// A module with something of everything.
inline std::string hloSample() {
    HloModule module;
    const int64_t add = module.combiner("add");
    HloComputation& main = module.computation();
    const int64_t x = main.parameter(0, f32({4, 4}));
    const int64_t t = main.parameter(1, tupleOf({s32({2}), f32({})}));
    const int64_t zero = main.add("get-tuple-element", f32({}), {t}, Proto().number(13, 1));
    const int64_t sum = main.add("reduce", f32({4}), {x, zero}, Proto().packed(14, {1}).packed(38, {add}));
    const int64_t d =
        main.add("dot", f32({4}), {x, sum}, Proto().message(30, Proto().packed(1, {1}).packed(2, {0})));
    const int64_t c = main.constantF32({4}, {1, 2, 3, 4});
    const int64_t all =
        main.add("all-reduce", f32({4}), {c},
                 Proto().packed(38, {add}).message(49, Proto().packed(1, {0, 1})).number(26, 3));
    main.add("tuple", tupleOf({f32({4}), f32({4})}), {d, all},
             Proto().message(
                 40, Proto()
                         .number(1, 2)
                         .message(5, Proto().number(1, 0))
                         .message(5, Proto().number(1, 3).packed(3, {2}).packed(9, {2}).packed(10, {0}))));
    module.proto().message(8, Proto().message(1, Proto().packed(1, {0}).number(2, 1).packed(3, {1})));
    return module.program();
}

/// A loop that counts to four, and a branch on what it gives.
inline std::string hloControlSample() {
    HloModule module;
    const Proto carried = tupleOf({s32({}), f32({2})});
    const auto parts = [&](HloComputation& at, int64_t tuple) {
        return std::pair{at.add("get-tuple-element", s32({}), {tuple}, Proto().number(13, 0)),
                         at.add("get-tuple-element", f32({2}), {tuple}, Proto().number(13, 1))};
    };
    HloComputation& condition = module.computation();
    const int64_t while_condition = condition.id();
    const auto [i, unused] = parts(condition, condition.parameter(0, carried));
    condition.add("compare", pred({}), {i, condition.constantS32({}, {4})}, Proto().bytes(63, "LT"));
    HloComputation& round = module.computation();
    const int64_t while_body = round.id();
    const auto [n, x] = parts(round, round.parameter(0, carried));
    const int64_t next = round.add("add", s32({}), {n, round.constantS32({}, {1})});
    const int64_t twice = round.add("add", f32({2}), {x, x});
    round.add("tuple", carried, {next, twice});
    std::vector<int64_t> branches;
    for (const char* opcode : {"negate", "exponential"}) {
        HloComputation& branch = module.computation();
        branches.push_back(branch.id());
        branch.add(opcode, f32({2}), {branch.parameter(0, f32({2}))});
    }
    HloComputation& main = module.computation();
    const int64_t start =
        main.add("tuple", carried, {main.constantS32({}, {0}), main.parameter(0, f32({2}))});
    const int64_t loop =
        main.add("while", carried, {start}, Proto().packed(38, {while_body, while_condition}));
    const auto [count, value] = parts(main, loop);
    main.add("conditional", f32({2}), {count, value, value}, Proto().packed(38, branches));
    return module.program();
}

/// XLA's top-k by a comparison of values and indices.
inline std::string hloTopKSample() {
    HloModule module;
    HloComputation& comparison = module.computation();
    const int64_t compare = comparison.id();
    const int64_t a = comparison.parameter(0, f32({}));
    const int64_t b = comparison.parameter(1, f32({}));
    comparison.parameter(2, s32({}));
    comparison.parameter(3, s32({}));
    comparison.add("compare", pred({}), {a, b}, Proto().bytes(63, "GT").bytes(72, "TOTALORDER"));
    HloComputation& main = module.computation();
    main.add("custom-call", tupleOf({f32({2, 2}), s32({2, 2})}), {main.parameter(0, f32({2, 4}))},
             Proto().bytes(28, "TopK").packed(38, {compare}));
    return module.program();
}

inline std::vector<std::string> hloSamples() { return {hloSample(), hloControlSample(), hloTopKSample()}; }

}  // namespace optirs::plugin::testing
