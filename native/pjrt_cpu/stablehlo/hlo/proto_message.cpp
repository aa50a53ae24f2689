#include "pjrt_cpu/stablehlo/hlo/proto_message.h"

#include <bit>
#include <cstring>

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

constexpr uint8_t kVarint = 0;
constexpr uint8_t kFixed64 = 1;
constexpr uint8_t kBytes = 2;
constexpr uint8_t kFixed32 = 5;

/// Takes numbers off the front of some bytes.
struct Cursor {
    const ProtoMessage& message;
    std::string_view rest;

    uint64_t fixed(size_t size) {
        if (size > rest.size()) message.fail("the bytes end inside a field");
        uint64_t value = 0;
        for (size_t i = 0; i < size; ++i)
            value |= static_cast<uint64_t>(static_cast<unsigned char>(rest[i])) << (8 * i);
        rest.remove_prefix(size);
        return value;
    }
    uint64_t varint() {
        uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            const uint64_t byte = fixed(1);
            value |= (byte & 0x7F) << shift;
            if ((byte & 0x80) == 0) return value;
        }
        message.fail("a number of more than 64 bits");
    }
};

}  // namespace

ProtoMessage::ProtoMessage(std::string_view bytes, const char* name, size_t offset)
    : bytes_(bytes), name_(name), offset_(offset) {
    Cursor cursor{*this, bytes};
    while (!cursor.rest.empty()) {
        const uint64_t key = cursor.varint();
        Field field;
        field.number = static_cast<uint32_t>(key >> 3);
        field.wire_type = static_cast<uint8_t>(key & 7);
        if (field.number == 0 || key >> 32 != 0) fail("a field with number " + std::to_string(key >> 3));
        switch (field.wire_type) {
            case kVarint:
                field.integer = cursor.varint();
                break;
            case kFixed64:
                field.integer = cursor.fixed(8);
                break;
            case kFixed32:
                field.integer = cursor.fixed(4);
                break;
            case kBytes: {
                const uint64_t size = cursor.varint();
                if (size > cursor.rest.size())
                    fail("field " + std::to_string(field.number) + " of " + std::to_string(size) +
                         " bytes runs past the end");
                field.bytes = cursor.rest.substr(0, static_cast<size_t>(size));
                cursor.rest.remove_prefix(static_cast<size_t>(size));
                break;
            }
            default:
                fail("wire type " + std::to_string(field.wire_type));
        }
        fields_.push_back(field);
    }
}

void ProtoMessage::fail(const std::string& what) const {
    throw invalidArgument(std::string(name_) + ", byte " + std::to_string(offset_) + ": " + what);
}

const ProtoMessage::Field* ProtoMessage::find(uint32_t field) const {
    for (size_t i = fields_.size(); i-- > 0;) {
        if (fields_[i].number == field) return &fields_[i];
    }
    return nullptr;
}

size_t ProtoMessage::offsetOf(std::string_view part) const {
    return offset_ + static_cast<size_t>(part.data() - bytes_.data());
}

void ProtoMessage::requireType(const Field& field, uint8_t wire_type) const {
    if (field.wire_type != wire_type)
        fail("field " + std::to_string(field.number) + " has wire type " + std::to_string(field.wire_type) +
             ", expected " + std::to_string(wire_type));
}

int64_t ProtoMessage::integer(uint32_t field) const {
    const Field* found = find(field);
    if (found == nullptr) return 0;
    requireType(*found, kVarint);
    return static_cast<int64_t>(found->integer);
}

float ProtoMessage::float32(uint32_t field) const {
    const Field* found = find(field);
    if (found == nullptr) return 0;
    requireType(*found, kFixed32);
    return std::bit_cast<float>(static_cast<uint32_t>(found->integer));
}

std::string_view ProtoMessage::bytes(uint32_t field) const {
    const Field* found = find(field);
    if (found == nullptr) return {};
    requireType(*found, kBytes);
    return found->bytes;
}

std::vector<int64_t> ProtoMessage::integers(uint32_t field) const {
    std::vector<int64_t> values;
    for (const Field& each : fields_) {
        if (each.number != field) continue;
        if (each.wire_type == kVarint) {
            values.push_back(static_cast<int64_t>(each.integer));
            continue;
        }
        requireType(each, kBytes);
        Cursor cursor{*this, each.bytes};
        while (!cursor.rest.empty()) values.push_back(static_cast<int64_t>(cursor.varint()));
    }
    return values;
}

std::vector<std::byte> ProtoMessage::fixedBits(uint32_t field, size_t width) const {
    std::vector<std::byte> bits;
    for (const Field& each : fields_) {
        if (each.number != field) continue;
        const size_t at = bits.size();
        if (each.wire_type == kBytes) {
            if (each.bytes.size() % width != 0) fail("packed numbers that end inside a number");
            if (each.bytes.empty()) continue;
            bits.resize(at + each.bytes.size());
            std::memcpy(bits.data() + at, each.bytes.data(), each.bytes.size());
        } else {
            requireType(each, width == 4 ? kFixed32 : kFixed64);
            bits.resize(at + width);
            std::memcpy(bits.data() + at, &each.integer, width);
        }
    }
    return bits;
}

std::vector<std::string_view> ProtoMessage::texts(uint32_t field) const {
    std::vector<std::string_view> values;
    for (const Field& each : fields_) {
        if (each.number != field) continue;
        requireType(each, kBytes);
        values.push_back(each.bytes);
    }
    return values;
}

ProtoMessage ProtoMessage::message(uint32_t field, const char* name) const {
    const std::string_view found = bytes(field);
    return {found, name, found.data() == nullptr ? offset_ : offsetOf(found)};
}

std::vector<ProtoMessage> ProtoMessage::messages(uint32_t field, const char* name) const {
    std::vector<ProtoMessage> values;
    for (const std::string_view each : texts(field)) values.emplace_back(each, name, offsetOf(each));
    return values;
}

}  // namespace optirs::plugin
