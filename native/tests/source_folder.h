// Where this checkout is, for tests that read its files or those beside it.
#pragma once

#include <filesystem>

namespace optirs::test {

/// The root of the checkout that the tests were built from.
std::filesystem::path sourceFolder();

/// The folder `shared` beside the checkout; tests that need it skip where it does not exist.
std::filesystem::path sharedFolder();

}  // namespace optirs::test
