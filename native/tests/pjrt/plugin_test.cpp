// Loading: every way in which a file can fail to be a plugin, and the versions.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/pjrt/support.h"

namespace test {
namespace {

class LoadTest : public ::testing::Test {
 protected:
    static Outcome tryLoad(const std::string& path) {
        Plugin plugin;
        return load(path, plugin);
    }
};

TEST_F(LoadTest, NamesAMissingFile) {
    const Outcome outcome = tryLoad("/nowhere/libnothing.so");
    EXPECT_EQ(outcome.code, OPTIRS_NOT_FOUND);
    EXPECT_TRUE(outcome.says("there is no file /nowhere/libnothing.so")) << outcome.message;
    EXPECT_EQ(outcome.operation, "optirs_pjrt_plugin_load");
}

TEST_F(LoadTest, RefusesAFolder) {
    const Outcome outcome = tryLoad(FAKE_PLUGIN_DIR);
    EXPECT_EQ(outcome.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_TRUE(outcome.says("is a folder")) << outcome.message;
}

TEST_F(LoadTest, RefusesAFileThatIsNoLibrary) {
    const auto path = std::filesystem::temp_directory_path() / "optirs_not_a_library.so";
    std::ofstream(path)
        << "this is a text, and long enough to be read as a header of a library, which it is not";
    const Outcome outcome = tryLoad(path.string());
    std::filesystem::remove(path);
    EXPECT_EQ(outcome.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_TRUE(outcome.says("is not a shared library")) << outcome.message;
}

TEST_F(LoadTest, RefusesAnEmptyFile) {
    const auto path = std::filesystem::temp_directory_path() / "optirs_empty_library.so";
    std::ofstream(path).flush();
    const Outcome outcome = tryLoad(path.string());
    std::filesystem::remove(path);
    EXPECT_EQ(outcome.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_TRUE(outcome.says("is not a shared library")) << outcome.message;
}

TEST_F(LoadTest, RefusesALibraryWithoutEntryPoint) {
    const Outcome outcome = tryLoad(pluginPath("fake_without_entry"));
    EXPECT_EQ(outcome.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_TRUE(outcome.says("does not export GetPjrtApi")) << outcome.message;
}

TEST_F(LoadTest, NamesAMissingDependency) {
    const Outcome outcome = tryLoad(pluginPath("fake_with_dependency"));
    EXPECT_EQ(outcome.code, OPTIRS_FAILED_PRECONDITION);
    EXPECT_TRUE(outcome.says("needs libfake_dependency.so, which is missing")) << outcome.message;
}

TEST_F(LoadTest, RefusesAnotherMajorVersion) {
    const Outcome outcome = tryLoad(pluginPath("fake_major"));
    EXPECT_EQ(outcome.code, OPTIRS_FAILED_PRECONDITION);
    EXPECT_TRUE(outcome.says("speaks PJRT 1.114; this library speaks major version 0 only"))
        << outcome.message;
}

TEST_F(LoadTest, RefusesAVersionThatIsTooOld) {
    const Outcome outcome = tryLoad(pluginPath("fake_39"));
    EXPECT_EQ(outcome.code, OPTIRS_FAILED_PRECONDITION);
    EXPECT_TRUE(outcome.says("speaks PJRT 0.39; the oldest version spoken here is 0.40")) << outcome.message;
}

TEST_F(LoadTest, RefusesTheVersionWhoseTableHasAnOrderOfItsOwn) {
    const Outcome outcome = tryLoad(pluginPath("fake_56"));
    EXPECT_EQ(outcome.code, OPTIRS_FAILED_PRECONDITION);
    EXPECT_TRUE(outcome.says("use 0.55 or 0.57")) << outcome.message;
}

TEST_F(LoadTest, PassesOnWhyInitialisationFailed) {
    setenv("FAKE_INITIALIZE_CODE", "14", 1);
    Outcome outcome = tryLoad(pluginPath("fake_initialize"));
    EXPECT_EQ(outcome.code, OPTIRS_UNAVAILABLE);
    EXPECT_TRUE(outcome.says("the fake plugin does not want to start")) << outcome.message;
    EXPECT_EQ(outcome.backend, pluginPath("fake_initialize"));
    // A later attempt may succeed.
    unsetenv("FAKE_INITIALIZE_CODE");
    outcome = tryLoad(pluginPath("fake_initialize"));
    EXPECT_TRUE(outcome.isOk()) << outcome.message;
}

TEST_F(LoadTest, NamesWhatIsKnownWhenANameIsNot) {
    const Outcome outcome = tryLoad("abacus");
    EXPECT_EQ(outcome.code, OPTIRS_NOT_FOUND);
    EXPECT_TRUE(outcome.says("no plugin named 'abacus'")) << outcome.message;
    EXPECT_TRUE(outcome.says("tpu")) << outcome.message;
    EXPECT_TRUE(outcome.says("cpu")) << outcome.message;
}

TEST(PluginTest, TellsWhatItIs) {
    Plugin plugin;
    const std::string path = pluginPath("fake");
    ASSERT_OK(optirs_pjrt_plugin_load(path.data(), path.size(), plugin.out()));
    uint64_t size = 0;
    EXPECT_EQ(std::string(optirs_pjrt_plugin_path(plugin.get(), &size)), path);
    EXPECT_EQ(size, path.size());
    EXPECT_EQ(optirs_pjrt_plugin_api_major(plugin.get()), 0);
    EXPECT_EQ(optirs_pjrt_plugin_api_minor(plugin.get()), 114);
    const auto has = [&](const std::string& name) {
        return optirs_pjrt_plugin_has_function(plugin.get(), name.data(), name.size()) != 0;
    };
    EXPECT_TRUE(has("PJRT_Client_Compile"));
    EXPECT_TRUE(has("PJRT_Client_DmaMap"));
    EXPECT_FALSE(has("PJRT_No_Such_Thing"));
    Plugin older;
    ASSERT_OK(load(pluginPath("fake_57"), older));
    EXPECT_EQ(optirs_pjrt_plugin_has_function(older.get(), "PJRT_Client_DmaMap", 18), 0);
}

TEST(PluginTest, HasAttributesOfEveryKind) {
    Plugin plugin;
    ASSERT_OK(optirs_pjrt_plugin_load(pluginPath("fake").data(), pluginPath("fake").size(), plugin.out()));
    ASSERT_EQ(optirs_pjrt_plugin_num_attributes(plugin.get()), 5);
    std::vector<optirs_pjrt_named_value> values(5);
    for (int64_t i = 0; i < 5; ++i) {
        ASSERT_OK(optirs_pjrt_plugin_attribute(plugin.get(), i, &values[static_cast<std::size_t>(i)]));
        EXPECT_EQ(values[static_cast<std::size_t>(i)].kind, i);
    }
    EXPECT_EQ(std::string(values[0].name, values[0].name_size), "maker");
    EXPECT_EQ(std::string(values[0].string_value, values[0].value_size), "fake");
    EXPECT_EQ(values[1].int64_value, 8);
    EXPECT_EQ(std::vector<int64_t>(values[2].int64_list, values[2].int64_list + values[2].value_size),
              (std::vector<int64_t>{1, 2, 3}));
    EXPECT_EQ(values[3].float_value, 1.5F);
    EXPECT_EQ(values[4].bool_value, 1);
    const Outcome outcome = optirs_pjrt_plugin_attribute(plugin.get(), 5, values.data());
    EXPECT_EQ(outcome.code, OPTIRS_OUT_OF_RANGE);
    EXPECT_EQ(outcome.message, "there is no attribute 5; there are 5");
}

TEST(PluginTest, ListsItsExtensions) {
    Plugin plugin;
    ASSERT_OK(optirs_pjrt_plugin_load(pluginPath("fake").data(), pluginPath("fake").size(), plugin.out()));
    ASSERT_EQ(optirs_pjrt_plugin_num_extensions(plugin.get()), 2);
    int32_t type = 0;
    const char* name = nullptr;
    uint64_t size = 0;
    ASSERT_OK(optirs_pjrt_plugin_extension(plugin.get(), 0, &type, &name, &size));
    EXPECT_EQ(type, 4);
    EXPECT_EQ(std::string(name, size), "Layouts");
    ASSERT_OK(optirs_pjrt_plugin_extension(plugin.get(), 1, &type, &name, &size));
    EXPECT_EQ(type, 99);
    EXPECT_EQ(std::string(name, size), "unknown");
    EXPECT_EQ(Outcome(optirs_pjrt_plugin_extension(plugin.get(), 2, &type, &name, &size)).code,
              OPTIRS_OUT_OF_RANGE);
}

/// The main path with every version of table and structs; the teardown checks that each struct had the right
/// size.
class VersionTest : public FakeTest, public ::testing::WithParamInterface<const char*> {
 protected:
    void SetUp() override { open(GetParam()); }
};

TEST_P(VersionTest, TheMainPathWorks) {
    Executable executable;
    ASSERT_EQ(compile(kDonatingProgram, executable).message, "");
    Buffer buffer;
    ASSERT_EQ(upload({1, 2, 3, 4}, buffer).message, "");
    Completion completion;
    std::vector<optirs_pjrt_buffer*> results{buffer.get()};
    ASSERT_EQ(execute(executable, {buffer.get()}, results, &completion).message, "");
    EXPECT_TRUE(completion.wait().isOk());
    EXPECT_EQ(download(buffer), (std::vector<int32_t>{kStep + 1, kStep + 2, kStep + 3, kStep + 4}));
    EXPECT_OK(optirs_pjrt_buffer_wait(buffer.get()));
    optirs_pjrt_executable_memory memory{};
    EXPECT_OK(optirs_pjrt_executable_memory_stats(executable.get(), &memory));
    EXPECT_EQ(memory.temporary_bytes, 5);
    optirs_pjrt_memory_stats stats{};
    EXPECT_OK(optirs_pjrt_device_memory_stats(optirs_pjrt_client_device(client_.get(), 0), &stats));
    EXPECT_EQ(stats.bytes_in_use, 16);
    EXPECT_EQ(stats.pool_bytes, -1);
}

INSTANTIATE_TEST_SUITE_P(All, VersionTest,
                         ::testing::Values("fake_40", "fake_57", "fake_90", "fake", "fake_newer",
                                           "fake_without_on_ready"),
                         [](const auto& test) { return std::string(test.param); });

TEST(VersionErrorTest, AnOldPluginHasNoExtensionList) {
    Plugin plugin;
    ASSERT_OK(
        optirs_pjrt_plugin_load(pluginPath("fake_40").data(), pluginPath("fake_40").size(), plugin.out()));
    EXPECT_EQ(optirs_pjrt_plugin_api_minor(plugin.get()), 40);
    EXPECT_EQ(optirs_pjrt_plugin_num_extensions(plugin.get()), 0);
}

}  // namespace
}  // namespace test
