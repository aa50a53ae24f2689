// Operations: results, the generic form, types, regions, locations.
#include <charconv>

#include "pjrt_cpu/stablehlo/canonical_attributes.h"
#include "pjrt_cpu/stablehlo/text_parser.h"

namespace optirs::plugin {

void TextParser::parseOperations(Block& block) {
    while (!isNext('}') && token_.kind != TokenKind::kEnd && token_.kind != TokenKind::kBlock) {
        parseOperation(block);
    }
}

void TextParser::parseOperation(Block& block) {
    const Depth depth(*this);
    // Names and how many results each stands for: `%a, %b:2 = ...`.
    std::vector<std::pair<Token, int64_t>> names;
    if (token_.kind == TokenKind::kValue) {
        do {
            if (token_.kind != TokenKind::kValue) fail("expected a value name, got " + token_.describe());
            const Token name = take();
            int64_t count = 1;
            if (accept(':')) {
                const Token at = token_;
                count = takeInteger("a result list");
                if (count < 1) failAt(at, "a value stands for at least one result");
            }
            names.emplace_back(name, count);
        } while (accept(','));
        expect('=', "an operation");
    }
    OperationState op;
    op.token = token_;
    if (token_.kind == TokenKind::kString) {
        parseGeneric(op);
    } else if (token_.kind == TokenKind::kIdentifier) {
        parsePretty(op);
    } else {
        fail("expected an operation, got " + token_.describe());
    }
    finish(op, block, names);
}

void TextParser::finish(OperationState& op, Block& block,
                        const std::vector<std::pair<Token, int64_t>>& names) {
    canonicaliseAttributes(op.attributes);
    Location location = locationOf(op.token);
    parseTrailingLocation(location);
    int64_t named = 0;
    for (const auto& [name, count] : names) {
        const auto left = static_cast<int64_t>(op.result_types.size()) - named;
        if (count > left) named = INT64_MAX;
        if (named != INT64_MAX) named += count;
    }
    if (!names.empty() && named != static_cast<int64_t>(op.result_types.size())) {
        failAt(names[0].first, op.name + " has " + std::to_string(op.result_types.size()) +
                                   " results, the names on its left stand for another number");
    }
    auto created = Operation::create(op.kind, op.operands, op.result_types, std::move(op.attributes),
                                     op.regions.size(), std::move(location));
    if (op.kind == OpKind::kUnknown) created->setUnknownName(op.name);
    for (size_t i = 0; i < op.regions.size(); ++i) {
        for (auto& source : op.regions[i]->takeBlocks()) created->region(i).adopt(std::move(source));
    }
    Operation* added = block.insert(std::move(created));
    size_t next = 0;
    for (const auto& [name, count] : names) {
        std::vector<Value*> values;
        for (int64_t i = 0; i < count; ++i) values.push_back(added->result(next++));
        define(name, std::move(values));
    }
}

void TextParser::parseOperand(OperationState& op) {
    op.operand_tokens.push_back(token_);
    op.operands.push_back(parseValue());
}

void TextParser::parseOperandList(OperationState& op, char close) {
    list(close, "an operand list", [&] { parseOperand(op); });
    expect(close, "an operand list");
}

void TextParser::parseGeneric(OperationState& op) {
    op.name = takeString("an operation name");
    op.kind = opKindFromName(op.name);
    if (op.name.find('.') == std::string::npos) {
        failAt(op.token, "operation " + op.token.describe() + " has no dialect");
    }
    expect('(', "an operation");
    parseOperandList(op, ')');
    if (isNext('[')) fail("successor blocks are not part of StableHLO");
    if (accept('<')) {
        expect('{', "operation properties");
        parseDictionaryInto(op.attributes);
        expect('>', "operation properties");
    }
    if (accept('(')) {
        list(')', "a region list", [&] {
            op.regions.push_back(std::make_unique<Region>());
            parseRegion(*op.regions.back());
        });
        expect(')', "a region list");
    }
    parseOptionalDictionary(op.attributes);
    expect(':', "an operation");
    parseTypes(op, TypeRule::kFunction);
}

void TextParser::checkOperand(const OperationState& op, size_t i, const Type& type) const {
    if (op.operands[i]->type() == type) return;
    failAt(op.operand_tokens[i],
           "operand " + std::to_string(i) + " of " + op.name + ", " + std::string(op.operand_tokens[i].text) +
               ", is " + op.operands[i]->type().toString() + ", but is used as " + type.toString());
}

void TextParser::applyFunctionType(OperationState& op, const FunctionType& type, const Token& at) {
    if (type.inputs.size() != op.operands.size()) {
        failAt(at, op.name + " has " + std::to_string(op.operands.size()) + " operands and " +
                       std::to_string(type.inputs.size()) + " operand types");
    }
    for (size_t i = 0; i < type.inputs.size(); ++i) checkOperand(op, i, type.inputs[i]);
    op.result_types = type.results;
}

void TextParser::parseTypes(OperationState& op, TypeRule rule) {
    const Token at = token_;
    if (isNext('(') || rule == TypeRule::kFunction) {
        applyFunctionType(op, parseFunctionType(), at);
        return;
    }
    const std::vector<Type> types = parseTypeList();
    const auto wants = [&](size_t count) {
        if (types.size() != count) {
            failAt(at, op.name + " takes " + std::to_string(count) + " types here, got " +
                           std::to_string(types.size()));
        }
    };
    const auto operands_are = [&] {
        wants(op.operands.size());
        for (size_t i = 0; i < types.size(); ++i) checkOperand(op, i, types[i]);
    };
    switch (rule) {
        case TypeRule::kSame:
            wants(1);
            for (size_t i = 0; i < op.operands.size(); ++i) checkOperand(op, i, types[0]);
            op.result_types = types;
            break;
        case TypeRule::kSelectTypes:
            wants(2);
            if (op.operands.size() != 3) failAt(op.token, op.name + " has 3 operands");
            checkOperand(op, 0, types[0]);
            checkOperand(op, 1, types[1]);
            checkOperand(op, 2, types[1]);
            op.result_types = {types[1]};
            break;
        case TypeRule::kComplexType: {
            wants(1);
            const TensorType* tensor = types[0].tensorOrNull();
            if (tensor == nullptr || !isComplex(tensor->element())) {
                failAt(at, op.name + " gives a complex tensor, not " + types[0].toString());
            }
            const Type part = tensor->withElement(realType(tensor->element()));
            for (size_t i = 0; i < op.operands.size(); ++i) checkOperand(op, i, part);
            op.result_types = types;
            break;
        }
        case TypeRule::kOperands:
            operands_are();
            break;
        case TypeRule::kPairwise:
            operands_are();
            op.result_types = types;
            break;
        case TypeRule::kOperandsToResults:
            operands_are();
            expectArrow("the type of an operation");
            if (accept('(')) {
                if (!isNext(')')) op.result_types = parseTypeList();
                expect(')', "result types");
            } else {
                op.result_types = parseTypeList();
            }
            break;
        default:
            op.result_types = types;
            break;
    }
}

void TextParser::parseRegion(Region& region) {
    expect('{', "a region");
    parseRegionBody(region);
}

void TextParser::parseRegionBody(Region& region) {
    const Depth depth(*this);
    const Scope scope(*this);
    if (accept('}')) return;
    Block& block = region.addBlock();
    if (token_.kind == TokenKind::kBlock) {
        take();
        if (accept('(')) {
            list(')', "block arguments", [&] {
                if (token_.kind != TokenKind::kValue)
                    fail("expected an argument name, got " + token_.describe());
                const Token name = take();
                expect(':', "block arguments");
                Value* argument = block.addArgument(parseType());
                define(name, {argument});
                Location ignored;
                parseTrailingLocation(ignored);
            });
            expect(')', "block arguments");
        }
        expect(':', "a block");
    }
    parseOperations(block);
    if (token_.kind == TokenKind::kBlock) fail("a region of StableHLO has one block");
    expect('}', "a region");
}

std::string TextParser::parseLocation() {
    take();
    if (!isNext('(')) fail("expected '(' behind loc");
    lexer_.rewind(token_, 1);
    std::string text(lexer_.skipBalanced(')'));
    token_ = lexer_.next();
    return text;
}

void TextParser::parseTrailingLocation(Location& location) {
    if (!token_.isWord("loc")) return;
    const std::string text = parseLocation();
    std::shared_ptr<std::string>& shared = locations_[text];
    if (!shared) shared = std::make_shared<std::string>(text);
    location.source = shared;
}

}  // namespace optirs::plugin
