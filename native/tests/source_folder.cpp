#include "tests/source_folder.h"

namespace optirs::test {

std::filesystem::path sourceFolder() { return OPTIRS_SOURCE_DIR; }

std::filesystem::path sharedFolder() { return sourceFolder().parent_path() / "shared"; }

}  // namespace optirs::test
