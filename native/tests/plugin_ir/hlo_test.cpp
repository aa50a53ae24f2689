// HLO modules that are none, or damaged: an Error, or a module that the verifier takes or refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

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
    EXPECT_THAT(messageOf(std::string(kHloMagic)), HasSubstr("no computation with the id 0"));
    EXPECT_THAT(messageOf(std::string(kHloMagic) + "\x0A\x7F"), HasSubstr("HloModuleProto, byte 0"));
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

TEST(Hlo, DamagedModulesGiveErrors) {
    for (const std::string& whole : hloSamples()) verify(*parseModule(whole));
    const std::string whole = hloSample();
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
    for (size_t size = kHloMagic.size(); size < whole.size(); ++size) attempt(whole.substr(0, size));
    for (int i = 0; i < 20000; ++i) {
        std::string program = whole;
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
