// The pretty form: most operations through one table, the others by hand.
#include "pjrt_cpu/stablehlo/text_parser.h"

namespace optirs::plugin {

void TextParser::parsePretty(OperationState& op) {
    const Token name = take();
    op.name = std::string(name.text);
    if (op.name.find('.') == std::string::npos) op.name = dialect_ + "." + op.name;
    op.kind = opKindFromName(op.name);
    if (op.kind == OpKind::kUnknown) {
        failAt(name, "unknown operation " + op.name + " (other dialects are read in the generic form only)");
    }
    if (parseSpecial(op)) return;
    const PrettyForm* form = prettyForm(op.kind);
    if (form == nullptr) failAt(name, op.name + " has no pretty form: write \"" + op.name + "\"(...)");
    parseFromTable(op, *form);
}

void TextParser::parseFromTable(OperationState& op, const PrettyForm& form) {
    const auto item = [&] {
        if (token_.kind == TokenKind::kValue) {
            parseOperand(op);
            return true;
        }
        for (const PrettyForm::Clause& clause : form.clauses) {
            if (!token_.isWord(clause.key)) continue;
            take();
            expect('=', op.name.c_str());
            if (op.attributes.find(clause.attribute) != nullptr) {
                fail(std::string(clause.key) + " of " + op.name + " is given twice");
            }
            if (isNext('[')) {
                op.attributes.set(clause.attribute, Attribute::integers(takeIntegerList(op.name.c_str())));
            } else if (!clause.enumeration.empty()) {
                const Token value = take();
                if (value.kind != TokenKind::kIdentifier) {
                    failAt(value,
                           "expected a name for " + std::string(clause.key) + ", got " + value.describe());
                }
                op.attributes.set(clause.attribute,
                                  EnumAttribute{std::string(clause.enumeration), std::string(value.text)});
            } else {
                // Its type would follow a `:`, which here starts the types of the operation.
                const bool negative = accept('-');
                if (token_.kind == TokenKind::kFloat) {
                    const double value = takeNumber(op.name.c_str());
                    op.attributes.set(clause.attribute,
                                      FloatAttribute{negative ? -value : value, ElementType::kF64});
                } else if (token_.kind == TokenKind::kString) {
                    op.attributes.set(clause.attribute, takeString(op.name.c_str()));
                } else if (acceptWord("true")) {
                    op.attributes.set(clause.attribute, true);
                } else if (acceptWord("false")) {
                    op.attributes.set(clause.attribute, false);
                } else {
                    const int64_t value = takeInteger(op.name.c_str());
                    op.attributes.set(clause.attribute, Attribute::integer(negative ? -value : value));
                }
            }
            return true;
        }
        return false;
    };
    // Commas separate the items; before a clause some printers leave them out.
    const bool parenthesised = accept('(');
    if (item()) {
        while (accept(',') || token_.kind == TokenKind::kIdentifier) {
            if (!item()) fail("expected an operand or a clause of " + op.name + ", got " + token_.describe());
        }
    }
    if (parenthesised) expect(')', op.name.c_str());
    parseOptionalDictionary(op.attributes);
    // optimization_barrier has its dictionary first.
    if (op.kind == OpKind::kOptimizationBarrier) {
        while (token_.kind == TokenKind::kValue) {
            parseOperand(op);
            if (!accept(',')) break;
        }
    }
    const bool bare =
        op.operands.empty() && (form.rule == TypeRule::kOperands || form.rule == TypeRule::kPairwise);
    if (bare && !isNext(':')) return;
    expect(':', op.name.c_str());
    parseTypes(op, form.rule);
    // Checks compare, they give nothing.
    if (op.name.starts_with("check.")) op.result_types.clear();
}

bool TextParser::parseSpecial(OperationState& op) {
    switch (op.kind) {
        case OpKind::kConstant:
        case OpKind::kChloConstant:
            parseConstant(op);
            return true;
        case OpKind::kSlice:
            parseSlice(op);
            return true;
        case OpKind::kCompare:
            parseCompare(op);
            return true;
        case OpKind::kDot:
        case OpKind::kDotGeneral:
            parseDotGeneral(op);
            return true;
        case OpKind::kConvolution:
            parseConvolution(op);
            return true;
        case OpKind::kReducePrecision:
            parseReducePrecision(op);
            return true;
        case OpKind::kCustomCall:
            parseCustomCall(op);
            return true;
        case OpKind::kCall:
            parseCall(op);
            return true;
        case OpKind::kComposite:
            parseComposite(op);
            return true;
        case OpKind::kReduce:
            parseReduce(op);
            return true;
        case OpKind::kWhile:
            parseWhile(op);
            return true;
        case OpKind::kChloTopK:
            parseTopK(op);
            return true;
        case OpKind::kChloScan:
            parseScan(op);
            return true;
        case OpKind::kCheckExpectAlmostEqConst:
        case OpKind::kCheckExpectEqConst:
            parseCheckConstant(op);
            return true;
        case OpKind::kGetTupleElement: {
            parseOperand(op);
            expect('[', "get_tuple_element");
            op.attributes.set("index",
                              Attribute::integer(takeInteger("get_tuple_element"), ElementType::kI32));
            expect(']', "get_tuple_element");
            parseOptionalDictionary(op.attributes);
            expect(':', "get_tuple_element");
            parseTypes(op, TypeRule::kFunction);
            return true;
        }
        case OpKind::kSdyConstant:
            parseConstant(op);
            return true;
        case OpKind::kSdyManualComputation:
        case OpKind::kSdyNamedComputation:
            parseSdyRegion(op);
            return true;
        case OpKind::kSdyAllGather:
        case OpKind::kSdyAllReduce:
        case OpKind::kSdyAllSlice:
        case OpKind::kSdyAllToAll:
        case OpKind::kSdyCollectivePermute:
        case OpKind::kSdyDataFlowEdge:
        case OpKind::kSdyFuncDataFlowEdge:
        case OpKind::kSdyMesh:
        case OpKind::kSdyReduceScatter:
        case OpKind::kSdyReplicatedToUnreduced:
        case OpKind::kSdyReshard:
        case OpKind::kSdyShardedToUnreduced:
        case OpKind::kSdyShardingConstraint:
        case OpKind::kSdyShardingGroup:
            parseSdy(op);
            return true;
        default:
            return false;
    }
}

void TextParser::parseConstant(OperationState& op) {
    if (accept('(')) {  // `constant() <{value = ...}>`, an old form
        expect(')', "a constant");
        if (accept('<')) {
            expect('{', "a constant");
            parseDictionaryInto(op.attributes);
            expect('>', "a constant");
        }
        parseOptionalDictionary(op.attributes);
        expect(':', "a constant");
        parseTypes(op, TypeRule::kFunction);
        return;
    }
    parseOptionalDictionary(op.attributes);
    const Token at = token_;
    const Attribute value = parseAttribute();
    const Literal* literal = value.get<Literal>();
    if (literal == nullptr) failAt(at, "the value of a constant is dense<...> : tensor<...>");
    op.result_types = {literal->type()};
    op.attributes.set("value", value);
    // A quantized constant may be written with its storage type first.
    if (accept(':')) op.result_types = {parseType()};
    if (token_.kind == TokenKind::kArrow) {
        take();
        op.result_types = {parseType()};
    }
}

}  // namespace optirs::plugin
