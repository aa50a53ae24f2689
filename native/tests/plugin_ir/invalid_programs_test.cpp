// Programs that break one rule each (invalid/*.mlir): the error says what is wrong, and where.
// The line behind `// expected: TEXT` is the one that is wrong, and TEXT is part of what the error says.
#include <gtest/gtest.h>

#include <algorithm>

#include "conformance.h"
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"
#include "tests/source_folder.h"

namespace optirs::plugin::testing {
namespace {

constexpr std::string_view kMark = "// expected: ";

class InvalidPrograms : public ::testing::TestWithParam<const char*> {};

TEST_P(InvalidPrograms, AreRefusedWhereTheyAreWrong) {
    const auto folder = test::sourceFolder() / "native/tests/plugin_ir/invalid";
    const std::string file = GetParam();
    const auto programs = splitPrograms(file, readFile(folder / file));
    ASSERT_GT(programs.size(), 5U);
    for (const Program& program : programs) {
        const size_t mark = program.text.find(kMark);
        ASSERT_NE(mark, std::string::npos) << program.text;
        const size_t begin = mark + kMark.size();
        const size_t end = program.text.find('\n', begin);
        const std::string expected = program.text.substr(begin, end - begin);
        const auto line =
            std::count(program.text.begin(), program.text.begin() + static_cast<int64_t>(end), '\n') + 2;
        try {
            const auto module = parseModule(program.text);
            verify(*module);
            ADD_FAILURE() << "accepted: " << program.text;
        } catch (const Error& error) {
            const std::string& message = error.message();
            EXPECT_EQ(error.code(), Code::kInvalidArgument) << program.text << "\n" << message;
            EXPECT_NE(message.find(expected), std::string::npos) << program.text << "\n" << message;
            EXPECT_NE(message.find("line " + std::to_string(line) + ", column "), std::string::npos)
                << program.text << "\n"
                << message;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Files, InvalidPrograms,
                         ::testing::Values("chlo.mlir", "collective.mlir", "contraction.mlir", "control.mlir",
                                           "dynamic.mlir", "elementwise.mlir", "indexing.mlir",
                                           "movement.mlir", "quantized.mlir", "reduction.mlir"),
                         [](const auto& each) {
                             const std::string name = each.param;
                             return name.substr(0, name.find('.'));
                         });

}  // namespace
}  // namespace optirs::plugin::testing
