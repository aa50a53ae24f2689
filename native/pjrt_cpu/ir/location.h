/// @file
/// Where an operation comes from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace optirs::plugin {

/// Line and column (from 1) in the program text, or the byte in a bytecode program, and what the program's
/// own `loc(...)` says.
struct Location {
    int32_t line = 0;
    int32_t column = 0;
    std::shared_ptr<const std::string> source;  ///< text of loc(...), null when absent

    static constexpr int32_t kBytecode = -1;  ///< as line: column is the byte

    static Location inBytecode(size_t byte, std::shared_ptr<const std::string> source) {
        return {kBytecode, static_cast<int32_t>(byte), std::move(source)};
    }

    /// `line 12, column 5` or `byte 120`, and ` (loc ...)` when the program has one.
    std::string toString() const {
        std::string out = line == kBytecode
                              ? "byte " + std::to_string(column)
                              : "line " + std::to_string(line) + ", column " + std::to_string(column);
        if (source) out += " (" + *source + ")";
        return out;
    }
};

}  // namespace optirs::plugin
