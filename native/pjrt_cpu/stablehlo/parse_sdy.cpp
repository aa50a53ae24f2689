// Shardy's operations and attributes. Their parameters stay text, in the one spelling of ir/sharding.h.
#include "pjrt_cpu/ir/sharding.h"
#include "pjrt_cpu/stablehlo/text_parser.h"

namespace optirs::plugin {

std::string TextParser::takeBalanced(char open, char close, const std::string& where) {
    if (!isNext(open))
        fail(std::string("expected '") + open + "' in " + where + ", got " + token_.describe());
    lexer_.rewind(token_, 1);
    std::string text = open + std::string(lexer_.skipBalanced(close)) + close;
    token_ = lexer_.next();
    return text;
}

Attribute TextParser::shardyAttribute(const Token& at, const std::string& text) const {
    try {
        return OpaqueAttribute{canonicalShardyText(text)};
    } catch (const Error& error) {
        failAt(at, error.message());
    }
}

// `#sdy.sharding<...>`, `#sdy<manual_axes{...}>`, `#sdy<propagation_direction NONE>`.
Attribute TextParser::parseShardyAttribute(const Token& name) {
    const Token open = token_;
    if (name.text == "#sdy" && accept('<') && token_.kind == TokenKind::kIdentifier) {
        const Token kind = take();
        if (token_.kind == TokenKind::kIdentifier) {
            const Token value = take();
            if (accept('>')) return EnumAttribute{std::string(kind.text), std::string(value.text)};
        }
    }
    lexer_.rewind(open);
    token_ = lexer_.next();
    const Attribute opaque = parseOpaqueAttribute(name);
    return shardyAttribute(name, opaque.get<OpaqueAttribute>()->text);
}

// `name=<@mesh, [...]>`
void TextParser::parseSdySharding(OperationState& op, const char* name) {
    expectWord(name);
    expect('=', op.name.c_str());
    const Token at = token_;
    op.attributes.set(name, shardyAttribute(at, "#sdy.sharding" + takeBalanced('<', '>', op.name)));
}

void TextParser::parseSdy(OperationState& op) {
    using enum OpKind;
    const Token at = token_;
    if (op.kind == kSdyMesh) {
        op.attributes.set("sym_name", takeSymbol("a mesh"));
        expect('=', "a mesh");
        op.attributes.set("mesh", shardyAttribute(at, "#sdy.mesh" + takeBalanced('<', '>', op.name)));
        parseOptionalDictionary(op.attributes);
        return;
    }
    // Collectives: an optional reduction, the axes, the operand.
    const bool reduces = op.kind == kSdyAllReduce || op.kind == kSdyReduceScatter;
    if (reduces && token_.kind == TokenKind::kIdentifier) {
        op.attributes.set("reduction_op", EnumAttribute{"reduction_op", std::string(take().text)});
    }
    const auto axes = [&](const char* name, char open, char close, const char* kind) {
        std::string text = "#sdy<";
        text += kind;
        op.attributes.set(name, OpaqueAttribute{text + takeBalanced(open, close, op.name) + ">"});
    };
    if (op.kind == kSdyAllGather) axes("gathering_axes", '[', ']', "list_of_axis_ref_lists");
    if (op.kind == kSdyAllReduce) axes("reduction_axes", '{', '}', "axis_ref_list");
    if (op.kind == kSdyAllSlice) axes("slicing_axes", '[', ']', "list_of_axis_ref_lists");
    if (op.kind == kSdyAllToAll) axes("params", '[', ']', "all_to_all_param_list");
    if (op.kind == kSdyReduceScatter) axes("reduce_scatter_axes", '[', ']', "list_of_axis_ref_lists");
    if (op.kind == kSdyReplicatedToUnreduced) axes("axes", '{', '}', "axis_ref_list");
    if (op.kind == kSdyShardedToUnreduced) axes("axes", '[', ']', "list_of_axis_ref_lists");
    parseOperand(op);
    if (op.kind == kSdyShardingGroup) {
        expectWord("group_id");
        expect('=', "a sharding group");
        op.attributes.set("group_id", Attribute::integer(takeInteger("a sharding group")));
    } else if (op.kind == kSdyReshard || op.kind == kSdyShardingConstraint) {
        op.attributes.set("sharding", shardyAttribute(at, "#sdy.sharding" + takeBalanced('<', '>', op.name)));
    } else if (op.kind == kSdyDataFlowEdge) {
        if (token_.isWord("sharding")) parseSdySharding(op, "sharding");
    } else if (op.kind != kSdyFuncDataFlowEdge) {
        parseSdySharding(op, "out_sharding");
    }
    parseOptionalDictionary(op.attributes);
    expect(':', op.name.c_str());
    parseTypes(op, op.kind == kSdyShardingGroup ? TypeRule::kOperands : TypeRule::kSame);
}

// sdy.manual_computation and sdy.named_computation: operands, shardings, arguments, a body.
void TextParser::parseSdyRegion(OperationState& op) {
    const char* where = op.name.c_str();
    const bool manual = op.kind == OpKind::kSdyManualComputation;
    if (!manual) {
        expect('<', where);
        op.attributes.set("name", takeString(where));
        expect('>', where);
    }
    expect('(', where);
    parseOperandList(op, ')');
    for (const char* name : {"in_shardings", "out_shardings"}) {
        const Token at = token_;
        if (!acceptWord(name)) {
            if (manual)
                fail("expected '" + std::string(name) + "' in " + op.name + ", got " + token_.describe());
            continue;
        }
        expect('=', where);
        op.attributes.set(
            name, shardyAttribute(at, "#sdy.sharding_per_value<" + takeBalanced('[', ']', op.name) + ">"));
    }
    if (manual) {
        expectWord("manual_axes");
        expect('=', where);
        const Token at = token_;
        op.attributes.set("manual_axes",
                          shardyAttribute(at, "#sdy<manual_axes" + takeBalanced('{', '}', op.name) + ">"));
    }
    op.regions.push_back(std::make_unique<Region>());
    {
        const Depth depth(*this);
        const Scope scope(*this);
        Block& block = op.regions[0]->addBlock();
        expect('(', where);
        list(')', where, [&] {
            if (token_.kind != TokenKind::kValue) fail("expected an argument name, got " + token_.describe());
            const Token name = take();
            expect(':', where);
            define(name, {block.addArgument(parseType())});
            Location ignored;
            parseTrailingLocation(ignored);
        });
        expect(')', where);
        expect('{', where);
        parseOperations(block);
        expect('}', where);
    }
    parseOptionalDictionary(op.attributes);
    expect(':', where);
    parseTypes(op, TypeRule::kFunction);
}

}  // namespace optirs::plugin
