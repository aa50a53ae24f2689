// Damaged bytecode gives an Error that names a byte, or a module: nothing else, however it is damaged.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <random>

#include "conformance.h"
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin::testing {
namespace {

struct Tally {
    size_t accepted = 0;
    size_t refused = 0;
};

void run(const std::string& program, Tally& tally) {
    try {
        const auto module = parseModule(program);
        verify(*module);
        print(*module);
        ++tally.accepted;
    } catch (const Error& error) {
        ++tally.refused;
        EXPECT_TRUE(error.code() == Code::kInvalidArgument || error.code() == Code::kUnimplemented)
            << static_cast<int>(error.code()) << ": " << error.message();
        EXPECT_FALSE(error.message().empty());
    }
}

std::string mutate(std::string program, std::mt19937_64& random) {
    // What numbers of the format look like at their limits.
    static constexpr unsigned char kInteresting[] = {0x00, 0x01, 0x02, 0x03, 0x05,
                                                     0x07, 0x80, 0xCB, 0xFE, 0xFF};
    const size_t edits = 1 + random() % 4;
    for (size_t i = 0; i < edits && program.size() > 8; ++i) {
        // The magic number stays: without it the program is text.
        const size_t at = 4 + random() % (program.size() - 4);
        const size_t length = std::min<size_t>(program.size() - at, 1 + random() % 16);
        switch (random() % 6) {
            case 0:
                program[at] = static_cast<char>(random());
                break;
            case 1:
                program[at] = static_cast<char>(kInteresting[random() % std::size(kInteresting)]);
                break;
            case 2:
                program[at] = static_cast<char>(program[at] ^ (1 << (random() % 8)));
                break;
            case 3:
                program.erase(at, length);
                break;
            case 4:
                program.insert(at, program.substr(4 + random() % (program.size() - 4), length));
                break;
            default:
                program[at] = static_cast<char>(program[at] + (random() % 2 == 0 ? 2 : -2));
        }
    }
    return program;
}

std::vector<std::string> programs() {
    std::vector<std::string> out;
    const auto root = conformanceRoot();
    if (root.empty()) return out;
    for (const char* name :
         {"invalid_vhlo_future", "vhlo_emit_version_api.1_1_0", "stablehlo_legalize_to_vhlo.0_10_0",
          "stablehlo_legalize_to_vhlo.0_13_0", "stablehlo_legalize_to_vhlo.1_14_0"}) {
        out.push_back(readFile(root.parent_path() / "vhlo" / (std::string(name) + ".mlir.bc")));
    }
    return out;
}

constexpr size_t kSmall = 1000;

TEST(BytecodeMutations, EveryTruncationIsRefused) {
    const auto all = programs();
    if (all.empty()) GTEST_SKIP() << "no conformance programs beside the repository";
    for (const std::string& program : all) {
        const size_t step = program.size() < kSmall ? 1 : 13;
        for (size_t size = 4; size < program.size(); size += step) {
            try {
                parseModule(program.substr(0, size));
                ADD_FAILURE() << size << " of " << program.size() << " bytes are accepted";
            } catch (const Error& error) {
                EXPECT_EQ(error.code(), Code::kInvalidArgument) << error.message();
                // The one of a version to come is refused for that as soon as its producer is read.
                const bool located = error.message().find("byte") != std::string::npos ||
                                     error.message().find("VHLO 2.0.0") != std::string::npos;
                EXPECT_TRUE(located) << error.message();
            }
        }
    }
}

TEST(BytecodeMutations, DamagedBytes) {
    const auto all = programs();
    if (all.empty()) GTEST_SKIP() << "no conformance programs beside the repository";
    std::mt19937_64 random(44);
    Tally tally;
    for (const std::string& program : all) {
        const int count = program.size() < kSmall ? 4000 : 1000;
        for (int i = 0; i < count; ++i) run(mutate(program, random), tally);
    }
    std::cout << tally.accepted << " variants are valid, " << tally.refused << " are not\n";
    EXPECT_GT(tally.refused, tally.accepted);
}

// Numbers that announce far more than the program holds must not be believed.
TEST(BytecodeMutations, HugeNumbersAllocateNothing) {
    const auto all = programs();
    if (all.empty()) GTEST_SKIP() << "no conformance programs beside the repository";
    const std::string& program = all[1];
    // A varint of 2^63 - 1 in nine bytes.
    const std::string huge("\x00\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", 9);
    Tally tally;
    for (size_t at = 5; at < program.size(); ++at) {
        std::string damaged = program;
        damaged.replace(at, 1, huge);
        run(damaged, tally);
    }
    EXPECT_GT(tally.refused, program.size() / 2);
}

}  // namespace
}  // namespace optirs::plugin::testing
