#include "pjrt_cpu/ir/printer.h"

#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/ir/text_printer.h"

namespace optirs::plugin {

void TextPrinter::printModule(const Module& module) {
    out_ += "module";
    if (!module.name().empty()) out_ += " " + symbolToString(module.name());
    if (!module.attributes().empty()) out_ += " attributes " + Attribute(module.attributes()).toString();
    out_ += " {\n";
    for (const auto& block : module.others().blocks()) printOperations(*block);
    ++depth_;
    for (const auto& function : module.functions()) printFunction(*function);
    --depth_;
    out_ += "}\n";
}

void TextPrinter::printFunction(const Function& function) {
    names_.clear();
    used_.clear();
    next_result_ = next_argument_ = next_conflict_ = 0;
    indent();
    out_ += "func.func ";
    if (!function.visibility().empty()) out_ += function.visibility() + " ";
    out_ += symbolToString(function.name()) + "(";
    const FunctionType& type = function.type();
    for (size_t i = 0; i < type.inputs.size(); ++i) {
        if (i > 0) out_ += ", ";
        if (!function.isDeclaration()) out_ += defineArgument(function.body().argument(i)) + ": ";
        typeWithAttributes(type.inputs[i], function.argumentAttributes(), i);
    }
    out_ += ")";
    if (!type.results.empty()) {
        const auto& attributes = function.resultAttributes();
        const bool bare = type.results.size() == 1 && type.results[0].functionOrNull() == nullptr &&
                          (attributes.empty() || attributes[0].empty());
        out_ += bare ? " -> " : " -> (";
        for (size_t i = 0; i < type.results.size(); ++i) {
            if (i > 0) out_ += ", ";
            typeWithAttributes(type.results[i], attributes, i);
        }
        if (!bare) out_ += ")";
    }
    if (!function.attributes().empty()) out_ += " attributes " + Attribute(function.attributes()).toString();
    if (!function.isDeclaration()) {
        out_ += " ";
        printBody(function.body());
    }
    out_ += "\n";
}

void TextPrinter::printOperation(const Operation& op) {
    indent();
    defineResults(op);
    if (!printPretty(op)) printGeneric(op);
    out_ += "\n";
}

/// `"name"(operands) <{own attributes}> ({regions}) {attributes of other dialects} : type`
void TextPrinter::printGeneric(const Operation& op) {
    // A return directly in a function is the function's.
    const bool func_return = op.kind() == OpKind::kReturn && op.parentOperation() == nullptr;
    out_ += "\"" + std::string(func_return ? "func.return" : op.name()) + "\"(" + operandList(op) + ")";
    NamedAttributes own;
    NamedAttributes others;
    for (const auto& [name, value] : op.attributes())
        (name.find('.') == std::string::npos ? own : others).set(name, value);
    if (!own.empty()) out_ += " <" + Attribute(std::move(own)).toString() + ">";
    if (op.regionCount() > 0) printRegions(op);
    if (!others.empty()) out_ += " " + Attribute(std::move(others)).toString();
    out_ += " : " + functionType(op);
}

std::string TextPrinter::unique(const std::string& wanted) {
    std::string name = wanted;
    while (!used_.insert(name).second) name = wanted + "_" + std::to_string(next_conflict_++);
    return name;
}

void TextPrinter::defineResults(const Operation& op) {
    if (op.resultCount() == 0) return;
    std::string name;
    if (op.kind() == OpKind::kConstant) {
        const TensorType* type = op.result()->type().tensorOrNull();
        const bool whole = type != nullptr && (isInteger(type->element()) || isBoolean(type->element()));
        name = unique(whole ? "%c" : "%cst");
    } else {
        name = "%" + std::to_string(next_result_++);
    }
    out_ += name;
    if (op.resultCount() > 1) out_ += ":" + std::to_string(op.resultCount());
    for (size_t i = 0; i < op.resultCount(); ++i)
        names_[op.result(i)] = op.resultCount() == 1 ? name : name + "#" + std::to_string(i);
    out_ += " = ";
}

std::string TextPrinter::defineArgument(const Value* value) {
    return names_[value] = "%arg" + std::to_string(next_argument_++);
}

std::string TextPrinter::nameOf(const Value* value) {
    if (value == nullptr) return "%<null>";
    const auto [entry, added] = names_.try_emplace(value);
    // Defined outside of what is printed.
    if (added) entry->second = unique("%outer");
    return entry->second;
}

void TextPrinter::typeWithAttributes(const Type& type, const std::vector<NamedAttributes>& attributes,
                                     size_t i) {
    out_ += type.toString();
    if (i < attributes.size() && !attributes[i].empty()) out_ += " " + Attribute(attributes[i]).toString();
}

/// `{` operations `}`.
void TextPrinter::printBody(const Block& block) {
    out_ += "{\n";
    printOperations(block);
    indent();
    out_ += "}";
}

void TextPrinter::printRegion(const Region& region) {
    out_ += "{\n";
    for (const auto& block : region.blocks()) {
        if (block->argumentCount() > 0) {
            indent();
            out_ += "^bb0(";
            for (size_t a = 0; a < block->argumentCount(); ++a) {
                if (a > 0) out_ += ", ";
                out_ += defineArgument(block->argument(a)) + ": " + block->argument(a)->type().toString();
            }
            out_ += "):\n";
        }
        printOperations(*block);
    }
    indent();
    out_ += "}";
}

void TextPrinter::printRegions(const Operation& op) {
    out_ += " (";
    for (size_t i = 0; i < op.regionCount(); ++i) {
        if (i > 0) out_ += ", ";
        printRegion(op.region(i));
    }
    out_ += ")";
}

void TextPrinter::printOperations(const Block& block) {
    ++depth_;
    for (const Operation& op : block) printOperation(op);
    --depth_;
}

std::string print(const Module& module) {
    TextPrinter printer;
    printer.printModule(module);
    return printer.take();
}

std::string print(const Function& function) {
    TextPrinter printer;
    printer.printFunction(function);
    return printer.take();
}

std::string print(const Operation& op) {
    TextPrinter printer;
    printer.printOperation(op);
    return printer.take();
}

}  // namespace optirs::plugin
