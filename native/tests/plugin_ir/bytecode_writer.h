/// @file
/// Writes small MLIR bytecode programs for tests, of version 6 or another one of the format; every attribute
/// and type is a group of its own.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace optirs::plugin::testing {

/// Bytes with the numbers of the format.
class Bytes {
 public:
    Bytes() = default;
    explicit Bytes(std::initializer_list<uint64_t> varints) {
        for (const uint64_t value : varints) varint(value);
    }
    Bytes& raw(std::string_view bytes) {
        data_ += bytes;
        return *this;
    }
    Bytes& byte(uint8_t value) {
        data_ += static_cast<char>(value);
        return *this;
    }
    /// Always the nine-byte form or, below 128, the one-byte form.
    Bytes& varint(uint64_t value) {
        if (value < 128) return byte(static_cast<uint8_t>(value << 1 | 1));
        byte(0);
        for (int i = 0; i < 8; ++i) byte(static_cast<uint8_t>(value >> (8 * i)));
        return *this;
    }
    Bytes& signedVarint(int64_t value) {
        return varint(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63));
    }
    Bytes& append(const Bytes& other) { return raw(other.data_); }
    Bytes& section(uint8_t id, const Bytes& content) {
        byte(id).varint(content.data_.size());
        return append(content);
    }
    const std::string& data() const { return data_; }
    size_t size() const { return data_.size(); }

 private:
    std::string data_;
};

/// Collects the tables of a program; numbers are those that the program uses for them.
class BytecodeWriter {
 public:
    explicit BytecodeWriter(int version = 6) : version_(version) {}

    uint64_t string(std::string_view text) { return number(strings_, std::string(text)); }
    uint64_t dialect(std::string_view name) { return number(dialects_, std::string(name)); }
    uint64_t attribute(std::string_view dialect_name, const Bytes& content) {
        attributes_.push_back({dialect(dialect_name), true, content});
        return attributes_.size() - 1;
    }
    uint64_t attributeText(std::string_view dialect_name, std::string_view text) {
        attributes_.push_back({dialect(dialect_name), false, Bytes().raw(text).byte(0)});
        return attributes_.size() - 1;
    }
    uint64_t type(std::string_view dialect_name, const Bytes& content) {
        types_.push_back({dialect(dialect_name), true, content});
        return types_.size() - 1;
    }
    uint64_t typeText(std::string_view dialect_name, std::string_view text) {
        types_.push_back({dialect(dialect_name), false, Bytes().raw(text).byte(0)});
        return types_.size() - 1;
    }
    uint64_t op(std::string_view dialect_name, std::string_view name) {
        ops_.emplace_back(dialect(dialect_name), string(name));
        return ops_.size() - 1;
    }
    uint64_t properties(const Bytes& content) {
        properties_.push_back(content);
        return properties_.size() - 1;
    }

    /// The program around the IR section.
    std::string finish(const Bytes& ir) const {
        Bytes dialects;
        dialects.varint(dialects_.size());
        std::vector<std::string> strings = strings_;
        for (const std::string& name : dialects_) {
            dialects.varint(version_ >= 1 ? strings.size() << 1 : strings.size());
            strings.push_back(name);
        }
        if (version_ >= 4) dialects.varint(ops_.size());
        for (const auto& [dialect_number, name] : ops_) {
            dialects.varint(dialect_number).varint(1).varint(version_ >= 5 ? name << 1 | 1 : name);
        }
        Bytes offsets({attributes_.size(), types_.size()});
        Bytes entries;
        for (const auto* table : {&attributes_, &types_}) {
            for (const Entry& entry : *table) {
                offsets.varint(entry.dialect)
                    .varint(1)
                    .varint(entry.content.size() << 1 | (entry.custom ? 1 : 0));
                entries.append(entry.content);
            }
        }
        Bytes text({strings.size()});
        for (size_t i = strings.size(); i-- > 0;) text.varint(strings[i].size() + 1);
        for (const std::string& each : strings) text.raw(each).byte(0);
        Bytes properties({properties_.size()});
        for (const Bytes& each : properties_) properties.varint(each.size()).append(each);
        Bytes out;
        out.raw("ML\xEFR").varint(static_cast<uint64_t>(version_)).raw("test").byte(0);
        out.section(1, dialects).section(3, offsets).section(2, entries).section(4, ir).section(0, text);
        return version_ >= 5 ? out.section(8, properties).data() : out.data();
    }

 private:
    struct Entry {
        uint64_t dialect;
        bool custom;
        Bytes content;
    };
    static uint64_t number(std::vector<std::string>& table, const std::string& text) {
        for (size_t i = 0; i < table.size(); ++i) {
            if (table[i] == text) return i;
        }
        table.push_back(text);
        return table.size() - 1;
    }

    int version_;
    std::vector<std::string> strings_;
    std::vector<std::string> dialects_;
    std::vector<Entry> attributes_;
    std::vector<Entry> types_;
    std::vector<std::pair<uint64_t, uint64_t>> ops_;
    std::vector<Bytes> properties_;
};

}  // namespace optirs::plugin::testing
