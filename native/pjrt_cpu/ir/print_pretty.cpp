// The pretty form: most operations through the table that the parser has too.
#include <algorithm>
#include <cmath>

#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/ir/text_printer.h"

namespace optirs::plugin {
namespace {

std::string typeList(std::span<const Type> types) {
    std::string out;
    for (size_t i = 0; i < types.size(); ++i) out += (i > 0 ? ", " : "") + types[i].toString();
    return out;
}

std::vector<Type> operandTypes(const Operation& op) {
    std::vector<Type> out;
    for (const Value* operand : op.operands()) out.push_back(operand->type());
    return out;
}

bool allAre(std::span<const Type> types, const Type& type) {
    return std::ranges::all_of(types, [&](const Type& each) { return each == type; });
}

}  // namespace

bool TextPrinter::printPretty(const Operation& op) {
    switch (op.kind()) {
        case OpKind::kComposite:
            return printComposite(op);
        case OpKind::kReduce:
            return printReduce(op);
        case OpKind::kWhile:
            return printWhile(op);
        case OpKind::kChloScan:
            return printScan(op);
        case OpKind::kSdyManualComputation:
        case OpKind::kSdyNamedComputation:
            return printShardyRegion(op);
        case OpKind::kChloConstantLike:  // its attribute has a type that the pretty form would lose
            return false;
        default:
            break;
    }
    if (op.regionCount() > 0) return false;
    std::optional<std::string> text = special(op);
    if (!text) {
        const PrettyForm* form = prettyForm(op.kind());
        if (form != nullptr) text = fromTable(op, *form);
    }
    if (!text) return false;
    out_ += *text;
    return true;
}

std::optional<std::string> TextPrinter::special(const Operation& op) {
    switch (op.kind()) {
        case OpKind::kConstant:
        case OpKind::kChloConstant:
        case OpKind::kSdyConstant:
            return constant(op);
        case OpKind::kSlice:
            return slice(op);
        case OpKind::kCompare:
            return compare(op);
        case OpKind::kDot:
        case OpKind::kDotGeneral:
            return dot(op);
        case OpKind::kConvolution:
            return convolution(op);
        case OpKind::kReducePrecision:
            return reducePrecision(op);
        case OpKind::kCustomCall:
        case OpKind::kCall:
            return call(op);
        case OpKind::kGetTupleElement:
            return tupleElement(op);
        case OpKind::kChloTopK:
            return topK(op);
        case OpKind::kCheckExpectAlmostEqConst:
        case OpKind::kCheckExpectEqConst:
            return checkConstant(op);
        default:
            return op.name().starts_with("sdy.") ? shardy(op) : std::nullopt;
    }
}

std::optional<std::string> TextPrinter::fromTable(const Operation& op, const PrettyForm& form) {
    // Comparisons, select and others with a syntax of their own are element-wise too.
    if (op.kind() == OpKind::kCompare || op.kind() == OpKind::kReducePrecision) return std::nullopt;
    const bool barrier = op.kind() == OpKind::kOptimizationBarrier;
    const bool func_return = op.kind() == OpKind::kReturn && op.parentOperation() == nullptr;
    std::string out = func_return ? "return" : std::string(op.name());
    NamedAttributes rest = op.attributes();
    for (const PrettyForm::Clause& each : form.clauses) rest.erase(each.attribute);
    const std::string attributes = rest.empty() ? "" : " " + Attribute(rest).toString();
    if (barrier) out += attributes;
    if (op.operandCount() > 0) out += " " + operandList(op);
    bool first = op.operandCount() == 0;
    for (const PrettyForm::Clause& each : form.clauses) {
        const Attribute* attribute = op.attribute(each.attribute);
        if (attribute == nullptr) continue;
        const auto value = clause(*attribute, each.enumeration);
        if (!value) return std::nullopt;
        out += (first ? " " : ", ") + std::string(each.key) + " = " + *value;
        first = false;
    }
    if (!barrier) out += attributes;
    if (barrier && op.operandCount() == 0)
        return op.resultCount() == 0 ? std::optional(out + "()") : std::nullopt;
    if (form.rule == TypeRule::kOperands) {
        if (op.resultCount() > 0) return std::nullopt;
        if (op.operandCount() == 0) return out;
    }
    // The parser takes the types of checks for what they compare: they give nothing.
    const bool check = op.name().starts_with("check.");
    if (check && op.resultCount() > 0) return std::nullopt;
    return out + " : " + types(op, form.rule);
}

/// The value behind `key = `, without a type; nothing when its type is not the one that the parser takes
/// there.
std::optional<std::string> TextPrinter::clause(const Attribute& attribute, std::string_view enumeration) {
    if (const auto* list = attribute.get<ArrayListAttribute>())
        return list->type == ElementType::kI64 ? std::optional(listToString(list->integers)) : std::nullopt;
    if (const auto* value = attribute.get<EnumAttribute>())
        return !enumeration.empty() && value->kind == enumeration ? std::optional(value->value)
                                                                  : std::nullopt;
    if (!enumeration.empty()) return std::nullopt;
    if (const auto* integer = attribute.get<IntegerAttribute>())
        return integer->type == ElementType::kI64 ? std::optional(std::to_string(integer->value))
                                                  : std::nullopt;
    if (const auto* real = attribute.get<FloatAttribute>()) {
        const bool fits = real->type == ElementType::kF64 && std::isfinite(real->value);
        return fits ? std::optional(floatToString(real->value, real->type)) : std::nullopt;
    }
    if (const auto* flag = attribute.get<bool>()) return *flag ? "true" : "false";
    if (const auto* text = attribute.get<std::string>()) return quoted(*text);
    return std::nullopt;
}

std::string TextPrinter::operandList(const Operation& op, size_t begin, size_t end) {
    std::string out;
    for (size_t i = begin; i < std::min(end, op.operandCount()); ++i)
        out += (i > begin ? ", " : "") + nameOf(op.operand(i));
    return out;
}

/// ` {...}` of the attributes that the form does not show otherwise; empty when there are none.
std::string TextPrinter::dictionary(const Operation& op, Names shown) {
    NamedAttributes rest = op.attributes();
    for (const std::string_view name : shown) rest.erase(name);
    return rest.empty() ? "" : " " + Attribute(std::move(rest)).toString();
}

std::string TextPrinter::functionType(const Operation& op) {
    FunctionType type;
    type.inputs = operandTypes(op);
    type.results = op.resultTypes();
    return Type(std::move(type)).toString();
}

std::string TextPrinter::types(const Operation& op, TypeRule rule) {
    const std::vector<Type> in = operandTypes(op);
    const std::vector<Type> out = op.resultTypes();
    const bool one = out.size() == 1;
    const bool check = op.name().starts_with("check.");
    switch (rule) {
        case TypeRule::kSame:
            if (one && allAre(in, out[0])) return out[0].toString();
            if (check && !in.empty() && allAre(in, in[0])) return in[0].toString();
            break;
        case TypeRule::kSelectTypes:
            if (one && in.size() == 3 && in[1] == out[0] && in[2] == out[0])
                return in[0].toString() + ", " + out[0].toString();
            break;
        case TypeRule::kComplexType: {
            const TensorType* tensor = one ? out[0].tensorOrNull() : nullptr;
            if (tensor != nullptr && isComplex(tensor->element()) &&
                allAre(in, tensor->withElement(realType(tensor->element()))))
                return out[0].toString();
            break;
        }
        case TypeRule::kResults: {
            const TupleType* tuple = one ? out[0].tupleOrNull() : nullptr;
            if (one && (tuple != nullptr ? in == tuple->elements : in.empty())) return out[0].toString();
            break;
        }
        case TypeRule::kOperands:
            return typeList(in);
        case TypeRule::kPairwise:
            if (in == out) return typeList(in);
            break;
        case TypeRule::kOperandsToResults:
            if (one && !in.empty()) return typeList(in) + " -> " + out[0].toString();
            break;
        case TypeRule::kFunction:
            break;
    }
    return functionType(op);
}

}  // namespace optirs::plugin
