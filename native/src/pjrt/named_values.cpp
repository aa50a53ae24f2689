#include "src/pjrt/named_values.h"

#include <algorithm>

#include "src/core/error.h"
#include "src/core/text.h"

namespace optirs::pjrt {

using core::Code;
using core::concat;
using core::Error;

void checkIndex(int64_t index, int64_t count, std::string_view what) {
    if (index < 0 || index >= count) {
        throw Error(Code::kOutOfRange, concat("there is no ", what, " ", index, "; there are ", count));
    }
}

std::string_view NamedValues::keep(const char* text, std::size_t size) {
    return text == nullptr ? texts_.emplace_back() : texts_.emplace_back(text, size);
}

void NamedValues::append(const PJRT_NamedValue* values, std::size_t count) {
    for (const PJRT_NamedValue& value : std::span(values, values == nullptr ? 0 : count)) {
        const std::string_view name = keep(value.name, value.name_size);
        const bool is_known =
            std::any_of(values_.begin(), values_.end(), [&](const optirs_pjrt_named_value& other) {
                return name == std::string_view(other.name, other.name_size);
            });
        if (is_known) {
            continue;
        }
        optirs_pjrt_named_value copy{};
        copy.name = name.data();
        copy.name_size = name.size();
        copy.kind = value.type;
        copy.value_size = 1;
        switch (value.type) {
            case PJRT_NamedValue_kString: {
                const std::string_view text = keep(value.string_value, value.value_size);
                copy.string_value = text.data();
                copy.value_size = text.size();
                break;
            }
            case PJRT_NamedValue_kInt64List: {
                const auto& list = lists_.emplace_back(
                    value.int64_array_value,
                    value.int64_array_value + (value.int64_array_value == nullptr ? 0 : value.value_size));
                copy.int64_list = list.data();
                copy.value_size = list.size();
                break;
            }
            case PJRT_NamedValue_kInt64:
                copy.int64_value = value.int64_value;
                break;
            case PJRT_NamedValue_kFloat:
                copy.float_value = value.float_value;
                break;
            case PJRT_NamedValue_kBool:
                copy.bool_value = value.bool_value ? 1 : 0;
                break;
            default:  // a kind that is newer than this library cannot be read
                continue;
        }
        values_.push_back(copy);
    }
}

const optirs_pjrt_named_value& NamedValues::at(int64_t index, std::string_view what) const {
    checkIndex(index, size(), what);
    return values_[static_cast<std::size_t>(index)];
}

std::vector<PJRT_NamedValue> toPlugin(std::span<const optirs_pjrt_named_value> options) {
    std::vector<PJRT_NamedValue> values;
    values.reserve(options.size());
    for (const optirs_pjrt_named_value& option : options) {
        const std::string_view name(option.name == nullptr ? "" : option.name,
                                    option.name == nullptr ? 0 : option.name_size);
        PJRT_NamedValue value{};
        value.struct_size = PJRT_NamedValue_STRUCT_SIZE;
        value.name = name.data();
        value.name_size = name.size();
        value.value_size = 1;
        switch (option.kind) {
            case OPTIRS_PJRT_VALUE_STRING:
                value.type = PJRT_NamedValue_kString;
                value.string_value = option.string_value == nullptr ? "" : option.string_value;
                value.value_size = option.string_value == nullptr ? 0 : option.value_size;
                break;
            case OPTIRS_PJRT_VALUE_INT64:
                value.type = PJRT_NamedValue_kInt64;
                value.int64_value = option.int64_value;
                break;
            case OPTIRS_PJRT_VALUE_INT64_LIST:
                value.type = PJRT_NamedValue_kInt64List;
                value.int64_array_value = option.int64_list;
                value.value_size = option.int64_list == nullptr ? 0 : option.value_size;
                break;
            case OPTIRS_PJRT_VALUE_FLOAT:
                value.type = PJRT_NamedValue_kFloat;
                value.float_value = option.float_value;
                break;
            case OPTIRS_PJRT_VALUE_BOOL:
                value.type = PJRT_NamedValue_kBool;
                value.bool_value = option.bool_value != 0;
                break;
            default:
                throw Error(Code::kInvalidArgument, concat("option '", name, "' has the kind ", option.kind,
                                                           ", which is not one of OPTIRS_PJRT_VALUE_*"));
        }
        if (name.empty()) {
            throw Error(Code::kInvalidArgument, "an option has no name");
        }
        values.push_back(value);
    }
    return values;
}

}  // namespace optirs::pjrt
