// All operations of VHLO as portable artifacts.
#include <set>

#include "portable_operations.h"

namespace optirs::plugin::testing {
namespace {

/// What VHLO 0.9 did not have yet.
bool isNewer(const std::string& name) {
    static const std::set<std::string> newer = {"tan_v1",         "composite_v1",  "collective_broadcast_v1",
                                                "async_start_v1", "async_done_v1", "collective_reduce_v1"};
    return !name.ends_with("_v1") || newer.contains(name);
}

}  // namespace

std::vector<OperationCase> portableOperations() {
    std::vector<OperationCase> out;
    for (const auto& part : {elementwiseCases(), collectiveCases(), exchangeCases(), movementCases(),
                             indexingCases(), productCases(), reductionCases(), structureCases()})
        out.insert(out.end(), part.begin(), part.end());
    return out;
}

std::vector<PortableProgram> portablePrograms(const Module& module,
                                              const std::vector<VersionedOperation>& versions) {
    constexpr int kOldest = 0;
    constexpr int kCurrent = 6;
    std::vector<PortableProgram> out;
    for (const VersionedOperation& version : versions) {
        for (const int format : {kOldest, kCurrent}) {
            if (format == kOldest && isNewer(version.name)) continue;
            out.push_back({version.name + " in version " + std::to_string(format) + " of the format",
                           writePortable(module, version, format)});
        }
    }
    return out;
}

}  // namespace optirs::plugin::testing
