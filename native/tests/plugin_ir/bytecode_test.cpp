// Portable bytecode of every version gives the module its text gives.
#include "pjrt_cpu/stablehlo/bytecode/bytecode.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "conformance.h"
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"
#include "portable_writer.h"

namespace optirs::plugin::testing {
namespace {

std::vector<std::filesystem::path> bytecodeFiles() {
    std::vector<std::filesystem::path> out;
    const auto root = conformanceRoot();
    if (root.empty()) return out;
    for (const auto& entry : std::filesystem::directory_iterator(root.parent_path() / "vhlo")) {
        if (entry.path().extension() == ".bc" && !entry.path().filename().string().starts_with("invalid")) {
            out.push_back(entry.path());
        }
    }
    std::ranges::sort(out);
    return out;
}

TEST(Bytecode, EqualsItsText) {
    const auto files = bytecodeFiles();
    if (files.empty()) GTEST_SKIP() << "no conformance programs beside the repository";
    for (const auto& path : files) {
        SCOPED_TRACE(path.filename().string());
        try {
            const auto read = parseModule(readFile(path));
            verify(*read);
            auto text_path = path;
            text_path.replace_extension();
            const auto text = parseModule(readFile(text_path));
            verify(*text);
            dropDefaults(*text);
            ASSERT_EQ(read->functions().size(), text->functions().size());
            EXPECT_EQ(Attribute(read->attributes()).toString(), Attribute(text->attributes()).toString());
            for (size_t i = 0; i < read->functions().size(); ++i) {
                EXPECT_EQ(print(*read->functions()[i]), print(*text->functions()[i]));
            }
            const std::string printed = print(*read);
            const auto again = parseModule(printed);
            EXPECT_EQ(print(*again), printed);
        } catch (const Error& error) {
            ADD_FAILURE() << error.message();
        }
    }
    std::cout << files.size() << " portable artifacts\n";
}

}  // namespace
}  // namespace optirs::plugin::testing
