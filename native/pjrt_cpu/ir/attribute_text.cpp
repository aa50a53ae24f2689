// MLIR text of attributes and literals.
#include <charconv>
#include <cmath>

#include "pjrt_cpu/ir/attribute.h"
#include "pjrt_cpu/ir/float_format.h"

namespace optirs::plugin {
namespace {

constexpr char kHexDigits[] = "0123456789ABCDEF";
// More elements than this print as one hex string.
constexpr int64_t kMaxListedElements = 64;

std::string hexNumber(uint64_t bits, int width) {
    std::string out = "0x";
    for (int shift = (width + 3) / 4 * 4 - 4; shift >= 0; shift -= 4) {
        out += kHexDigits[(bits >> shift) & 0xF];
    }
    return out;
}

std::string elementToString(const std::byte* element, ElementType type) {
    if (type == ElementType::kI1) return *element != std::byte{0} ? "true" : "false";
    if (isFloat(type)) {
        const double value = loadReal(element, type);
        if (std::isfinite(value)) return floatToString(value, type);
        uint64_t bits = 0;
        std::memcpy(&bits, element, static_cast<size_t>(byteWidth(type)));
        return hexNumber(bits, bitWidth(type));
    }
    if (isComplex(type)) {
        const ElementType part = realType(type);
        return "(" + elementToString(element, part) + ", " +
               elementToString(element + byteWidth(part), part) + ")";
    }
    const int64_t value = loadInteger(element, type);
    return isUnsignedInteger(type) ? std::to_string(static_cast<uint64_t>(value)) : std::to_string(value);
}

void appendNested(const Literal& literal, ElementType type, std::span<const int64_t> dims, int64_t& next,
                  std::string& out) {
    if (dims.empty()) {
        out += elementToString(literal.element(next++), type);
        return;
    }
    out += "[";
    for (int64_t i = 0; i < dims[0]; ++i) {
        if (i > 0) out += ", ";
        appendNested(literal, type, dims.subspan(1), next, out);
    }
    out += "]";
}

std::string joined(const std::vector<int64_t>& values) {
    std::string out;
    for (size_t i = 0; i < values.size(); ++i) out += (i > 0 ? ", " : "") + std::to_string(values[i]);
    return out;
}

/// `name = [..]` parts of a dimension-numbers attribute; empty lists are left out.
class Fields {
 public:
    void list(const char* name, const std::vector<int64_t>& values) {
        if (!values.empty()) raw(name, "[" + joined(values) + "]");
    }
    void raw(const char* name, const std::string& value) {
        if (!text_.empty()) text_ += ", ";
        text_ += std::string(name) + " = " + value;
    }
    std::string wrap(const char* name) const { return "#stablehlo." + std::string(name) + "<" + text_ + ">"; }

 private:
    std::string text_;
};

std::string convolutionPart(size_t spatial, int64_t first, char first_name, int64_t second, char second_name,
                            const std::vector<int64_t>& spatial_dims) {
    std::string out = "[";
    for (int64_t i = 0; i < static_cast<int64_t>(spatial) + 2; ++i) {
        if (i > 0) out += ", ";
        if (i == first) {
            out += first_name;
        } else if (i == second) {
            out += second_name;
        } else {
            for (size_t s = 0; s < spatial_dims.size(); ++s) {
                if (spatial_dims[s] == i) out += std::to_string(s);
            }
        }
    }
    return out + "]";
}

struct ToText {
    std::string operator()(const UnitAttribute&) const { return "unit"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(const IntegerAttribute& a) const {
        const std::string number = isUnsignedInteger(a.type) ? std::to_string(static_cast<uint64_t>(a.value))
                                                             : std::to_string(a.value);
        return number + " : " + std::string(elementTypeName(a.type));
    }
    std::string operator()(const FloatAttribute& a) const {
        return floatToString(a.value, a.type) + " : " + std::string(elementTypeName(a.type));
    }
    std::string operator()(const std::string& text) const { return quoted(text); }
    std::string operator()(const SymbolAttribute& a) const {
        std::string out = symbolToString(a.name);
        for (const std::string& part : a.nested) out += "::" + symbolToString(part);
        return out;
    }
    std::string operator()(const Type& type) const { return type.toString(); }
    std::string operator()(const Attribute::List& list) const {
        std::string out = "[";
        for (size_t i = 0; i < list.size(); ++i) out += (i > 0 ? ", " : "") + list[i].toString();
        return out + "]";
    }
    std::string operator()(const NamedAttributes& entries) const {
        std::string out = "{";
        for (const auto& [name, value] : entries) {
            if (out.size() > 1) out += ", ";
            out += symbolToString(name).substr(1);
            if (value.get<UnitAttribute>() == nullptr) out += " = " + value.toString();
        }
        return out + "}";
    }
    std::string operator()(const EnumAttribute& a) const {
        const bool sdy = a.kind == "propagation_direction" || a.kind == "reduction_op";
        return (sdy ? "#sdy<" : "#stablehlo<") + a.kind + " " + a.value + ">";
    }
    std::string operator()(const ArrayListAttribute& a) const {
        std::string out = "array<" + std::string(elementTypeName(a.type));
        const char* separator = ": ";
        for (int64_t value : a.integers) {
            out += separator;
            out += a.type == ElementType::kI1 ? (value != 0 ? "true" : "false") : std::to_string(value);
            separator = ", ";
        }
        for (double value : a.floats) {
            out += separator + floatToString(value, a.type);
            separator = ", ";
        }
        return out + ">";
    }
    std::string operator()(const Literal& literal) const { return literal.toString(); }
    std::string operator()(const DotDimensions& d) const {
        Fields f;
        f.list("lhs_batching_dimensions", d.lhs_batch);
        f.list("rhs_batching_dimensions", d.rhs_batch);
        f.list("lhs_contracting_dimensions", d.lhs_contracting);
        f.list("rhs_contracting_dimensions", d.rhs_contracting);
        return f.wrap("dot");
    }
    std::string operator()(const GatherDimensions& d) const {
        Fields f;
        f.list("offset_dims", d.offset_dims);
        f.list("collapsed_slice_dims", d.collapsed_slice_dims);
        f.list("operand_batching_dims", d.operand_batching_dims);
        f.list("start_indices_batching_dims", d.start_indices_batching_dims);
        f.list("start_index_map", d.start_index_map);
        f.raw("index_vector_dim", std::to_string(d.index_vector_dim));
        return f.wrap("gather");
    }
    std::string operator()(const ScatterDimensions& d) const {
        Fields f;
        f.list("update_window_dims", d.update_window_dims);
        f.list("inserted_window_dims", d.inserted_window_dims);
        f.list("input_batching_dims", d.input_batching_dims);
        f.list("scatter_indices_batching_dims", d.scatter_indices_batching_dims);
        f.list("scatter_dims_to_operand_dims", d.scatter_dims_to_operand_dims);
        f.raw("index_vector_dim", std::to_string(d.index_vector_dim));
        return f.wrap("scatter");
    }
    std::string operator()(const ConvolutionDimensions& d) const {
        return "#stablehlo.conv<" +
               convolutionPart(d.input_spatial.size(), d.input_batch, 'b', d.input_feature, 'f',
                               d.input_spatial) +
               "x" +
               convolutionPart(d.kernel_spatial.size(), d.kernel_input_feature, 'i', d.kernel_output_feature,
                               'o', d.kernel_spatial) +
               "->" +
               convolutionPart(d.output_spatial.size(), d.output_batch, 'b', d.output_feature, 'f',
                               d.output_spatial) +
               ">";
    }
    std::string operator()(const ChannelHandle& c) const {
        return "#stablehlo.channel_handle<handle = " + std::to_string(c.handle) +
               ", type = " + std::to_string(c.type) + ">";
    }
    std::string operator()(const OutputOperandAlias& a) const {
        return "#stablehlo.output_operand_alias<output_tuple_indices = [" + joined(a.output_tuple_indices) +
               "], operand_index = " + std::to_string(a.operand_index) + ", operand_tuple_indices = [" +
               joined(a.operand_tuple_indices) + "]>";
    }
    std::string operator()(const DotAlgorithm& a) const {
        Fields f;
        f.raw("lhs_precision_type", a.lhs_precision);
        f.raw("rhs_precision_type", a.rhs_precision);
        f.raw("accumulation_type", a.accumulation);
        f.raw("lhs_component_count", std::to_string(a.lhs_components));
        f.raw("rhs_component_count", std::to_string(a.rhs_components));
        f.raw("num_primitive_operations", std::to_string(a.primitive_operations));
        f.raw("allow_imprecise_accumulation", a.allow_imprecise_accumulation ? "true" : "false");
        return f.wrap("dot_algorithm");
    }
    std::string operator()(const ResultAccuracy& a) const {
        Fields f;
        if (a.mode == "TOLERANCE") {
            f.raw("atol", floatToString(a.atol, ElementType::kF64));
            f.raw("rtol", floatToString(a.rtol, ElementType::kF64));
            f.raw("ulps", std::to_string(a.ulps));
        }
        f.raw("mode", "#stablehlo.result_accuracy_mode<" + a.mode + ">");
        return f.wrap("result_accuracy");
    }
    std::string operator()(const OpaqueAttribute& a) const { return a.text; }
};

bool isBareIdentifier(std::string_view text) {
    if (text.empty()) return false;
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        const bool later = (c >= '0' && c <= '9') || c == '$' || c == '.';
        if (!letter && (i == 0 || !later)) return false;
    }
    return true;
}

}  // namespace

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7F) {
            out += '\\';
            out += kHexDigits[byte >> 4];
            out += kHexDigits[byte & 0xF];
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string symbolToString(std::string_view name) {
    return "@" + (isBareIdentifier(name) ? std::string(name) : quoted(name));
}

std::string floatToString(double value, ElementType type) {
    if (!std::isfinite(value)) return hexNumber(encodeFloat(value, type), bitWidth(type));
    char text[64];
    // f32: the shortest text that gives the same float; narrower types are exact in the same way.
    const auto end = type == ElementType::kF32
                         ? std::to_chars(text, text + sizeof text, static_cast<float>(value)).ptr
                         : std::to_chars(text, text + sizeof text, value).ptr;
    std::string out(text, end);
    if (out.find('.') == std::string::npos) {
        // MLIR wants a point before the exponent.
        const size_t exponent = out.find('e');
        out.insert(exponent == std::string::npos ? out.size() : exponent, ".0");
    }
    return out;
}

std::string Literal::toString() const {
    const ElementType element_type =
        type_.quantized() != nullptr ? type_.quantized()->storage : type_.element();
    std::string out = "dense<";
    if (type_.elementCount() == 0) {
        // No elements to show, whatever the shape.
    } else if (splat_) {
        out += elementToString(element(0), element_type);
    } else if (elementCount() > kMaxListedElements) {
        out += "\"0x";
        for (const std::byte byte : bytes()) {
            out += kHexDigits[std::to_integer<unsigned>(byte) >> 4];
            out += kHexDigits[std::to_integer<unsigned>(byte) & 0xF];
        }
        out += "\"";
    } else {
        int64_t next = 0;
        appendNested(*this, element_type, type_.dims(), next, out);
    }
    return out + "> : " + type_.toString();
}

std::string Attribute::toString() const { return std::visit(ToText{}, *data_); }

}  // namespace optirs::plugin
