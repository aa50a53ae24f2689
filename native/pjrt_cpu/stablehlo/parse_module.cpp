// The top level: aliases, the module, functions.
#include <cctype>

#include "pjrt_cpu/stablehlo/symbol_attributes.h"
#include "pjrt_cpu/stablehlo/text_parser.h"

namespace optirs::plugin {

std::unique_ptr<Module> TextParser::parse() {
    module_ = std::make_unique<Module>();
    module_->others().addBlock();
    // Resources stand at the end of a file and are used before.
    const std::string_view text = lexer_.text();
    const size_t last = text.find_last_not_of(" \t\r\n");
    const size_t metadata = text.rfind("{-#");
    if (metadata != std::string_view::npos && last != std::string_view::npos && last >= metadata + 5 &&
        text.substr(last - 2, 3) == "#-}") {
        Token begin{TokenKind::kMetadataBegin, text.substr(metadata, 3), 1, 1};
        for (const char c : text.substr(0, metadata)) {
            begin.column = c == '\n' ? 1 : begin.column + 1;
            if (c == '\n') ++begin.line;
        }
        const Token start{TokenKind::kEnd, text.substr(0, 0), 1, 1};
        lexer_.rewind(begin);
        token_ = lexer_.next();
        parseMetadata();
        lexer_.rewind(start);
    }
    token_ = lexer_.next();
    parseModuleBody('\0');
    resolveLocations();
    return std::move(module_);
}

void TextParser::parseModuleBody(char close) {
    bool has_module = false;
    while (token_.kind != TokenKind::kEnd && !(close != '\0' && isNext(close))) {
        if (token_.kind == TokenKind::kHash || token_.kind == TokenKind::kBang) {
            parseAlias();
        } else if (token_.kind == TokenKind::kMetadataBegin) {
            parseMetadata();
        } else if (token_.isWord("module") || token_.isWord("builtin.module")) {
            if (has_module) fail("a program is one module: this is another");
            has_module = true;
            parseModuleOperation();
        } else if (token_.isWord("func.func") || token_.isWord("func")) {
            const Token start = take();
            parseFunction(start);
        } else if (token_.kind == TokenKind::kString) {
            parseGenericSymbol();
        } else if (token_.isWord("sdy.mesh")) {
            parseOperation(module_->others().front());
        } else {
            fail("expected a function in the module, got " + token_.describe());
        }
    }
}

void TextParser::parseAlias() {
    const Token name = take();
    expect('=', "an alias");
    alias_values_.insert_or_assign(std::string(name.text), token_);
    if (name.kind == TokenKind::kBang) {
        type_aliases_.insert_or_assign(std::string(name.text), parseType());
    } else if (token_.isWord("loc")) {
        location_aliases_.insert_or_assign(std::string(name.text), parseLocation());
    } else {
        aliases_.insert_or_assign(std::string(name.text), parseAttribute());
    }
}

bool TextParser::readAliased(const Token& name, const std::function<void()>& read) {
    const auto value = alias_values_.find(std::string(name.text));
    if (value == alias_values_.end()) return false;
    const Depth depth(*this);
    take();
    const Token behind = token_;
    lexer_.rewind(value->second);
    token_ = lexer_.next();
    read();
    lexer_.rewind(behind);
    token_ = lexer_.next();
    return true;
}

void TextParser::parseModuleOperation() {
    const Depth depth(*this);
    take();
    NamedAttributes attributes;
    if (token_.kind == TokenKind::kSymbol) attributes.set("sym_name", takeSymbol("a module"));
    if (acceptWord("attributes")) {
        expect('{', "module attributes");
        parseDictionaryInto(attributes);
    }
    expect('{', "a module");
    parseModuleBody('}');
    expect('}', "a module");
    finishModule(*module_, attributes);
    Location ignored;
    parseTrailingLocation(ignored);
}

void TextParser::parseFunctionArguments(Function& function, FunctionType& type,
                                        std::vector<std::pair<Token, Location>>& names) {
    const char* where = "function arguments";
    expect('(', where);
    list(')', where, [&] {
        Token name;
        if (token_.kind == TokenKind::kValue) {
            name = take();
            expect(':', where);
        }
        if (!type.inputs.empty() &&
            (name.kind == TokenKind::kValue) != (names[0].first.kind == TokenKind::kValue)) {
            fail("either all arguments of a function have names or none has");
        }
        type.inputs.push_back(parseType());
        function.argumentAttributes().emplace_back();
        parseOptionalDictionary(function.argumentAttributes().back());
        Location location = locationOf(name);
        parseTrailingLocation(location);
        names.emplace_back(name, std::move(location));
    });
    expect(')', where);
}

void TextParser::parseFunctionResults(Function& function, FunctionType& type) {
    if (token_.kind != TokenKind::kArrow) return;
    take();
    if (!accept('(')) {
        type.results.push_back(parseType());
        function.resultAttributes().emplace_back();
        return;
    }
    list(')', "function results", [&] {
        type.results.push_back(parseType());
        function.resultAttributes().emplace_back();
        parseOptionalDictionary(function.resultAttributes().back());
    });
    expect(')', "function results");
}

void TextParser::parseFunction(const Token& start) {
    std::string visibility;
    for (const char* word : {"public", "private", "nested"}) {
        if (acceptWord(word)) visibility = word;
    }
    const Token name_token = token_;
    auto function = std::make_unique<Function>(takeSymbol("a function"), FunctionType{});
    if (module_->function(function->name()) != nullptr) {
        failAt(name_token, "function " + symbolToString(function->name()) + " is already defined");
    }
    function->setVisibility(visibility);
    Location location = locationOf(start);
    FunctionType type;
    std::vector<std::pair<Token, Location>> names;
    parseFunctionArguments(*function, type, names);
    parseFunctionResults(*function, type);
    if (acceptWord("attributes")) {
        expect('{', "function attributes");
        parseDictionaryInto(function->attributes());
    }
    if (accept('{')) {
        const Depth depth(*this);
        const Scope scope(*this, true);
        Block& block = function->region().addBlock();
        for (size_t i = 0; i < names.size(); ++i) {
            if (names[i].first.kind != TokenKind::kValue) {
                failAt(name_token, "a function with a body needs names for its arguments");
            }
            define(names[i].first, {block.addArgument(type.inputs[i])});
        }
        parseOperations(block);
        if (token_.kind == TokenKind::kBlock) fail("a function of StableHLO has one block");
        expect('}', "a function");
    }
    parseTrailingLocation(location);
    function->setType(std::move(type));
    function->setLocation(std::move(location));
    module_->addFunction(std::move(function));
}

// `"builtin.module"() ({ "func.func"() <{sym_name = ...}> ({...}) : () -> () }) : () -> ()`.
void TextParser::parseGenericSymbol() {
    const Depth depth(*this);
    const Token start = token_;
    const std::string name = stringValue(start);
    if (name != "builtin.module" && name != "func.func") {
        parseOperation(module_->others().front());
        return;
    }
    take();
    NamedAttributes attributes;
    expect('(', "an operation");
    expect(')', "an operation");
    if (accept('<')) {
        expect('{', "operation properties");
        parseDictionaryInto(attributes);
        expect('>', "operation properties");
    }
    expect('(', "the region of an operation");
    if (name == "builtin.module") {
        expect('{', "a module");
        if (token_.kind == TokenKind::kBlock) {
            take();
            expect(':', "a block");
        }
        parseModuleBody('}');
        expect('}', "a module");
        expect(')', "a module");
        parseOptionalDictionary(attributes);
        finishModule(*module_, attributes);
    } else {
        const Scope scope(*this, true);
        auto body = std::make_unique<Region>();
        parseRegion(*body);
        expect(')', "a function");
        parseOptionalDictionary(attributes);
        std::unique_ptr<Function> function;
        try {
            function = functionFromAttributes(std::move(attributes));
        } catch (const Error& error) {
            failAt(start, error.message());
        }
        function->setLocation(locationOf(start));
        for (auto& block : body->takeBlocks()) function->region().adopt(std::move(block));
        if (module_->function(function->name()) != nullptr) {
            failAt(start, "function " + symbolToString(function->name()) + " is already defined");
        }
        module_->addFunction(std::move(function));
    }
    expect(':', "an operation");
    parseFunctionType();
    Location ignored;
    parseTrailingLocation(ignored);
}

// `{-# dialect_resources: { builtin: { name: "0x..." } } #-}`
void TextParser::parseMetadata() {
    const char* where = "file metadata";
    const bool keep = resources_.empty();
    take();
    const std::function<void()> section = [&] {
        const Depth depth(*this);
        list('}', where, [&] {
            const Token name = take();
            expect(':', where);
            if (accept('{')) {
                section();
                expect('}', where);
                return;
            }
            const Token value = take();
            if (keep && value.kind == TokenKind::kString) {
                const bool is_quoted = name.kind == TokenKind::kString;
                resources_[is_quoted ? stringValue(name) : std::string(name.text)] = value;
            }
        });
    };
    while (token_.kind == TokenKind::kIdentifier) {
        take();
        expect(':', where);
        expect('{', where);
        section();
        expect('}', where);
        accept(',');
    }
    if (token_.kind != TokenKind::kMetadataEnd) fail("expected '#-}', got " + token_.describe());
    take();
}

void TextParser::resolveLocations() {
    constexpr size_t kMaxText = 256;
    constexpr int kMaxSteps = 32;
    for (auto& [key, text] : locations_) {
        // Replace aliases by what they stand for, within reason: a location is for messages only.
        for (int step = 0; step < kMaxSteps; ++step) {
            const size_t hash = text->find('#');
            if (hash == std::string::npos) break;
            size_t end = hash + 1;
            const auto is_name = [](char c) {
                return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
            };
            while (end < text->size() && is_name((*text)[end])) ++end;
            const auto alias = location_aliases_.find(text->substr(hash, end - hash));
            if (alias == location_aliases_.end() || text->size() > kMaxText) break;
            text->replace(hash, end - hash, alias->second);
        }
        if (text->size() > kMaxText) *text = text->substr(0, kMaxText) + "...";
    }
}

}  // namespace optirs::plugin
