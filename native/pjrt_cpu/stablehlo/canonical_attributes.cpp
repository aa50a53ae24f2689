#include "pjrt_cpu/stablehlo/canonical_attributes.h"

#include <algorithm>
#include <array>
#include <functional>

namespace optirs::plugin {
namespace {

// A splat expands when it becomes a list: only as far as any list of dimensions can reach.
constexpr int64_t kMaxListLength = 4096;

bool isFalse(const Attribute& attribute) {
    const bool* value = attribute.get<bool>();
    return value != nullptr && !*value;
}

bool isTrue(const Attribute& attribute) {
    const bool* value = attribute.get<bool>();
    return value != nullptr && *value;
}

bool isEmpty(const Attribute& attribute) {
    if (const auto* text = attribute.get<std::string>()) return text->empty();
    if (const auto* list = attribute.get<Attribute::List>()) return list->empty();
    if (const auto* entries = attribute.get<NamedAttributes>()) return entries->empty();
    if (const auto* array = attribute.get<ArrayListAttribute>()) return array->integers.empty();
    if (const auto* literal = attribute.get<Literal>()) return literal->elementCount() == 0;
    return false;
}

bool isInteger(const Attribute& attribute, int64_t wanted) {
    const auto* integer = attribute.get<IntegerAttribute>();
    return integer != nullptr && integer->value == wanted;
}

bool isAll(const Attribute& attribute, int64_t wanted) {
    const auto* array = attribute.get<ArrayListAttribute>();
    return array != nullptr && std::ranges::all_of(array->integers, [&](int64_t v) { return v == wanted; });
}

bool isZeros(const Attribute& attribute) {
    const auto* literal = attribute.get<Literal>();
    return literal != nullptr && literal->elementCount() <= kMaxListLength && literal->isAll(0);
}

bool isDefaultPrecision(const Attribute& attribute) {
    const auto* list = attribute.get<Attribute::List>();
    return list != nullptr && std::ranges::all_of(*list, [](const Attribute& each) {
               const auto* value = each.get<EnumAttribute>();
               return value != nullptr && value->value == "DEFAULT";
           });
}

bool isDefaultAccuracy(const Attribute& attribute) {
    const auto* accuracy = attribute.get<ResultAccuracy>();
    return accuracy != nullptr && accuracy->mode == "DEFAULT";
}

struct Default {
    std::string_view name;
    std::vector<OpKind> of;  // empty: any operation
    std::function<bool(const Attribute&)> holds;
};

const std::vector<Default>& defaults() {
    using enum OpKind;
    static const std::vector<Default> all = [] {
        const auto ones = [](const Attribute& a) { return isAll(a, 1); };
        const std::vector<OpKind> windows = {kConvolution, kDynamicConv, kReduceWindow, kSelectAndScatter};
        return std::vector<Default>{
            {"api_version", {kCustomCall}, [](const Attribute& a) { return isInteger(a, 1); }},
            {"backend_config", {kCustomCall}, isEmpty},
            {"base_dilations", windows, ones},
            {"called_computations", {kCustomCall}, isEmpty},
            {"composite_attributes", {kComposite}, isEmpty},
            {"dimension", {kSort}, [](const Attribute& a) { return isInteger(a, -1); }},
            {"has_side_effect", {kCustomCall}, isFalse},
            {"indices_are_sorted", {kGather, kDynamicGather, kScatter}, isFalse},
            {"infeed_config", {kInfeed}, isEmpty},
            {"is_host_transfer", {kRecv, kSend}, isFalse},
            {"is_stable", {kSort}, isFalse},
            {"is_stable", {kChloTopK}, isTrue},
            {"known_expanding_dimensions", {kDynamicBroadcastInDim}, isEmpty},
            {"known_nonexpanding_dimensions", {kDynamicBroadcastInDim}, isEmpty},
            {"layout", {kInfeed}, isEmpty},
            {"lhs_dilation", windows, ones},
            {"lower", {kCholesky}, isFalse},
            {"outfeed_config", {kOutfeed}, isEmpty},
            {"output_operand_aliases", {kCustomCall}, isEmpty},
            {"padding", windows, isZeros},
            {"precision_config", {kConvolution, kDot, kDotGeneral, kDynamicConv}, isDefaultPrecision},
            {"result_accuracy", {}, isDefaultAccuracy},
            {"result_tilings", {kCustomCall}, isEmpty},
            {"rhs_dilation", windows, ones},
            {"source_target_pairs", {kRecv, kSend}, isEmpty},
            {"unique_indices", {kScatter}, isFalse},
            {"version", {kComposite}, [](const Attribute& a) { return isInteger(a, 0); }},
            {"window_dilations", windows, ones},
            {"window_dimensions", {kSelectAndScatter}, ones},
            {"window_reversal", windows, [](const Attribute& a) { return isAll(a, 0); }},
            {"window_strides", windows, ones},
        };
    }();
    return all;
}

}  // namespace

void canonicaliseAttributes(NamedAttributes& attributes) {
    static constexpr std::string_view kLists[] = {"base_dilations",
                                                  "broadcast_dimensions",
                                                  "broadcast_sizes",
                                                  "dimensions",
                                                  "edge_padding_high",
                                                  "edge_padding_low",
                                                  "fft_length",
                                                  "interior_padding",
                                                  "known_expanding_dimensions",
                                                  "known_nonexpanding_dimensions",
                                                  "lhs_dilation",
                                                  "limit_indices",
                                                  "permutation",
                                                  "rhs_dilation",
                                                  "slice_sizes",
                                                  "start_indices",
                                                  "strides",
                                                  "window_dilations",
                                                  "window_dimensions",
                                                  "window_reversal",
                                                  "window_strides"};
    for (const std::string_view name : kLists) {
        const Attribute* attribute = attributes.find(name);
        const Literal* literal = attribute != nullptr ? attribute->get<Literal>() : nullptr;
        if (literal == nullptr || literal->type().rank() != 1) continue;
        const ElementType element = literal->type().element();
        if ((!plugin::isInteger(element) && !isBoolean(element)) || literal->elementCount() > kMaxListLength)
            continue;
        const ElementType kept = isBoolean(element) ? element : ElementType::kI64;
        attributes.set(name, ArrayListAttribute{kept, literal->integers(), {}});
    }
    const Attribute* type = attributes.find("compare_type");
    const auto* value = type != nullptr ? type->get<EnumAttribute>() : nullptr;
    if (value != nullptr && value->value == "NOTYPE") attributes.erase("compare_type");
}

void withoutDefaults(Operation& op) {
    if (op.attributes().empty()) return;
    for (const Default& each : defaults()) {
        if (!each.of.empty() && std::ranges::find(each.of, op.kind()) == each.of.end()) continue;
        const Attribute* found = op.attribute(each.name);
        if (found != nullptr && each.holds(*found)) op.eraseAttribute(each.name);
    }
    if (op.kind() != OpKind::kCustomCall) return;
    // Layouts come together: an empty list beside one that is not says "no results".
    const Attribute* operands = op.attribute("operand_layouts");
    const Attribute* results = op.attribute("result_layouts");
    if (operands != nullptr && results != nullptr && isEmpty(*operands) && isEmpty(*results)) {
        op.eraseAttribute("operand_layouts");
        op.eraseAttribute("result_layouts");
    }
}

}  // namespace optirs::plugin
