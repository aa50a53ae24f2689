/// @file
/// Programs of one operation each, with the properties that each version of it has in VHLO.
#pragma once

#include <string>
#include <vector>

#include "portable_writer.h"

namespace optirs::plugin::testing {

using Properties = std::vector<Property>;

struct OperationCase {
    std::string program;
    std::vector<VersionedOperation> versions;  ///< all of them, the oldest first
};

/// A function of one operation; `%a`, `%b`, ... are its arguments, `%r` its results.
std::string functionOf(const std::string& operation, const std::vector<std::string>& arguments,
                       const std::vector<std::string>& results);
/// The operation in generic form: attributes and regions as `parts` has them.
std::string genericOf(const std::string& name, const std::string& parts,
                      const std::vector<std::string>& arguments, const std::vector<std::string>& results);

/// A region that adds two numbers.
extern const char* const kAdd;

std::vector<OperationCase> elementwiseCases();
std::vector<OperationCase> collectiveCases();
std::vector<OperationCase> exchangeCases();
std::vector<OperationCase> structureCases();
std::vector<OperationCase> movementCases();
std::vector<OperationCase> indexingCases();
std::vector<OperationCase> productCases();
std::vector<OperationCase> reductionCases();

/// All of these.
std::vector<OperationCase> portableOperations();

struct PortableProgram {
    std::string name;  ///< of the operation's version and the format's
    std::string bytes;
};

/// The module in each version of its operation, in the oldest format that has that, and in the newest.
std::vector<PortableProgram> portablePrograms(const Module& module,
                                              const std::vector<VersionedOperation>& versions);

}  // namespace optirs::plugin::testing
