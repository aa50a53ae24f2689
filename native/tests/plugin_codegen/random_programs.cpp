// random_programs COUNT [FIRST [KIND]]: compares so many random programs of each kind, or of one, with the
// reference evaluator.
// random_programs print SEED KIND: the program of that seed.
// random_programs file PATH [SEED KIND]: compares the program in that file, with the arguments of that
// seed's.
#include <algorithm>
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
    WrittenProgram (*write)(uint64_t seed);
};
constexpr Kind kKinds[] = {{"module", nullptr},
                           {"any", writeProgram},
                           {"rows", writeRows},
                           {"images", writeImages},
                           {"attention", writeAttention},
                           {"loops", writeLoops},
                           {"partitions", writePartitions},
                           {"bounded", writeBounded},
                           {"layers", writeLayers},
                           {"optimizer", writeOptimizer}};

}  // namespace

int main(int argc, char** argv) {
    const auto kind_at = [&](int i) {
        return argc > i ? std::ranges::find(kKinds, std::string_view(argv[i]), &Kind::name)
                        : std::end(kKinds);
    };
    if (argc > 2 && std::string_view(argv[1]) == "file") {
        std::stringstream text;
        text << std::ifstream(argv[2]).rdbuf();
        std::string difference;
        if (const auto* kind = kind_at(4); kind != std::end(kKinds) && kind->write != nullptr) {
            WrittenProgram program = kind->write(std::strtoull(argv[3], nullptr, 10));
            program.text = text.str();
            difference = compareWritten(program);
        } else {
            difference = compareText(text.str());
        }
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
            const std::string difference =
                kind.write == nullptr ? compareRandomProgram(seed) : compareWritten(kind.write(seed));
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
