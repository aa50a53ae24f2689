// Every conformance program parses, verifies, and prints to a text that parses to the same program;
// every one with static shapes also goes through the passes.
#include <gtest/gtest.h>

#include <iostream>

#include "conformance.h"
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin::testing {
namespace {

TEST(Conformance, ParsesVerifiesPrintsAndParsesAgain) {
    const std::vector<Program> programs = conformancePrograms();
    if (programs.empty()) GTEST_SKIP() << "no conformance programs beside the repository";
    size_t passed = 0;
    for (const Program& program : programs) {
        try {
            const auto module = parseModule(program.text);
            verify(*module);
            const std::string first = print(*module);
            const auto again = parseModule(first);
            verify(*again);
            EXPECT_EQ(first, print(*again)) << program.name;
            ++passed;
        } catch (const Error& error) {
            ADD_FAILURE() << program.name << ": " << error.message();
        }
    }
    std::cout << passed << " of " << programs.size() << " programs parse, verify, print and parse again\n";
}

TEST(Conformance, PassesLeaveProgramsValid) {
    const std::vector<Program> programs = conformancePrograms();
    if (programs.empty()) GTEST_SKIP() << "no conformance programs beside the repository";
    size_t passed = 0;
    size_t dynamic = 0;
    size_t skipped = 0;
    for (const Program& program : programs) {
        try {
            const auto module = parseModule(program.text);
            if (module->functions().empty()) {
                ++skipped;
                continue;
            }
            verify(*module);
            for (const auto& function : module->functions()) {
                // Files of single functions without a @main: each is an entry of its own.
                if (module->function("main") == nullptr && function->isPublic() &&
                    module->functions().size() > 1) {
                    function->setVisibility(function.get() == module->functions()[0].get() ? "public"
                                                                                           : "private");
                }
            }
            runPasses(*module);
            verify(*module);
            ++passed;
        } catch (const Error& error) {
            if (error.code() == Code::kUnimplemented) {
                ++dynamic;
                EXPECT_NE(error.message().find("dynamic"), std::string::npos)
                    << program.name << ": " << error.message();
                continue;
            }
            ADD_FAILURE() << program.name << ": " << error.message();
        }
    }
    std::cout << passed << " of " << programs.size() << " programs pass, " << dynamic << " stay dynamic, "
              << skipped << " have no function\n";
}

}  // namespace
}  // namespace optirs::plugin::testing
