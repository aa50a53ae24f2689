// Pretty forms of slice, compare, dot, dot_general and convolution.
#include "pjrt_cpu/stablehlo/text_parser.h"

namespace optirs::plugin {

void TextParser::parseSlice(OperationState& op) {
    parseOperand(op);
    std::vector<int64_t> start;
    std::vector<int64_t> limit;
    std::vector<int64_t> strides;
    expect('[', "a slice");
    list(']', "a slice", [&] {
        start.push_back(takeInteger("a slice"));
        expect(':', "a slice");
        limit.push_back(takeInteger("a slice"));
        strides.push_back(accept(':') ? takeInteger("a slice") : 1);
    });
    expect(']', "a slice");
    op.attributes.set("start_indices", Attribute::integers(std::move(start)));
    op.attributes.set("limit_indices", Attribute::integers(std::move(limit)));
    op.attributes.set("strides", Attribute::integers(std::move(strides)));
    parseOptionalDictionary(op.attributes);
    expect(':', "a slice");
    parseTypes(op, TypeRule::kFunction);
}

void TextParser::parseCompare(OperationState& op) {
    const auto word = [&](const char* attribute, const char* kind) {
        const Token value = take();
        if (value.kind != TokenKind::kIdentifier) {
            failAt(value, std::string("expected a ") + kind + ", got " + value.describe());
        }
        op.attributes.set(attribute, EnumAttribute{kind, std::string(value.text)});
    };
    word("comparison_direction", "comparison_direction");
    expect(',', "a comparison");
    parseOperand(op);
    expect(',', "a comparison");
    parseOperand(op);
    if (accept(',')) word("compare_type", "comparison_type");
    parseOptionalDictionary(op.attributes);
    expect(':', "a comparison");
    parseTypes(op, TypeRule::kFunction);
}

void TextParser::parsePrecision(OperationState& op) {
    expect('=', "a precision");
    expect('[', "a precision");
    Attribute::List values;
    list(']', "a precision", [&] {
        const Token value = take();
        if (value.kind != TokenKind::kIdentifier)
            failAt(value, "expected a precision, got " + value.describe());
        values.push_back(EnumAttribute{"precision", std::string(value.text)});
    });
    expect(']', "a precision");
    if (!values.empty()) op.attributes.set("precision_config", std::move(values));
}

void TextParser::parseDotGeneral(OperationState& op) {
    const char* where = op.kind == OpKind::kDot ? "dot" : "dot_general";
    parseOperand(op);
    expect(',', where);
    parseOperand(op);
    DotDimensions numbers;
    const auto pair = [&](std::vector<int64_t>& lhs, std::vector<int64_t>& rhs) {
        expect('=', where);
        lhs = takeIntegerList(where);
        expectWord("x");
        rhs = takeIntegerList(where);
    };
    while (accept(',')) {
        const Token clause = take();
        if (clause.isWord("batching_dims") && op.kind == OpKind::kDotGeneral) {
            pair(numbers.lhs_batch, numbers.rhs_batch);
        } else if (clause.isWord("contracting_dims") && op.kind == OpKind::kDotGeneral) {
            pair(numbers.lhs_contracting, numbers.rhs_contracting);
        } else if (clause.isWord("precision")) {
            parsePrecision(op);
        } else if (clause.isWord("algorithm") && op.kind == OpKind::kDotGeneral) {
            expect('=', where);
            op.attributes.set("algorithm", isNext('<') ? parseDotAlgorithm() : parseAttribute());
        } else {
            failAt(clause, std::string(where) + " has no clause " + clause.describe());
        }
    }
    if (op.kind == OpKind::kDotGeneral) op.attributes.set("dot_dimension_numbers", std::move(numbers));
    parseOptionalDictionary(op.attributes);
    expect(':', where);
    parseTypes(op, TypeRule::kFunction);
}

void TextParser::parseConvolution(OperationState& op) {
    const char* where = "convolution";
    expect('(', where);
    parseOperandList(op, ')');
    expectWord("dim_numbers");
    expect('=', where);
    op.attributes.set("dimension_numbers", parseConvolutionDimensions());
    expect(',', where);
    expectWord("window");
    expect('=', where);
    expect('{', where);
    parseWindow(op);
    expect('}', where);
    parseOptionalDictionary(op.attributes);
    expect(':', where);
    parseTypes(op, TypeRule::kFunction);
}

void TextParser::parseWindow(OperationState& op) {
    const char* where = "a convolution window";
    list('}', where, [&] {
        const Token clause = take();
        expect('=', where);
        if (clause.isWord("stride")) {
            op.attributes.set("window_strides", Attribute::integers(takeIntegerList(where)));
        } else if (clause.isWord("lhs_dilate")) {
            op.attributes.set("lhs_dilation", Attribute::integers(takeIntegerList(where)));
        } else if (clause.isWord("rhs_dilate")) {
            op.attributes.set("rhs_dilation", Attribute::integers(takeIntegerList(where)));
        } else if (clause.isWord("reverse")) {
            ArrayListAttribute reversal{ElementType::kI1, {}, {}};
            expect('[', where);
            list(']', where, [&] {
                if (acceptWord("true")) {
                    reversal.integers.push_back(1);
                } else if (acceptWord("false")) {
                    reversal.integers.push_back(0);
                } else {
                    reversal.integers.push_back(takeInteger(where) != 0 ? 1 : 0);
                }
            });
            expect(']', where);
            op.attributes.set("window_reversal", std::move(reversal));
        } else if (clause.isWord("pad")) {
            std::vector<int64_t> pairs;
            expect('[', where);
            list(']', where, [&] {
                const Token at = token_;
                const std::vector<int64_t> pair = takeIntegerList(where);
                if (pair.size() != 2) failAt(at, "padding is a pair [low, high] for each dimension");
                pairs.insert(pairs.end(), pair.begin(), pair.end());
            });
            expect(']', where);
            std::vector<std::byte> bytes(pairs.size() * sizeof(int64_t));
            std::memcpy(bytes.data(), pairs.data(), bytes.size());
            TensorType type(ElementType::kI64, {static_cast<int64_t>(pairs.size() / 2), 2});
            op.attributes.set("padding", Literal(std::move(type), std::move(bytes)));
        } else {
            failAt(clause, std::string(where) + " has no clause " + clause.describe());
        }
    });
}

}  // namespace optirs::plugin
