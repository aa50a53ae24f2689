#include "src/core/library.h"

#include <gtest/gtest.h>

#include "src/core/error.h"

namespace optirs::core {
namespace {

const std::string backend_folder = OPTIRS_TEST_BACKENDS;

Error errorOf(const std::string& path) {
    try {
        Library::open(path);
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << path << " was opened";
    return {Code::kUnknown, ""};
}

TEST(Library, FindsExportedSymbols) {
    const Library library = Library::open(backend_folder + "/liboptirs_usable.so");
    EXPECT_NE(library.symbol("optirs_backend_get"), nullptr);
    EXPECT_EQ(library.symbol("no_such_symbol"), nullptr);
}

TEST(Library, AMissingFileIsNotFound) {
    const Error error = errorOf(backend_folder + "/nothing.so");
    EXPECT_EQ(error.code(), Code::kNotFound);
    EXPECT_NE(error.message().find("nothing.so does not exist"), std::string::npos) << error.message();
}

TEST(Library, AMissingDependencyIsNamed) {
    const Error error = errorOf(backend_folder + "/liboptirs_needsmore.so");
    EXPECT_EQ(error.code(), Code::kFailedPrecondition);
    EXPECT_NE(error.message().find("needs libabsent_dependency.so"), std::string::npos) << error.message();
}

TEST(Library, AFileThatIsNotALibraryIsInvalid) {
    EXPECT_EQ(errorOf(backend_folder + "/liboptirs_notalibrary.so").code(), Code::kInvalidArgument);
}

TEST(Library, KnowsItsOwnFolder) { EXPECT_EQ(libraryFolder().front(), '/'); }

}  // namespace
}  // namespace optirs::core
