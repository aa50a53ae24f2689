// Attributes of the StableHLO dialect: `#stablehlo.gather<...>`, `#stablehlo<precision DEFAULT>`.
#include "pjrt_cpu/stablehlo/text_parser.h"

namespace optirs::plugin {

Attribute TextParser::parseHash() {
    const Token name = take();
    const auto alias = aliases_.find(std::string(name.text));
    if (alias != aliases_.end() && !isNext('<')) return alias->second;
    if (name.text.substr(0, 11) == "#stablehlo." || name.text.substr(0, 6) == "#mhlo.") {
        return parseDialectAttribute(name);
    }
    if (name.text == "#stablehlo" || name.text == "#chlo" || name.text == "#mhlo") {
        expect('<', "a dialect attribute");
        const Token kind = take();
        const Token value = take();
        if (kind.kind != TokenKind::kIdentifier || value.kind != TokenKind::kIdentifier) {
            failAt(kind, "expected <kind VALUE> behind " + std::string(name.text));
        }
        expect('>', "a dialect attribute");
        return EnumAttribute{std::string(kind.text), std::string(value.text)};
    }
    if (name.text == "#sdy" || name.text.substr(0, 5) == "#sdy.") return parseShardyAttribute(name);
    // Without a dialect it can only be an alias.
    const bool dialect = name.text.find('.') != std::string_view::npos || isNext('<');
    if (!dialect)
        failAt(name, "attribute alias " + std::string(name.text) + " is not defined before its use");
    return parseOpaqueAttribute(name);
}

Attribute TextParser::parseDialectAttribute(const Token& name) {
    const std::string_view kind = name.text.substr(name.text.find('.') + 1);
    if (!isNext('<')) return parseOpaqueAttribute(name);
    if (kind == "dot") return parseDotDimensions();
    if (kind == "gather") return parseGatherDimensions();
    if (kind == "scatter") return parseScatterDimensions();
    if (kind == "conv") {
        take();
        Attribute out = acceptWord("raw") ? parseRawConvolutionDimensions() : parseConvolutionDimensions();
        expect('>', "#stablehlo.conv<...>");
        return out;
    }
    if (kind == "dot_algorithm") return parseDotAlgorithm();
    if (kind == "result_accuracy") return parseResultAccuracy();
    if (kind == "output_operand_alias") return parseOutputOperandAlias();
    if (kind == "channel_handle") return parseChannelHandle();
    if (kind == "result_accuracy_mode") {
        take();
        const Token value = take();
        expect('>', "#stablehlo.result_accuracy_mode<...>");
        return EnumAttribute{std::string(kind), std::string(value.text)};
    }
    return parseOpaqueAttribute(name);
}

void TextParser::parseFields(char close, const char* where, const FieldParser& field) {
    list(close, where, [&] {
        const Token name = take();
        if (name.kind != TokenKind::kIdentifier)
            failAt(name, std::string("expected a field name in ") + where);
        expect('=', where);
        if (!field(name.text)) failAt(name, std::string(where) + " has no field " + std::string(name.text));
    });
    expect(close, where);
}

Attribute TextParser::parseDotDimensions() {
    const char* where = "#stablehlo.dot<...>";
    DotDimensions out;
    take();
    parseFields('>', where, [&](std::string_view field) {
        if (field == "lhs_batching_dimensions") {
            out.lhs_batch = takeIntegerList(where);
        } else if (field == "rhs_batching_dimensions") {
            out.rhs_batch = takeIntegerList(where);
        } else if (field == "lhs_contracting_dimensions") {
            out.lhs_contracting = takeIntegerList(where);
        } else if (field == "rhs_contracting_dimensions") {
            out.rhs_contracting = takeIntegerList(where);
        } else {
            return false;
        }
        return true;
    });
    return out;
}

Attribute TextParser::parseGatherDimensions() {
    const char* where = "#stablehlo.gather<...>";
    GatherDimensions out;
    take();
    parseFields('>', where, [&](std::string_view field) {
        if (field == "offset_dims") {
            out.offset_dims = takeIntegerList(where);
        } else if (field == "collapsed_slice_dims") {
            out.collapsed_slice_dims = takeIntegerList(where);
        } else if (field == "operand_batching_dims") {
            out.operand_batching_dims = takeIntegerList(where);
        } else if (field == "start_indices_batching_dims") {
            out.start_indices_batching_dims = takeIntegerList(where);
        } else if (field == "start_index_map") {
            out.start_index_map = takeIntegerList(where);
        } else if (field == "index_vector_dim") {
            out.index_vector_dim = takeInteger(where);
        } else {
            return false;
        }
        return true;
    });
    return out;
}

Attribute TextParser::parseScatterDimensions() {
    const char* where = "#stablehlo.scatter<...>";
    ScatterDimensions out;
    take();
    parseFields('>', where, [&](std::string_view field) {
        if (field == "update_window_dims") {
            out.update_window_dims = takeIntegerList(where);
        } else if (field == "inserted_window_dims") {
            out.inserted_window_dims = takeIntegerList(where);
        } else if (field == "input_batching_dims") {
            out.input_batching_dims = takeIntegerList(where);
        } else if (field == "scatter_indices_batching_dims") {
            out.scatter_indices_batching_dims = takeIntegerList(where);
        } else if (field == "scatter_dims_to_operand_dims") {
            out.scatter_dims_to_operand_dims = takeIntegerList(where);
        } else if (field == "index_vector_dim") {
            out.index_vector_dim = takeInteger(where);
        } else {
            return false;
        }
        return true;
    });
    return out;
}

ConvolutionDimensions TextParser::parseConvolutionDimensions() {
    const char* where = "convolution dimension numbers";
    const Token start = token_;
    // `[b, 0, f]`: a letter or `?` marks a special dimension, a number the spatial dimension it holds.
    const auto part = [&](char first, int64_t& first_dim, char second, int64_t& second_dim,
                          std::vector<int64_t>& spatial) {
        std::vector<std::pair<int64_t, int64_t>> found;
        int64_t at = 0;
        first_dim = -1;
        second_dim = -1;
        expect('[', where);
        list(']', where, [&] {
            const Token name = token_;
            if (name.kind == TokenKind::kInteger) {
                found.emplace_back(takeInteger(where), at);
            } else if (name.kind == TokenKind::kIdentifier && name.text.size() == 1 &&
                       name.text[0] == first && first_dim < 0) {
                take();
                first_dim = at;
            } else if (name.kind == TokenKind::kIdentifier && name.text.size() == 1 &&
                       name.text[0] == second && second_dim < 0) {
                take();
                second_dim = at;
            } else {
                failAt(name, std::string("expected one '") + first + "', one '" + second +
                                 "' and spatial numbers, got " + name.describe());
            }
            ++at;
        });
        expect(']', where);
        if (first_dim < 0 || second_dim < 0) {
            failAt(start, std::string("'") + first + "' and '" + second + "' are both needed");
        }
        spatial.assign(found.size(), -1);
        for (const auto& [number, position] : found) {
            if (number < 0 || number >= static_cast<int64_t>(found.size()) ||
                spatial[static_cast<size_t>(number)] >= 0) {
                failAt(start, "spatial dimensions are numbered from 0 without gaps");
            }
            spatial[static_cast<size_t>(number)] = position;
        }
    };
    ConvolutionDimensions out;
    part('b', out.input_batch, 'f', out.input_feature, out.input_spatial);
    expectWord("x");
    part('i', out.kernel_input_feature, 'o', out.kernel_output_feature, out.kernel_spatial);
    expectArrow(where);
    part('b', out.output_batch, 'f', out.output_feature, out.output_spatial);
    return out;
}

/// `input_batch_dimension = 0, ...`, what dimension numbers are written as that the short form cannot say.
ConvolutionDimensions TextParser::parseRawConvolutionDimensions() {
    const char* where = "raw convolution dimension numbers";
    const Token start = token_;
    ConvolutionDimensions out;
    const std::pair<std::string_view, int64_t*> numbers[] = {
        {"input_batch_dimension", &out.input_batch},
        {"input_feature_dimension", &out.input_feature},
        {"kernel_input_feature_dimension", &out.kernel_input_feature},
        {"kernel_output_feature_dimension", &out.kernel_output_feature},
        {"output_batch_dimension", &out.output_batch},
        {"output_feature_dimension", &out.output_feature}};
    const std::pair<std::string_view, std::vector<int64_t>*> lists[] = {
        {"input_spatial_dimensions", &out.input_spatial},
        {"kernel_spatial_dimensions", &out.kernel_spatial},
        {"output_spatial_dimensions", &out.output_spatial}};
    list('>', where, [&] {
        const Token name = take();
        expect('=', where);
        for (const auto& [field, value] : numbers) {
            if (name.isWord(field)) return void(*value = takeInteger(where));
        }
        for (const auto& [field, values] : lists) {
            if (name.isWord(field)) return void(*values = takeIntegerList(where));
        }
        failAt(name, std::string(where) + " have no field " + name.describe());
    });
    if (!wellFormed(out)) {
        failAt(start, "the dimensions of input, kernel and output are each numbered from 0 without gaps");
    }
    return out;
}

Attribute TextParser::parseDotAlgorithm() {
    const char* where = "#stablehlo.dot_algorithm<...>";
    DotAlgorithm out;
    take();
    parseFields('>', where, [&](std::string_view field) {
        if (field == "lhs_precision_type") {
            out.lhs_precision = parseType().toString();
        } else if (field == "rhs_precision_type") {
            out.rhs_precision = parseType().toString();
        } else if (field == "accumulation_type") {
            out.accumulation = parseType().toString();
        } else if (field == "lhs_component_count") {
            out.lhs_components = takeInteger(where);
        } else if (field == "rhs_component_count") {
            out.rhs_components = takeInteger(where);
        } else if (field == "num_primitive_operations") {
            out.primitive_operations = takeInteger(where);
        } else if (field == "allow_imprecise_accumulation") {
            out.allow_imprecise_accumulation = acceptWord("true");
            if (!out.allow_imprecise_accumulation) expectWord("false");
        } else {
            return false;
        }
        return true;
    });
    return out;
}

Attribute TextParser::parseResultAccuracy() {
    const char* where = "#stablehlo.result_accuracy<...>";
    ResultAccuracy out;
    take();
    parseFields('>', where, [&](std::string_view field) {
        if (field == "atol") {
            out.atol = takeNumber(where);
        } else if (field == "rtol") {
            out.rtol = takeNumber(where);
        } else if (field == "ulps") {
            out.ulps = takeInteger(where);
        } else if (field == "mode") {
            const Token at = token_;
            const Attribute mode = parseAttribute();
            const auto* value = mode.get<EnumAttribute>();
            if (value == nullptr) failAt(at, "expected #stablehlo.result_accuracy_mode<...>");
            out.mode = value->value;
        } else {
            return false;
        }
        return true;
    });
    return out;
}

Attribute TextParser::parseOutputOperandAlias() {
    const char* where = "#stablehlo.output_operand_alias<...>";
    OutputOperandAlias out;
    take();
    parseFields('>', where, [&](std::string_view field) {
        if (field == "output_tuple_indices") {
            out.output_tuple_indices = takeIntegerList(where);
        } else if (field == "operand_index") {
            out.operand_index = takeInteger(where);
        } else if (field == "operand_tuple_indices") {
            out.operand_tuple_indices = takeIntegerList(where);
        } else {
            return false;
        }
        return true;
    });
    return out;
}

Attribute TextParser::parseChannelHandle() {
    const char* where = "#stablehlo.channel_handle<...>";
    ChannelHandle out;
    take();
    parseFields('>', where, [&](std::string_view field) {
        if (field == "handle") {
            out.handle = takeInteger(where);
        } else if (field == "type") {
            out.type = takeInteger(where);
        } else {
            return false;
        }
        return true;
    });
    return out;
}

}  // namespace optirs::plugin
