/// @file
/// The conformance programs beside the repository, when they are there.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/source_folder.h"

namespace optirs::plugin::testing {

struct Program {
    std::string name;  ///< file, and number within it when it holds several
    std::string text;
};

inline std::string readFile(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Programs of one file, split at `// -----` lines.
inline std::vector<Program> splitPrograms(const std::string& name, const std::string& text) {
    std::vector<Program> out;
    size_t begin = 0;
    while (begin <= text.size()) {
        size_t end = text.find("\n// -----", begin);
        if (end == std::string::npos) end = text.size();
        out.push_back({name + ":" + std::to_string(out.size()), text.substr(begin, end - begin)});
        begin = text.find('\n', end + 1);
        if (begin == std::string::npos) break;
    }
    return out;
}

/// Where the programs are: `shared/conformance/stablehlo` beside the repository; empty when absent.
inline std::filesystem::path conformanceRoot() {
    const auto root = test::sharedFolder() / "conformance/stablehlo";
    return std::filesystem::exists(root) ? root : std::filesystem::path();
}

inline std::vector<Program> conformancePrograms() {
    std::vector<Program> out;
    const auto root = conformanceRoot();
    if (root.empty()) return out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        if (entry.path().extension() != ".mlir") continue;
        for (Program& program :
             splitPrograms(std::filesystem::relative(entry.path(), root), readFile(entry.path()))) {
            out.push_back(std::move(program));
        }
    }
    return out;
}

inline std::vector<std::string> conformanceBytecode() {
    std::vector<std::string> out;
    const auto root = conformanceRoot();
    if (root.empty()) return out;
    for (const auto& entry : std::filesystem::directory_iterator(root.parent_path() / "vhlo")) {
        if (entry.path().extension() == ".bc") out.push_back(readFile(entry.path()));
    }
    return out;
}

}  // namespace optirs::plugin::testing
