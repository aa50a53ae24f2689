// Bytecode that is not pure VHLO: the dialects' own encodings, Shardy beside VHLO, text where a dialect has
// no encoding. The programs are written by a small writer, so that they need no files.
#include <gtest/gtest.h>

#include "dialect_bytecode.h"
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/ir/sharding.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin::testing {
namespace {

TEST(BytecodeDialects, StableHloWithItsOwnAttributes) {
    const auto module = parseModule(stableHloBytecode());
    verify(*module);
    const auto wanted = parseModule(R"(func.func @main(%a: tensor<4x2xf32>) -> tensor<4x2xi1> {
        %0 = stablehlo.compare LT, %a, %a, TOTALORDER : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xi1>
        return %0 : tensor<4x2xi1> })");
    EXPECT_EQ(print(*module), print(*wanted));
}

TEST(BytecodeDialects, ShardyBesideVhlo) {
    const auto module = parseModule(shardyBytecode());
    verify(*module);
    const auto wanted = parseModule(R"(sdy.mesh @mesh = <["x"=2, "y"=4]>
        func.func @main(%a: tensor<4x2xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {?}]>}) -> tensor<4x2xf32> {
          %0 = sdy.sharding_constraint %a <@mesh, [{"x"}, {?}]> : tensor<4x2xf32>
          %1 = stablehlo.negate %0 : tensor<4x2xf32>
          return %1 : tensor<4x2xf32> })");
    EXPECT_EQ(print(*module), print(*wanted));
    EXPECT_EQ(meshes(*module)[0].axis("y")->size, 4);
    EXPECT_FALSE(argumentSharding(module->entry(), 0)->dimensions[1].is_closed);
}

TEST(BytecodeDialects, ModulesInsideAModuleArePartOfIt) {
    DialectProgram p;
    p.modules = 3;
    Bytes body({p.op("func", "return")});
    body.byte(kOperands).varint(p.unknown).varint(1).varint(0);
    const auto module = parseModule(p.function({}, p.tensor, p.tensor, UINT64_MAX, 1, 1, body));
    verify(*module);
    const auto wanted = parseModule(
        "func.func @main(%a: tensor<4x2xf32>) -> tensor<4x2xf32> { return %a : tensor<4x2xf32> }");
    EXPECT_EQ(print(*module), print(*wanted));
}

TEST(BytecodeDialects, WhatIsSharedIsBounded) {
    // a0 = [a1, a1], a1 = [a2, a2], ...: 2^60 parts when spelled out.
    DialectProgram p;
    uint64_t shared = p.text("leaf");
    for (int i = 0; i < 60; ++i) shared = p.list({shared, shared});
    Bytes body({p.op("func", "return")});
    body.byte(kOperands | kAttributes)
        .varint(p.unknown)
        .varint(p.dictionary({{"a.b", shared}}))
        .varint(1)
        .varint(0);
    try {
        parseModule(p.function({}, p.tensor, p.tensor, UINT64_MAX, 1, 1, body));
        ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::kInvalidArgument);
        EXPECT_NE(error.message().find("expands to more than"), std::string::npos) << error.message();
    }
}

TEST(BytecodeDialects, AttributesThatContainThemselvesAreRefused) {
    DialectProgram p;
    // The next attribute's number is known: it names itself.
    const uint64_t self = p.text("x") + 1;
    EXPECT_EQ(p.list({self}), self);
    Bytes body({p.op("func", "return")});
    body.byte(kOperands | kAttributes).varint(p.unknown).varint(self).varint(1).varint(0);
    try {
        parseModule(p.function({}, p.tensor, p.tensor, UINT64_MAX, 1, 1, body));
        ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
        EXPECT_NE(error.message().find("contains itself"), std::string::npos) << error.message();
    }
}

}  // namespace
}  // namespace optirs::plugin::testing
