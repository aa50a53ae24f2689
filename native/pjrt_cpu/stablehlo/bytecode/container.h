/// @file
/// The outer form of MLIR bytecode: sections, strings, dialects, names of operations, resources.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pjrt_cpu/stablehlo/bytecode/byte_reader.h"

namespace optirs::plugin::bytecode {

/// major.minor.patch of VHLO.
struct Version {
    uint64_t major = 0;
    uint64_t minor = 0;
    uint64_t patch = 0;
    auto operator<=>(const Version&) const = default;
    std::string toString() const {
        return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
    }
};

/// The newest VHLO whose encodings this reader has.
inline constexpr Version kNewestVhlo{1, 20, UINT64_MAX};

/// What bytecode versions brought.
inline constexpr uint64_t kDialectVersioning = 1;
inline constexpr uint64_t kLazyLoading = 2;
inline constexpr uint64_t kUseListOrders = 3;
inline constexpr uint64_t kElidedLocations = 4;
inline constexpr uint64_t kProperties = 5;
inline constexpr uint64_t kNewestBytecode = 6;

struct Dialect {
    std::string_view name;
    std::optional<Version> version;  // only VHLO's is understood
};

/// `dialect.name`; `registered`: its properties are in the operation's own layout.
struct OpName {
    std::string name;
    bool registered = true;
};

struct Resource {
    std::string_view name;
    std::span<const uint8_t> data;
};

/// An attribute or a type before it is decoded.
struct Entry {
    size_t dialect = 0;
    bool custom = false;  // encoded by its dialect; else NUL-terminated text
    ByteReader content;
};

class Container {
 public:
    /// @throws Error INVALID_ARGUMENT with the byte and what was expected there.
    explicit Container(std::span<const uint8_t> program);

    uint64_t version() const { return version_; }
    /// `StableHLO_v1.13.0`, or what else wrote the program.
    std::string_view producer() const { return producer_; }
    /// Of the `vhlo` dialect, or else what the producer claims.
    std::optional<Version> vhloVersion() const;

    std::string_view string(ByteReader& in, const char* what) const;
    const std::vector<Dialect>& dialects() const { return dialects_; }
    const OpName& opName(ByteReader& in) const;
    const std::vector<Entry>& attributes() const { return attributes_; }
    const std::vector<Entry>& types() const { return types_; }
    const Resource& resource(ByteReader& in) const;
    /// The bytes of an operation's properties.
    ByteReader properties(ByteReader& in) const;
    const ByteReader& ir() const { return ir_; }

 private:
    void readStrings(ByteReader in);
    void readDialects(ByteReader in);
    void readEntries(ByteReader offsets, const ByteReader& content);
    void readResources(ByteReader offsets, ByteReader content);
    void readProperties(ByteReader in);
    size_t dialect(ByteReader& in) const;

    uint64_t version_ = 0;
    std::string_view producer_;
    std::vector<std::string_view> strings_;
    std::vector<Dialect> dialects_;
    std::vector<OpName> op_names_;
    std::vector<Entry> attributes_;
    std::vector<Entry> types_;
    std::vector<Resource> resources_;
    std::vector<ByteReader> properties_;
    ByteReader ir_;
};

}  // namespace optirs::plugin::bytecode
