#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace optirs::plugin {

/// Writes one protobuf message, field by field.
class MessageWriter {
 public:
    void integer(uint32_t field, int64_t value) {
        key(field, 0);
        varint(static_cast<uint64_t>(value));
    }
    void bytes(uint32_t field, std::string_view value) {
        key(field, 2);
        varint(value.size());
        text_ += value;
    }
    /// A packed repeated integer; nothing when the list is empty.
    void integers(uint32_t field, const std::vector<int64_t>& values) {
        if (values.empty()) return;
        MessageWriter packed;
        for (const int64_t value : values) packed.varint(static_cast<uint64_t>(value));
        bytes(field, packed.text_);
    }
    const std::string& text() const { return text_; }

 private:
    void key(uint32_t field, uint32_t wire_type) { varint(uint64_t{field} << 3 | wire_type); }
    void varint(uint64_t value) {
        for (; value >= 0x80; value >>= 7) text_ += static_cast<char>(value | 0x80);
        text_ += static_cast<char>(value);
    }

    std::string text_;
};

}  // namespace optirs::plugin
