// random_programs COUNT [FIRST [KIND]]: compares so many random programs of each kind, or of one, with the
// reference evaluator.
// random_programs print SEED KIND: the program of that seed.
// random_programs file PATH: compares the program in that file.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "tests/plugin_codegen/random/writer.h"
#include "tests/plugin_codegen/random_evaluation.h"

namespace {

using namespace optirs::plugin::testing;

struct Kind {
    std::string_view name;
    std::string (*compare)(uint64_t seed);
    WrittenProgram (*write)(uint64_t seed);
};
constexpr Kind kKinds[] = {{"module", compareRandomProgram, nullptr},
                           {"any", compareWrittenProgram, writeProgram},
                           {"rows", compareRows, writeRows},
                           {"images", compareImages, writeImages},
                           {"attention", compareAttention, writeAttention}};

}  // namespace

int main(int argc, char** argv) {
    if (argc > 2 && std::string_view(argv[1]) == "file") {
        std::stringstream text;
        text << std::ifstream(argv[2]).rdbuf();
        const std::string difference = compareText(text.str());
        std::printf("%s\n", difference.empty() ? "as the reference evaluator" : difference.c_str());
        return difference.empty() ? 0 : 1;
    }
    const auto number = [&](int i, uint64_t otherwise) {
        return argc > i ? std::strtoull(argv[i], nullptr, 10) : otherwise;
    };
    const bool prints = argc > 1 && std::string_view(argv[1]) == "print";
    const std::string_view wanted = argc > 3 ? argv[3] : "";
    const uint64_t count = prints ? 1 : number(1, 5000);
    const uint64_t first = number(2, 1000);
    uint64_t compared = 0;
    uint64_t differing = 0;
    for (uint64_t seed = first; seed < first + count; ++seed) {
        for (const Kind& kind : kKinds) {
            if (!wanted.empty() && kind.name != wanted) continue;
            if (prints) {
                if (kind.write != nullptr) std::printf("%s", kind.write(seed).text.c_str());
                continue;
            }
            ++compared;
            const std::string difference = kind.compare(seed);
            if (difference.empty()) continue;
            ++differing;
            if (differing <= 5) {
                std::printf("%s, seed %llu, %s\n", kind.name.data(), static_cast<unsigned long long>(seed),
                            difference.c_str());
            }
        }
    }
    if (prints) return 0;
    std::printf("%llu programs compared, %llu differ\n", static_cast<unsigned long long>(compared),
                static_cast<unsigned long long>(differing));
    return differing == 0 ? 0 : 1;
}
