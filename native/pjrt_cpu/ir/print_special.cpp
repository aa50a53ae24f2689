// Operations with a syntax of their own.
#include <algorithm>
#include <cmath>

#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/ir/text_printer.h"

namespace optirs::plugin {
namespace {

using Text = std::optional<std::string>;

/// The list of 64-bit integers under `name`; null when it is anything else.
const std::vector<int64_t>* integers(const Operation& op, std::string_view name) {
    const Attribute* attribute = op.attribute(name);
    const auto* list = attribute != nullptr ? attribute->get<ArrayListAttribute>() : nullptr;
    return list != nullptr && list->type == ElementType::kI64 ? &list->integers : nullptr;
}

/// The word of an enumeration; empty when the attribute is anything else.
std::string word(const Attribute* attribute, std::string_view kind) {
    const auto* value = attribute != nullptr ? attribute->get<EnumAttribute>() : nullptr;
    return value != nullptr && value->kind == kind ? value->value : "";
}

/// `[DEFAULT, HIGH]`; nothing when it is not a list of precisions.
Text precisions(const Attribute& attribute) {
    const auto* list = attribute.get<Attribute::List>();
    if (list == nullptr || list->empty()) return std::nullopt;
    std::string out = "[";
    for (const Attribute& each : *list) {
        const std::string value = word(&each, "precision");
        if (value.empty()) return std::nullopt;
        out += (out.size() > 1 ? ", " : "") + value;
    }
    return out + "]";
}

/// What stands behind `prefix`, without `suffix`; nothing when the text is of another form.
Text inside(const Attribute* attribute, std::string_view prefix, std::string_view suffix) {
    const auto* opaque = attribute != nullptr ? attribute->get<OpaqueAttribute>() : nullptr;
    if (opaque == nullptr || !opaque->text.starts_with(prefix) || !opaque->text.ends_with(suffix) ||
        opaque->text.size() < prefix.size() + suffix.size())
        return std::nullopt;
    return opaque->text.substr(prefix.size(), opaque->text.size() - prefix.size() - suffix.size());
}

}  // namespace

Text TextPrinter::constant(const Operation& op) {
    const Attribute* value = op.attribute("value");
    const Literal* literal = value != nullptr ? value->get<Literal>() : nullptr;
    if (literal == nullptr || op.operandCount() != 0 || op.resultCount() != 1) return std::nullopt;
    if (op.result()->type() == Type(literal->type()))
        return std::string(op.name()) + dictionary(op, {"value"}) + " " + literal->toString();
    // A quantized constant is written by its storage.
    return std::string(op.name()) + "() <{value = " + literal->toString() + "}>" + dictionary(op, {"value"}) +
           " : " + functionType(op);
}

Text TextPrinter::slice(const Operation& op) {
    const auto* start = integers(op, "start_indices");
    const auto* limit = integers(op, "limit_indices");
    const auto* strides = integers(op, "strides");
    if (op.operandCount() != 1 || start == nullptr || limit == nullptr || strides == nullptr ||
        start->size() != limit->size() || start->size() != strides->size())
        return std::nullopt;
    for (const auto* list : {start, limit, strides}) {
        if (std::ranges::any_of(*list, [](int64_t value) { return value < 0; })) return std::nullopt;
    }
    std::string out = "stablehlo.slice " + operandList(op) + " [";
    for (size_t i = 0; i < start->size(); ++i) {
        out += (i > 0 ? ", " : "") + std::to_string((*start)[i]) + ":" + std::to_string((*limit)[i]);
        if ((*strides)[i] != 1) out += ":" + std::to_string((*strides)[i]);
    }
    return out + "]" + dictionary(op, {"start_indices", "limit_indices", "strides"}) + " : " +
           functionType(op);
}

Text TextPrinter::compare(const Operation& op) {
    const std::string direction = word(op.attribute("comparison_direction"), "comparison_direction");
    const Attribute* type = op.attribute("compare_type");
    const std::string type_word = word(type, "comparison_type");
    if (op.operandCount() != 2 || direction.empty() || (type != nullptr && type_word.empty()))
        return std::nullopt;
    return "stablehlo.compare " + direction + ", " + operandList(op) +
           (type != nullptr ? ", " + type_word : "") +
           dictionary(op, {"comparison_direction", "compare_type"}) + " : " + functionType(op);
}

Text TextPrinter::dot(const Operation& op) {
    std::string out = std::string(op.name()) + " " + operandList(op);
    if (op.operandCount() != 2) return std::nullopt;
    const bool general = op.kind() == OpKind::kDotGeneral;
    if (general) {
        const Attribute* attribute = op.attribute("dot_dimension_numbers");
        const auto* numbers = attribute != nullptr ? attribute->get<DotDimensions>() : nullptr;
        if (numbers == nullptr) return std::nullopt;
        if (!numbers->lhs_batch.empty() || !numbers->rhs_batch.empty())
            out += ", batching_dims = " + listToString(numbers->lhs_batch) + " x " +
                   listToString(numbers->rhs_batch);
        out += ", contracting_dims = " + listToString(numbers->lhs_contracting) + " x " +
               listToString(numbers->rhs_contracting);
    }
    if (const Attribute* precision = op.attribute("precision_config")) {
        const Text list = precisions(*precision);
        if (!list) return std::nullopt;
        out += ", precision = " + *list;
    }
    if (const Attribute* algorithm = general ? op.attribute("algorithm") : nullptr) {
        if (algorithm->get<DotAlgorithm>() == nullptr) return std::nullopt;
        constexpr std::string_view kPrefix = "#stablehlo.dot_algorithm";
        out += ", algorithm = " + algorithm->toString().substr(kPrefix.size());
    }
    return out + dictionary(op, {"precision_config", general ? "algorithm" : "", "dot_dimension_numbers"}) +
           " : " + functionType(op);
}

Text TextPrinter::convolution(const Operation& op) {
    const Attribute* numbers = op.attribute("dimension_numbers");
    if (numbers == nullptr || numbers->get<ConvolutionDimensions>() == nullptr) return std::nullopt;
    const std::string text = numbers->toString();
    constexpr std::string_view kPrefix = "#stablehlo.conv<";
    std::string window;
    const auto add = [&](const char* key, const std::string& value) {
        window += (window.empty() ? "" : ", ") + std::string(key) + " = " + value;
    };
    const auto list = [&](const char* key, const char* name) {
        if (op.attribute(name) == nullptr) return true;
        const auto* values = integers(op, name);
        if (values != nullptr) add(key, listToString(*values));
        return values != nullptr;
    };
    if (!list("stride", "window_strides")) return std::nullopt;
    if (const Attribute* padding = op.attribute("padding")) {
        const Literal* pairs = padding->get<Literal>();
        if (pairs == nullptr || pairs->type().element() != ElementType::kI64 || pairs->type().rank() != 2 ||
            pairs->type().dim(1) != 2 || pairs->elementCount() > 4096)
            return std::nullopt;
        const std::vector<int64_t> values = pairs->integers();
        std::string text_pairs = "[";
        for (size_t i = 0; i < values.size(); i += 2)
            text_pairs += (i > 0 ? ", " : "") + listToString({{values[i], values[i + 1]}});
        add("pad", text_pairs + "]");
    }
    if (!list("lhs_dilate", "lhs_dilation") || !list("rhs_dilate", "rhs_dilation")) return std::nullopt;
    if (const Attribute* reversal = op.attribute("window_reversal")) {
        const auto* flags = reversal->get<ArrayListAttribute>();
        if (flags == nullptr || flags->type != ElementType::kI1) return std::nullopt;
        std::string values = "[";
        for (size_t i = 0; i < flags->integers.size(); ++i)
            values += std::string(i > 0 ? ", " : "") + (flags->integers[i] != 0 ? "true" : "false");
        add("reverse", values + "]");
    }
    return "stablehlo.convolution(" + operandList(op) +
           ") dim_numbers = " + text.substr(kPrefix.size(), text.size() - kPrefix.size() - 1) +
           ", window = {" + window + "}" +
           dictionary(op, {"dimension_numbers", "window_strides", "padding", "lhs_dilation", "rhs_dilation",
                           "window_reversal"}) +
           " : " + functionType(op);
}

Text TextPrinter::reducePrecision(const Operation& op) {
    const auto bits = [&](std::string_view name) -> const IntegerAttribute* {
        const Attribute* attribute = op.attribute(name);
        const auto* integer = attribute != nullptr ? attribute->get<IntegerAttribute>() : nullptr;
        return integer != nullptr && integer->type == ElementType::kI32 && integer->value >= 0 ? integer
                                                                                               : nullptr;
    };
    const auto* exponent = bits("exponent_bits");
    const auto* mantissa = bits("mantissa_bits");
    if (op.operandCount() != 1 || op.resultCount() != 1 || exponent == nullptr || mantissa == nullptr)
        return std::nullopt;
    return "stablehlo.reduce_precision " + operandList(op) + ", format = e" +
           std::to_string(exponent->value) + "m" + std::to_string(mantissa->value) +
           dictionary(op, {"exponent_bits", "mantissa_bits"}) + " : " + types(op, TypeRule::kSame);
}

/// `stablehlo.custom_call @target(...)`, `call @function(...)`.
Text TextPrinter::call(const Operation& op) {
    const bool custom = op.kind() == OpKind::kCustomCall;
    const std::string_view name = custom ? "call_target_name" : "callee";
    const Attribute* attribute = op.attribute(name);
    if (attribute == nullptr) return std::nullopt;
    std::string target;
    if (custom) {
        const auto* text = attribute->get<std::string>();
        if (text == nullptr) return std::nullopt;
        target = symbolToString(*text);
    } else {
        const auto* symbol = attribute->get<SymbolAttribute>();
        if (symbol == nullptr || !symbol->nested.empty()) return std::nullopt;
        target = symbolToString(symbol->name);
    }
    const char* spelled = custom                            ? "stablehlo.custom_call"
                          : op.parentOperation() == nullptr ? "call"
                                                            : "func.call";
    return std::string(spelled) + " " + target + "(" + operandList(op) + ")" + dictionary(op, {name}) +
           " : " + functionType(op);
}

Text TextPrinter::tupleElement(const Operation& op) {
    const Attribute* attribute = op.attribute("index");
    const auto* index = attribute != nullptr ? attribute->get<IntegerAttribute>() : nullptr;
    if (op.operandCount() != 1 || index == nullptr || index->type != ElementType::kI32 || index->value < 0)
        return std::nullopt;
    return "stablehlo.get_tuple_element " + operandList(op) + "[" + std::to_string(index->value) + "]" +
           dictionary(op, {"index"}) + " : " + functionType(op);
}

Text TextPrinter::topK(const Operation& op) {
    const Attribute* k = op.attribute("k");
    if (op.operandCount() != 1 || op.resultCount() != 2 || k == nullptr) return std::nullopt;
    const Text count = clause(*k, "");
    const Attribute* stable = op.attribute("is_stable");
    if (!count || (stable != nullptr && stable->get<bool>() == nullptr)) return std::nullopt;
    return "chlo.top_k(" + operandList(op) + ", k = " + *count +
           (stable != nullptr ? ", is_stable = " + *clause(*stable, "") : "") + ")" +
           dictionary(op, {"k", "is_stable"}) + " : " + op.operand(0)->type().toString() + " -> (" +
           op.result(0)->type().toString() + ", " + op.result(1)->type().toString() + ")";
}

Text TextPrinter::checkConstant(const Operation& op) {
    const Attribute* value = op.attribute("value");
    if (op.operandCount() != 1 || op.resultCount() != 0 || value == nullptr ||
        value->get<Literal>() == nullptr)
        return std::nullopt;
    std::string out = std::string(op.name()) + " " + operandList(op) + ", " + value->toString();
    if (const Attribute* tolerance = op.attribute("tolerance")) {
        const Text number = clause(*tolerance, "");
        if (!number || tolerance->get<FloatAttribute>() == nullptr) return std::nullopt;
        out += ", tolerance = " + *number;
    }
    return out + dictionary(op, {"value", "tolerance"});
}

Text TextPrinter::shardy(const Operation& op) {
    using enum OpKind;
    if (op.kind() == kSdyMesh) {
        const Attribute* name = op.attribute("sym_name");
        const auto* symbol = name != nullptr ? name->get<std::string>() : nullptr;
        const Text mesh = inside(op.attribute("mesh"), "#sdy.mesh", "");
        if (symbol == nullptr || !mesh) return std::nullopt;
        return "sdy.mesh " + symbolToString(*symbol) + " = " + *mesh + dictionary(op, {"sym_name", "mesh"});
    }
    struct Axes {
        OpKind kind;
        const char* attribute;
        const char* prefix;
    };
    static constexpr Axes kAxes[] = {
        {kSdyAllGather, "gathering_axes", "#sdy<list_of_axis_ref_lists"},
        {kSdyAllReduce, "reduction_axes", "#sdy<axis_ref_list"},
        {kSdyAllSlice, "slicing_axes", "#sdy<list_of_axis_ref_lists"},
        {kSdyAllToAll, "params", "#sdy<all_to_all_param_list"},
        {kSdyReduceScatter, "reduce_scatter_axes", "#sdy<list_of_axis_ref_lists"},
        {kSdyReplicatedToUnreduced, "axes", "#sdy<axis_ref_list"},
        {kSdyShardedToUnreduced, "axes", "#sdy<list_of_axis_ref_lists"},
    };
    if (op.operandCount() != 1) return std::nullopt;
    std::string out(op.name());
    NamedAttributes rest = op.attributes();
    if (const Attribute* reduction = op.attribute("reduction_op")) {
        const std::string value = word(reduction, "reduction_op");
        if (value.empty() || (op.kind() != kSdyAllReduce && op.kind() != kSdyReduceScatter))
            return std::nullopt;
        out += " " + value;
        rest.erase("reduction_op");
    }
    for (const Axes& each : kAxes) {
        if (each.kind != op.kind()) continue;
        const Text axes = inside(op.attribute(each.attribute), each.prefix, ">");
        if (!axes) return std::nullopt;
        out += " " + *axes;
        rest.erase(each.attribute);
    }
    out += " " + operandList(op);
    if (op.kind() == kSdyShardingGroup) {
        const Attribute* id = op.attribute("group_id");
        const Text number =
            id != nullptr && id->get<IntegerAttribute>() != nullptr ? clause(*id, "") : std::nullopt;
        if (!number || op.resultCount() != 0) return std::nullopt;
        out += " group_id=" + *number;
        rest.erase("group_id");
        return out + (rest.empty() ? "" : " " + Attribute(rest).toString()) + " : " +
               types(op, TypeRule::kOperands);
    }
    const bool bare = op.kind() == kSdyReshard || op.kind() == kSdyShardingConstraint;
    const bool edge = op.kind() == kSdyDataFlowEdge;
    if (op.kind() == kSdyPropagationBarrier || op.kind() == kSdyReturn) return std::nullopt;
    if (op.kind() != kSdyFuncDataFlowEdge) {
        const char* name = bare || edge ? "sharding" : "out_sharding";
        const Text sharding = inside(op.attribute(name), "#sdy.sharding", "");
        if (sharding && !sharding->starts_with("<")) return std::nullopt;
        if (!sharding && (!edge || op.attribute(name) != nullptr)) return std::nullopt;
        if (sharding) out += (bare ? " " : " " + std::string(name) + "=") + *sharding;
        rest.erase(name);
    }
    return out + (rest.empty() ? "" : " " + Attribute(rest).toString()) + " : " + types(op, TypeRule::kSame);
}

}  // namespace optirs::plugin
