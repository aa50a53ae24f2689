// Those that hold a program together, and what instructions of any kind may have.
#include "hlo_operations.h"

namespace optirs::plugin::testing {
namespace {

const Proto kToken = shapeOf(hlo_type::kToken, {});

Proto dims(std::vector<int64_t> values) { return Proto().packed(14, values); }

}  // namespace

std::vector<HloOperation> hloStructure() {
    const Proto x = f32({2});
    Proto aliased = Proto().message(1, Proto().packed(1, {0}).number(2, 0));
    HloModule donating;
    donating.proto().message(8, aliased).message(18, Proto().message(1, Proto().number(1, 1)));
    HloModule choosing;
    std::vector<int64_t> branches;
    for (const char* opcode : {"negate", "exponential"}) {
        HloComputation& branch = choosing.computation();
        branches.push_back(branch.id());
        branch.add(opcode, x, {branch.parameter(0, x)});
    }
    return {
        operationOf("return %arg0", "add-dependency", {x, kToken}, x),
        operationOf("return %arg0", "copy", {x}, x),
        operationOf("return %arg0", "domain", {x}, x),
        operationOf("stablehlo.create_token", "after-all", {}, kToken),
        operationOf("stablehlo.after_all", "after-all", {kToken, kToken}, kToken),
        operationOf("stablehlo.optimization_barrier", "opt-barrier", {tupleOf({x, x})}, tupleOf({x, x})),
        operationOf("return %arg2", "get-tuple-element", {tupleOf({x, tupleOf({x}), s32({})})}, s32({}),
                    Proto().number(13, 2)),
        operationIn(donating, "jax.buffer_donor", "tuple", {x, s32({})}, tupleOf({x, s32({})})),
        summingOperation("stablehlo.add", "call", {f32({}), f32({})}, f32({}), {}),
        summingOperation("stablehlo.add", "fusion", {f32({}), f32({})}, f32({}), Proto().bytes(11, "kLoop")),
        operationIn(choosing, "stablehlo.if", "conditional", {pred({}), x, x}, x,
                    Proto().packed(38, branches)),
        operationOf("stablehlo.custom_call", "custom-call", {x}, x,
                    Proto()
                        .bytes(28, "check")
                        .bytes(43, "{a = [1, 2.5], b = \"c\", d = unit}")
                        .number(77, 4)
                        .number(65, 1)),
    };
}

std::vector<HloOperation> hloExchange() {
    const Proto x = f32({4}), context = shapeOf(hlo_type::kU32, {});
    const Proto message = tupleOf({x, context, kToken});
    const Proto group = Proto().packed(1, {0, 1});
    const Proto groups = Proto().message(49, group);
    Proto listed = dims({0}).message(87, Proto().message(1, group)).number(26, 1);
    const Proto iota = Proto().message(92, Proto().number(1, 1).number(2, 2).packed(3, {2}).packed(4, {0}));
    const auto finished = [&](const char* first, const char* second, const Proto& result) {
        HloModule module;
        HloComputation& main = module.computation();
        std::vector<int64_t> operands;
        if (std::string(first) == "send") operands.push_back(main.parameter(0, x));
        operands.push_back(main.add("after-all", kToken));
        const Proto channel = Proto().number(26, 7).number(47, 1);
        main.add(second, result, {main.add(first, message, operands, channel)}, channel);
        return HloOperation{module.program(), "is_host_transfer = true"};
    };
    return {
        operationOf("stablehlo.all_gather", "all-gather", {x}, f32({8}), listed),
        operationOf("stablehlo.all_to_all", "all-to-all", {x}, x, dims({0}).message(49, group)),
        operationOf("stablehlo.collective_broadcast", "collective-broadcast", {x}, x, groups),
        operationOf("stablehlo.collective_permute", "collective-permute", {x}, x,
                    Proto().message(52, Proto().number(1, 0).number(2, 1)).message(52, Proto().number(1, 1))),
        summingOperation("stablehlo.all_reduce", "all-reduce", {x}, x, iota),
        summingOperation("stablehlo.reduce_scatter", "reduce-scatter", {x}, f32({2}),
                         dims({0}).message(49, group).number(26, 1).number(71, 1)),
        operationOf("stablehlo.infeed", "infeed", {kToken}, tupleOf({x, kToken}), Proto().bytes(27, "a")),
        operationOf("stablehlo.outfeed", "outfeed", {x, kToken}, kToken, Proto().bytes(22, "b")),
        finished("send", "send-done", kToken),
        finished("recv", "recv-done", tupleOf({x, kToken})),
    };
}

std::vector<HloOperation> hloConstants() {
    struct Element {
        int type;
        const char* name;
        uint32_t field;
        size_t bytes;  ///< of two; 0 where the field has numbers
    };
    static constexpr Element kElements[] = {
        {1, "i1", 2, 0},
        {2, "i8", 15, 2},
        {3, "i16", 17, 4},
        {4, "i32", 4, 0},
        {5, "i64", 5, 0},
        {6, "ui8", 3, 2},
        {7, "ui16", 16, 4},
        {8, "ui32", 6, 0},
        {9, "ui64", 7, 0},
        {10, "f16", 11, 4},
        {11, "f32", 8, 8},
        {12, "f64", 9, 16},
        {15, "complex<f32>", 12, 16},
        {16, "bf16", 13, 4},
        {18, "complex<f64>", 18, 32},
        {19, "f8E5M2", 19, 2},
        {20, "f8E4M3FN", 20, 2},
        {21, "i4", 21, 1},
        {22, "ui4", 22, 1},
        {23, "f8E4M3B11FNUZ", 23, 2},
        {24, "f8E5M2FNUZ", 24, 2},
        {25, "f8E4M3FNUZ", 25, 2},
        {26, "i2", 26, 1},
        {27, "ui2", 27, 1},
        {28, "f8E4M3", 28, 2},
        {29, "f8E3M4", 29, 2},
        {32, "f4E2M1FN", 32, 2},
        {33, "f8E8M0FNU", 33, 2},
        {35, "f6E3M2FN", 35, 2},
        {36, "f6E2M3FN", 36, 2},
    };
    std::vector<HloOperation> out;
    for (const Element& each : kElements) {
        const Proto shape = shapeOf(each.type, {1, 2}, {0, 1});
        Proto literal = Proto().message(1, shape);
        if (each.bytes == 0)
            literal.packed(each.field, {0, 1});
        else
            literal.bytes(each.field, std::string(each.bytes, '\x01'));
        out.push_back(operationOf("tensor<1x2x" + std::string(each.name) + ">", "constant", {}, shape,
                                  Proto().message(8, literal)));
    }
    return out;
}

std::vector<HloOperation> hloShardings() {
    const auto with = [](const std::string& text, const Proto& sharding) {
        return operationOf("mhlo.sharding = \"" + text + "\"", "abs", {f32({4, 4})}, f32({4, 4}),
                           Proto().message(40, sharding));
    };
    return {
        with("{replicated}", Proto()),
        with("{maximal device=1}", Proto().number(1, 1).packed(4, {1})),
        with("{manual}", Proto().number(1, 4)),
        with("{unknown}", Proto().number(1, 5)),
        with("{devices=[1,2]0,1}", Proto().number(1, 3).packed(3, {1, 2}).packed(4, {0, 1})),
        with("{devices=[2,2]<=[2,2]T(1,0)}",
             Proto().number(1, 3).packed(3, {2, 2}).packed(9, {2, 2}).packed(10, {1, 0})),
        with("{devices=[1,1,2]<=[2] last_tile_dim_replicate}",
             Proto().number(1, 3).packed(3, {1, 1, 2}).packed(9, {2}).packed(10, {0}).number(6, 1)),
        with("{devices=[1,1,2]<=[2] last_tile_dims={manual}}",
             Proto().number(1, 3).packed(3, {1, 1, 2}).packed(9, {2}).packed(10, {0}).packed(8, {4})),
    };
}

}  // namespace optirs::plugin::testing
