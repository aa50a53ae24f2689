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

TEST(PortableOperations, ReadAsTheirText) {
    for (const OperationCase& each : portableOperations()) {
        std::unique_ptr<Module> wanted;
        try {
            wanted = parseModule(each.program);
            verify(*wanted);
        } catch (const Error& error) {
            ADD_FAILURE() << error.message() << "\n" << each.program;
            continue;
        }
        dropDefaults(*wanted);
        for (const PortableProgram& program : portablePrograms(*wanted, each.versions)) {
            SCOPED_TRACE(program.name);
            try {
                const auto read = parseModule(program.bytes);
                verify(*read);
                EXPECT_EQ(print(*read), print(*wanted));
            } catch (const Error& error) {
                ADD_FAILURE() << error.message();
            }
        }
    }
}

TEST(PortableOperations, AreAllThatThereAre) {
    std::set<std::string> covered;
    for (const OperationCase& each : portableOperations()) {
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
