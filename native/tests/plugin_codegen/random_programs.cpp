// random_programs COUNT [FIRST]: compares so many random programs with the reference evaluator.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/plugin_codegen/random_evaluation.h"

int main(int argc, char** argv) {
    const uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 5000;
    const uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1000;
    uint64_t differing = 0;
    for (uint64_t seed = first; seed < first + count; ++seed) {
        const std::string difference = optirs::plugin::testing::compareRandomProgram(seed);
        if (difference.empty()) continue;
        ++differing;
        if (differing <= 5) std::printf("%s\n", difference.c_str());
    }
    std::printf("%llu programs compared, %llu differ\n", static_cast<unsigned long long>(count),
                static_cast<unsigned long long>(differing));
    return differing == 0 ? 0 : 1;
}
