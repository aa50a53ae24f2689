// Named values on both sides of the plugin's ABI.
#pragma once

#include <optirs/pjrt.h>

#include <deque>
#include <span>
#include <string>
#include <vector>

#include "pjrt_abi/pjrt_abi.h"

namespace optirs::pjrt {

/// Attributes that came out of a plugin, copied so that they live as long as this object.
class NamedValues {
 public:
    NamedValues() = default;
    NamedValues(const PJRT_NamedValue* values, std::size_t count) { append(values, count); }
    NamedValues(const NamedValues&) = delete;
    NamedValues& operator=(const NamedValues&) = delete;

    /// Adds values whose name is not there yet.
    void append(const PJRT_NamedValue* values, std::size_t count);

    int64_t size() const noexcept { return static_cast<int64_t>(values_.size()); }

    /// Throws OUT_OF_RANGE. `what` names the list in the message.
    const optirs_pjrt_named_value& at(int64_t index, std::string_view what) const;

 private:
    std::string_view keep(const char* text, std::size_t size);

    std::vector<optirs_pjrt_named_value> values_;
    std::deque<std::string> texts_;  // addresses stay
    std::deque<std::vector<int64_t>> lists_;
};

/// Options on their way into a plugin; the strings stay the caller's. Throws INVALID_ARGUMENT.
std::vector<PJRT_NamedValue> toPlugin(std::span<const optirs_pjrt_named_value> options);

/// Throws OUT_OF_RANGE unless 0 <= index < count.
void checkIndex(int64_t index, int64_t count, std::string_view what);

}  // namespace optirs::pjrt
