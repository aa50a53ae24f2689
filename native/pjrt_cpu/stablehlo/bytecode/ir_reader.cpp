#include "pjrt_cpu/stablehlo/bytecode/ir_reader.h"

#include "pjrt_cpu/stablehlo/bytecode/op_layouts.h"
#include "pjrt_cpu/stablehlo/bytecode/upgrade.h"
#include "pjrt_cpu/stablehlo/canonical_attributes.h"

namespace optirs::plugin::bytecode {
namespace {

enum Mask : uint8_t {
    kHasAttributes = 1,
    kHasResults = 2,
    kHasOperands = 4,
    kHasSuccessors = 8,
    kHasRegions = 16,
    kHasUseLists = 32,
    kHasProperties = 64,
};

Location locationAt(size_t position, std::shared_ptr<const std::string> source) {
    return Location::inBytecode(position, std::move(source));
}

}  // namespace

IrReader::IrReader(const Container& container, const ParseLimits& limits)
    : container_(container), limits_(limits), entities_(container, limits) {}

IrReader::Header IrReader::readHeader(ByteReader& in) {
    Header out;
    out.position = in.position();
    out.name = container_.opName(in);
    const std::string_view name = out.name.name;
    if (name.starts_with("vhlo.") && !isVhloOperation(name.substr(5))) {
        const auto version = container_.vhloVersion();
        ByteReader::failAt(out.position, "unknown operation " + out.name.name +
                                             (version ? " in a program of VHLO " + version->toString() : ""));
    }
    const uint8_t mask = in.byte("what an operation has");
    out.location = locationAt(out.position, entities_.location(in));
    readAttributes(in, mask, out);
    if ((mask & kHasResults) != 0) {
        const size_t count = in.count("results");
        for (size_t i = 0; i < count; ++i) {
            out.results.push_back(entities_.type(in).type);
            entities_.charge(entities_.lastWeight(), in.position());
        }
    }
    if ((mask & kHasOperands) != 0) {
        const size_t count = in.count("operands");
        out.operands.reserve(count);
        for (size_t i = 0; i < count; ++i) out.operands.push_back(value(in));
    }
    if ((mask & kHasSuccessors) != 0) in.fail("successor blocks are not part of StableHLO");
    if ((mask & kHasUseLists) != 0) skipUseLists(in, out.results.size());
    if ((mask & kHasRegions) != 0) {
        const size_t at = in.position();
        const auto [count, isolated] = in.varintWithFlag("regions");
        if (count > in.remaining())
            ByteReader::failAt(at, std::to_string(count) + " is too large a number of regions");
        out.region_count = static_cast<size_t>(count);
        out.isolated = isolated;
    }
    return out;
}

void IrReader::readAttributes(ByteReader& in, uint8_t mask, Header& header) {
    if ((mask & kHasAttributes) != 0) {
        const size_t at = in.position();
        const Attribute all = entities_.attribute(in);
        const auto* entries = all.get<NamedAttributes>();
        if (entries == nullptr) ByteReader::failAt(at, "the attributes of an operation are not a dictionary");
        entities_.charge(entities_.lastWeight(), at);
        header.attributes = *entries;
    }
    if ((mask & kHasProperties) != 0) {
        readProperties(entities_, header.name, container_.properties(in), header.attributes);
    }
}

// In what order a value's uses are linked means nothing to the plugin.
void IrReader::skipUseLists(ByteReader& in, size_t values) {
    const size_t entries = values > 1 ? in.count("use lists") : 1;
    for (size_t i = 0; i < entries; ++i) {
        if (values > 1) in.varint("the value of a use list");
        const size_t at = in.position();
        const uint64_t uses = in.varintWithFlag("uses").first;
        if (uses > in.remaining())
            ByteReader::failAt(at, std::to_string(uses) + " is too large a number of uses");
        for (uint64_t u = 0; u < uses; ++u) in.varint("a use");
    }
}

void IrReader::define(Value* value, const ByteReader& in) {
    Scope& scope = scopes_.back();
    size_t& next = scope.next.back();
    if (next >= scope.values.size()) in.fail("more values than the region announced");
    scope.values[next++] = value;
}

Value* IrReader::value(ByteReader& in) {
    const size_t at = in.position();
    const uint64_t index = in.varint("a value");
    const std::vector<Value*>& values = scopes_.back().values;
    if (index >= values.size() || values[static_cast<size_t>(index)] == nullptr) {
        ByteReader::failAt(at, "value " + std::to_string(index) + " is not defined here");
    }
    return values[static_cast<size_t>(index)];
}

void IrReader::readOperation(ByteReader& in, Block& block) {
    const Depth depth(*this, in);
    Header header = readHeader(in);
    if (header.name.name == "builtin.unrealized_conversion_cast") {
        // Between VHLO's types and MLIR's, which are one here.
        bool same = header.operands.size() == header.results.size() && header.region_count == 0;
        for (size_t i = 0; same && i < header.results.size(); ++i) {
            same = header.operands[i]->type() == header.results[i];
        }
        if (!same) ByteReader::failAt(header.position, "a conversion between types that are not the same");
        for (Value* operand : header.operands) define(operand, in);
        return;
    }
    std::string name = header.name.name;
    if (name.starts_with("vhlo.")) {
        try {
            name = upgradeOperation(name, header.attributes);
        } catch (const Error& error) {
            ByteReader::failAt(header.position, error.message());
        }
    }
    canonicaliseAttributes(header.attributes);
    const OpKind kind = opKindFromName(name);
    auto created = Operation::create(kind, header.operands, header.results, std::move(header.attributes),
                                     header.region_count, std::move(header.location));
    if (kind == OpKind::kUnknown) created->setUnknownName(name);
    withoutDefaults(*created);
    Operation* added = block.insert(std::move(created));
    for (Value& result : added->results()) define(&result, in);
    readRegions(in, header, [&](ByteReader& content, size_t i) { readRegion(content, added->region(i)); });
}

void IrReader::readRegion(ByteReader& in, Region& region) {
    const size_t blocks = in.count("blocks");
    if (blocks == 0) return;
    if (blocks != 1) in.fail("a region of StableHLO has one block, got " + std::to_string(blocks));
    const size_t values = in.count("values");
    Scope& scope = scopes_.back();
    scope.next.push_back(scope.values.size());
    scope.values.resize(scope.values.size() + values);
    Block& block = region.addBlock();
    const size_t operations = readBlockHeader(in, block);
    for (size_t i = 0; i < operations; ++i) readOperation(in, block);
}

size_t IrReader::readBlockHeader(ByteReader& in, Block& block) {
    const size_t at = in.position();
    const auto [operations, has_arguments] = in.varintWithFlag("a block");
    if (operations > in.remaining()) {
        ByteReader::failAt(at, std::to_string(operations) + " is too large a number of operations");
    }
    if (!has_arguments) return static_cast<size_t>(operations);
    const size_t count = in.count("block arguments");
    for (size_t i = 0; i < count; ++i) {
        bool has_location = true;
        if (container_.version() >= kElidedLocations) {
            // The type's number and the flag share one varint.
            const size_t type_at = in.position();
            const auto [index, flag] = in.varintWithFlag("the type of an argument");
            has_location = flag;
            define(block.addArgument(entities_.typeAt(index, type_at).type), in);
        } else {
            define(block.addArgument(entities_.type(in).type), in);
        }
        entities_.charge(entities_.lastWeight(), in.position());
        if (has_location) entities_.location(in);
    }
    if (container_.version() >= kUseListOrders && in.byte("whether arguments have use lists") != 0) {
        skipUseLists(in, count);
    }
    return static_cast<size_t>(operations);
}

}  // namespace optirs::plugin::bytecode
