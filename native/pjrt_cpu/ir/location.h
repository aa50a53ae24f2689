/// @file
/// Where an operation comes from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace optirs::plugin {

/// Line and column (from 1) in the program text, and what the program's own `loc(...)` says.
struct Location {
    int32_t line = 0;
    int32_t column = 0;
    std::shared_ptr<const std::string> source;  ///< text of loc(...), null when absent

    /// `line 12, column 5` and ` (loc ...)` when the program has one.
    std::string toString() const {
        std::string out = "line " + std::to_string(line) + ", column " + std::to_string(column);
        if (source) out += " (" + *source + ")";
        return out;
    }
};

}  // namespace optirs::plugin
