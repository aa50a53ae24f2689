// HLO modules that are none, or damaged: an Error, or a module that the verifier takes or refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "hlo_operations.h"
#include "hlo_samples.h"
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin::testing {
namespace {

using ::testing::HasSubstr;

std::string messageOf(const std::string& program, Code code = Code::kInvalidArgument) {
    try {
        verify(*parseModule(program));
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), code) << error.message();
        return error.message();
    }
    ADD_FAILURE() << "should fail";
    return {};
}

TEST(Hlo, GivesAModuleWithShardingsAndPlaces) {
    const auto module = parseModule(hloSample());
    verify(*module);
    const std::string text = print(*module);
    EXPECT_THAT(text, HasSubstr("mhlo.sharding = \"{replicated}\""));
    EXPECT_THAT(text, HasSubstr("mhlo.sharding = \"{devices=[2]<=[2]}\""));
    EXPECT_THAT(text, HasSubstr("tf.aliasing_output = 0 : i32"));
    EXPECT_THAT(text, HasSubstr("replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>"));
    // What is printed is the same module.
    EXPECT_EQ(print(*parseModule(text)), text);
}

TEST(Hlo, EveryOperationIsReadAsStableHloHasIt) {
    for (const HloOperation& each : hloOperations()) {
        SCOPED_TRACE(each.text);
        try {
            const auto module = parseModule(each.program);
            verify(*module);
            const std::string text = print(*module);
            EXPECT_THAT(text, HasSubstr(each.text));
            EXPECT_EQ(print(*parseModule(text)), text);
        } catch (const Error& error) {
            ADD_FAILURE() << error.message();
        }
    }
}

TEST(Hlo, DeviceListsOfAnIota) {
    HloModule module;
    const int64_t add = module.combiner("add");
    HloComputation& main = module.computation();
    const int64_t x = main.parameter(0, f32({}));
    main.add("all-reduce", f32({}), {x},
             Proto().packed(38, {add}).message(
                 92, Proto().number(1, 3).number(2, 2).packed(3, {2, 3}).packed(4, {1, 0})));
    EXPECT_THAT(print(*parseModule(module.program())),
                HasSubstr("dense<[[0, 3], [1, 4], [2, 5]]> : tensor<3x2xi64>"));
}

TEST(Hlo, MessagesWithTheHostAreTwoStepsInOne) {
    HloModule module;
    HloComputation& main = module.computation();
    const Proto token = shapeOf(hlo_type::kToken, {});
    const Proto context = shapeOf(hlo_type::kU32, {});
    const int64_t x = main.parameter(0, f32({2}));
    const int64_t t = main.add("after-all", token);
    const int64_t s =
        main.add("send", tupleOf({f32({2}), context, token}), {x, t}, Proto().number(26, 7).number(47, 1));
    const int64_t sent = main.add("send-done", token, {s}, Proto().number(26, 7).number(47, 1));
    const int64_t r =
        main.add("recv", tupleOf({f32({2}), context, token}), {sent}, Proto().number(26, 8).number(47, 1));
    const int64_t got =
        main.add("recv-done", tupleOf({f32({2}), token}), {r}, Proto().number(26, 8).number(47, 1));
    main.add("get-tuple-element", f32({2}), {got}, Proto().number(13, 0));
    const auto parsed = parseModule(module.program());
    verify(*parsed);
    const std::string text = print(*parsed);
    EXPECT_THAT(text, HasSubstr("handle = 7, type = 2"));
    EXPECT_THAT(text, HasSubstr("handle = 8, type = 3"));
    EXPECT_THAT(text, HasSubstr("is_host_transfer = true"));
}

TEST(Hlo, ErrorsNameTheInstruction) {
    {
        HloModule module;
        HloComputation& main = module.computation();
        const int64_t x = main.parameter(0, f32({4}));
        main.add("add", f32({4}), {x, 77});
        EXPECT_THAT(messageOf(module.program()),
                    HasSubstr("add.2 (add): operand 77 is no instruction before it"));
    }
    {
        HloModule module;
        HloComputation& main = module.computation();
        const int64_t x = main.parameter(0, f32({4}));
        main.add("tanh", f32({5}), {x});
        EXPECT_THAT(messageOf(module.program()), HasSubstr("tanh.2"));
    }
    {
        HloModule module;
        HloComputation& main = module.computation();
        const int64_t x = main.parameter(0, f32({4}));
        main.add("call", f32({4}), {x}, Proto().packed(38, {main.id()}));
        EXPECT_THAT(messageOf(module.program()), HasSubstr("calls inside each other"));
    }
    {
        HloModule module;
        HloComputation& main = module.computation();
        main.add("constant", f32({4}), {},
                 Proto().message(8, Proto().message(1, f32({4})).fixed(8, std::vector<float>{1, 2, 3})));
        EXPECT_THAT(messageOf(module.program()), HasSubstr("12 bytes of data for tensor<4xf32>"));
    }
    {
        HloModule module;
        HloComputation& main = module.computation();
        main.parameter(1, f32({4}));
        EXPECT_THAT(messageOf(module.program()), HasSubstr("parameter number 1"));
    }
    {
        HloModule module;
        module.computation().parameter(0, f32({1 << 30, 1 << 30, 1 << 30}));
        EXPECT_THAT(messageOf(module.program()), HasSubstr("do not fit"));
    }
    {
        HloModule module;
        const int64_t add = module.combiner("add");
        HloComputation& main = module.computation();
        const Proto token = shapeOf(hlo_type::kToken, {});
        main.add("map", token, {main.add("after-all", token)}, Proto().packed(38, {add}));
        EXPECT_THAT(messageOf(module.program()), HasSubstr("(map): its operands should be tensors"));
    }
    EXPECT_THAT(messageOf(std::string(kHloMagic)), HasSubstr("no computation with the id 0"));
    EXPECT_THAT(messageOf(std::string(kHloMagic) + "\x0A\x7F"), HasSubstr("HloModuleProto, byte 0"));
}

// Five times the second size is 6, as 64 bits have it.
TEST(Hlo, DeviceListsOfAnIotaOfSizesThatOverflow) {
    for (const std::vector<int64_t>& size : {std::vector<int64_t>{3, 2},
                                             {5, -3689348814741910322},
                                             {int64_t{1} << 62, 6},
                                             {4, 1},
                                             {0, 0},
                                             {-2, -3}}) {
        HloModule module;
        const int64_t add = module.combiner("add");
        HloComputation& main = module.computation();
        main.add("all-reduce", f32({}), {main.parameter(0, f32({}))},
                 Proto().packed(38, {add}).message(
                     92, Proto().number(1, size[0]).number(2, size[1]).packed(3, {6}).packed(4, {0})));
        if (size[0] == 3)
            verify(*parseModule(module.program()));
        else
            EXPECT_THAT(messageOf(module.program()), HasSubstr("do not have all devices"));
    }
}

// The size that a shape announces is not taken for granted before the data is there.
TEST(Hlo, PackedConstantsOfHugeShapesAllocateNothing) {
    HloModule module;
    const Proto shape = shapeOf(hlo_type::kS4, {1 << 30, 1 << 30});
    module.computation().add("constant", shape, {},
                             Proto().message(8, Proto().message(1, shape).bytes(21, "\x12")));
    EXPECT_THAT(messageOf(module.program()),
                HasSubstr("1 bytes of data for tensor<1073741824x1073741824xi4>"));
}

// Each computation calls the one before it twice: 2^40 operations in all.
TEST(Hlo, CallsThatMultiplyAreRefused) {
    HloModule module;
    int64_t called = module.combiner("add");
    for (int i = 0; i < 40; ++i) {
        HloComputation& next = module.computation();
        const int64_t a = next.parameter(0, f32({}));
        const int64_t b = next.parameter(1, f32({}));
        const int64_t first = next.add("call", f32({}), {a, b}, Proto().packed(38, {called}));
        next.add("call", f32({}), {first, b}, Proto().packed(38, {called}));
        called = next.id();
    }
    EXPECT_THAT(messageOf(module.program(), Code::kResourceExhausted), HasSubstr("written out"));
}

// A few thousand operations, but of a tuple of a thousand values each.
TEST(Hlo, CallsThatMultiplyTuplesAreRefused) {
    const Proto tuple = tupleOf(std::vector<Proto>(1000, f32({})));
    HloModule module;
    HloComputation& barrier = module.computation();
    barrier.add("opt-barrier", tuple, {barrier.parameter(0, tuple)});
    int64_t called = barrier.id();
    for (int i = 0; i < 12; ++i) {
        HloComputation& next = module.computation();
        int64_t value = next.parameter(0, tuple);
        for (int k = 0; k < 2; ++k) value = next.add("call", tuple, {value}, Proto().packed(38, {called}));
        called = next.id();
    }
    EXPECT_THAT(messageOf(module.program(), Code::kResourceExhausted), HasSubstr("operands"));
}

TEST(Hlo, DamagedModulesGiveErrors) {
    for (const std::string& whole : hloSamples()) verify(*parseModule(whole));
    std::vector<std::string> wholes = {hloSample()};
    for (const HloOperation& each : hloOperations()) wholes.push_back(each.program);
    std::mt19937_64 random(7);
    const auto attempt = [](const std::string& program) {
        try {
            const auto module = parseModule(program);
            verify(*module);
            print(*module);
        } catch (const Error& error) {
            EXPECT_FALSE(error.message().empty());
            EXPECT_NE(error.code(), Code::kInternal) << error.message();
        }
    };
    for (size_t size = kHloMagic.size(); size < wholes[0].size(); ++size) attempt(wholes[0].substr(0, size));
    for (size_t i = 0; i < 200 * wholes.size(); ++i) {
        std::string program = wholes[i % wholes.size()];
        for (size_t edit = 0; edit < 1 + random() % 3; ++edit) {
            const size_t at = kHloMagic.size() + random() % (program.size() - kHloMagic.size());
            if (random() % 4 == 0)
                program.erase(at, 1 + random() % 3);
            else
                program[at] =
                    static_cast<char>(random() % 2 == 0 ? random() : program[at] ^ (1 << random() % 8));
        }
        attempt(program);
    }
}

}  // namespace
}  // namespace optirs::plugin::testing
