/// @file
/// The printer behind print(): one class, its methods in several files by subject. Internal to printing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "pjrt_cpu/ir/module.h"
#include "pjrt_cpu/ir/pretty_form.h"

namespace optirs::plugin {

class TextPrinter {
 public:
    std::string take() { return std::move(out_); }

    void printModule(const Module& module);
    void printFunction(const Function& function);
    void printOperation(const Operation& op);

 private:
    using Names = std::initializer_list<std::string_view>;

    // printer.cpp
    void indent() { out_.append(2 * depth_, ' '); }
    std::string unique(const std::string& wanted);
    void defineResults(const Operation& op);
    std::string defineArgument(const Value* value);
    std::string nameOf(const Value* value);
    void typeWithAttributes(const Type& type, const std::vector<NamedAttributes>& attributes, size_t i);
    void printGeneric(const Operation& op);
    void printRegion(const Region& region);
    void printRegions(const Operation& op);
    void printBody(const Block& block);
    void printOperations(const Block& block);

    // print_pretty.cpp: each gives false, and writes nothing, when the operation does not fit its form.
    bool printPretty(const Operation& op);
    std::optional<std::string> fromTable(const Operation& op, const PrettyForm& form);
    static std::optional<std::string> clause(const Attribute& attribute, std::string_view enumeration);
    std::optional<std::string> special(const Operation& op);
    std::string operandList(const Operation& op, size_t begin = 0, size_t end = SIZE_MAX);
    static std::string dictionary(const Operation& op, Names shown);
    static std::string types(const Operation& op, TypeRule rule);
    static std::string functionType(const Operation& op);

    // print_special.cpp
    std::optional<std::string> constant(const Operation& op);
    std::optional<std::string> slice(const Operation& op);
    std::optional<std::string> compare(const Operation& op);
    std::optional<std::string> dot(const Operation& op);
    std::optional<std::string> convolution(const Operation& op);
    std::optional<std::string> reducePrecision(const Operation& op);
    std::optional<std::string> call(const Operation& op);
    std::optional<std::string> tupleElement(const Operation& op);
    std::optional<std::string> topK(const Operation& op);
    std::optional<std::string> checkConstant(const Operation& op);
    std::optional<std::string> shardy(const Operation& op);

    // print_control.cpp: forms with regions, written straight away.
    bool printComposite(const Operation& op);
    bool printReduce(const Operation& op);
    bool printWhile(const Operation& op);
    bool printScan(const Operation& op);
    bool printShardyRegion(const Operation& op);

    std::string out_;
    size_t depth_ = 0;
    int64_t next_result_ = 0;
    int64_t next_argument_ = 0;
    int64_t next_conflict_ = 0;
    std::unordered_set<std::string> used_;
    std::unordered_map<const Value*, std::string> names_;
};

}  // namespace optirs::plugin
