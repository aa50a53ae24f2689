// Pretty forms with regions, callees and other syntax of their own.
#include <charconv>

#include "pjrt_cpu/ir/builder.h"
#include "pjrt_cpu/stablehlo/text_parser.h"

namespace optirs::plugin {

void TextParser::parseReducePrecision(OperationState& op) {
    parseOperand(op);
    expect(',', "reduce_precision");
    expectWord("format");
    expect('=', "reduce_precision");
    // `e5m10`
    const Token format = take();
    const std::string_view text = format.text;
    const size_t m = text.find('m');
    int32_t exponent = 0;
    int32_t mantissa = 0;
    bool good = format.kind == TokenKind::kIdentifier && text[0] == 'e' && m != std::string_view::npos;
    if (good) {
        const auto number = [](std::string_view digits, int32_t& out) {
            const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
            return error == std::errc() && end == digits.data() + digits.size();
        };
        good = number(text.substr(1, m - 1), exponent) && number(text.substr(m + 1), mantissa);
    }
    if (!good) failAt(format, "a float format is written as e5m10, got " + format.describe());
    op.attributes.set("exponent_bits", Attribute::integer(exponent, ElementType::kI32));
    op.attributes.set("mantissa_bits", Attribute::integer(mantissa, ElementType::kI32));
    parseOptionalDictionary(op.attributes);
    expect(':', "reduce_precision");
    parseTypes(op, TypeRule::kSame);
}

void TextParser::parseCustomCall(OperationState& op) {
    op.attributes.set("call_target_name", takeSymbol("a custom call"));
    expect('(', "a custom call");
    parseOperandList(op, ')');
    parseOptionalDictionary(op.attributes);
    expect(':', "a custom call");
    parseTypes(op, TypeRule::kFunction);
}

void TextParser::parseCall(OperationState& op) {
    op.attributes.set("callee", SymbolAttribute{takeSymbol("a call"), {}});
    expect('(', "a call");
    parseOperandList(op, ')');
    parseOptionalDictionary(op.attributes);
    expect(':', "a call");
    parseTypes(op, TypeRule::kFunction);
}

void TextParser::parseComposite(OperationState& op) {
    op.attributes.set("name", takeString("a composite"));
    if (token_.kind == TokenKind::kValue) {
        do {
            parseOperand(op);
        } while (accept(','));
    }
    if (accept('(')) {
        list(')', "a region list", [&] {
            op.regions.push_back(std::make_unique<Region>());
            parseRegion(*op.regions.back());
        });
        expect(')', "a region list");
    }
    parseOptionalDictionary(op.attributes);
    expect(':', "a composite");
    parseTypes(op, TypeRule::kFunction);
}

void TextParser::parseTopK(OperationState& op) {
    expect('(', "top_k");
    parseOperand(op);
    while (accept(',')) {
        if (acceptWord("k")) {
            expect('=', "top_k");
            op.attributes.set("k", Attribute::integer(takeInteger("top_k")));
        } else {
            expectWord("is_stable");
            expect('=', "top_k");
            const bool stable = acceptWord("true");
            if (!stable) expectWord("false");
            op.attributes.set("is_stable", stable);
        }
    }
    expect(')', "top_k");
    parseOptionalDictionary(op.attributes);
    expect(':', "top_k");
    parseTypes(op, TypeRule::kOperandsToResults);
}

void TextParser::parseCheckConstant(OperationState& op) {
    parseOperand(op);
    expect(',', "a check");
    op.attributes.set("value", parseAttribute());
    if (accept(',')) {
        expectWord("tolerance");
        expect('=', "a check");
        op.attributes.set("tolerance", parseAttribute());
    }
    parseOptionalDictionary(op.attributes);
}

void TextParser::parseReduce(OperationState& op) {
    const char* where = "reduce";
    std::vector<Value*> inits;
    std::vector<Token> init_tokens;
    do {
        expect('(', where);
        parseOperand(op);
        expectWord("init");
        expect(':', where);
        init_tokens.push_back(token_);
        inits.push_back(parseValue());
        expect(')', where);
    } while (accept(','));
    op.operands.insert(op.operands.end(), inits.begin(), inits.end());
    op.operand_tokens.insert(op.operand_tokens.end(), init_tokens.begin(), init_tokens.end());
    Token combine;
    if (acceptWord("applies")) combine = take();
    expectWord("across");
    expectWord("dimensions");
    expect('=', where);
    op.attributes.set("dimensions", Attribute::integers(takeIntegerList(where)));
    parseOptionalDictionary(op.attributes);
    expect(':', where);
    parseTypes(op, TypeRule::kFunction);
    op.regions.push_back(std::make_unique<Region>());
    if (combine.kind == TokenKind::kEnd) {
        parseReducer(op);
        return;
    }
    const OpKind kind = opKindFromName(combine.text);
    if (kind == OpKind::kUnknown || !isElementwise(kind) || inits.size() != 1) {
        failAt(combine,
               "reduce applies one element-wise operation to one operand, got " + combine.describe());
    }
    const TensorType* result = op.result_types.empty() ? nullptr : op.result_types[0].tensorOrNull();
    if (result == nullptr) failAt(combine, "reduce gives a tensor");
    Block& block = op.regions[0]->addBlock();
    const TensorType scalar = result->withDims({});
    Value* lhs = block.addArgument(scalar);
    Value* rhs = block.addArgument(scalar);
    Builder builder(block);
    builder.setLocation(locationOf(combine));
    Value* combined = builder.binary(kind, lhs, rhs);
    builder.create(OpKind::kReturn, std::span<Value* const>(&combined, 1), {});
}

void TextParser::parseReducer(OperationState& op) {
    const char* where = "a reducer";
    expectWord("reducer");
    const Scope scope(*this);
    Block& block = op.regions[0]->addBlock();
    struct Argument {
        Token name;
        Type type;
    };
    std::vector<Argument> lhs;
    std::vector<Argument> rhs;
    const auto argument = [&](std::vector<Argument>& arguments) {
        if (token_.kind != TokenKind::kValue) fail("expected an argument name, got " + token_.describe());
        const Token name = take();
        expect(':', where);
        arguments.push_back({name, parseType()});
        Location ignored;
        parseTrailingLocation(ignored);
    };
    // Pairs (lhs_i, rhs_i); the block takes all lhs, then all rhs.
    while (accept('(')) {
        argument(lhs);
        expect(',', where);
        argument(rhs);
        expect(')', where);
    }
    for (const auto& side : {lhs, rhs}) {
        for (const Argument& each : side) define(each.name, {block.addArgument(each.type)});
    }
    expect('{', where);
    parseOperations(block);
    expect('}', where);
}

void TextParser::parseWhile(OperationState& op) {
    const char* where = "while";
    std::vector<Token> names;
    expect('(', where);
    list(')', where, [&] {
        if (token_.kind != TokenKind::kValue) fail("expected an argument name, got " + token_.describe());
        names.push_back(take());
        expect('=', where);
        parseOperand(op);
    });
    expect(')', where);
    if (accept(':')) parseTypes(op, TypeRule::kPairwise);
    if (op.result_types.size() != op.operands.size()) {
        failAt(op.token, "while gives as many results as it has arguments");
    }
    if (acceptWord("attributes")) {
        expect('{', where);
        parseDictionaryInto(op.attributes);
    }
    for (const char* part : {"cond", "do"}) {
        expectWord(part);
        op.regions.push_back(std::make_unique<Region>());
        Region& region = *op.regions.back();
        const Depth depth(*this);
        const Scope scope(*this);
        Block& block = region.addBlock();
        for (size_t i = 0; i < names.size(); ++i) define(names[i], {block.addArgument(op.result_types[i])});
        expect('{', where);
        parseOperations(block);
        expect('}', where);
    }
}

void TextParser::parseSdy(OperationState& op) {
    // What follows the operand is for a partitioner; the plugin keeps its text.
    const auto balanced = [&](char open, char close) {
        if (!isNext(open))
            fail(std::string("expected '") + open + "' in " + op.name + ", got " + token_.describe());
        lexer_.rewind(token_, 1);
        std::string text = open + std::string(lexer_.skipBalanced(close)) + close;
        token_ = lexer_.next();
        return OpaqueAttribute{std::move(text)};
    };
    if (op.kind == OpKind::kSdyMesh) {
        op.attributes.set("sym_name", takeSymbol("a mesh"));
        expect('=', "a mesh");
        OpaqueAttribute mesh = balanced('<', '>');
        mesh.text.insert(0, "#sdy.mesh");
        op.attributes.set("mesh", std::move(mesh));
        parseOptionalDictionary(op.attributes);
        return;
    }
    parseOperand(op);
    if (op.kind == OpKind::kSdyShardingGroup) {
        expectWord("group_id");
        expect('=', "a sharding group");
        op.attributes.set("group_id", Attribute::integer(takeInteger("a sharding group")));
    } else {
        OpaqueAttribute sharding = balanced('<', '>');
        sharding.text.insert(0, "#sdy.sharding");
        op.attributes.set("sharding", std::move(sharding));
    }
    parseOptionalDictionary(op.attributes);
    expect(':', op.name.c_str());
    parseTypes(op, op.kind == OpKind::kSdyShardingGroup ? TypeRule::kOperands : TypeRule::kSame);
}

void TextParser::parseManualComputation(OperationState& op) {
    const char* where = "sdy.manual_computation";
    expect('(', where);
    parseOperandList(op, ')');
    for (const auto& [name, open, close] :
         {std::tuple("in_shardings", '[', ']'), {"out_shardings", '[', ']'}, {"manual_axes", '{', '}'}}) {
        expectWord(name);
        expect('=', where);
        if (!isNext(open)) fail(std::string("expected '") + open + "' in " + where);
        lexer_.rewind(token_, 1);
        std::string text = open + std::string(lexer_.skipBalanced(close)) + close;
        token_ = lexer_.next();
        op.attributes.set(name, OpaqueAttribute{"#sdy." + std::string(name) + "<" + text + ">"});
    }
    op.regions.push_back(std::make_unique<Region>());
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
    parseOptionalDictionary(op.attributes);
    expect(':', where);
    parseTypes(op, TypeRule::kFunction);
}

}  // namespace optirs::plugin
