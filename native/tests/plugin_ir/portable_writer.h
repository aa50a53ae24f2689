/// @file
/// Writes a module as a portable artifact, VHLO in MLIR bytecode, for tests. The properties of the operation
/// that a test is about are given by the test, in the order of their encoding.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bytecode_writer.h"
#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin::testing {

/// Writes an attribute of VHLO and gives its number.
using Property = std::function<uint64_t(BytecodeWriter&)>;

Property integer(int64_t value);
Property integer32(int32_t value);
Property boolean(bool value);
Property floating(float value);
Property text(std::string value);
/// Codes of enumerations, and their values, are VHLO's.
Property enumeration(uint8_t code, uint64_t value);
Property integers(std::vector<int64_t> values);
/// Rows of one length.
Property rows(std::vector<std::vector<int64_t>> values);
Property list(std::vector<Property> items);
Property dictionary(std::vector<std::pair<std::string, Property>> items);
/// The type without parameters that has this code.
Property type(uint8_t code);
Property defaultAccuracy();

struct VersionedOperation {
    std::string name;  ///< `sort_v1`
    std::vector<Property> properties;
};

/// Of version 6 of the format every program of VHLO 0.15 and newer is, of version 0 one of VHLO 0.9.
/// Operations of the kind of `written` are written as it says, all others in version 1.
std::string writePortable(const Module& module, const VersionedOperation& written, int format);

/// Takes attributes away that say the default: artifacts spell them all out, their reader leaves them out.
void dropDefaults(Module& module);

}  // namespace optirs::plugin::testing
