// Serialized programs and the disk cache: what is damaged, cut off or foreign is told apart and never used.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "pjrt_cpu/capi/program_cache.h"
#include "pjrt_cpu/capi/serialized_program.h"
#include "pjrt_cpu/codegen/compiler.h"
#include "pjrt_cpu/codegen/jit/identity.h"
#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

Error failureOf(std::string_view bytes) {
    try {
        deserialize(bytes);
    } catch (const Error& error) {
        return error;
    }
    return {Code::kOk, "no error"};
}

ProgramImage smallImage() {
    ProgramImage image;
    image.source = "module {}";
    image.options = std::string("\x1A\0", 2);
    image.optimised = "\"builtin.module\"() ({}) : () -> ()";
    image.objects["one"] = std::make_shared<const std::string>("object code \0 with a zero", 25);
    image.objects["two"] = std::make_shared<const std::string>();
    return image;
}

/// The same bytes as if another build had written them.
std::string madeElsewhere(const std::string& bytes) {
    const std::string& build = codeIdentity().build;
    const size_t header_end = bytes.find('\n', bytes.find('\n', bytes.find('\n') + 1) + 1) + 1;
    std::string fields = bytes.substr(header_end);
    fields[8] = fields[8] == 'f' ? '0' : 'f';  // the build's first digit
    EXPECT_EQ(fields.size(), bytes.size() - header_end);
    EXPECT_NE(fields.substr(8, build.size()), build);
    return "optirs executable 1\n" + std::to_string(fields.size()) + "\n" + contentDigest(fields) + "\n" +
           fields;
}

TEST(ProgramImage, RoundTrip) {
    const ProgramImage image = smallImage();
    const ProgramImage back = deserialize(serialize(image));
    EXPECT_EQ(back.source, image.source);
    EXPECT_EQ(back.options, image.options);
    EXPECT_EQ(back.optimised, image.optimised);
    ASSERT_EQ(back.objects.size(), 2U);
    EXPECT_EQ(*back.objects.at("one"), *image.objects.at("one"));
    EXPECT_EQ(*back.objects.at("two"), "");
}

TEST(ProgramImage, EveryFlippedBitIsFound) {
    const std::string bytes = serialize(smallImage());
    for (size_t i = 0; i < bytes.size(); ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string damaged = bytes;
            damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
            EXPECT_NE(failureOf(damaged).code(), Code::kOk) << "byte " << i << " bit " << bit;
        }
    }
}

TEST(ProgramImage, EveryTruncationAndAnExtensionAreFound) {
    const std::string bytes = serialize(smallImage());
    for (size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_NE(failureOf(std::string_view(bytes).substr(0, size)).code(), Code::kOk) << size;
    }
    EXPECT_EQ(failureOf(bytes + "x").code(), Code::kDataLoss);
}

TEST(ProgramImage, ErrorsSayWhatIsWrong) {
    EXPECT_EQ(failureOf("ELF").code(), Code::kInvalidArgument);
    const Error version = failureOf("optirs executable 9\n1\n");
    EXPECT_EQ(version.code(), Code::kFailedPrecondition);
    EXPECT_THAT(version.message(), HasSubstr("\"9\""));
    const std::string foreign = madeElsewhere(serialize(smallImage()));
    const Error build = failureOf(foreign);
    EXPECT_EQ(build.code(), Code::kFailedPrecondition);
    EXPECT_THAT(build.message(), HasSubstr("build is"));
    EXPECT_THAT(build.message(), HasSubstr(codeIdentity().build));
    // The program itself is there for everyone.
    EXPECT_EQ(deserializeSource(foreign).source, "module {}");
}

class Cache : public ::testing::Test {
 protected:
    Cache() : folder_((fs::temp_directory_path() / ("optirs-cache-" + std::to_string(::getpid()))).string()) {
        fs::remove_all(folder_);
    }
    ~Cache() override { fs::remove_all(folder_); }
    size_t files() const {
        return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
    }
    const std::string folder_;
};

TEST_F(Cache, KeepsWhatWasStored) {
    const ProgramCache cache(folder_);
    const std::string key = ProgramCache::key("source", "options");
    EXPECT_EQ(cache.find(key), std::nullopt);
    cache.store(key, "bytes");
    EXPECT_EQ(cache.find(key), "bytes");
    EXPECT_NE(key, ProgramCache::key("sourceo", "ptions"));
    EXPECT_NE(key, ProgramCache::key("source", ""));
}

TEST_F(Cache, TheLeastRecentlyUsedGoesFirst) {
    const ProgramCache cache(folder_, 100);
    const auto name = [&](const char* key) { return folder_ + "/" + key + ".optirs"; };
    const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(48);
    cache.store("a", std::string(40, 'a'));
    cache.store("b", std::string(40, 'b'));
    fs::last_write_time(name("a"), long_ago);
    fs::last_write_time(name("b"), long_ago + std::chrono::hours(1));
    EXPECT_TRUE(cache.find("a"));  // used now
    cache.store("c", std::string(40, 'c'));
    EXPECT_TRUE(cache.find("a"));
    EXPECT_FALSE(cache.find("b"));
    EXPECT_TRUE(cache.find("c"));
    cache.store("large", std::string(101, 'l'));
    EXPECT_FALSE(cache.find("large"));
}

TEST_F(Cache, ForeignFilesAreMisses) {
    const ProgramCache cache(folder_);
    cache.store("real", "bytes");
    fs::create_symlink(folder_ + "/real.optirs", folder_ + "/link.optirs");
    fs::create_directory(folder_ + "/folder.optirs");
    EXPECT_FALSE(cache.find("link"));
    EXPECT_FALSE(cache.find("folder"));
}

TEST_F(Cache, ManyWritersLeaveWholeFiles) {
    const std::string content(1 << 16, 'x');
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            const ProgramCache cache(folder_);
            for (int i = 0; i < 50; ++i) {
                cache.store("shared", content);
                const auto found = cache.find("shared");
                EXPECT_TRUE(!found || *found == content);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(files(), 1U);
}

TEST_F(Cache, AFolderThatCannotBeIsNoError) {
    const ProgramCache cache("/proc/no/such/folder");
    cache.store("key", "bytes");
    EXPECT_FALSE(cache.find("key"));
}

constexpr const char* kProgram = R"(
module @softmax {
  func.func @main(%x: tensor<8x16xf32>, %k: tensor<5xi32>) -> (tensor<8x16xf32>, tensor<5xi32>) {
    %zero = stablehlo.constant dense<0.0> : tensor<f32>
    %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %m = stablehlo.reduce(%x init: %low) applies stablehlo.maximum across dimensions = [1]
        : (tensor<8x16xf32>, tensor<f32>) -> tensor<8xf32>
    %mb = stablehlo.broadcast_in_dim %m, dims = [0] : (tensor<8xf32>) -> tensor<8x16xf32>
    %d = stablehlo.subtract %x, %mb : tensor<8x16xf32>
    %e = stablehlo.exponential %d : tensor<8x16xf32>
    %s = stablehlo.reduce(%e init: %zero) applies stablehlo.add across dimensions = [1]
        : (tensor<8x16xf32>, tensor<f32>) -> tensor<8xf32>
    %sb = stablehlo.broadcast_in_dim %s, dims = [0] : (tensor<8xf32>) -> tensor<8x16xf32>
    %y = stablehlo.divide %e, %sb : tensor<8x16xf32>
    %sorted = "stablehlo.sort"(%k) <{dimension = 0 : i64, is_stable = true}> ({
    ^bb0(%a: tensor<i32>, %b: tensor<i32>):
      %less = stablehlo.compare LT, %a, %b : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %less : tensor<i1>
    }) : (tensor<5xi32>) -> tensor<5xi32>
    return %y, %sorted : tensor<8x16xf32>, tensor<5xi32>
  }
}
)";

TEST(ObjectCode, IsFoundAgainForTheSameProgram) {
    const auto first = compile(kProgram);
    EXPECT_GT(first->compiled_modules, 0);
    EXPECT_FALSE(first->object_files.empty());
    CompileOptions options;
    options.known_objects = first->object_files;
    const auto again = compileOptimised(first->optimized_text, options);
    EXPECT_EQ(again->compiled_modules, 0);
    EXPECT_EQ(again->object_files, first->object_files);
    EXPECT_EQ(again->optimized_text, first->optimized_text);
    EXPECT_EQ(again->arena_bytes, first->arena_bytes);
    EXPECT_EQ(again->steps.size(), first->steps.size());
    for (size_t i = 0; i < first->steps.size(); ++i)
        EXPECT_EQ(again->steps[i]->describe(), first->steps[i]->describe());
}

}  // namespace
}  // namespace optirs::plugin
