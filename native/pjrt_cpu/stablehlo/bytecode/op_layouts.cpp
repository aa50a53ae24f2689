#include "pjrt_cpu/stablehlo/bytecode/op_layouts.h"

#include <algorithm>
#include <unordered_map>

namespace optirs::plugin::bytecode {
namespace {

struct Property {
    std::string_view name;
    bool optional = false;
    bool late = false;  // its place is missing in programs of older versions
};

using Layout = std::vector<Property>;

Layout parseLayout(std::string_view text) {
    Layout out;
    while (!text.empty()) {
        const size_t end = std::min(text.find(' '), text.size());
        Property property{text.substr(0, end)};
        property.late = property.name.back() == '+';
        property.optional = property.late || property.name.back() == '?';
        if (property.optional) property.name.remove_suffix(1);
        out.push_back(property);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

const Layout* find(std::string_view op) {
    static const auto layouts = [] {
        std::unordered_map<std::string_view, Layout> map;
#define X(name, properties) map.emplace("vhlo." name, parseLayout(properties));
#include "pjrt_cpu/stablehlo/bytecode/vhlo_ops.def"
#undef X
#define X(name, properties) map.emplace(name, parseLayout(properties));
#include "pjrt_cpu/stablehlo/bytecode/dialect_ops.def"
#undef X
        return map;
    }();
    const auto found = layouts.find(op);
    return found == layouts.end() ? nullptr : &found->second;
}

size_t countNumbers(ByteReader in) {
    size_t count = 0;
    for (; !in.empty(); ++count) in.varint("a property");
    return count;
}

}  // namespace

bool isVhloOperation(std::string_view name) {
    const std::string full = "vhlo." + std::string(name);
    return find(full) != nullptr;
}

void readProperties(Entities& entities, const OpName& op, ByteReader content, NamedAttributes& attributes) {
    const auto add = [&](std::string_view name, Attribute value) {
        entities.charge(entities.lastWeight(), content.position());
        attributes.set(name, std::move(value));
    };
    if (!op.registered) {
        const Attribute all = entities.attribute(content);
        const auto* entries = all.get<NamedAttributes>();
        if (entries == nullptr) content.fail("the properties of " + op.name + " are not a dictionary");
        entities.charge(entities.lastWeight(), content.position());
        for (const auto& [name, value] : *entries) attributes.set(name, value);
        content.expectEnd("the properties");
        return;
    }
    // Every property takes one number, so their number tells older layouts.
    const size_t given = countNumbers(content);
    const Layout* layout = find(op.name);
    if (layout == nullptr) {
        if (given == 0) return;
        content.fail(op.name + " has properties in a layout that is not known here");
    }
    const auto late = static_cast<size_t>(std::ranges::count_if(*layout, &Property::late));
    const bool is_call = op.name == "func.call";
    const bool older = given + late == layout->size();
    if (given != layout->size() && !older && !is_call) {
        content.fail(op.name + " has " + std::to_string(layout->size()) + " properties, got " +
                     std::to_string(given));
    }
    // Between the oldest and the newest func.call there was one with no_inline only.
    const bool middle = is_call && !older && given == 2;
    for (const Property& property : *layout) {
        if (property.late && (older || (middle && property.name != "no_inline"))) continue;
        if (!property.optional) {
            add(property.name, entities.attribute(content));
        } else if (auto value = entities.optionalAttribute(content)) {
            add(property.name, std::move(*value));
        }
    }
    content.expectEnd("the properties");
}

}  // namespace optirs::plugin::bytecode
