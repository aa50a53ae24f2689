// Every operation of VHLO, in each of its versions, in a portable artifact of its own that reads as its text
// does.
#include <gtest/gtest.h>

#include <set>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"
#include "portable_operations.h"

namespace optirs::plugin::testing {
namespace {

std::vector<OperationCase> allCases() {
    std::vector<OperationCase> out;
    for (const auto& part : {elementwiseCases(), collectiveCases(), exchangeCases(), movementCases(),
                             indexingCases(), productCases(), reductionCases(), structureCases()})
        out.insert(out.end(), part.begin(), part.end());
    return out;
}

/// What VHLO 0.9 did not have yet.
bool isNewer(const std::string& name) {
    static const std::set<std::string> newer = {"tan_v1",         "composite_v1",  "collective_broadcast_v1",
                                                "async_start_v1", "async_done_v1", "collective_reduce_v1"};
    return !name.ends_with("_v1") || newer.contains(name);
}

TEST(PortableOperations, ReadAsTheirText) {
    for (const OperationCase& each : allCases()) {
        std::unique_ptr<Module> wanted;
        try {
            wanted = parseModule(each.program);
            verify(*wanted);
        } catch (const Error& error) {
            ADD_FAILURE() << error.message() << "\n" << each.program;
            continue;
        }
        dropDefaults(*wanted);
        for (const VersionedOperation& version : each.versions) {
            constexpr int kOldest = 0;
            constexpr int kCurrent = 6;
            for (const int format : {kOldest, kCurrent}) {
                if (format == kOldest && isNewer(version.name)) continue;
                SCOPED_TRACE(version.name + " in version " + std::to_string(format) + " of the format");
                try {
                    const auto read = parseModule(writePortable(*wanted, version, format));
                    verify(*read);
                    EXPECT_EQ(print(*read), print(*wanted));
                } catch (const Error& error) {
                    ADD_FAILURE() << error.message();
                }
            }
        }
    }
}

TEST(PortableOperations, AreAllThatThereAre) {
    std::set<std::string> covered;
    for (const OperationCase& each : allCases()) {
        for (const VersionedOperation& version : each.versions) covered.insert(version.name);
    }
    const std::set<std::string> known = {
#define X(name, properties) name,
#include "pjrt_cpu/stablehlo/bytecode/vhlo_ops.def"
#undef X
    };
    for (const std::string& name : known) EXPECT_TRUE(covered.contains(name)) << name << " has no program";
    EXPECT_EQ(covered, known);
}

}  // namespace
}  // namespace optirs::plugin::testing
