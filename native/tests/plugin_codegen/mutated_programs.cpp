// mutated_programs COUNT [FIRST]: damages conformance programs and compiles what is still valid, without
// running it: the passes, the planner and the code generator accept it or throw an Error, never INTERNAL.
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "pjrt_cpu/codegen/compiler.h"
#include "pjrt_cpu/ir/error.h"
#include "tests/plugin_ir/conformance.h"
#include "tests/plugin_ir/mutate.h"

int main(int argc, char** argv) {
    using namespace optirs::plugin;
    const uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 5000;
    const uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
    std::vector<testing::Program> programs;
    for (auto& program : testing::conformancePrograms()) {
        if (program.text.size() < 20000) programs.push_back(std::move(program));
    }
    if (programs.empty()) return std::puts("no conformance programs beside the repository"), 1;
    uint64_t compiled = 0;
    uint64_t failed = 0;
    for (uint64_t seed = first; seed < first + count; ++seed) {
        std::mt19937_64 random(seed);
        const std::string text = testing::mutate(programs[random() % programs.size()].text, random);
        if (std::getenv("OPTIRS_TRACE_SEEDS") != nullptr)
            std::fprintf(stderr, "%llu\n", (unsigned long long)seed);
        try {
            compile(text);
            ++compiled;
        } catch (const Error& error) {
            if (error.code() != Code::kInternal) continue;
            ++failed;
            std::printf("seed %llu: %s\n%s\n", static_cast<unsigned long long>(seed), error.what(),
                        text.c_str());
        }
    }
    std::printf("%llu programs, %llu compiled, %llu INTERNAL\n", static_cast<unsigned long long>(count),
                static_cast<unsigned long long>(compiled), static_cast<unsigned long long>(failed));
    return failed == 0 ? 0 : 1;
}
