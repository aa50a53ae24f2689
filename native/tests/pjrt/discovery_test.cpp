// Where plugins are looked for, and in what order.
#include <cstdlib>
#include <filesystem>
#include <map>

#include "tests/pjrt/support.h"

namespace test {
namespace {

class DiscoveryTest : public ::testing::Test {
 protected:
    void SetUp() override {
        for (const char* name : kVariables) {
            const char* value = std::getenv(name);
            if (value != nullptr) {
                saved_[name] = value;
            }
            unsetenv(name);
        }
    }
    void TearDown() override {
        for (const char* name : kVariables) {
            unsetenv(name);
        }
        for (const auto& [name, value] : saved_) {
            setenv(name.c_str(), value.c_str(), 1);
        }
    }

    struct Candidate {
        std::string name;
        std::string source;
        std::string path;
        std::string note;
        int32_t state;
    };

    static std::vector<Candidate> find() {
        Discovery discovery;
        EXPECT_OK(optirs_pjrt_discovery_create(discovery.out()));
        std::vector<Candidate> candidates;
        for (int64_t i = 0; i < optirs_pjrt_discovery_num_candidates(discovery.get()); ++i) {
            optirs_pjrt_candidate c{};
            EXPECT_OK(optirs_pjrt_discovery_candidate(discovery.get(), i, &c));
            candidates.push_back({{c.name, c.name_size},
                                  {c.source, c.source_size},
                                  {c.path, c.path_size},
                                  {c.note, c.note_size},
                                  c.state});
        }
        optirs_pjrt_candidate c{};
        EXPECT_EQ(Outcome(optirs_pjrt_discovery_candidate(discovery.get(),
                                                          static_cast<int64_t>(candidates.size()), &c))
                      .code,
                  OPTIRS_OUT_OF_RANGE);
        return candidates;
    }

    static constexpr const char* kVariables[] = {"OPTIRS_PJRT_PLUGIN", "PJRT_NAMES_AND_LIBRARY_PATHS",
                                                 "TPU_LIBRARY_PATH", "VIRTUAL_ENV", "CONDA_PREFIX"};
    std::map<std::string, std::string> saved_;
};

TEST_F(DiscoveryTest, SaysWhyASourceGivesNothing) {
    const auto candidates = find();
    ASSERT_GE(candidates.size(), 4U);
    EXPECT_EQ(candidates[0].source, "OPTIRS_PJRT_PLUGIN");
    EXPECT_EQ(candidates[0].note, "the variable is not set");
    EXPECT_EQ(candidates[0].state, OPTIRS_PJRT_CANDIDATE_MISSING);
    EXPECT_EQ(candidates[1].source, "PJRT_NAMES_AND_LIBRARY_PATHS");
    EXPECT_EQ(candidates[2].source, "TPU_LIBRARY_PATH");
    EXPECT_EQ(candidates[3].source, "the Python environment");
    EXPECT_EQ(candidates.back().name, "cpu");
    EXPECT_TRUE(candidates.back().path.ends_with("/libpjrt_optirs.so")) << candidates.back().path;
}

TEST_F(DiscoveryTest, FollowsTheOrder) {
    setenv("OPTIRS_PJRT_PLUGIN", pluginPath("fake").c_str(), 1);
    setenv("PJRT_NAMES_AND_LIBRARY_PATHS",
           ("one:" + pluginPath("fake_57") + ",two:/nowhere/two.so,three").c_str(), 1);
    setenv("TPU_LIBRARY_PATH", "/nowhere/libtpu.so", 1);
    const auto candidates = find();
    ASSERT_GE(candidates.size(), 5U);
    EXPECT_EQ(candidates[0].path, pluginPath("fake"));
    EXPECT_EQ(candidates[1].name, "one");
    EXPECT_NE(candidates[1].state, OPTIRS_PJRT_CANDIDATE_MISSING);
    EXPECT_EQ(candidates[2].note, "there is no file /nowhere/two.so");
    EXPECT_EQ(candidates[3].note, "'three' is not of the form name:path");
    EXPECT_EQ(candidates[4].name, "tpu");
    EXPECT_EQ(candidates[4].note, "there is no file /nowhere/libtpu.so");
}

TEST_F(DiscoveryTest, FindsThePluginsOfAPythonEnvironment) {
    const auto root = std::filesystem::temp_directory_path() / "optirs_python_environment";
    const auto packages = root / "lib" / "python3.99" / "site-packages";
    std::filesystem::create_directories(packages / "libtpu");
    std::filesystem::create_directories(packages / "jax_plugins" / "xla_cuda12");
    std::filesystem::copy_file(pluginPath("fake"), packages / "libtpu" / "libtpu.so",
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::copy_file(pluginPath("fake"),
                               packages / "jax_plugins" / "xla_cuda12" / "xla_cuda_plugin.so",
                               std::filesystem::copy_options::overwrite_existing);
    setenv("VIRTUAL_ENV", root.c_str(), 1);
    const auto candidates = find();
    std::filesystem::remove_all(root);
    ASSERT_GE(candidates.size(), 5U);
    EXPECT_EQ(candidates[3].name, "tpu");
    EXPECT_EQ(candidates[3].state, OPTIRS_PJRT_CANDIDATE_FOUND);
    EXPECT_EQ(candidates[4].name, "cuda");
    EXPECT_EQ(candidates[4].state, OPTIRS_PJRT_CANDIDATE_FOUND);
}

TEST_F(DiscoveryTest, LoadsByNameAndTheFirstWithoutOne) {
    setenv("PJRT_NAMES_AND_LIBRARY_PATHS", ("gone:/nowhere/gone.so,mine:" + pluginPath("fake")).c_str(), 1);
    Plugin by_name;
    EXPECT_EQ(load("mine", by_name).message, "");
    Plugin first;
    EXPECT_EQ(load("", first).message, "");
    uint64_t size = 0;
    EXPECT_EQ(std::string(optirs_pjrt_plugin_path(first.get(), &size)), pluginPath("fake"));
    Plugin gone;
    const Outcome outcome = load("gone", gone);
    EXPECT_EQ(outcome.code, OPTIRS_NOT_FOUND);
    EXPECT_TRUE(outcome.says("there is no file /nowhere/gone.so")) << outcome.message;
}

TEST_F(DiscoveryTest, AnExplicitPluginIsNotReplacedByAnother) {
    setenv("OPTIRS_PJRT_PLUGIN", "/nowhere/mine.so", 1);
    setenv("PJRT_NAMES_AND_LIBRARY_PATHS", ("other:" + pluginPath("fake")).c_str(), 1);
    Plugin plugin;
    const Outcome outcome = load("", plugin);
    EXPECT_EQ(outcome.code, OPTIRS_NOT_FOUND);
    EXPECT_TRUE(outcome.says("/nowhere/mine.so")) << outcome.message;
}

}  // namespace
}  // namespace test
