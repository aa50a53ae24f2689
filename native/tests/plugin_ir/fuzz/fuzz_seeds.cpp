// Writes the programs that the fuzzers begin with, those of each in a folder of its name: fuzz_seeds FOLDER
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "tests/plugin_codegen/bounded_case.h"
#include "tests/plugin_ir/conformance.h"
#include "tests/plugin_ir/dialect_bytecode.h"
#include "tests/plugin_ir/hlo_operations.h"
#include "tests/plugin_ir/hlo_samples.h"
#include "tests/plugin_ir/portable_operations.h"

namespace {

using namespace optirs::plugin;
using namespace optirs::plugin::testing;

/// Longer ones slow a fuzzer down, and say what shorter ones say.
constexpr size_t kLongest = 32768;

class Corpus {
 public:
    explicit Corpus(std::filesystem::path folder) : folder_(std::move(folder)) {
        std::filesystem::create_directories(folder_);
    }
    void add(std::string_view program) {
        if (program.size() > kLongest) return;
        std::ofstream out(folder_ / ("seed" + std::to_string(count_++)), std::ios::binary);
        out << program;
        if (!out.flush()) throw std::runtime_error("cannot write to " + folder_.string());
    }

 private:
    std::filesystem::path folder_;
    size_t count_ = 0;
};

/// Of every test: its raw strings that hold a function.
void addTestPrograms(Corpus& corpus) {
    constexpr std::string_view kBegin = "R\"(";
    constexpr std::string_view kEnd = ")\"";
    for (const auto& file :
         std::filesystem::recursive_directory_iterator(optirs::test::sourceFolder() / "native/tests")) {
        if (file.path().extension() != ".cpp") continue;
        const std::string source = readFile(file.path());
        size_t at = 0;
        while ((at = source.find(kBegin, at)) != std::string::npos) {
            const size_t begin = at + kBegin.size();
            at = std::min(source.find(kEnd, begin), source.size());
            const std::string_view program = std::string_view(source).substr(begin, at - begin);
            if (program.find("func.func") != std::string_view::npos) corpus.add(program);
        }
    }
}

void writeText(const std::filesystem::path& folder) {
    Corpus corpus(folder);
    for (const Program& program : conformancePrograms()) corpus.add(program.text);
    const auto invalid = optirs::test::sourceFolder() / "native/tests/plugin_ir/invalid";
    for (const auto& file : std::filesystem::directory_iterator(invalid)) {
        for (const Program& program : splitPrograms(file.path(), readFile(file.path())))
            corpus.add(program.text);
    }
    for (const OperationCase& each : portableOperations()) corpus.add(each.program);
    for (const auto& cases : {boundedOperations(), boundedProducts()}) {
        for (const BoundedCase& each : cases)
            corpus.add(sizedProgram(each.parameters, each.results, each.body));
    }
    addTestPrograms(corpus);
    for (const HloOperation& each : hloOperations()) corpus.add(print(*parseModule(each.program)));
}

void writeBytecode(const std::filesystem::path& folder) {
    Corpus corpus(folder);
    for (const std::string& program : conformanceBytecode()) corpus.add(program);
    corpus.add(stableHloBytecode());
    corpus.add(shardyBytecode());
    for (const OperationCase& each : portableOperations()) {
        const auto module = parseModule(each.program);
        dropDefaults(*module);
        for (const PortableProgram& program : portablePrograms(*module, each.versions))
            corpus.add(program.bytes);
    }
}

/// The fuzzer itself adds the magic number.
void writeHlo(const std::filesystem::path& folder) {
    Corpus corpus(folder);
    const auto add = [&](std::string_view program) { corpus.add(program.substr(kHloMagic.size())); };
    for (const std::string& program : hloSamples()) add(program);
    for (const HloOperation& each : hloOperations()) add(each.program);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: fuzz_seeds FOLDER\n");
        return 1;
    }
    try {
        const std::filesystem::path folder = argv[1];
        writeText(folder / "stablehlo_fuzzer");
        writeBytecode(folder / "bytecode_fuzzer");
        writeHlo(folder / "hlo_fuzzer");
    } catch (const std::exception& error) {
        std::fprintf(stderr, "fuzz_seeds: %s\n", error.what());
        return 1;
    }
    return 0;
}
