// The disk cache and the dump as a client meets them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "plugin.h"

namespace optirs::plugin {
namespace {

namespace fs = std::filesystem;
using testing::api;
using testing::arguments;
using testing::Client;
using ::testing::HasSubstr;
using testing::take;

constexpr const char* kProgram = R"(module @twice {
  func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {
    %0 = stablehlo.add %a, %a : tensor<4xf32>
    return %0 : tensor<4xf32>
  }
})";

/// A folder of its own, and an environment variable that names it.
class Folder {
 public:
    explicit Folder(const char* variable)
        : variable_(variable),
          path_((fs::temp_directory_path() / (std::string("optirs-") + variable + std::to_string(::getpid())))
                    .string()) {
        fs::remove_all(path_);
        setenv(variable_, path_.c_str(), 1);
    }
    ~Folder() {
        unsetenv(variable_);
        fs::remove_all(path_);
    }
    const std::string& path() const { return path_; }

 private:
    const char* variable_;
    std::string path_;
};

void expectTwice(const Client& client, PJRT_LoadedExecutable* program) {
    ASSERT_NE(program, nullptr);
    PJRT_Buffer* a = client.upload({1, 2, 3, 4});
    auto result = testing::execute(program, {{a}}, 1);
    EXPECT_EQ(testing::download<float>(result.outputs[0][0]), (std::vector<float>{2, 4, 6, 8}));
    testing::destroy(result.outputs[0][0]);
    testing::destroy(a);
    testing::destroy(program);
}

TEST(DiskCache, ServesTheProgramAgainAndIgnoresDamage) {
    const Folder folder("OPTIRS_CACHE_DIR");
    Client client;
    expectTwice(client, client.compile(kProgram));
    const fs::path own = fs::path(folder.path()) / "cpu";
    ASSERT_EQ(std::distance(fs::directory_iterator(own), fs::directory_iterator()), 1);
    const fs::path entry = fs::directory_iterator(own)->path();
    const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(5);
    fs::last_write_time(entry, long_ago);
    expectTwice(client, client.compile(kProgram));
    EXPECT_GT(fs::last_write_time(entry), long_ago);  // used

    const auto size = fs::file_size(entry);
    for (const auto damaged : {uintmax_t{0}, size / 3, size - 1}) {
        {
            std::fstream file(entry, std::ios::in | std::ios::out | std::ios::binary);
            file.seekg(static_cast<std::streamoff>(damaged));
            const char byte = static_cast<char>(file.get() ^ 0x20);
            file.seekp(static_cast<std::streamoff>(damaged));
            file.put(byte);
        }
        expectTwice(client, client.compile(kProgram));
        EXPECT_EQ(fs::file_size(entry), size);  // written anew
    }
    fs::resize_file(entry, size / 2);
    expectTwice(client, client.compile(kProgram));
    EXPECT_EQ(fs::file_size(entry), size);
}

// Its sizes, too: what the program takes and gives of them is part of what is kept.
TEST(DiskCache, ServesProgramsWhoseArgumentsHaveABound) {
    const Folder folder("OPTIRS_CACHE_DIR");
    Client client;
    const std::string type = "tensor<?xf32, #stablehlo.bounds<4>>";
    const std::string text = "func.func @main(%a: " + type + ") -> (" + type + ", tensor<f32>) {" + R"(
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %0 = stablehlo.negate %a : )" +
                             type + R"(
  %1 = stablehlo.reduce(%a init: %zero) applies stablehlo.add across dimensions = [0] : ()" +
                             type + R"(, tensor<f32>) -> tensor<f32>
  return %0, %1 : )" + type + ", tensor<f32>\n}";
    const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(5);
    for (const bool is_first : {true, false}) {
        PJRT_LoadedExecutable* program = client.compile(text);
        ASSERT_NE(program, nullptr);
        const fs::path entry = fs::directory_iterator(fs::path(folder.path()) / "cpu")->path();
        if (!is_first) {
            EXPECT_GT(fs::last_write_time(entry), long_ago);  // used
        }
        fs::last_write_time(entry, long_ago);
        for (const std::vector<float>& values : {std::vector<float>{1, 2, 4}, {8}, {1, 2, 4, 8}}) {
            PJRT_Buffer* a = client.upload(values);
            const auto result = testing::execute(program, {{a}}, 2);
            ASSERT_EQ(result.failure.message, "");
            std::vector<float> negated;
            float sum = 0;
            for (const float value : values) {
                negated.push_back(-value);
                sum += value;
            }
            EXPECT_EQ(testing::download<float>(result.outputs[0][0]), negated);
            EXPECT_EQ(testing::download<float>(result.outputs[0][1]), std::vector<float>{sum});
            for (PJRT_Buffer* each : {a, result.outputs[0][0], result.outputs[0][1]}) testing::destroy(each);
        }
        testing::destroy(program);
    }
    EXPECT_EQ(
        std::distance(fs::directory_iterator(fs::path(folder.path()) / "cpu"), fs::directory_iterator()), 1);
}

TEST(Dump, HoldsPassesPlanCodeAndTimeline) {
    const Folder folder("OPTIRS_DUMP");
    Client client;
    expectTwice(client, client.compile(kProgram));
    const fs::path own = fs::path(folder.path()) / "001.twice";
    for (const char* name : {"00.input.mlir", "optimised.mlir", "plan.txt", "module0.ll", "module0.opt.ll"})
        EXPECT_TRUE(fs::exists(own / name)) << name;
    const auto text = [&](const char* name) {
        std::stringstream stream;
        stream << std::ifstream(own / name).rdbuf();
        return stream.str();
    };
    EXPECT_THAT(text("optimised.mlir"), HasSubstr("stablehlo.add"));
    EXPECT_THAT(text("plan.txt"), HasSubstr("most alive at once"));
    EXPECT_THAT(text("timeline.json"), HasSubstr("\"ph\":\"X\""));
}

}  // namespace
}  // namespace optirs::plugin
