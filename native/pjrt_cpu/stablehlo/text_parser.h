/// @file
/// The recursive-descent parser behind parseModule: one class, its methods in several files by subject.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pjrt_cpu/ir/module.h"
#include "pjrt_cpu/ir/pretty_form.h"
#include "pjrt_cpu/stablehlo/lexer.h"
#include "pjrt_cpu/stablehlo/parser.h"

namespace optirs::plugin {

class TextParser {
 public:
    TextParser(std::string_view text, const ParseLimits& limits);

    std::unique_ptr<Module> parse();
    /// The whole text is one attribute, or one type.
    Attribute parseWholeAttribute();
    Type parseWholeType();

 private:
    /// Everything an operation needs before it can be created.
    struct OperationState {
        OpKind kind = OpKind::kUnknown;
        std::string name;
        Token token;
        std::vector<Value*> operands;
        std::vector<Token> operand_tokens;
        std::vector<Type> result_types;
        NamedAttributes attributes;
        std::vector<std::unique_ptr<Region>> regions;
    };

    /// Counts nesting; recursion deeper than the limit is an error at the current token.
    class Depth {
     public:
        explicit Depth(TextParser& parser);
        ~Depth();
        Depth(const Depth&) = delete;
        Depth& operator=(const Depth&) = delete;

     private:
        TextParser& parser_;
    };

    // Tokens (text_parser.cpp).
    Token take();
    bool accept(char punctuation);
    bool acceptWord(std::string_view word);
    void expect(char punctuation, const char* where);
    void expectWord(std::string_view word);
    void expectArrow(const char* where);
    bool isNext(char punctuation) const { return token_.is(punctuation); }
    [[noreturn]] void fail(const std::string& what) const;
    [[noreturn]] void failAt(const Token& token, const std::string& what) const;
    /// `a, b, c` up to (not including) `close`; calls `item` for each.
    template <typename Item>
    void list(char close, const char* where, const Item& item) {
        if (isNext(close)) return;
        do {
            item();
        } while (accept(','));
        if (!isNext(close)) fail(std::string("expected ',' or '") + close + "' in " + where);
    }
    std::string stringValue(const Token& token) const;
    std::string takeString(const char* where);
    std::string takeSymbol(const char* where);
    int64_t takeInteger(const char* where);
    std::vector<int64_t> takeIntegerList(const char* where);
    static Location locationOf(const Token& token) { return {token.line, token.column, nullptr}; }

    // Types (parse_type.cpp).
    Type parseType();
    std::vector<Type> parseTypeList();
    FunctionType parseFunctionType();
    TensorType parseTensorType();
    void parseEncoding(TensorType& type);
    void parseElement(TensorType& type);
    std::shared_ptr<const QuantizedType> parseQuantized();
    void parseScale(QuantizedType& type);
    double takeNumber(const char* where);
    std::vector<int64_t> parseBounds(char close);

    // Attributes (parse_attribute.cpp, parse_dialect_attribute.cpp).
    Attribute parseAttribute();
    Attribute parseNumber(bool negative);
    Attribute parseArray();
    Attribute parseHash();
    Attribute parseDialectAttribute(const Token& name);
    Attribute parseOpaqueAttribute(const Token& begin);
    Attribute parseShardyAttribute(const Token& name);
    NamedAttributes parseDictionary();  // after `{`, takes `}`
    void parseDictionaryInto(NamedAttributes& attributes);
    bool parseOptionalDictionary(NamedAttributes& attributes);
    using FieldParser = std::function<bool(std::string_view)>;
    void parseFields(char close, const char* where, const FieldParser& field);
    Attribute parseDotDimensions();
    Attribute parseGatherDimensions();
    Attribute parseScatterDimensions();
    ConvolutionDimensions parseConvolutionDimensions();
    ConvolutionDimensions parseRawConvolutionDimensions();
    Attribute parseDotAlgorithm();
    Attribute parseResultAccuracy();
    Attribute parseOutputOperandAlias();
    Attribute parseChannelHandle();

    // Literals (parse_literal.cpp).
    TensorType parseLiteralType();
    Attribute parseDense();
    Attribute parseDenseResource();
    struct Elements;
    void parseElements(Elements& elements, size_t depth);
    void parseElement(Elements& elements);
    Literal literalFromElements(const Elements& elements, const TensorType& type, const Token& at);
    Literal literalFromHex(const Token& text, const TensorType& type, const Token& at);

    // Operations (parse_operation.cpp, parse_pretty.cpp, parse_control.cpp).
    void parseOperations(Block& block);
    void parseOperation(Block& block);
    void parseGeneric(OperationState& op);
    void parsePretty(OperationState& op);
    void parseFromTable(OperationState& op, const PrettyForm& form);
    bool parseSpecial(OperationState& op);
    void parseConstant(OperationState& op);
    void parseSlice(OperationState& op);
    void parseCompare(OperationState& op);
    void parseDotGeneral(OperationState& op);
    void parsePrecision(OperationState& op);
    void parseConvolution(OperationState& op);
    void parseWindow(OperationState& op);
    void parseReducePrecision(OperationState& op);
    void parseCustomCall(OperationState& op);
    void parseCall(OperationState& op);
    void parseComposite(OperationState& op);
    void parseReduce(OperationState& op);
    void parseReducer(OperationState& op);
    void parseWhile(OperationState& op);
    void parseScan(OperationState& op);
    void parseTopK(OperationState& op);
    void parseCheckConstant(OperationState& op);
    void parseSdy(OperationState& op);
    void parseSdyRegion(OperationState& op);
    std::string takeBalanced(char open, char close, const std::string& where);
    Attribute shardyAttribute(const Token& at, const std::string& text) const;
    void parseSdySharding(OperationState& op, const char* name);
    void parseOperand(OperationState& op);
    void parseOperandList(OperationState& op, char close);
    void parseTypes(OperationState& op, TypeRule rule);
    void applyFunctionType(OperationState& op, const FunctionType& type, const Token& at);
    void checkOperand(const OperationState& op, size_t i, const Type& type) const;
    void parseRegion(Region& region);
    void parseRegionBody(Region& region);
    std::string parseLocation();
    void parseTrailingLocation(Location& location);
    void finish(OperationState& op, Block& block, const std::vector<std::pair<Token, int64_t>>& names);

    // Values.
    struct Definition {
        std::vector<Value*> values;
        Token token;
    };
    class Scope {
     public:
        explicit Scope(TextParser& parser, bool isolated = false);
        ~Scope();
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

     private:
        TextParser& parser_;
        size_t mark_;
        std::unordered_map<std::string_view, Definition> hidden_;
        bool isolated_;
    };
    void define(const Token& name, std::vector<Value*> values);
    Value* lookup(const Token& name);
    Value* parseValue();

    // Module (parse_module.cpp).
    void parseAlias();
    /// Whether `name` is an alias; if so, has read what it stands for with `read`. For places that read it
    /// otherwise than as a type or an attribute of its own.
    bool readAliased(const Token& name, const std::function<void()>& read);
    void parseModuleBody(char close);
    void parseModuleOperation();
    void parseFunction(const Token& start);
    void parseFunctionArguments(Function& function, FunctionType& type,
                                std::vector<std::pair<Token, Location>>& names);
    void parseFunctionResults(Function& function, FunctionType& type);
    void parseGenericSymbol();
    void parseMetadata();
    void resolveLocations();

    Lexer lexer_;
    Token token_;
    ParseLimits limits_;
    int depth_ = 0;
    std::unique_ptr<Module> module_;
    std::unordered_map<std::string_view, Definition> values_;
    std::vector<std::string_view> defined_;  // names in the order of definition, to undo a scope
    std::unordered_map<std::string, Attribute> aliases_;
    std::unordered_map<std::string, Type> type_aliases_;
    /// Where the value of an alias begins.
    std::unordered_map<std::string, Token> alias_values_;
    // Locations may be used before they are defined: their texts are filled in at the end.
    std::unordered_map<std::string, std::string> location_aliases_;
    std::unordered_map<std::string, std::shared_ptr<std::string>> locations_;
    std::unordered_map<std::string, Token> resources_;
    std::string dialect_ = "func";  // of names without a dialect
};

}  // namespace optirs::plugin
