// Writes the modules that hlo_fuzzer begins with, without their magic number: hlo_seeds FOLDER
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/plugin_ir/hlo_samples.h"

int main(int argc, char** argv) {
    namespace testing = optirs::plugin::testing;
    if (argc != 2) {
        std::fprintf(stderr, "usage: hlo_seeds FOLDER\n");
        return 1;
    }
    const std::filesystem::path folder = argv[1];
    int number = 0;
    for (const std::string& program : testing::hloSamples()) {
        std::ofstream out(folder / ("sample" + std::to_string(number++) + ".hlo"), std::ios::binary);
        out << program.substr(optirs::plugin::kHloMagic.size());
        if (!out.flush()) {
            std::fprintf(stderr, "hlo_seeds: cannot write to %s\n", argv[1]);
            return 1;
        }
    }
    return 0;
}
