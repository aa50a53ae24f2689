#include "pjrt_cpu/stablehlo/symbol_attributes.h"

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

std::string text(const NamedAttributes& attributes, std::string_view key) {
    const Attribute* attribute = attributes.find(key);
    const auto* value = attribute != nullptr ? attribute->get<std::string>() : nullptr;
    return value != nullptr ? *value : std::string();
}

std::vector<NamedAttributes> perValue(const NamedAttributes& attributes, std::string_view key, size_t count) {
    std::vector<NamedAttributes> out(count);
    const Attribute* attribute = attributes.find(key);
    const auto* entries = attribute != nullptr ? attribute->get<Attribute::List>() : nullptr;
    if (entries == nullptr || entries->empty()) return out;
    if (entries->size() != count) {
        throw invalidArgument("func.func has " + std::to_string(entries->size()) + " " + std::string(key) +
                              " for " + std::to_string(count) + " values");
    }
    for (size_t i = 0; i < count; ++i) {
        if (const auto* entry = (*entries)[i].get<NamedAttributes>()) out[i] = *entry;
    }
    return out;
}

}  // namespace

std::unique_ptr<Function> functionFromAttributes(NamedAttributes attributes) {
    const Attribute* type_attribute = attributes.find("function_type");
    const Type* type = type_attribute != nullptr ? type_attribute->get<Type>() : nullptr;
    const FunctionType* function_type = type != nullptr ? type->functionOrNull() : nullptr;
    const std::string name = text(attributes, "sym_name");
    if (name.empty() || function_type == nullptr) {
        throw invalidArgument("func.func needs sym_name and function_type");
    }
    auto function = std::make_unique<Function>(name, *function_type);
    function->setVisibility(text(attributes, "sym_visibility"));
    function->argumentAttributes() = perValue(attributes, "arg_attrs", function_type->inputs.size());
    function->resultAttributes() = perValue(attributes, "res_attrs", function_type->results.size());
    for (const char* key : {"sym_name", "function_type", "sym_visibility", "arg_attrs", "res_attrs"}) {
        attributes.erase(key);
    }
    function->attributes() = std::move(attributes);
    return function;
}

void finishModule(Module& module, const NamedAttributes& attributes) {
    if (const std::string name = text(attributes, "sym_name"); !name.empty()) module.setName(name);
    for (const auto& [name, value] : attributes) {
        if (name != "sym_name" && name != "sym_visibility") module.attributes().set(name, value);
    }
}

}  // namespace optirs::plugin
