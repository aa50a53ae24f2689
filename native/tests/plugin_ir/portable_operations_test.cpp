// Every operation of VHLO, in each of its versions, in a portable artifact of its own that reads as its text
// does.
#include <gtest/gtest.h>

#include <set>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/passes/passes.h"
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

// What is below the bound comes as an argument, and goes as a result, with its size.
TEST(PortableOperations, ParametersHaveBoundsThere) {
    const auto wanted = parseModule(R"(
func.func @main(%x: tensor<?x4xf32, #stablehlo.bounds<5, ?>>) -> tensor<?x4xf32, #stablehlo.bounds<5, ?>> {
  %y = stablehlo.negate %x : tensor<?x4xf32, #stablehlo.bounds<5, ?>>
  return %y : tensor<?x4xf32, #stablehlo.bounds<5, ?>>
})");
    for (const int format : {0, 6}) {
        const auto read = parseModule(writePortable(*wanted, {"negate_v1", {}}, format));
        verify(*read);
        EXPECT_EQ(print(*read), print(*wanted)) << "format " << format;
        runPasses(*read);
        EXPECT_EQ(Type(read->entry().type()).toString(),
                  "(tensor<5x4xf32>, tensor<1xi32>) -> (tensor<5x4xf32>, tensor<1xi32>)");
    }
}

}  // namespace
}  // namespace optirs::plugin::testing
