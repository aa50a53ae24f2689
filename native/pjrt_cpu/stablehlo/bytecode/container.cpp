#include "pjrt_cpu/stablehlo/bytecode/container.h"

#include <charconv>

namespace optirs::plugin::bytecode {
namespace {

enum SectionId : uint8_t {
    kString,
    kDialect,
    kAttrType,
    kAttrTypeOffset,
    kIr,
    kResource,
    kResourceOffset,
    kDialectVersions,
    kPropertiesSection,
    kSectionCount,
};

constexpr std::array<const char*, kSectionCount> kSectionNames = {
    "String",   "Dialect",        "AttrType",        "AttrTypeOffset", "IR",
    "Resource", "ResourceOffset", "DialectVersions", "Properties"};

std::optional<Version> producedBy(std::string_view producer) {
    constexpr std::string_view kPrefix = "StableHLO_v";
    if (!producer.starts_with(kPrefix)) return std::nullopt;
    producer.remove_prefix(kPrefix.size());
    Version out;
    const char* at = producer.data();
    const char* end = at + producer.size();
    for (uint64_t* part : {&out.major, &out.minor, &out.patch}) {
        const auto [next, error] = std::from_chars(at, end, *part);
        if (error != std::errc()) return std::nullopt;
        at = next;
        if (at != end && *at == '.') ++at;
    }
    return out;
}

}  // namespace

Container::Container(std::span<const uint8_t> program) {
    ByteReader in(program);
    constexpr std::array<uint8_t, 4> kMagic = {'M', 'L', 0xEF, 'R'};
    for (const uint8_t wanted : kMagic) {
        if (in.byte("the magic number") != wanted)
            ByteReader::failAt(0, "expected the magic number ML\\xEFR");
    }
    version_ = in.varint("the bytecode version");
    producer_ = in.cString("the producer");
    if (version_ > kNewestBytecode) {
        in.fail("version " + std::to_string(version_) + " of the bytecode, written by " +
                std::string(producer_) + "; this reader knows versions 0 to " +
                std::to_string(kNewestBytecode));
    }
    std::array<std::optional<ByteReader>, kSectionCount> sections;
    while (!in.empty()) {
        const size_t at = in.position();
        ByteReader content;
        const uint8_t id = in.section(content, "a section");
        if (id >= kSectionCount) ByteReader::failAt(at, "unknown section " + std::to_string(id));
        if (sections[id]) ByteReader::failAt(at, std::string("a second ") + kSectionNames[id] + " section");
        sections[id] = content;
    }
    for (const SectionId needed : {kString, kDialect, kAttrType, kAttrTypeOffset, kIr}) {
        if (!sections[needed]) in.fail(std::string("the ") + kSectionNames[needed] + " section is missing");
    }
    readStrings(*sections[kString]);
    readDialects(*sections[kDialect]);
    const auto vhlo = vhloVersion();
    if (vhlo && vhlo->major > kNewestVhlo.major) {
        throw invalidArgument("the program is VHLO " + vhlo->toString() + " (written by " +
                              std::string(producer_) + "); this reader knows VHLO 0.9.0 to " +
                              std::to_string(kNewestVhlo.major) + "." + std::to_string(kNewestVhlo.minor) +
                              ": write the program for an older version");
    }
    readEntries(*sections[kAttrTypeOffset], *sections[kAttrType]);
    if (sections[kResourceOffset]) {
        if (!sections[kResource]) in.fail("the Resource section is missing");
        readResources(*sections[kResourceOffset], *sections[kResource]);
    }
    if (sections[kPropertiesSection]) readProperties(*sections[kPropertiesSection]);
    ir_ = *sections[kIr];
}

std::optional<Version> Container::vhloVersion() const {
    for (const Dialect& dialect : dialects_) {
        if (dialect.name == "vhlo" && dialect.version) return dialect.version;
    }
    return producedBy(producer_);
}

void Container::readStrings(ByteReader in) {
    std::vector<uint64_t> sizes(in.count("strings"));
    // The sizes stand in reverse order.
    uint64_t total = 0;
    for (size_t i = sizes.size(); i-- > 0;) {
        const size_t at = in.position();
        sizes[i] = in.varint("the size of a string");
        if (sizes[i] == 0 || sizes[i] > in.remaining() || total + sizes[i] > in.remaining()) {
            ByteReader::failAt(at,
                               "a string of " + std::to_string(sizes[i]) + " bytes does not fit its section");
        }
        total += sizes[i];
    }
    strings_.reserve(sizes.size());
    for (const uint64_t size : sizes) {
        const auto bytes = in.bytes(size, "a string");
        if (bytes.back() != 0) in.fail("expected a NUL behind a string");
        strings_.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size() - 1);
    }
    in.expectEnd("the strings");
}

std::string_view Container::string(ByteReader& in, const char* what) const {
    const size_t at = in.position();
    const uint64_t index = in.varint(what);
    if (index >= strings_.size()) {
        ByteReader::failAt(at, "string " + std::to_string(index) + " for " + what + ", there are " +
                                   std::to_string(strings_.size()));
    }
    return strings_[static_cast<size_t>(index)];
}

size_t Container::dialect(ByteReader& in) const {
    const size_t at = in.position();
    const uint64_t index = in.varint("a dialect");
    if (index >= dialects_.size()) {
        ByteReader::failAt(
            at, "dialect " + std::to_string(index) + ", there are " + std::to_string(dialects_.size()));
    }
    return static_cast<size_t>(index);
}

void Container::readDialects(ByteReader in) {
    const size_t count = in.count("dialects");
    for (size_t i = 0; i < count; ++i) {
        Dialect out;
        bool has_version = false;
        const size_t at = in.position();
        uint64_t name = in.varint("the name of a dialect");
        if (version_ >= kDialectVersioning) {
            has_version = (name & 1) != 0;
            name >>= 1;
        }
        if (name >= strings_.size())
            ByteReader::failAt(at, "string " + std::to_string(name) + " for a dialect");
        out.name = strings_[static_cast<size_t>(name)];
        if (has_version) {
            ByteReader version;
            const size_t section_at = in.position();
            if (in.section(version, "the version of a dialect") != kDialectVersions) {
                ByteReader::failAt(section_at, "expected a DialectVersions section");
            }
            if (out.name == "vhlo") {
                Version v;
                v.major = version.varint("the major version");
                v.minor = version.varint("the minor version");
                v.patch = version.varint("the patch version");
                out.version = v;
            }
        }
        dialects_.push_back(out);
    }
    if (version_ >= kElidedLocations) in.count("operation names");
    while (!in.empty()) {
        const std::string prefix = std::string(dialects_[dialect(in)].name) + ".";
        const size_t names = in.count("operation names of a dialect");
        for (size_t i = 0; i < names; ++i) {
            OpName out;
            const size_t at = in.position();
            uint64_t name = in.varint("an operation name");
            if (version_ >= kProperties) {
                out.registered = (name & 1) != 0;
                name >>= 1;
            }
            if (name >= strings_.size()) {
                ByteReader::failAt(at, "string " + std::to_string(name) + " for an operation name");
            }
            out.name = prefix + std::string(strings_[static_cast<size_t>(name)]);
            op_names_.push_back(std::move(out));
        }
    }
}

const OpName& Container::opName(ByteReader& in) const {
    const size_t at = in.position();
    const uint64_t index = in.varint("an operation");
    if (index >= op_names_.size()) {
        ByteReader::failAt(at, "operation name " + std::to_string(index) + ", there are " +
                                   std::to_string(op_names_.size()));
    }
    return op_names_[static_cast<size_t>(index)];
}

void Container::readEntries(ByteReader offsets, const ByteReader& content) {
    ByteReader rest = content;
    const size_t attribute_count = offsets.count("attributes");
    const size_t type_count = offsets.count("types");
    const auto read = [&](std::vector<Entry>& out, size_t count, const char* what) {
        while (out.size() < count) {
            const size_t of = dialect(offsets);
            const size_t at = offsets.position();
            const size_t group = offsets.count(what);
            if (group == 0 || group > count - out.size()) {
                ByteReader::failAt(at, "a group of " + std::to_string(group) + " " + what + ", " +
                                           std::to_string(count - out.size()) + " are left");
            }
            for (size_t i = 0; i < group; ++i) {
                const auto [size, custom] = offsets.varintWithFlag("the size of an entry");
                const size_t start = rest.position();
                out.push_back({of, custom, ByteReader(rest.bytes(size, "an attribute or type"), start)});
            }
        }
    };
    read(attributes_, attribute_count, "attributes");
    read(types_, type_count, "types");
    offsets.expectEnd("the table of attributes and types");
}

void Container::readResources(ByteReader offsets, ByteReader content) {
    const auto group = [&](bool keep) {
        const size_t count = offsets.count("resources", 3);
        for (size_t i = 0; i < count; ++i) {
            const std::string_view name = string(offsets, "the name of a resource");
            const uint64_t size = offsets.varint("the size of a resource");
            constexpr uint8_t kBlob = 0;
            const uint8_t kind = offsets.byte("the kind of a resource");
            const size_t start = content.position();
            ByteReader entry(content.bytes(size, "a resource"), start);
            if (!keep) continue;
            Resource out{name, {}};
            if (kind == kBlob && !entry.empty()) {
                const uint64_t alignment = entry.varint("the alignment of a resource");
                const uint64_t data = entry.varint("the size of a resource's data");
                entry.align(alignment);
                out.data = entry.bytes(data, "a resource's data");
            }
            resources_.push_back(out);
        }
    };
    // Those of tools come first; only those of dialects can be named by attributes.
    const size_t external = offsets.count("groups of resources", 2);
    for (size_t i = 0; i < external; ++i) {
        string(offsets, "the name of a group of resources");
        group(false);
    }
    while (!offsets.empty()) {
        dialect(offsets);
        group(true);
    }
}

const Resource& Container::resource(ByteReader& in) const {
    const size_t at = in.position();
    const uint64_t index = in.varint("a resource");
    if (index >= resources_.size()) {
        ByteReader::failAt(
            at, "resource " + std::to_string(index) + ", there are " + std::to_string(resources_.size()));
    }
    return resources_[static_cast<size_t>(index)];
}

void Container::readProperties(ByteReader in) {
    const size_t count = in.count("properties");
    properties_.reserve(count);
    for (size_t i = 0; i < count; ++i) {
        const uint64_t size = in.varint("the size of properties");
        const size_t start = in.position();
        properties_.emplace_back(in.bytes(size, "properties"), start);
    }
    in.expectEnd("the properties");
}

ByteReader Container::properties(ByteReader& in) const {
    const size_t at = in.position();
    const uint64_t index = in.varint("the properties of an operation");
    if (index >= properties_.size()) {
        ByteReader::failAt(
            at, "properties " + std::to_string(index) + ", there are " + std::to_string(properties_.size()));
    }
    return properties_[static_cast<size_t>(index)];
}

}  // namespace optirs::plugin::bytecode
