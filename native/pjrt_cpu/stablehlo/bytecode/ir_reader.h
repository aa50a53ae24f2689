/// @file
/// The IR section: operations, regions, values.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pjrt_cpu/ir/module.h"
#include "pjrt_cpu/stablehlo/bytecode/entities.h"

namespace optirs::plugin::bytecode {

class IrReader {
 public:
    IrReader(const Container& container, const ParseLimits& limits);

    std::unique_ptr<Module> read();

 private:
    /// Regions inside each other.
    class Depth {
     public:
        Depth(IrReader& reader, const ByteReader& in) : reader_(reader) {
            if (reader.depth_ >= reader.limits_.max_nesting) {
                in.fail("regions nest more than " + std::to_string(reader.limits_.max_nesting) +
                        " levels deep");
            }
            ++reader.depth_;
        }
        ~Depth() { --reader_.depth_; }
        Depth(const Depth&) = delete;
        Depth& operator=(const Depth&) = delete;

     private:
        IrReader& reader_;
    };

    /// Everything before an operation's regions.
    struct Header {
        OpName name;
        size_t position = 0;
        Location location;
        NamedAttributes attributes;
        std::vector<Type> results;
        std::vector<Value*> operands;
        size_t region_count = 0;
        bool isolated = false;
    };
    /// The values an operation can name: those of the regions around it, up to the isolated one.
    struct Scope {
        std::vector<Value*> values;
        std::vector<size_t> next;  // for each region, the number of its next value
    };

    Header readHeader(ByteReader& in);
    void readAttributes(ByteReader& in, uint8_t mask, Header& header);
    static void skipUseLists(ByteReader& in, size_t values);
    void readOperation(ByteReader& in, Block& block);
    void readModuleOperation(ByteReader& in);
    void readModuleRegion(ByteReader& in, Header& header);
    void readFunction(ByteReader& in, Header& header);
    /// Reads the regions an operation announced; `each` reads region i. Isolated ones see no value from
    /// outside.
    template <typename Each>
    void readRegions(ByteReader& in, const Header& header, const Each& each);
    void readRegion(ByteReader& in, Region& region);
    /// @returns the number of operations
    size_t readBlockHeader(ByteReader& in, Block& block);
    void define(Value* value, const ByteReader& in);
    Value* value(ByteReader& in);

    const Container& container_;
    ParseLimits limits_;
    Entities entities_;
    std::unique_ptr<Module> module_;
    std::vector<Scope> scopes_;
    int depth_ = 0;
};

template <typename Each>
void IrReader::readRegions(ByteReader& in, const Header& header, const Each& each) {
    if (header.region_count == 0) return;
    ByteReader section;
    ByteReader* content = &in;
    if (header.isolated && container_.version() >= kLazyLoading) {
        constexpr uint8_t kIrSection = 4;
        const size_t at = in.position();
        if (in.section(section, "isolated regions") != kIrSection)
            ByteReader::failAt(at, "expected an IR section");
        content = &section;
    }
    if (header.isolated) scopes_.emplace_back();
    for (size_t i = 0; i < header.region_count; ++i) {
        const size_t regions = scopes_.back().next.size();
        const size_t values = scopes_.back().values.size();
        each(*content, i);
        // Values of a region end with it.
        scopes_.back().next.resize(regions);
        scopes_.back().values.resize(values);
    }
    if (header.isolated) scopes_.pop_back();
    if (content == &section) section.expectEnd("isolated regions");
}

}  // namespace optirs::plugin::bytecode
