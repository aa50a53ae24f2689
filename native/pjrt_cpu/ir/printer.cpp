#include "pjrt_cpu/ir/printer.h"

#include <unordered_map>

namespace optirs::plugin {
namespace {

class Printer {
 public:
    std::string take() { return std::move(out_); }

    void printModule(const Module& module) {
        out_ += "module";
        if (!module.name().empty()) out_ += " " + symbolToString(module.name());
        if (!module.attributes().empty()) out_ += " attributes " + Attribute(module.attributes()).toString();
        out_ += " {\n";
        ++depth_;
        for (const auto& block : module.others().blocks()) printOperations(*block);
        for (const auto& function : module.functions()) printFunction(*function);
        --depth_;
        out_ += "}\n";
    }

    void printFunction(const Function& function) {
        names_.clear();
        indent();
        out_ += "func.func ";
        if (!function.visibility().empty()) out_ += function.visibility() + " ";
        out_ += symbolToString(function.name()) + "(";
        const FunctionType& type = function.type();
        for (size_t i = 0; i < type.inputs.size(); ++i) {
            if (i > 0) out_ += ", ";
            if (!function.isDeclaration()) out_ += define(function.body().argument(i), "arg") + ": ";
            typeWithAttributes(type.inputs[i], function.argumentAttributes(), i);
        }
        out_ += ")";
        if (!type.results.empty()) {
            out_ += " -> (";
            for (size_t i = 0; i < type.results.size(); ++i) {
                if (i > 0) out_ += ", ";
                typeWithAttributes(type.results[i], function.resultAttributes(), i);
            }
            out_ += ")";
        }
        if (!function.attributes().empty()) {
            out_ += " attributes " + Attribute(function.attributes()).toString();
        }
        if (!function.isDeclaration()) {
            out_ += " {\n";
            ++depth_;
            printOperations(function.body());
            --depth_;
            indent();
            out_ += "}";
        }
        out_ += "\n";
    }

    void printOperation(const Operation& op) {
        indent();
        if (op.resultCount() > 0) {
            const std::string name = define(op.result(0), "");
            for (size_t i = 1; i < op.resultCount(); ++i) {
                names_[op.result(i)] = name + "#" + std::to_string(i);
            }
            out_ += name;
            if (op.resultCount() > 1) {
                names_[op.result(0)] = name + "#0";
                out_ += ":" + std::to_string(op.resultCount());
            }
            out_ += " = ";
        }
        // A return directly in a function is the function's.
        const bool func_return = op.kind() == OpKind::kReturn && op.parentOperation() == nullptr;
        out_ += "\"" + std::string(func_return ? "func.return" : op.name()) + "\"(";
        for (size_t i = 0; i < op.operandCount(); ++i) out_ += (i > 0 ? ", " : "") + nameOf(op.operand(i));
        out_ += ")";
        if (op.regionCount() > 0) printRegions(op);
        if (!op.attributes().empty()) out_ += " " + Attribute(op.attributes()).toString();
        FunctionType type;
        for (const Value* operand : op.operands()) type.inputs.push_back(operand->type());
        type.results = op.resultTypes();
        out_ += " : " + Type(std::move(type)).toString() + "\n";
    }

 private:
    void indent() { out_.append(2 * depth_, ' '); }

    std::string define(const Value* value, const char* prefix) {
        std::string name = "%" + std::string(prefix) + std::to_string(next_++);
        names_[value] = name;
        return name;
    }

    std::string nameOf(const Value* value) {
        if (value == nullptr) return "%<null>";
        const auto found = names_.find(value);
        return found != names_.end() ? found->second : define(value, "outer");
    }

    void typeWithAttributes(const Type& type, const std::vector<NamedAttributes>& attributes, size_t i) {
        out_ += type.toString();
        if (i < attributes.size() && !attributes[i].empty()) {
            out_ += " " + Attribute(attributes[i]).toString();
        }
    }

    void printRegions(const Operation& op) {
        out_ += " (";
        for (size_t i = 0; i < op.regionCount(); ++i) {
            out_ += i > 0 ? ", {\n" : "{\n";
            for (const auto& block : op.region(i).blocks()) {
                indent();
                out_ += "^bb0(";
                for (size_t a = 0; a < block->argumentCount(); ++a) {
                    if (a > 0) out_ += ", ";
                    out_ += define(block->argument(a), "arg") + ": ";
                    out_ += block->argument(a)->type().toString();
                }
                out_ += "):\n";
                ++depth_;
                printOperations(*block);
                --depth_;
            }
            indent();
            out_ += "}";
        }
        out_ += ")";
    }

    void printOperations(const Block& block) {
        for (const Operation& op : block) printOperation(op);
    }

    std::string out_;
    size_t depth_ = 0;
    int64_t next_ = 0;
    std::unordered_map<const Value*, std::string> names_;
};

}  // namespace

std::string print(const Module& module) {
    Printer printer;
    printer.printModule(module);
    return printer.take();
}

std::string print(const Function& function) {
    Printer printer;
    printer.printFunction(function);
    return printer.take();
}

std::string print(const Operation& op) {
    Printer printer;
    printer.printOperation(op);
    return printer.take();
}

}  // namespace optirs::plugin
