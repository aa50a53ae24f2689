#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "support.h"
#include "tests/source_folder.h"

namespace optirs::test {
namespace {

namespace fs = std::filesystem;

/// The name before the first parenthesis after each OPTIRS_EXPORT.
std::set<std::string> declaredFunctions() {
    constexpr std::string_view kMark = "OPTIRS_EXPORT";
    std::set<std::string> names;
    for (const auto& header : fs::directory_iterator(sourceFolder() / "native/include/optirs")) {
        std::ifstream file(header.path());
        const std::string text(std::istreambuf_iterator<char>(file), {});
        for (size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at + 1)) {
            const std::string declarator = text.substr(at, text.find('(', at) - at);
            const std::string name = declarator.substr(declarator.find_last_of(" *\n") + 1);
            if (name.starts_with("optirs_")) {  // not the definition of the mark
                names.insert(name);
            }
        }
    }
    return names;
}

std::set<std::string> exportedSymbols() {
    std::set<std::string> names;
    FILE* pipe = popen("nm --dynamic --defined-only --format=posix '" OPTIRS_LIBRARY_FILE "'", "r");
    char line[512];
    while (pipe != nullptr && std::fgets(line, sizeof(line), pipe) != nullptr) {
        const std::string_view name =
            std::string_view(line).substr(0, std::string_view(line).find_first_of(" @"));
        if (name != "OPTIRS_1") {  // the version itself
            names.emplace(name);
        }
    }
    EXPECT_EQ(pipe != nullptr ? pclose(pipe) : -1, 0);
    return names;
}

TEST(Exports, AreExactlyTheDeclaredFunctions) { EXPECT_EQ(exportedSymbols(), declaredFunctions()); }

}  // namespace
}  // namespace optirs::test
