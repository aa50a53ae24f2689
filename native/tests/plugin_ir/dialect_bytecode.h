/// @file
/// Bytecode that is not pure VHLO: what tests take apart and fuzzers begin with.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bytecode_writer.h"

namespace optirs::plugin::testing {

inline constexpr uint8_t kAttributes = 1;
inline constexpr uint8_t kResults = 2;
inline constexpr uint8_t kOperands = 4;
inline constexpr uint8_t kRegions = 16;
inline constexpr uint8_t kProperties = 64;

/// What such programs have in common.
struct DialectProgram : BytecodeWriter {
    uint64_t unknown = attribute("builtin", Bytes({15}));
    uint64_t f32 = type("builtin", Bytes({5}));
    uint64_t i1 = type("builtin", Bytes({0, 1 << 2}));
    uint64_t tensor = type("builtin", Bytes({13, 2}).signedVarint(4).signedVarint(2).varint(f32));
    uint64_t predicate = type("builtin", Bytes({13, 2}).signedVarint(4).signedVarint(2).varint(i1));
    uint64_t vhlo_f32 = type("vhlo", Bytes({4}));
    uint64_t vhlo_tensor = type("vhlo", Bytes({20, 2}).signedVarint(4).signedVarint(2).varint(vhlo_f32));

    int modules = 1;  ///< one inside the other, around the function

    uint64_t text(std::string_view value) { return attribute("builtin", Bytes({2, string(value)})); }
    uint64_t symbol(std::string_view value) { return attribute("builtin", Bytes({4, text(value)})); }
    uint64_t list(const std::vector<uint64_t>& items) {
        Bytes out({0, items.size()});
        for (const uint64_t item : items) out.varint(item);
        return attribute("builtin", out);
    }
    uint64_t dictionary(const std::vector<std::pair<std::string, uint64_t>>& items) {
        Bytes out({1, items.size()});
        for (const auto& [name, value] : items) out.varint(text(name)).varint(value);
        return attribute("builtin", out);
    }
    uint64_t axis(std::string_view name) { return attribute("sdy", Bytes({4, string(name)}).varint(0)); }
    uint64_t dimension(const std::vector<uint64_t>& axes, bool closed) {
        Bytes out({5, axes.size()});
        for (const uint64_t each : axes) out.varint(each);
        return attribute("sdy", out.byte(closed ? 1 : 0).varint(0));
    }
    uint64_t sharding(uint64_t mesh, const std::vector<uint64_t>& dimensions) {
        Bytes out({15, mesh, dimensions.size()});
        for (const uint64_t each : dimensions) out.varint(each);
        return attribute("sdy", out.varint(0).varint(0));
    }

    /// A module of one function with one argument; `body` is its operations behind the argument's.
    std::string function(const Bytes& first, uint64_t argument_type, uint64_t result_type,
                         uint64_t argument_attributes, uint64_t values, uint64_t operations,
                         const Bytes& body) {
        const uint64_t of = type("builtin", Bytes({2, 1, argument_type, 1, result_type}));
        const uint64_t type_attribute = attribute("builtin", Bytes({6, of}));
        const uint64_t arguments = list({dictionary({})});
        const uint64_t name = text("main");
        const uint64_t given = argument_attributes != UINT64_MAX ? list({argument_attributes}) : arguments;
        // arg_attrs?, function_type, no_inline?, res_attrs?, sym_name, sym_visibility?
        const uint64_t function_properties =
            properties(Bytes({given << 1 | 1, type_attribute, 0, 0, name, 0}));
        Bytes region({1, values, operations << 1 | 1, 1, argument_type << 1});
        region.byte(0).append(body);
        Bytes function_op({op("func", "func")});
        function_op.byte(kProperties | kRegions)
            .varint(unknown)
            .varint(function_properties)
            .varint(1 << 1 | 1);
        function_op.section(4, region);
        Bytes module_region({1, 0, (first.size() > 0 ? 2U : 1U) << 1});
        module_region.append(first).append(function_op);
        const auto module_op = [&](const Bytes& content) {
            Bytes out({op("builtin", "module")});
            out.byte(kProperties | kRegions).varint(unknown).varint(properties(Bytes({0, 0})));
            return out.varint(1 << 1 | 1).section(4, content);
        };
        for (int i = 1; i < modules; ++i)
            module_region = Bytes({1, 0, 1 << 1}).append(module_op(module_region));
        return finish(Bytes({1 << 1}).append(module_op(module_region)));
    }
};

/// A comparison with the attributes of StableHLO's own encoding, one of them as text.
inline std::string stableHloBytecode() {
    DialectProgram p;
    // compare_type?, comparison_direction
    const uint64_t direction = p.attribute("stablehlo", Bytes({2, 5}));
    const uint64_t kind = p.attributeText("stablehlo", "#stablehlo<comparison_type TOTALORDER>");
    const uint64_t compare = p.op("stablehlo", "compare");
    const uint64_t ret = p.op("func", "return");
    Bytes body({compare});
    body.byte(kProperties | kResults | kOperands).varint(p.unknown);
    body.varint(p.properties(Bytes({kind << 1 | 1, direction})))
        .varint(1)
        .varint(p.predicate)
        .varint(2)
        .varint(0)
        .varint(0);
    body.varint(ret).byte(kOperands).varint(p.unknown).varint(1).varint(1);
    return p.function({}, p.tensor, p.predicate, UINT64_MAX, 2, 2, body);
}

/// An operation of VHLO between ones of Shardy.
inline std::string shardyBytecode() {
    DialectProgram p;
    const uint64_t mesh_attribute = [&] {
        const uint64_t x = p.attribute("sdy", Bytes({1, p.string("x")}).signedVarint(2));
        const uint64_t y = p.attribute("sdy", Bytes({1, p.string("y")}).signedVarint(4));
        return p.attribute("sdy", Bytes({2, 2, x, y, 0}));
    }();
    Bytes mesh({p.op("sdy", "mesh")});
    mesh.byte(kProperties).varint(p.unknown).varint(p.properties(Bytes({mesh_attribute, p.text("mesh")})));
    const uint64_t sharding =
        p.sharding(p.symbol("mesh"), {p.dimension({p.axis("x")}, true), p.dimension({}, false)});
    const uint64_t cast = p.op("builtin", "unrealized_conversion_cast");
    const auto unary = [&](uint64_t name, uint64_t type, uint64_t operand, uint64_t given = UINT64_MAX) {
        Bytes out({name});
        const bool has = given != UINT64_MAX;
        out.byte(static_cast<uint8_t>(kResults | kOperands | (has ? kProperties : 0))).varint(p.unknown);
        if (has) out.varint(given);
        return out.varint(1).varint(type).varint(1).varint(operand);
    };
    // %0 the argument; %1 its constraint; %2, %4 conversions; %3 a VHLO operation.
    Bytes body = unary(p.op("sdy", "sharding_constraint"), p.tensor, 0, p.properties(Bytes({sharding})));
    body.append(unary(cast, p.vhlo_tensor, 1));
    body.append(unary(p.op("vhlo", "negate_v1"), p.vhlo_tensor, 2));
    body.append(unary(cast, p.tensor, 3));
    body.varint(p.op("func", "return")).byte(kOperands).varint(p.unknown).varint(1).varint(4);
    return p.function(mesh, p.tensor, p.tensor, p.dictionary({{"sdy.sharding", sharding}}), 5, 5, body);
}

}  // namespace optirs::plugin::testing
