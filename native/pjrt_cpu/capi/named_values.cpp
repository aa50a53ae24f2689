#include "pjrt_cpu/capi/named_values.h"

#include <utility>

#include "pjrt_cpu/capi/error_object.h"
#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {

void NamedValues::add(std::string name, Value value) {
    Entry& entry = entries_.emplace_back(Entry{std::move(name), std::move(value)});
    PJRT_NamedValue out{};
    out.struct_size = PJRT_NamedValue_STRUCT_SIZE;
    out.name = entry.name.data();
    out.name_size = entry.name.size();
    out.value_size = 1;
    if (const auto* text = std::get_if<std::string>(&entry.value)) {
        out.type = PJRT_NamedValue_kString;
        out.string_value = text->data();
        out.value_size = text->size();
    } else if (const auto* list = std::get_if<std::vector<int64_t>>(&entry.value)) {
        out.type = PJRT_NamedValue_kInt64List;
        out.int64_array_value = list->data();
        out.value_size = list->size();
    } else if (const auto* integer = std::get_if<int64_t>(&entry.value)) {
        out.type = PJRT_NamedValue_kInt64;
        out.int64_value = *integer;
    } else if (const auto* number = std::get_if<float>(&entry.value)) {
        out.type = PJRT_NamedValue_kFloat;
        out.float_value = *number;
    } else {
        out.type = PJRT_NamedValue_kBool;
        out.bool_value = std::get<bool>(entry.value);
    }
    values_.push_back(out);
}

std::map<std::string, NamedValues::Value> readNamedValues(const PJRT_NamedValue* values, size_t count) {
    if (count > 0 && values == nullptr) throw invalidArgument("the list of options is null");
    if (count > kMaxNamedValues)
        throw invalidArgument(std::to_string(count) + " options; at most " + std::to_string(kMaxNamedValues));
    std::map<std::string, NamedValues::Value> result;
    for (size_t i = 0; i < count; ++i) {
        const PJRT_NamedValue& value = values[i];
        if (value.struct_size < PJRT_NamedValue_STRUCT_SIZE || value.name == nullptr) {
            throw invalidArgument("option " + std::to_string(i) + " has no name or struct_size " +
                                  std::to_string(value.struct_size));
        }
        std::string name(value.name, value.name_size);
        NamedValues::Value read;
        switch (numberOf(value.type)) {
            case PJRT_NamedValue_kString:
                if (value.string_value == nullptr && value.value_size > 0) {
                    throw invalidArgument("option \"" + name + "\" is a null string");
                }
                read =
                    value.value_size > 0 ? std::string(value.string_value, value.value_size) : std::string();
                break;
            case PJRT_NamedValue_kInt64:
                read = value.int64_value;
                break;
            case PJRT_NamedValue_kInt64List:
                if (value.int64_array_value == nullptr && value.value_size > 0) {
                    throw invalidArgument("option \"" + name + "\" is a null list");
                }
                read =
                    std::vector<int64_t>(value.int64_array_value, value.int64_array_value + value.value_size);
                break;
            case PJRT_NamedValue_kFloat:
                read = value.float_value;
                break;
            case PJRT_NamedValue_kBool:
                read = value.bool_value;
                break;
            default:
                throw invalidArgument("option \"" + name + "\" has the unknown type " +
                                      std::to_string(numberOf(value.type)));
        }
        if (!result.emplace(std::move(name), std::move(read)).second) {
            throw invalidArgument("option \"" + std::string(value.name, value.name_size) +
                                  "\" is given twice");
        }
    }
    return result;
}

}  // namespace optirs::plugin
