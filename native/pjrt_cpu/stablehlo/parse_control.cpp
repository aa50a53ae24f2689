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

/// `(%inputs) inits(%inits) dimension=0 attributes {...} {region} : function type`
void TextParser::parseScan(OperationState& op) {
    const char* where = "scan";
    expect('(', where);
    parseOperandList(op, ')');
    const auto inputs = static_cast<int64_t>(op.operands.size());
    expectWord("inits");
    expect('(', where);
    parseOperandList(op, ')');
    const int64_t inits = static_cast<int64_t>(op.operands.size()) - inputs;
    op.attributes.set("operandSegmentSizes", Attribute::integers({inputs, inits}));
    expectWord("dimension");
    expect('=', where);
    op.attributes.set("dimension", Attribute::integer(takeInteger(where)));
    if (acceptWord("attributes")) {
        expect('{', where);
        parseDictionaryInto(op.attributes);
    }
    op.regions.push_back(std::make_unique<Region>());
    parseRegion(*op.regions.back());
    expect(':', where);
    parseTypes(op, TypeRule::kFunction);
}

}  // namespace optirs::plugin
