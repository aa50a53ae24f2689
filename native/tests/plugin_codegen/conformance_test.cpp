// The StableHLO project's own test programs, run through compile() and the executor. They lie beside the
// repository; without them this test is skipped.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <thread>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"
#include "tests/plugin_codegen/run_program.h"
#include "tests/source_folder.h"

namespace optirs::plugin::testing {
namespace {

namespace fs = std::filesystem;

fs::path programs() { return test::sharedFolder() / "conformance/stablehlo"; }

std::string contents(const fs::path& file) {
    std::ifstream in(file);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

/// The programs of a file: parts between `// -----` lines.
std::vector<std::string> parts(const std::string& text) {
    std::vector<std::string> result;
    std::string part;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("// -----")) {
            result.push_back(std::move(part));
            part.clear();
        } else {
            part += line + "\n";
        }
    }
    result.push_back(std::move(part));
    std::erase_if(result, [](const std::string& p) { return p.find("func.func") == std::string::npos; });
    return result;
}

struct Tally {
    int passed = 0;
    int total = 0;
    std::vector<std::string> reasons;
};

/// Empty when the program ran and its checks held, else the reason.
std::string runOne(const std::string& text) {
    try {
        auto module = parseModule(text);
        verify(*module);
        CompileOptions options;
        // What the compiler computes itself would not test the generated code.
        options.max_folded_elements = 0;
        const auto program = compile(std::move(module), options);
        if (!program->arguments.empty()) return "takes arguments";
        const auto results = run(*program, {});
        // The same program gives the same bits on any number of threads.
        for (const int threads : {1, 5}) {
            const auto again = run(*program, {}, threads);
            for (size_t i = 0; i < results.size(); ++i) {
                if (std::memcmp(results[i].data(), again[i].data(), results[i].size()) != 0)
                    return "result " + std::to_string(i) + " differs on " + std::to_string(threads) +
                           " threads";
            }
        }
        return "";
    } catch (const Error& error) {
        return error.message();
    }
}

/// `add` of add_float32_2_3, `reduce_window_max` of reduce_window_max_int8_....
std::string family(const std::string& stem) {
    static const char* const kTypes[] = {"_float", "_bfloat", "_int", "_uint", "_bool", "_complex"};
    size_t end = stem.size();
    for (const char* type : kTypes) end = std::min(end, stem.find(type));
    return stem.substr(0, end);
}

struct Work {
    std::string stem;
    std::string text;
    std::string reason;
};

/// Two at a time: compiling takes one thread.
void runAll(std::vector<Work>& programs) {
    std::atomic<size_t> next{0};
    const auto work = [&] {
        for (size_t i = next++; i < programs.size(); i = next++)
            programs[i].reason = runOne(programs[i].text);
    };
    std::thread other(work);
    work();
    other.join();
}

void runFolder(const fs::path& folder, size_t at_least) {
    if (!fs::exists(folder)) GTEST_SKIP() << folder << " is not there";
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        // Shapes that only the arguments tell have a test of their own.
        if (entry.path().extension() == ".mlir" && entry.path().parent_path().filename() != "dynamic")
            files.push_back(entry.path());
    }
    std::ranges::sort(files);
    const char* filter = std::getenv("OPTIRS_CONFORMANCE_FILTER");
    std::vector<Work> programs;
    for (const fs::path& file : files) {
        const std::string stem = file.stem().string();
        if (filter != nullptr && stem.find(filter) == std::string::npos) continue;
        const std::string text = contents(file);
        // The project itself does not run the first; the second are passed by the command, not from here.
        if (text.find("RUN-DISABLED") != std::string::npos || text.find("--args=") != std::string::npos)
            continue;
        for (std::string& part : parts(text)) programs.push_back({stem, std::move(part), {}});
    }
    runAll(programs);
    std::map<std::string, Tally> tallies;
    size_t passed = 0;
    for (const Work& work : programs) {
        Tally& tally = tallies[family(work.stem)];
        ++tally.total;
        if (work.reason.empty()) {
            ++tally.passed;
            ++passed;
        } else {
            tally.reasons.push_back(work.stem + ": " + work.reason.substr(0, 300));
        }
    }
    for (const auto& [name, tally] : tallies) {
        if (tally.passed == tally.total) continue;
        std::cout << name << ": " << tally.passed << " of " << tally.total << "\n";
        for (const std::string& reason : tally.reasons) std::cout << "    " << reason << "\n";
    }
    std::cout << folder.filename().string() << ": " << passed << " of " << programs.size()
              << " programs pass\n";
    EXPECT_EQ(passed, programs.size());
    if (filter == nullptr) {
        EXPECT_GE(programs.size(), at_least);
    }
}

TEST(Conformance, ProgramsFromJax) { runFolder(programs() / "testdata", 900); }
TEST(Conformance, ProgramsOfTheInterpreter) { runFolder(programs() / "interpret", 170); }

}  // namespace
}  // namespace optirs::plugin::testing
