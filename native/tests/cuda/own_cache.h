// A cache folder of the process's own: what tests measure is not what later ones find.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace optirs::test {

class OwnCache {
 public:
    OwnCache() {
        const char* made = mkdtemp(folder_.data());
        setenv("OPTIRS_CACHE_DIR", made == nullptr ? "/nowhere" : made, 1);
    }
    ~OwnCache() {
        if (getpid() == owner_) {  // not in a test that dies in a process of its own
            std::error_code ignored;
            std::filesystem::remove_all(folder_, ignored);
        }
    }
    OwnCache(const OwnCache&) = delete;
    OwnCache& operator=(const OwnCache&) = delete;

    /// The file of measured choices.
    std::string tuningFile() const { return folder_ + "/tuning/cuda.txt"; }

 private:
    pid_t owner_ = getpid();
    std::string folder_ = std::filesystem::temp_directory_path().string() + "/optirs-test-XXXXXX";
};

inline const OwnCache own_cache;

}  // namespace optirs::test
