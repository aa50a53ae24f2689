#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "pjrt_abi/pjrt_abi.h"

namespace optirs::plugin {

/// PJRT_NamedValues with the strings and lists that they point to. Grows only; the list stays valid until the
/// next add.
class NamedValues {
 public:
    using Value = std::variant<std::string, int64_t, std::vector<int64_t>, float, bool>;

    void add(std::string name, Value value);
    const PJRT_NamedValue* data() const { return values_.data(); }
    size_t size() const { return values_.size(); }

 private:
    struct Entry {
        std::string name;
        Value value;
    };
    std::deque<Entry> entries_;  // a deque: entries stay where they are
    std::vector<PJRT_NamedValue> values_;
};

/// More options than this are a mistake of the caller's.
inline constexpr size_t kMaxNamedValues = 4096;

/// Reads options that a caller gives; throws INVALID_ARGUMENT for a null name, an unknown type or a name
/// given twice.
std::map<std::string, NamedValues::Value> readNamedValues(const PJRT_NamedValue* values, size_t count);

}  // namespace optirs::plugin
