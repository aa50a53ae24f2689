#include "src/core/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "src/core/error.h"
#include "src/core/faults.h"

namespace optirs::core {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsSupersetOf;

class RegistryTest : public testing::Test {
 protected:
    void TearDown() override { setFaults(""); }

    std::string reason(std::string_view name) {
        std::string_view text;
        const int32_t score = registry.score(name, &text);
        EXPECT_EQ(score > 0, text.empty());
        return std::string(text);
    }

    Error loadError(std::string_view name) {
        try {
            registry.load(name);
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << name << " was loaded";
        return {Code::kUnknown, ""};
    }

    Registry registry{builtinBackends(), {OPTIRS_TEST_BACKENDS, "/no/such/folder"}};
};

TEST_F(RegistryTest, ListsBuiltInBackendsFirstAndThenTheOnesFound) {
    std::vector<std::string> names(registry.count());
    for (uint64_t i = 0; i < names.size(); ++i) {
        names[i] = registry.nameAt(i);
    }
    EXPECT_EQ(names[0], "echo");
    EXPECT_EQ(names[1], "fault");
    EXPECT_THAT(names,
                IsSupersetOf({"usable", "unusable", "otherabi", "noexport", "needsmore", "notalibrary"}));
    EXPECT_THROW(registry.nameAt(names.size()), Error);
}

TEST_F(RegistryTest, LoadsALibraryByName) {
    std::string_view text;
    EXPECT_EQ(registry.score("usable", &text), 7);
    const BackendEntry& entry = registry.load("usable");
    EXPECT_EQ(entry.name, "usable");
    EXPECT_THAT(entry.path, HasSubstr("liboptirs_usable.so"));
    EXPECT_STREQ(entry.table->version, "1.2.3");
    EXPECT_EQ(&registry.load("usable"), &entry);
}

TEST_F(RegistryTest, SaysInOneSentenceWhyABackendCannotBeUsed) {
    EXPECT_EQ(reason("unusable"), "There is no device of this kind.");
    EXPECT_THAT(reason("otherabi"), AllOf(HasSubstr("was built for backend ABI 42"), HasSubstr("has ABI 1")));
    EXPECT_THAT(reason("noexport"), HasSubstr("does not export optirs_backend_get"));
    EXPECT_THAT(reason("needsmore"), HasSubstr("needs libabsent_dependency.so"));
    EXPECT_THAT(reason("notalibrary"), HasSubstr("cannot be loaded"));
    EXPECT_THAT(reason("tpu7"), AllOf(HasSubstr("liboptirs_tpu7.so is not in"),
                                      HasSubstr(OPTIRS_TEST_BACKENDS), HasSubstr("OPTIRS_BACKEND_PATH")));
    EXPECT_EQ(reason("echo"), "");
}

TEST_F(RegistryTest, LoadingAnUnusableBackendGivesTheReason) {
    EXPECT_EQ(loadError("unusable").code(), Code::kUnavailable);
    EXPECT_EQ(loadError("unusable").backend(), "unusable");
    EXPECT_EQ(loadError("unusable").message(), "There is no device of this kind.");
    EXPECT_EQ(loadError("tpu7").code(), Code::kNotFound);
}

TEST_F(RegistryTest, NamesThatCannotBeFilesAreRefused) {
    for (const std::string_view name : {"", "../etc", "a b", "a.so", "ä"}) {
        EXPECT_EQ(loadError(name).code(), Code::kInvalidArgument) << name;
    }
    EXPECT_EQ(loadError(std::string(65, 'a')).code(), Code::kInvalidArgument);
}

TEST_F(RegistryTest, AFailureIsNotRemembered) {
    setFaults("call@0");
    EXPECT_EQ(loadError("fault").code(), Code::kUnavailable);
    EXPECT_EQ(registry.load("fault").name, "fault");
}

TEST_F(RegistryTest, FindsALibraryThatWasAddedLater) {
    const std::filesystem::path folder = testing::TempDir() + "optirs_registry_later";
    std::filesystem::create_directory(folder);
    Registry later({}, {folder.string()});
    EXPECT_EQ(later.count(), 0u);
    std::ofstream(folder / "liboptirs_late.so") << "not a library";
    EXPECT_EQ(later.count(), 1u);
    EXPECT_EQ(later.nameAt(0), "late");
    std::filesystem::remove_all(folder);
}

TEST(BackendTable, ReadsNoFurtherThanItsSize) {
    optirs_backend_table table = *builtinBackends()[0];
    EXPECT_NE(optionalFunction(table, &optirs_backend_table::copy_start), nullptr);
    table.struct_size = offsetof(optirs_backend_table, copy_start);
    EXPECT_EQ(optionalFunction(table, &optirs_backend_table::copy_start), nullptr);
    EXPECT_NE(optionalFunction(table, &optirs_backend_table::score), nullptr);
}

}  // namespace
}  // namespace optirs::core
