/// @file
/// Protobuf messages without a schema: fields by number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace optirs::plugin {

/// One message, split into its fields; messages inside are split when they are asked for. Borrows the bytes.
/// Every length is checked, and whatever is none of protobuf's forms throws INVALID_ARGUMENT: `NAME, byte N:
/// what`. Unknown fields are skipped, as protobuf asks of readers.
class ProtoMessage {
 public:
    /// `name`: of the message, for errors; it must outlive this. `offset`: of the bytes in the whole program.
    ProtoMessage(std::string_view bytes, const char* name, size_t offset = 0);

    bool has(uint32_t field) const { return find(field) != nullptr; }
    /// Scalars; 0 and empty when the field is not there. The last one counts.
    int64_t integer(uint32_t field) const;
    bool flag(uint32_t field) const { return integer(field) != 0; }
    float float32(uint32_t field) const;
    std::string_view bytes(uint32_t field) const;
    std::string text(uint32_t field) const { return std::string(bytes(field)); }

    /// Repeated numbers, packed or not.
    std::vector<int64_t> integers(uint32_t field) const;
    /// Repeated floats and doubles: the bits, little-endian, one after the other.
    std::vector<std::byte> fixedBits(uint32_t field, size_t width) const;
    std::vector<std::string_view> texts(uint32_t field) const;

    /// An empty message when there is none.
    ProtoMessage message(uint32_t field, const char* name) const;
    std::vector<ProtoMessage> messages(uint32_t field, const char* name) const;

    size_t offset() const { return offset_; }
    [[noreturn]] void fail(const std::string& what) const;

 private:
    struct Field {
        uint32_t number = 0;
        uint8_t wire_type = 0;
        uint64_t integer = 0;    ///< of all but wire type 2
        std::string_view bytes;  ///< of wire type 2
    };
    const Field* find(uint32_t field) const;
    size_t offsetOf(std::string_view part) const;
    void requireType(const Field& field, uint8_t wire_type) const;

    std::string_view bytes_;
    const char* name_;
    size_t offset_;
    std::vector<Field> fields_;
};

}  // namespace optirs::plugin
